//! Nothing that a client or a function sends makes a gateway panic.

use bytes::Bytes;
use http::{Request as HttpRequest, Uri};
use proptest::prelude::*;
use serde_json::Value;
use sippycup_gateway::{Domain, Gateway, Kind};

use crate::support::{get, respond};

fn kinds() -> impl Strategy<Value = Kind> {
    proptest::sample::select(Kind::OF_REQUESTS.to_vec())
}

/// JSON that looks like an answer, with anything in its members.
fn answers() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_filter_map("JSON has no NaN", |n| n.is_finite().then(|| n.to_string())),
        ".{0,12}".prop_map(|s| Value::from(s).to_string()),
    ];
    let json = scalar.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((".{0,6}", inner), 0..3).prop_map(object),
        ]
    });
    let keys = ["statusCode", "headers", "multiValueHeaders", "cookies", "body", "isBase64Encoded", "other"];
    let member = (proptest::sample::select(keys.to_vec()).prop_map(str::to_owned), json.clone());
    prop_oneof![prop::collection::vec(member, 0..6).prop_map(object), json]
}

fn object(members: Vec<(String, String)>) -> String {
    let members: Vec<_> = members.into_iter().map(|(k, v)| format!("{}:{v}", Value::from(k))).collect();
    format!("{{{}}}", members.join(","))
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

proptest! {
    #[test]
    fn any_bytes_are_some_answer(kind in kinds(), bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let path = if kind == Kind::RestApi { "/prod/" } else { "/" };
        let response = block_on(respond(Gateway::builder(kind), get(path), bytes));
        prop_assert!((200..600).contains(&response.status().as_u16()));
    }

    #[test]
    fn any_json_is_some_answer(kind in kinds(), json in answers()) {
        let path = if kind == Kind::RestApi { "/prod/" } else { "/" };
        let response = block_on(respond(Gateway::builder(kind), get(path), json));
        prop_assert!((200..600).contains(&response.status().as_u16()));
    }

    #[test]
    fn any_request_has_an_event_or_a_reason(
        kind in kinds(),
        target in "/[a-zA-Z0-9%/?&=;+.{}~$-]{0,24}",
        headers in prop::collection::vec(("[a-z-]{1,8}", prop::collection::vec(0x20_u8..=0xff, 0..8)), 0..4),
        body in prop::collection::vec(any::<u8>(), 0..32),
        domain in any::<bool>(),
    ) {
        let Ok(uri) = target.parse::<Uri>() else { return Ok(()) };
        let mut request = HttpRequest::post(uri);
        for (name, value) in headers {
            if value.iter().all(|b| *b != 0x7f) {
                request = request.header(name, value);
            }
        }
        let mut builder = Gateway::builder(kind);
        if domain && matches!(kind, Kind::RestApi | Kind::HttpApiV1 | Kind::HttpApiV2) {
            builder = builder.domain(Domain::new("api.example.com").mapping("").mapping("a"));
        }
        match builder.build(()).unwrap().event(&request.body(Bytes::from(body)).unwrap()) {
            Ok(event) => prop_assert!(serde_json::from_slice::<Value>(&event).unwrap().is_object()),
            Err(reason) => prop_assert!(!reason.to_string().is_empty()),
        }
    }
}

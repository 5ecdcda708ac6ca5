//! Events that nobody should send: a request or an error that says where, never a panic, never a value of the
//! event in the message.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::{Value, json};
use sippycup::{Body, ClientIp, EventOptions, EventSource, ProxyEvent, RequestContext, SippyCupLayer};
use tower::{Layer, Service, service_fn};

use crate::support::{
    base, block_on, fixture, fixture_value, fixtures_in, http_fixtures, refusal, request, try_request, values,
};

const SECRET: &str = "planted-secret";

/// Every string that stands as a value in the event and is long enough to be recognised.
fn values_of(event: &Value, out: &mut Vec<String>) {
    match event {
        Value::String(text) if text.len() >= 8 => out.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| values_of(item, out)),
        Value::Object(members) => members.values().for_each(|member| values_of(member, out)),
        _ => {}
    }
}

/// An error that helps: it says what was expected at which JSON path, and keeps the values to itself.
#[track_caller]
fn check(message: &str, secrets: &[String]) {
    assert!(message.starts_with("cannot decode event: expected "), "{message}");
    assert!(message.contains(" at `"), "{message}");
    for secret in secrets {
        assert!(!message.contains(secret.as_str()), "`{secret}` in {message}");
    }
}

#[test]
fn an_event_cut_off_anywhere_is_an_error() {
    for name in http_fixtures() {
        let event = fixture(&name);
        let whole = event.trim_ascii_end().len();
        let mut secrets = Vec::new();
        values_of(&fixture_value(&name), &mut secrets);
        for length in 0..whole {
            let error = try_request(event.slice(..length), &EventOptions::default()).unwrap_err();
            assert!(error.is_not_json(), "{name} {length}");
            check(&error.to_string(), &secrets);
        }
        request(event.slice(..whole));
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_an_error_behind_whatever_was_read_in_one_go() {
    for length in [10, 992, 3000] {
        let long = [vec![b'e'; length], vec![0xff]].concat();
        for (before, behind) in [
            (&br#"{"method":"GET","headers":{"a":"\""#[..], &br#""},"raw_path":"/"}"#[..]),
            (br#"{"rawPath":"/","headers":{"a":"\""#, br#""}}"#),
            (br#"{"httpMethod":"GET","path":"/","multiValueHeaders":{"a":["\""#, br#""]}}"#),
            (br#"{"httpMethod":"GET","path":"/","body":""#, br#"","body":"a"}"#),
            (br#"{"httpMethod":"GET","path":"/","body":"\""#, br#"","body":null}"#),
        ] {
            let event = [before, &long, behind].concat();
            assert!(ProxyEvent::from_bytes(event).is_err(), "{}", String::from_utf8_lossy(before));
            let right = [before, &long[..length], behind].concat();
            assert!(ProxyEvent::from_bytes(right).is_ok(), "{}", String::from_utf8_lossy(before));
        }
    }
}

#[test]
fn of_two_bodies_the_first_is_json_too() {
    assert!(ProxyEvent::from_bytes(&b"{\"httpMethod\":\"GET\",\"body\":\"\n\",\"body\":\"a\"}"[..]).is_err());
}

#[test]
fn bytes_that_are_not_utf_8_are_an_error_wherever_they_stand() {
    for name in http_fixtures() {
        let event = fixture(&name).to_vec();
        let step = event.len().div_ceil(97);
        for at in (0..event.len()).step_by(step) {
            let mut broken = event.clone();
            broken[at] = 0xff;
            let error = try_request(broken, &EventOptions::default()).unwrap_err();
            assert!(error.to_string().contains("expected UTF-8"), "{name} {at}: {error}");
        }
    }
}

#[test]
fn of_two_equal_members_the_last_one_counts() {
    let event = r#"{"httpMethod":"GET","httpMethod":"PUT","path":"/a","path":"/b","headers":{"x":"1","x":"2"},
        "headers":{"y":"3"},"body":"a","body":"b","requestContext":{"stage":"a"},"requestContext":{"stage":"b"}}"#;
    let request = request(event);
    assert_eq!(request.method(), "PUT");
    assert_eq!(request.uri(), "/b");
    assert_eq!(request.body(), "b");
    assert_eq!(values(request.headers(), "y"), ["3"]);
    assert!(!request.headers().contains_key("x"));
}

#[test]
fn of_two_maps_of_headers_the_last_one_counts_wherever_they_stand() {
    let members = |members: &str| format!(r#"{{"httpMethod":"GET","path":"/",{members},"requestContext":{{}}}}"#);
    let lattice = |members: &str| format!(r#"{{"method":"GET","raw_path":"/",{members}}}"#);
    for (maps, expected) in [
        (r#""multiValueHeaders":{"a":["1"]},"multiValueHeaders":null"#, vec![]),
        (r#""multiValueHeaders":{"a":["1"]},"multiValueHeaders":{"b":["2"]}"#, vec!["b"]),
        (r#""multiValueHeaders":{"a":["1"]},"headers":{"b":"2"},"headers":{"c":"3"}"#, vec!["a", "c"]),
        (r#""multiValueHeaders":{"a":["1"]},"headers":{"b":"2"},"headers":null"#, vec!["a"]),
        (r#""headers":{"b":"2"},"multiValueHeaders":{"a":["1"]},"headers":{"c":"3"}"#, vec!["a", "c"]),
        (r#""headers":{"b":"2"},"multiValueHeaders":{"a":["1"]},"multiValueHeaders":{"c":["3"]}"#, vec!["c", "b"]),
        (r#""headers":{"b":"2"},"multiValueHeaders":{"a":["1"]},"multiValueHeaders":7"#, vec!["b"]),
        (r#""headers":{"b":"2"},"headers":[]"#, vec![]),
        (r#""headers":{"b":"2"},"headers":{"c":"3"}"#, vec!["c"]),
    ] {
        for event in [members(maps), lattice(maps)] {
            let request = request(event.clone());
            let names: Vec<_> = request.headers().keys().map(|name| name.as_str()).collect();
            assert_eq!(names, expected, "{event}");
        }
    }
}

#[test]
fn of_two_equal_members_below_the_top_the_last_one_counts() {
    let rest = request(
        r#"{"httpMethod":"GET","path":"/a/items/7","resource":"/items/{id}","pathParameters":{"id":"8","id":"7"},
        "stageVariables":{"SIPPYCUP_SCRIPT_NAME_BASE":"/stated"},"stageVariables":{},"requestContext":{}}"#,
    );
    assert_eq!(rest.uri(), "/items/7");
    assert_eq!(base(&rest), "/a");
    let message =
        refusal(r#"{"rawPath":"/","requestContext":{"http":{"method":"GET"},"http":{"sourceIp":"192.0.2.1"}}}"#);
    assert!(message.contains("`requestContext.http.method`"), "{message}");
}

#[test]
fn an_empty_address_does_not_hide_the_other() {
    for context in [
        r#"{"http":{"method":"GET","sourceIp":"192.0.2.1"},"identity":{"sourceIp":null}}"#,
        r#"{"identity":{"sourceIp":null},"http":{"method":"GET","sourceIp":"192.0.2.1"}}"#,
    ] {
        let request = request(format!(r#"{{"rawPath":"/","requestContext":{context}}}"#));
        assert_eq!(request.extensions().get::<ClientIp>().unwrap().ip().to_string(), "192.0.2.1", "{context}");
    }
}

#[test]
fn a_domain_name_that_is_no_text_does_not_hide_the_host() {
    let request = request(
        r#"{"headers":{"host":"a.execute-api.eu-west-1.amazonaws.com"},"requestContext":{"domainName":{},
        "stage":"live","routeKey":"$connect","eventType":"CONNECT","connectionId":"c"}}"#,
    );
    assert_eq!(base(&request), "/live");
}

#[test]
fn escapes_in_what_tells_the_source_change_nothing() {
    let plain = r#"{"rawPath":"/a%20b","requestContext":{"domainName":"id.lambda-url.eu-west-1.on.aws","stage":"$default",
        "http":{"method":"GET","sourceIp":"192.0.2.1"}}}"#;
    let escaped = r#"{"rawPath":"/a%20b","requestContext":{"\u0064omainName":"id.lambda\u002durl.eu-west-1.on.aws",
        "st\u0061ge":"$default","htt\u0070":{"\u006dethod":"GET","sourc\u0065Ip":"192.0.2.1"}}}"#;
    for event in [plain, escaped] {
        let request = request(event);
        let extensions = request.extensions();
        assert_eq!(extensions.get::<EventSource>(), Some(&EventSource::FunctionUrl));
        assert_eq!(request.uri(), "/a%20b");
        assert_eq!(extensions.get::<ClientIp>().unwrap().ip().to_string(), "192.0.2.1");
        let context = extensions.get::<RequestContext>().unwrap();
        assert_eq!(context.stage(), Some("$default"));
        assert_eq!(context.source_ip().unwrap().to_string(), "192.0.2.1");
    }
    let event = r#"{"version":"1.0","httpMethod":"GET","path":"/","requestContext":{"resourceId":"GET\u0020/"}}"#;
    assert_eq!(request(event).extensions().get::<EventSource>(), Some(&EventSource::HttpApi));
    let broken = r#"{"httpMethod":"GET","path":"/","requestContext":{"\ud800":1,"identity":{"\ud800":1}}}"#;
    assert_eq!(request(broken).uri(), "/");
}

#[test]
fn many_parts_of_anything_are_a_request_or_an_error_that_says_why() {
    let rest = |path: &str, template: &str, parameters: &str| {
        format!(
            r#"{{"httpMethod":"GET","path":"{path}","resource":"{template}","pathParameters":{{{parameters}}},"requestContext":{{}}}}"#
        )
    };
    let many = |name: &str| (0..20_000).map(|index| format!("\"{name}{index}\":\"1\",")).collect::<String>();
    // The benches see to it that none costs more than it is longer.
    let maps = r#""multiValueHeaders":{},"#.repeat(20_000);
    let headers = request(format!(
        r#"{{"httpMethod":"GET","path":"/","headers":{{{}"z":"1"}},{maps}"requestContext":{{}}}}"#,
        many("h")
    ));
    assert_eq!(headers.headers().len(), 20_001);
    for (path, template, parameters) in [
        ("/".repeat(60_000), "/{proxy+}".to_owned(), String::new()),
        ("/%61".repeat(15_000), "/{proxy+}".to_owned(), format!("\"proxy\":\"{}\"", "a/%61/".repeat(9_000))),
        ("/a".repeat(30_000), "/{id}/{proxy+}".to_owned(), format!("{}\"z\":\"1\"", many("p"))),
        ("/a".repeat(30_000), "/a".repeat(15_000), String::new()),
    ] {
        let request = request(rest(&path, &template, &parameters));
        assert_eq!(request.uri(), &*path, "{template:.20}");
        assert_eq!(base(&request), "", "{template:.20}");
    }
    for (path, parameters) in [
        ("/".repeat(1_000_000), String::new()),
        ("/a".repeat(500_000), format!("\"proxy\":\"{}\"", "a/".repeat(400_000))),
    ] {
        let message = refusal(rest(&path, "/{proxy+}", &parameters));
        assert!(message.contains("at most 65,534 bytes"), "{message}");
    }
}

#[test]
fn a_list_without_a_value_hides_no_header_whatever_the_order_of_the_maps() {
    let headers = r#""headers":{"a":"1","b":"2","c":"3","d":"4"}"#;
    for multi in [
        r#""multiValueHeaders":{"a":[],"b":null,"c":["3"],"d":[null]}"#,
        r#""multiValueHeaders":{"d":[null],"c":["3"],"b":null,"a":[]}"#,
        r#""multiValueHeaders":{"c":["3"]}"#,
    ] {
        for maps in [format!("{headers},{multi}"), format!("{multi},{headers}")] {
            let request = request(format!(r#"{{"httpMethod":"GET","path":"/",{maps},"requestContext":{{}}}}"#));
            let shown = ["a", "b", "c", "d"].map(|name| values(request.headers(), name));
            assert_eq!(shown, [["1"], ["2"], ["3"], ["4"]], "{maps}");
        }
    }
}

#[test]
fn two_equal_names_in_a_map_of_headers_both_count_or_the_last_does() {
    let request = request(r#"{"httpMethod":"GET","path":"/","headers":{"X":"1","x":"2"},"requestContext":{}}"#);
    assert_eq!(values(request.headers(), "x"), ["1", "2"]);
}

#[test]
fn nesting_has_no_limit_and_no_stack() {
    for depth in [200, 20_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let inner = if open == "[" { "" } else { "1" };
            let deep = format!("{}{inner}{}", open.repeat(depth), close.repeat(depth));
            for event in [
                format!(r#"{{"unknown":{deep},"httpMethod":"GET","path":"/x","requestContext":{{}}}}"#),
                format!(r#"{{"httpMethod":"GET","path":"/x","requestContext":{{"authorizer":{deep}}}}}"#),
                format!(r#"{{"httpMethod":"GET","path":"/x","headers":{{"a":{deep}}},"requestContext":{{}}}}"#),
                format!(r#"{{"httpMethod":"GET","path":"/x","stageVariables":{{"a":{deep}}},"requestContext":{{}}}}"#),
                format!(
                    r#"{{"httpMethod":"GET","path":"/x","queryStringParameters":{{"a":{deep}}},"requestContext":{{}}}}"#
                ),
            ] {
                assert_eq!(request(event).uri().path(), "/x");
            }
            check(&refusal(deep.clone()), &[]);
            check(&refusal(open.repeat(depth)), &[]);
            check(&refusal(format!(r#"{{"httpMethod":"GET","path":{deep},"requestContext":{{}}}}"#)), &[]);
        }
    }
}

#[test]
fn ten_megabytes_are_a_body_like_any_other() {
    let text = "0123456789abcde\n".repeat(10 * 1024 * 1024 / 16);
    let event = |body: &str, flag: bool| json!({"httpMethod": "POST", "path": "/", "body": body, "isBase64Encoded": flag, "requestContext": {}});
    assert_eq!(request(event(&text, false).to_string()).body(), &text);
    let encoded = STANDARD.encode(&text);
    assert_eq!(request(event(&encoded, true).to_string()).body(), &text);
    let cut = refusal(event(&encoded[1..], true).to_string());
    assert_eq!(cut, "cannot decode event: expected base64, as `isBase64Encoded` says at `body`, found something else");
}

/// The places whose loss an event cannot survive: method and path of the source, its body, and what makes it
/// an event of that source at all.
fn needed(name: &str) -> &'static [&'static str] {
    match name.split('/').next().unwrap() {
        "rest_api" | "http_api_1" | "alb" => &["/httpMethod", "/path", "/body", "/isBase64Encoded"],
        "http_api_2" | "function_url" => &["/requestContext/http/method", "/rawPath", "/body", "/isBase64Encoded"],
        "vpc_lattice" if name.ends_with("v1") => &["/method", "/raw_path", "/body", "/is_base64_encoded"],
        "vpc_lattice" => &["/method", "/path", "/body", "/isBase64Encoded", "/requestContext"],
        "web_socket" => &[
            "/requestContext/routeKey",
            "/requestContext/connectionId",
            "/requestContext/eventType",
            "/body",
            "/isBase64Encoded",
        ],
        other => panic!("{other}"),
    }
}

fn pointers(value: &Value, at: &str, out: &mut Vec<String>) {
    let mut step = |name: String, value: &Value| {
        let pointer = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        out.push(pointer.clone());
        pointers(value, &pointer, out);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| step(name.clone(), value)),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, value)| step(index.to_string(), value)),
        _ => {}
    }
}

#[test]
fn a_member_of_another_type_costs_the_event_only_where_nothing_goes_without_it() {
    let others = [
        json!(null),
        json!(7.5),
        json!(SECRET),
        json!([SECRET, 1]),
        json!({SECRET.len().to_string(): SECRET}),
        json!(true),
    ];
    let mut refused = 0;
    for name in http_fixtures() {
        let event = fixture_value(&name);
        let mut places = Vec::new();
        pointers(&event, "", &mut places);
        for place in &places {
            for other in &others {
                let mut odd = event.clone();
                *odd.pointer_mut(place).unwrap() = other.clone();
                let Err(error) = try_request(odd.to_string(), &EventOptions::default()) else { continue };
                refused += 1;
                // An object that the needed member stands in is as needed as the member.
                let needed = needed(&name).iter().any(|needed| {
                    place == needed || needed.strip_prefix(place.as_str()).is_some_and(|rest| rest.starts_with('/'))
                });
                assert!(needed, "{name} without {place} ({other}): {error}");
                let mut secrets = vec![SECRET.to_owned()];
                values_of(&event, &mut secrets);
                check(&error.to_string(), &secrets);
            }
        }
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn a_missing_member_costs_the_event_only_where_nothing_goes_without_it() {
    for name in http_fixtures() {
        let event = fixture_value(&name);
        for member in event.as_object().unwrap().keys() {
            let mut without = event.clone();
            without.as_object_mut().unwrap().remove(member);
            let place = format!("/{member}");
            match try_request(without.to_string(), &EventOptions::default()) {
                Ok(_) => {}
                Err(error) => {
                    let is_needed = needed(&name).iter().any(|needed| needed.starts_with(&place));
                    assert!(is_needed, "{name} without {place}: {error}");
                    check(&error.to_string(), &[]);
                }
            }
        }
    }
}

#[test]
fn half_a_surrogate_pair_is_an_error_where_the_request_needs_the_text() {
    for half in [r"\ud800", r"\udc00", r"x\ud83dx", r"\ud83d\u0041"] {
        for (event, path) in [
            (r#"{"httpMethod":"~","path":"/","requestContext":{}}"#, "httpMethod"),
            (r#"{"httpMethod":"GET","path":"/~","requestContext":{}}"#, "path"),
            (r#"{"httpMethod":"GET","path":"/","body":"~","requestContext":{}}"#, "body"),
            (r#"{"httpMethod":"GET","path":"/","headers":{"x-a":"~"},"requestContext":{}}"#, "headers.x-a"),
            (
                r#"{"httpMethod":"GET","path":"/","multiValueQueryStringParameters":{"q":["1","~"]},"requestContext":{}}"#,
                "multiValueQueryStringParameters.q[1]",
            ),
            (r#"{"rawPath":"/","cookies":["~"],"requestContext":{"http":{"method":"GET"}}}"#, "cookies[0]"),
            (r#"{"rawPath":"/","rawQueryString":"~","requestContext":{"http":{"method":"GET"}}}"#, "rawQueryString"),
        ] {
            let message = refusal(event.replace('~', half));
            assert!(message.contains(&format!("expected a surrogate pair, not half of one at `{path}`")), "{message}");
        }
        for unread in [
            r#"{"unknown":"~","httpMethod":"GET","path":"/x","requestContext":{}}"#,
            r#"{"httpMethod":"GET","path":"/x","stageVariables":{"A":"~"},"requestContext":{}}"#,
            r#"{"httpMethod":"GET","path":"/x","requestContext":{"authorizer":{"sub":"~"}}}"#,
        ] {
            assert_eq!(request(unread.replace('~', half)).uri(), "/x");
        }
    }
    let pair = r#"{"httpMethod":"GET","path":"/","body":"\ud83d\ude00","requestContext":{}}"#;
    assert_eq!(request(pair).body(), "😀");
}

#[test]
fn a_document_that_is_no_event_is_named() {
    for (event, found) in [
        ("null", "null"),
        ("[]", "an array"),
        ("5", "a number"),
        ("true", "a boolean"),
        ("\"planted-secret\"", "a string"),
        ("{}", "an empty object"),
    ] {
        let message = refusal(event);
        check(&message, &[SECRET.to_owned()]);
        assert!(message.ends_with(&format!("found {found}")), "{message}");
    }
    for name in fixtures_in("not_http") {
        check(&refusal(fixture(&name)), &["planted-token".to_owned()]);
    }
}

#[test]
fn what_is_no_json_is_an_error_at_its_place() {
    for (event, at) in [
        ("", "`$` (byte 0)"),
        ("   ", "`$` (byte 3)"),
        ("\u{feff}{}", "`$` (byte 0)"),
        ("{} {}", "`$` (byte 3)"),
        ("{\"a\":1,}", "`$` (byte 7)"),
        ("{\"a\":[1,]}", "`a[1]` (byte 8)"),
        ("{\"a\":{\"b\":nul}}", "`a.b` (byte 10)"),
        ("{\"a\":01}", "`a` (byte 6)"),
        ("{\"a\":\"\u{1}\"}", "`a` (byte 6)"),
        ("{\"body\":\"\u{1}\"}", "`body` (byte 9)"),
        ("{\"a\":\"\\x\"}", "`a` (byte 6)"),
        ("{a:1}", "`$` (byte 1)"),
        ("{'a':1}", "`$` (byte 1)"),
        ("{\"a\" 1}", "`a` (byte 5)"),
        ("NaN", "`$` (byte 0)"),
    ] {
        let message = refusal(event.to_owned());
        check(&message, &[]);
        assert!(message.ends_with(at), "{event:?}: {message}");
    }
}

#[test]
fn a_path_too_long_for_a_uri_is_an_error() {
    let event = |length: usize| {
        json!({"httpMethod": "GET", "path": format!("/{}", "p".repeat(length - 1)), "requestContext": {}}).to_string()
    };
    assert_eq!(request(event(65_000)).uri().path().len(), 65_000);
    let message = refusal(event(70_000));
    check(&message, &["pppppppp".to_owned()]);
    assert!(message.contains("65,534"), "{message}");
}

#[test]
fn a_method_that_is_none_is_an_error_and_an_unknown_one_is_not() {
    let event = |method: &str| json!({"httpMethod": method, "path": "/", "requestContext": {}}).to_string();
    for method in ["", "GE T", "GET\n", "é", SECRET, "get", "PROPFIND", "FOO"] {
        match try_request(event(method), &EventOptions::default()) {
            Ok(request) => assert_eq!(request.method().as_str(), method),
            Err(error) => {
                assert!(!method.bytes().all(|byte| byte.is_ascii_alphabetic()) || method.is_empty(), "{method}");
                check(&error.to_string(), &[SECRET.to_owned()]);
            }
        }
    }
}

#[test]
fn more_headers_than_a_map_holds_are_no_panic() {
    for count in [24_576, 32_768, 40_000] {
        let headers: String = (0..count).map(|index| format!("\"h{index}\":\"1\",")).collect();
        let event = format!(
            r#"{{"rawPath":"/x","headers":{{{headers}"z":"1"}},"cookies":["a=1"],"requestContext":{{"http":{{"method":"GET"}}}}}}"#
        );
        let mut event = ProxyEvent::from_bytes(event).unwrap();
        event.set_trace_id("Root=1-x".parse().unwrap());
        let request = event.into_request(&EventOptions::default()).unwrap();
        assert_eq!(request.uri(), "/x");
        assert_eq!(request.headers()["h24000"], "1");
    }
}

#[test]
fn the_next_event_still_works() {
    let app = service_fn(async |request: http::Request<Body>| {
        Ok::<_, std::convert::Infallible>(http::Response::new(request.uri().path().to_owned()))
    });
    let mut service = SippyCupLayer::new().layer(app);
    let good = Bytes::from_static(br#"{"httpMethod":"GET","path":"/good","requestContext":{}}"#);
    block_on(async {
        for bad in [
            &b""[..],
            b"{",
            b"\xff",
            b"{}",
            br#"{"httpMethod":"GET","requestContext":{}}"#,
            br#"{"httpMethod":"GET","path":"/","body":"!","isBase64Encoded":true,"requestContext":{}}"#,
        ] {
            let error = service.call(Bytes::from_static(bad)).await.unwrap_err();
            assert!(error.is_event());
            let answer = service.call(good.clone()).await.unwrap();
            assert_eq!(serde_json::from_slice::<Value>(&answer).unwrap()["body"], "/good");
        }
    });
}

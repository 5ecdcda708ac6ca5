//! The same events through `lambda_http`, in process: they agree, or a DIFFERENCE line says who is right.

use std::{collections::BTreeMap, convert::Infallible};

use axum::{Router, extract::OriginalUri};
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt;
use sippycup::{BinaryPolicy, Body, ClientIp, EventSource, PublicUri, RequestContext, SippyCup, SippyCupLayer};
use tower::{Layer, ServiceExt, service_fn};

use crate::support::{answer, base, fixture, http_fixtures, pairs, request};

/// In what the two requests are different.
fn differences(name: &str) -> Vec<&'static str> {
    let ours = request(fixture(name));
    let text = String::from_utf8(fixture(name).to_vec()).unwrap();
    let Ok(theirs) = lambda_http::request::from_str(&text) else { return vec!["rejected"] };
    let body = match theirs.body() {
        lambda_http::Body::Text(text) => Bytes::from(text.clone()),
        lambda_http::Body::Binary(bytes) => Bytes::from(bytes.clone()),
        _ => Bytes::new(),
    };
    // The order of theirs is that of a hash map.
    let query = |request: Option<&str>| {
        let mut pairs = pairs(request);
        pairs.sort();
        pairs
    };
    let raw = |query: Option<&str>| query.unwrap_or_default().to_owned();
    let ordered_source = matches!(source(&ours), EventSource::HttpApi | EventSource::FunctionUrl);
    let same_query = if ordered_source && !name.starts_with("http_api_1") {
        raw(ours.uri().query()) == raw(theirs.uri().query())
    } else {
        query(ours.uri().query()) == query(theirs.uri().query())
    };
    // DIFFERENCE: ours has the length of every body, as under hyper; theirs only where the event has it.
    let mut headers = by_name(theirs.headers());
    if !ours.body().is_empty() {
        headers.insert("content-length".to_owned(), vec![ours.body().len().to_string().into_bytes()]);
    }
    [
        ("method", ours.method() == theirs.method()),
        ("path", ours.uri().path() == theirs.uri().path()),
        ("query", same_query),
        ("headers", by_name(ours.headers()) == headers),
        ("body", *ours.body() == body),
    ]
    .into_iter()
    .filter_map(|(what, same)| (!same).then_some(what))
    .collect()
}

fn source<B>(request: &Request<B>) -> EventSource {
    *request.extensions().get::<EventSource>().unwrap()
}

fn by_name(headers: &HeaderMap) -> BTreeMap<String, Vec<Vec<u8>>> {
    let mut out: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (name, value) in headers {
        out.entry(name.to_string()).or_default().push(value.as_bytes().to_vec());
    }
    out
}

/// What `lambda_http` makes different, and why ours is right (or what theirs has for it).
const KNOWN: [(&str, &[&str]); 14] = [
    // DIFFERENCE: ours is what the client wrote, `r=%e9`. Theirs decodes it, and what is no UTF-8 is lost.
    ("alb/single", &["query"]),
    // DIFFERENCE: the stage of an HTTP API is in the path; ours takes it off, an app's routes know nothing of it.
    ("http_api_1/named_stage", &["path"]),
    ("http_api_2/named_stage", &["path"]),
    ("http_api_2/mapped_domain", &["path"]),
    // DIFFERENCE: ours encodes the `%` that the gateway decoded; theirs leaves `/100%`, which is no URI.
    ("http_api_2/default_stage", &["path"]),
    // DIFFERENCE: the stage is not in the path of a REST API; theirs puts it in front, on custom domains too.
    ("rest_api/binary_body", &["path"]),
    ("rest_api/console_test", &["path"]),
    ("rest_api/empty_mapping", &["path"]),
    // DIFFERENCE: as above, and behind a mapping ours takes the base path off.
    ("rest_api/mapped_domain", &["path"]),
    // DIFFERENCE: as above, and theirs keeps the last value of a repeated header only.
    ("rest_api/execute_api", &["path", "headers"]),
    // DIFFERENCE: theirs does not know the first event version.
    ("vpc_lattice/v1", &["rejected"]),
    // DIFFERENCE: theirs makes every WebSocket event a GET of the stage; ours tells them apart.
    ("web_socket/connect", &["path"]),
    ("web_socket/disconnect", &["method", "path"]),
    ("web_socket/message", &["method", "path"]),
];

#[test]
fn requests_agree_or_differ_for_a_reason() {
    let known = BTreeMap::from(KNOWN);
    for name in http_fixtures() {
        let wanted = known.get(&*name).copied().unwrap_or_default();
        assert_eq!(differences(&name), wanted, "{name}");
    }
}

/// What an app sees: everything but headers and query, of which `lambda_http` loses some.
async fn seen(request: Request<Body>) -> Result<Response<String>, Infallible> {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let (source, base) = (source(&request), base(&request).to_owned());
    let public = request.extensions().get::<PublicUri>().map(|uri| uri.host().unwrap_or_default().to_owned());
    let client = request.extensions().get::<ClientIp>().copied();
    let context = request.extensions().get::<RequestContext>().unwrap().stage().map(str::to_owned);
    let length: Vec<_> = request.headers().get_all("content-length").iter().cloned().collect();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    Ok(Response::new(format!(
        "{method} {source} {base:?} {path} {context:?} {length:?} {body:?} {public:?} {client:?}"
    )))
}

#[tokio::test]
async fn under_lambda_http_the_layer_gives_the_app_the_same() {
    for name in http_fixtures() {
        let wanted = answer(service_fn(seen), fixture(&name)).await["body"].as_str().unwrap().to_owned();
        let text = String::from_utf8(fixture(&name).to_vec()).unwrap();
        let Ok(event) = lambda_http::request::from_str(&text) else {
            assert_eq!(name, "vpc_lattice/v1");
            continue;
        };
        let response = SippyCup::new(service_fn(seen)).into_lambda_http().oneshot(event).await.unwrap().into_inner();
        let lambda_http::Body::Text(got) = response.into_body() else { panic!("{name}: text became binary") };
        assert_eq!(got, wanted, "{name}");
    }
}

#[tokio::test]
async fn under_lambda_http_the_public_uris_have_the_query() {
    let app = Router::new()
        .fallback(async |OriginalUri(uri): OriginalUri, public: PublicUri| format!("{uri} {:?}", public.query()));
    for (name, wanted) in [
        (
            "http_api_2/default_stage",
            r#"/capture/space%20value/100%25/caf%C3%A9?plus=a+b&enc=a%2Bb&empty= Some("plus=a+b&enc=a%2Bb&empty=")"#,
        ),
        ("function_url/cookies", r#"/files/a%20b%2Fc/?v=%31&v=2 Some("v=%31&v=2")"#),
        ("web_socket/connect", r#"/live?room=7+b Some("room=7+b")"#),
        ("http_api_2/mapped_domain", "/shop/login None"),
    ] {
        let text = String::from_utf8(fixture(name).to_vec()).unwrap();
        let event = lambda_http::request::from_str(&text).unwrap();
        let response = SippyCup::new(app.clone()).into_lambda_http().oneshot(event).await.unwrap().into_inner();
        let lambda_http::Body::Text(got) = response.into_body() else { panic!("{name}: text became binary") };
        assert_eq!(got, wanted, "{name}");
    }
}

#[tokio::test]
async fn under_lambda_http_an_answer_loses_no_header_and_no_byte() {
    let app = service_fn(async |_: Request<Body>| {
        let response = Response::builder().header("vary", "a").header("vary", "b").header("x-latin", &b"caf\xe9"[..]);
        let response =
            response.header("set-cookie", "a=1").header("set-cookie", "b=2").header("content-type", "text/css");
        Ok::<_, Infallible>(response.body("a{}".to_owned()).unwrap())
    });
    for (name, vary) in [
        ("rest_api/execute_api", &["a", "b"][..]),
        ("alb/multi", &["a", "b"]),
        ("http_api_2/default_stage", &["a, b"]),
        ("function_url/cookies", &["a, b"]),
    ] {
        let text = String::from_utf8(fixture(name).to_vec()).unwrap();
        let answer = async |layer: SippyCupLayer| {
            let event = lambda_http::request::from_str(&text).unwrap();
            layer.layer(app).into_lambda_http().oneshot(event).await.unwrap().into_inner()
        };
        let response = answer(SippyCupLayer::new()).await;
        let values = |name| response.headers().get_all(name).iter().map(|value| value.as_bytes()).collect::<Vec<_>>();
        assert_eq!(values("vary"), vary.iter().map(|value| value.as_bytes()).collect::<Vec<_>>(), "{name}");
        assert_eq!(values("set-cookie"), [b"a=1", b"b=2"], "{name}");
        assert_eq!(values("x-latin"), ["café".as_bytes()], "{name}");
        assert!(matches!(response.body(), lambda_http::Body::Text(text) if text == "a{}"), "{name}");
        let binary = SippyCupLayer::new().binary_policy(BinaryPolicy::default().base64_for(["text/css"]));
        let response = answer(binary).await;
        assert!(matches!(response.body(), lambda_http::Body::Binary(bytes) if bytes == b"a{}"), "{name}");
    }
}

//! What AWS does without a word, said in one line each.

use bytes::Bytes;
use http::{Request as HttpRequest, Response};
use sippycup_gateway::{Body, Fault, Function, Gateway, GatewayBuilder, Hints, Kind};

use crate::support::{ask, get, respond};

#[tokio::test]
async fn an_upload_that_is_mangled_names_the_setting_that_saves_it() {
    for (builder, content_type, expected) in [
        (
            rest(),
            Some("image/png"),
            Some("`image/png` matches none of the API's binary media types; add it with --binary"),
        ),
        (rest(), None, Some("without a Content-Type it matches no binary media type")),
        (rest().binary_media_type("image/*"), Some("image/png"), None),
        (of(Kind::HttpApiV2), Some("image/png"), None),
        (of(Kind::HttpApiV2), None, None),
        (of(Kind::HttpApiV2), Some("text/plain"), Some("`text/plain` is taken for text")),
        (of(Kind::LoadBalancer), Some("text/plain; charset=iso-8859-1"), Some("is taken for text")),
    ] {
        let mut request = HttpRequest::post("/").body(Bytes::from_static(b"\xff\xd8")).unwrap();
        if let Some(content_type) = content_type {
            request.headers_mut().insert("content-type", content_type.parse().unwrap());
        }
        says(&respond(builder, request, ANSWER).await, expected);
    }
    let text = HttpRequest::post("/").header("content-type", "image/svg+xml").body("<svg/>".into()).unwrap();
    says(&respond(rest(), text, ANSWER).await, None);
}

#[tokio::test]
async fn base64_that_the_client_gets_as_it_is_names_the_setting_that_decodes_it() {
    let image = r#"{"statusCode":200,"headers":{"content-type":"image/png"},"multiValueHeaders":{},"body":"iVBORw==","isBase64Encoded":true}"#;
    for (builder, accept, expected) in [
        (rest(), "*/*", Some("base64 text: the API has no binary media types; --binary '*/*'")),
        (rest().binary_media_type("image/png"), "text/html,image/png", Some("`text/html`, matches none of")),
        (rest().binary_media_type("*/*"), "text/html", None),
        (of(Kind::HttpApiV2), "*/*", None),
        (of(Kind::LoadBalancer), "*/*", None),
    ] {
        let request = HttpRequest::get("/").header("accept", accept).body(Bytes::new()).unwrap();
        says(&respond(builder, request, image).await, expected);
    }
}

#[tokio::test]
async fn an_event_stream_in_one_piece_names_what_would_stream_it() {
    let answer = r#"{"statusCode":200,"headers":{"content-type":"text/event-stream"},"body":"data: x\n\n","isBase64Encoded":false}"#;
    for (builder, expected) in [
        (of(Kind::FunctionUrl), Some("the gateway does not stream; --stream")),
        (rest(), Some("the gateway does not stream; --stream")),
        (of(Kind::FunctionUrl).response_streaming(true), Some("the function does not stream")),
        (
            of(Kind::HttpApiV2),
            Some("an HTTP API cannot stream; a function URL or a REST API can (--kind url --stream)"),
        ),
        (of(Kind::LoadBalancer), Some("a load balancer cannot stream")),
        (of(Kind::VpcLatticeV2), Some("VPC Lattice cannot stream")),
    ] {
        says(&respond(builder, get("/"), answer).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_stream_that_never_ends_names_what_would_stream_it() {
    let never = tower::service_fn(|_event: Bytes| std::future::pending::<Result<Bytes, std::io::Error>>());
    for (accept, expected) in [("text/event-stream", Some("an HTTP API cannot stream; a function URL")), ("*/*", None)]
    {
        let request = HttpRequest::get("/").header("accept", accept).body(Bytes::new()).unwrap();
        let response = ask(of(Kind::HttpApiV2).build(never).unwrap(), request).await;
        assert_eq!(response.status(), 503);
        says(&response, expected);
    }
}

#[tokio::test]
async fn a_function_that_is_killed_at_its_timeout_names_it_too() {
    let (program, script) =
        crate::scripted::command_line().split_first().map(|(p, s)| (p.clone(), s.to_vec())).unwrap();
    let builder = Function::builder().report(|_| {}).timeout(std::time::Duration::from_millis(300));
    let function = builder.env("SCRIPT", "never").spawn(program, script).unwrap();
    let request = HttpRequest::get("/").header("accept", "text/event-stream").body(Bytes::new()).unwrap();
    let response = ask(of(Kind::FunctionUrl).build(function.clone()).unwrap(), request).await;
    says(&response, Some("this one did not end: the gateway does not stream; --stream"));
    function.stop().await;
}

#[tokio::test]
async fn an_upgrade_names_the_front_door_that_has_it() {
    for (protocol, expected) in [
        (
            "websocket",
            "an upgrade to `websocket`, which a REST API does not pass on; on AWS the front door for that is a WebSocket API",
        ),
        ("h2c", "an upgrade to `h2c`, which a REST API does not pass on"),
    ] {
        let request = HttpRequest::get("/").header("connection", "upgrade").header("upgrade", protocol);
        says(&respond(rest(), request.body(Bytes::new()).unwrap(), ANSWER).await, Some(expected));
    }
}

#[tokio::test]
async fn an_answer_over_the_limit_names_the_way_around_it() {
    for (builder, expected) in [
        (rest(), "--stream (`response_streaming`)"),
        (of(Kind::HttpApiV2), "an HTTP API takes 6 MB, base64 included"),
        (of(Kind::LoadBalancer), "a load balancer takes 1 MB"),
    ] {
        let answer = format!(r#"{{"statusCode":200,"body":"{}"}}"#, "x".repeat((6 << 20) + 100));
        let response = respond(builder, get("/"), answer).await;
        assert!(response.extensions().get::<Fault>().is_some());
        says(&response, Some(expected));
    }
    let (program, script) =
        crate::scripted::command_line().split_first().map(|(p, s)| (p.clone(), s.to_vec())).unwrap();
    let function = Function::builder().report(|_| {}).env("SCRIPT", "large:7000000").spawn(program, script).unwrap();
    let response = ask(rest().build(function.clone()).unwrap(), get("/")).await;
    says(&response, Some("--stream (`response_streaming`)"));
    function.stop().await;
}

const ANSWER: &str = r#"{"statusCode":200,"headers":{},"multiValueHeaders":{},"body":"x","isBase64Encoded":false}"#;

fn of(kind: Kind) -> GatewayBuilder {
    Gateway::builder(kind)
}

/// A REST API whose paths are the app's own.
fn rest() -> GatewayBuilder {
    of(Kind::RestApi).domain(sippycup_gateway::Domain::new("api.example.com"))
}

fn says(response: &Response<Body>, expected: Option<&str>) {
    let hints: Vec<_> = response.extensions().get::<Hints>().into_iter().flat_map(Hints::iter).collect();
    match expected {
        Some(expected) => {
            assert_eq!(hints.len(), 1, "{hints:?}");
            assert!(hints[0].contains(expected), "{hints:?}");
        }
        None => assert_eq!(hints, [""; 0]),
    }
}

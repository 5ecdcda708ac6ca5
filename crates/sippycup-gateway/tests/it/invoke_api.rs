//! The Invoke API, as SDKs read it.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sippycup_gateway::{Answer, Body, BoxError, End, InvokeApi, Step};
use tokio::sync::mpsc;
use tower::util::BoxCloneSyncService;
use tower::{ServiceExt, service_fn};

use crate::support::text;

type Function = BoxCloneSyncService<Bytes, Answer, BoxError>;

fn api() -> (InvokeApi<Function>, mpsc::UnboundedReceiver<Bytes>) {
    let (sender, events) = mpsc::unbounded_channel();
    let echo = service_fn(move |event: Bytes| {
        // A test need not look.
        let _ = sender.send(event.clone());
        async move { Ok::<_, BoxError>(Answer::from(event)) }
    });
    let fails = service_fn(async |_: Bytes| Err::<Answer, BoxError>("on purpose".into()));
    let streams = service_fn(async |_: Bytes| {
        let pieces =
            ["one", "two"].map(|piece| Ok::<_, BoxError>(http_body::Frame::data(Bytes::from_static(piece.as_bytes()))));
        let body = http_body_util::StreamBody::new(futures_util::stream::iter(pieces));
        Ok::<_, BoxError>(Answer::streaming(body, false))
    });
    let nothing = service_fn(async |_: Bytes| Ok::<_, BoxError>(Answer::from(Bytes::new())));
    let api = InvokeApi::new()
        .function("echo", Function::new(echo))
        .function("fails", Function::new(fails))
        .function("streams", Function::new(streams))
        .function("nothing", Function::new(nothing));
    (api, events)
}

async fn invoke(path: &str, headers: &[(&str, &str)], body: &str) -> Response<Body> {
    let (api, _) = api();
    let request = headers.iter().fold(Request::post(path), |request, (name, value)| request.header(*name, *value));
    api.oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap()
}

fn path(name: &str) -> String {
    format!("/2015-03-31/functions/{name}/invocations")
}

#[tokio::test]
async fn an_invocation_gets_the_answer() {
    for name in ["echo", "echo:live", "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Aecho"] {
        let response = invoke(&path(name), &[], r#"{"a": 1}"#).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["x-amz-executed-version"], "$LATEST");
        assert_eq!(response.headers()["content-type"], "application/json");
        assert!(response.headers().contains_key("x-amzn-requestid"));
        assert!(!response.headers().contains_key("x-amz-function-error"));
        assert_eq!(text(response).await, r#"{"a": 1}"#);
    }
    assert_eq!(text(invoke(&path("echo"), &[], "").await).await, "{}");
    assert_eq!(text(invoke(&path("nothing"), &[], "{}").await).await, "null");
    assert_eq!(text(invoke(&path("streams"), &[], "{}").await).await, "onetwo");
}

#[tokio::test]
async fn a_function_that_fails_is_no_failure_of_the_api() {
    let response = invoke(&path("fails"), &[], "{}").await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["x-amz-function-error"]),
        (200, &"Unhandled".parse().unwrap())
    );
    let error: Value = serde_json::from_str(&text(response).await).unwrap();
    assert_eq!(error, json!({"errorType": "Error", "errorMessage": "on purpose"}));
}

#[tokio::test]
async fn an_event_is_not_waited_for_and_a_dry_run_asks_nobody() {
    let (api, mut events) = api();
    let request = |sort: &str| {
        let request = Request::post(path("echo")).header("x-amz-invocation-type", sort);
        request.body(Body::from(format!("\"{sort}\""))).unwrap()
    };
    let dry = api.clone().oneshot(request("DryRun")).await.unwrap();
    assert_eq!((dry.status().as_u16(), text(dry).await), (204, String::new()));
    let event = api.clone().oneshot(request("Event")).await.unwrap();
    assert!(!event.headers().contains_key("x-amz-executed-version"));
    assert_eq!((event.status().as_u16(), text(event).await), (202, String::new()));
    assert_eq!(events.recv().await.unwrap(), "\"Event\"");
    let old = Request::post("/2014-11-13/functions/echo/invoke-async/").body(Body::from("\"old\"")).unwrap();
    assert_eq!(api.oneshot(old).await.unwrap().status(), 202);
    assert_eq!(events.recv().await.unwrap(), "\"old\"");
}

#[tokio::test]
async fn errors_have_a_code_and_the_spelling_of_aws() {
    let large = format!("\"{}\"", "x".repeat(6 << 20));
    let echo = path("echo");
    for (path, headers, body, status, code, member) in [
        (&*path("nope"), &[][..], "{}", 404, "ResourceNotFoundException", "Message"),
        (&*echo, &[], "{", 400, "InvalidRequestContentException", "message"),
        (&*echo, &[], &*large, 413, "RequestTooLargeException", "message"),
        (&*echo, &[("x-amz-invocation-type", "Later")], "{}", 400, "InvalidParameterValueException", "message"),
        (&*echo, &[("x-amz-log-type", "All")], "{}", 400, "InvalidParameterValueException", "message"),
        (&*echo, &[("x-amz-client-context", "no base64")], "{}", 400, "InvalidParameterValueException", "message"),
        ("/2015-03-31/functions", &[], "{}", 404, "UnknownOperationException", "message"),
    ] {
        let response = invoke(path, headers, body).await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()["x-amzn-errortype"]),
            (status, &code.parse().unwrap())
        );
        let error: Value = serde_json::from_str(&text(response).await).unwrap();
        assert!(error["Type"] == "User" && error[member].is_string(), "{error}");
    }
}

#[tokio::test]
async fn an_event_that_is_too_large_is_refused_in_the_words_of_lambda() {
    let message = async |response: Response<Body>| {
        serde_json::from_str::<Value>(&text(response).await).unwrap()["message"].as_str().unwrap().to_owned()
    };
    for (sort, limit) in [("RequestResponse", 6 << 20), ("Event", 1 << 20)] {
        let body = format!("\"{}\"", "x".repeat(limit));
        let refused = invoke(&path("echo"), &[("x-amz-invocation-type", sort)], &body).await;
        let size = limit + 2;
        assert_eq!(
            message(refused).await,
            format!("{size} byte payload is too large for the {sort} invocation type (limit {limit} bytes)")
        );
        let fits = invoke(&path("echo"), &[("x-amz-invocation-type", sort)], &"1".repeat(limit)).await;
        assert!(fits.status().is_success());
    }
    let pieces = (0..7).map(|_| Ok::<_, BoxError>(http_body::Frame::data(Bytes::from(vec![b'1'; 1 << 20]))));
    let unknown = http_body_util::StreamBody::new(futures_util::stream::iter(pieces.collect::<Vec<_>>()));
    let refused = api().0.oneshot(Request::post(path("echo")).body(unknown).unwrap()).await.unwrap();
    assert_eq!(message(refused).await, "Request must be smaller than 6291456 bytes for the InvokeFunction operation");
}

#[tokio::test]
async fn a_stream_is_made_of_events_and_ends_with_one() {
    for (name, pieces) in [("streams", &["one", "two"][..]), ("echo", &["{}"]), ("fails", &[])] {
        let path = format!("/2021-11-15/functions/{name}/response-streaming-invocations");
        let response = invoke(&path, &[("x-amz-log-type", "Tail")], "{}").await;
        assert_eq!(response.headers()["content-type"], "application/vnd.amazon.eventstream");
        let stream = response.into_body().collect().await.unwrap().to_bytes();
        let events = frames(&stream);
        let (last, chunks) = events.split_last().unwrap();
        let chunks: Vec<_> =
            chunks.iter().map(|(kind, payload)| (kind.as_str(), std::str::from_utf8(payload).unwrap())).collect();
        assert_eq!(chunks, pieces.iter().map(|piece| ("PayloadChunk", *piece)).collect::<Vec<_>>(), "{name}");
        let complete: Value = serde_json::from_slice(&last.1).unwrap();
        assert_eq!((last.0.as_str(), complete["LogResult"].is_string()), ("InvokeComplete", true));
        assert_eq!(complete.get("ErrorCode"), (name == "fails").then(|| json!("Error")).as_ref());
    }
}

#[tokio::test]
async fn an_observer_is_told_of_every_call() {
    let asked = [
        (
            "echo",
            "RequestResponse",
            "{\"a\":1}",
            "request, body 7, event {\"a\":1}, answer {\"a\":1}, response 200, piece, whole",
        ),
        ("fails", "RequestResponse", "", "request, body 0, event {}, failed on purpose, response 200, piece, whole"),
        (
            "streams",
            "RequestResponse",
            "{}",
            "request, body 2, event {}, stream, chunk 3, chunk 3, response 200, piece, whole",
        ),
        ("echo", "DryRun", "{}", "request, body 2, response 204, whole"),
        ("echo", "Event", "{}", "request, body 2, response 202, event {}, answer {}, whole"),
        ("fails", "Event", "{}", "request, body 2, response 202, event {}, failed on purpose, whole"),
        ("nobody", "Event", "{}", "request, response 404, piece, whole"),
    ];
    for (name, sort, body, expected) in asked {
        let (told, mut steps) = mpsc::unbounded_channel();
        let api = api().0.observer(move |_, step| {
            let told = told.send(match step {
                Step::Request(_) => "request".to_owned(),
                Step::RequestBody(body) => format!("body {}", body.len()),
                Step::Event(event) => format!("event {}", String::from_utf8_lossy(event)),
                Step::Answer(answer) => format!("answer {}", String::from_utf8_lossy(answer)),
                Step::Streaming { prelude: false } => "stream".to_owned(),
                Step::AnswerPiece(piece) => format!("chunk {}", piece.len()),
                Step::Failed(error) => format!("failed {error}"),
                Step::Response(parts) => format!("response {}", parts.status.as_u16()),
                Step::ResponsePiece(_) => "piece".to_owned(),
                Step::End(End::Whole) => "whole".to_owned(),
                other => format!("{other:?}"),
            });
            told.unwrap();
        });
        let request = Request::post(path(name)).header("x-amz-invocation-type", sort);
        let response = api.oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        response.into_body().collect().await.unwrap();
        let mut seen = Vec::new();
        while let Some(step) = steps.recv().await {
            let is_over = step == "whole";
            seen.push(step);
            if is_over {
                break;
            }
        }
        assert_eq!(seen.join(", "), expected, "{name} {sort}");
    }
}

/// Type and payload of each event.
fn frames(mut stream: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut events = Vec::new();
    while !stream.is_empty() {
        let number = |at: usize| u32::from_be_bytes(stream[at..at + 4].try_into().unwrap()) as usize;
        let (total, headers) = (number(0), number(4));
        // The name `:event-type`, the type of the value and its length come before it.
        let length = usize::from(stream[12 + 14]);
        let kind = String::from_utf8(stream[27..27 + length].to_vec()).unwrap();
        events.push((kind, stream[12 + headers..total - 4].to_vec()));
        stream = &stream[total..];
    }
    events
}

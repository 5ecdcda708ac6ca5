//! Streamed answers, while they come and when they break.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use http_body_util::BodyExt;
use sippycup_gateway::{Body, Fault, Function, Gateway, Kind};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::{reported, scripted};
use crate::support::{ask, get, text};

#[tokio::test]
async fn streams_are_passed_on_live() {
    for kind in [Kind::RestApi, Kind::FunctionUrl] {
        let mut streaming = Streaming::begin("stream", kind, true).await;
        assert_eq!(streaming.status, StatusCode::CREATED);
        assert_eq!(streaming.header("x-a"), ["b"]);
        assert_eq!(streaming.header("set-cookie"), ["c=1", "d=2"]);
        // The function has not sent more, and waits for us.
        assert_eq!(streaming.chunk().await.unwrap(), "first");
        streaming.go_on().await;
        assert_eq!(streaming.chunk().await.unwrap(), "second");
        assert!(streaming.body.frame().await.is_none());
        streaming.function.stop().await;
    }
}

#[tokio::test]
async fn a_stream_without_prelude_is_the_body_of_a_function_url() {
    let mut streaming = Streaming::begin("stream-raw", Kind::FunctionUrl, true).await;
    assert_eq!(streaming.status, StatusCode::OK);
    assert_eq!(streaming.header("content-type"), ["application/octet-stream"]);
    assert_eq!(streaming.chunk().await.unwrap(), "first");
    streaming.go_on().await;
    streaming.function.stop().await;
}

#[tokio::test]
async fn a_stream_that_dies_or_fails_breaks_off_for_the_client_too() {
    for (script, reason) in [("stream-dies", "Runtime."), ("stream-fails", "Middle: in the middle")] {
        let mut streaming = Streaming::begin(script, Kind::FunctionUrl, true).await;
        assert_eq!(streaming.chunk().await.unwrap(), "first");
        streaming.go_on().await;
        let error = streaming.chunk().await.unwrap_err();
        assert!(error.contains(reason), "{error}");
        streaming.function.stop().await;
    }
}

#[tokio::test]
async fn clients_that_go_away_from_endless_streams_leave_no_process_used_up() {
    let (builder, mut report) = reported();
    let function = scripted("stream-on", builder.concurrency(2));
    let gateway = Gateway::builder(Kind::FunctionUrl).response_streaming(true).build(function.clone()).unwrap();
    for _ in 0..3 {
        let mut streams = Vec::new();
        for _ in 0..2 {
            let mut response = ask(gateway.clone(), get("/stream")).await;
            response.body_mut().frame().await.unwrap().unwrap();
            streams.push(response);
        }
    }
    let response = ask(Gateway::builder(Kind::HttpApiV2).build(function.clone()).unwrap(), get("/other")).await;
    assert_eq!(text(response).await, "/other");
    report.until("the client has gone").await;
    function.stop().await;
}

#[tokio::test]
async fn a_process_with_many_polls_loses_the_connection_of_a_stream_that_nobody_reads() {
    let function = scripted("stream-closed", Function::builder().report(|_| {}).max_concurrency(1));
    let gateway = Gateway::builder(Kind::FunctionUrl).response_streaming(true).build(function.clone()).unwrap();
    for _ in 0..3 {
        let mut response = ask(gateway.clone(), get("/stream")).await;
        response.body_mut().frame().await.unwrap().unwrap();
    }
    let response = ask(Gateway::builder(Kind::HttpApiV2).build(function.clone()).unwrap(), get("/other")).await;
    assert_eq!(text(response).await, "/other");
    function.stop().await;
}

#[tokio::test]
async fn a_stream_whose_client_went_away_goes_on_if_nobody_waits() {
    let sign = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (builder, mut report) = reported();
    let function = scripted("stream-say", builder.env("GO_ON", sign.local_addr().unwrap().to_string()));
    let gateway = Gateway::builder(Kind::FunctionUrl).response_streaming(true).build(function.clone()).unwrap();
    let mut response = ask(gateway, get("/")).await;
    response.body_mut().frame().await.unwrap().unwrap();
    drop(response);
    go_on(&sign).await;
    let line = report.until("streamed to its end:").await;
    assert!(line.contains("202"), "{line}");
    function.stop().await;
}

#[tokio::test]
async fn the_time_of_an_invocation_ends_with_its_last_byte() {
    let (builder, mut report) = reported();
    let function = scripted("stream-on", builder.concurrency(1).timeout(Duration::from_secs(1)));
    let gateway = Gateway::builder(Kind::RestApi).response_streaming(true).build(function.clone()).unwrap();
    for _ in 0..2 {
        let mut response = ask(gateway.clone(), get("/prod/stream")).await;
        assert_eq!(response.status(), StatusCode::CREATED);
        assert_eq!(response.body_mut().frame().await.unwrap().unwrap().into_data().unwrap(), "first");
        let error = response.body_mut().frame().await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "Sandbox.Timedout: Task timed out after 1.00 seconds");
        report.until("SIGKILL").await;
    }
    function.stop().await;
}

#[tokio::test]
async fn a_client_that_does_not_read_keeps_no_function_beyond_its_time() {
    let (builder, mut report) = reported();
    let function = scripted("stream-flood", builder.timeout(Duration::from_secs(1)));
    let gateway = Gateway::builder(Kind::FunctionUrl).response_streaming(true).build(function.clone()).unwrap();
    let response = ask(gateway, get("/")).await;
    report.until("SIGKILL").await;
    // What had come is still to be had, and then that it was not all.
    assert!(response.into_body().collect().await.is_err());
    function.stop().await;
}

#[tokio::test]
async fn a_gateway_that_does_not_stream_takes_the_whole_stream_for_the_answer() {
    let mut streaming = Streaming::begin("stream", Kind::RestApi, false).await;
    assert_eq!(streaming.status, StatusCode::BAD_GATEWAY);
    assert_eq!(streaming.chunk().await.unwrap(), r#"{"message":"Internal server error"}"#);
    streaming.function.stop().await;
}

#[tokio::test]
async fn an_http_api_sends_the_collected_stream_and_the_developer_learns_why() {
    let mut streaming = Streaming::begin("stream", Kind::HttpApiV2, false).await;
    assert_eq!(streaming.status, StatusCode::OK);
    assert_eq!(streaming.fault, "the function streamed, but this gateway is not set to stream");
    assert!(streaming.chunk().await.unwrap().ends_with("\0\0firstsecond"));
    streaming.function.stop().await;
}

/// A streaming function and the response that has begun.
struct Streaming {
    function: Function,
    status: StatusCode,
    headers: http::HeaderMap,
    fault: String,
    body: Body,
    sign: Arc<TcpListener>,
}

impl Streaming {
    async fn begin(script: &str, kind: Kind, streaming: bool) -> Self {
        let sign = Arc::new(TcpListener::bind("127.0.0.1:0").await.unwrap());
        let address: SocketAddr = sign.local_addr().unwrap();
        let function = scripted(script, Function::builder().report(|_| {}).env("GO_ON", address.to_string()));
        let gateway = Gateway::builder(kind).response_streaming(streaming).build(function.clone()).unwrap();
        let path = format!("{}/", gateway.base_path());
        let asked = ask(gateway, get(&path));
        let response = if streaming {
            asked.await
        } else {
            // A gateway that collects needs the end of the stream.
            let (response, ()) = tokio::join!(asked, go_on(&sign));
            response
        };
        let fault = response.extensions().get::<Fault>().map(ToString::to_string).unwrap_or_default();
        let (parts, body) = response.into_parts();
        Self { function, status: parts.status, headers: parts.headers, fault, body, sign }
    }

    fn header(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|v| v.to_str().unwrap()).collect()
    }

    async fn chunk(&mut self) -> Result<String, String> {
        let frame = self.body.frame().await.expect("the body goes on");
        frame.map(|f| String::from_utf8(f.into_data().unwrap().to_vec()).unwrap()).map_err(|e| e.to_string())
    }

    async fn go_on(&self) {
        go_on(&self.sign).await;
    }
}

async fn go_on(sign: &TcpListener) {
    let (mut socket, _) = sign.accept().await.unwrap();
    socket.write_all(b"!").await.unwrap();
}

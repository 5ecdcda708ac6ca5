//! Streamed answers of a function in the same process: how they end, and what is not kept.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::Frame;
use http_body_util::BodyExt;
use sippycup_gateway::{Answer, BoxError, Fault, Gateway, GatewayBuilder, Kind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{ask, get};

#[tokio::test]
async fn an_error_in_the_trailers_breaks_the_stream() {
    for kind in [Kind::RestApi, Kind::FunctionUrl] {
        let (gateway, path) = streaming(Gateway::builder(kind), Body::of(["a", "b"]).then(Frame::trailers(failure())));
        let mut body = ask(gateway, get(&path)).await.into_body();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "a");
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "b");
        let error = body.frame().await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "App.Error: no disk", "{kind}");
        assert!(body.frame().await.is_none(), "{kind}");
    }
}

#[tokio::test]
async fn other_trailers_are_left_behind() {
    let mut trailers = HeaderMap::new();
    trailers.insert("x-checksum", HeaderValue::from_static("1"));
    let (gateway, path) =
        streaming(Gateway::builder(Kind::FunctionUrl), Body::of(["a"]).then(Frame::trailers(trailers)));
    let body = ask(gateway, get(&path)).await.into_body().collect().await.unwrap();
    assert!(body.trailers().is_none());
    assert_eq!(body.to_bytes(), "a");
}

#[tokio::test]
async fn a_client_sees_that_a_stream_broke() {
    for (script, whole) in [(Body::of(["a"]), true), (Body::of(["a"]).then(Frame::trailers(failure())), false)] {
        let (gateway, path) = streaming(Gateway::builder(Kind::FunctionUrl), script);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(gateway.serve(listener, std::future::pending()));
        let mut socket = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        socket.read_to_string(&mut response).await.unwrap();
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
        assert_eq!(response.ends_with("1\r\na\r\n0\r\n\r\n"), whole, "{response}");
        server.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn the_gateways_timeout_counts_until_the_last_byte() {
    for (builder, seconds) in [
        (Gateway::builder(Kind::RestApi).timeout(Duration::from_secs(29)), 29),
        (Gateway::builder(Kind::RestApi), 900),
        (Gateway::builder(Kind::FunctionUrl), 900),
    ] {
        let (gateway, path) = streaming(builder, Body::of(["a"]).then_nothing());
        let began = tokio::time::Instant::now();
        let mut body = ask(gateway, get(&path)).await.into_body();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "a");
        let error = body.frame().await.unwrap().unwrap_err();
        assert!(error.to_string().contains("waits no longer"), "{error}");
        assert_eq!(began.elapsed().as_secs(), seconds);
    }
}

#[tokio::test]
async fn a_stream_that_nobody_streams_is_not_collected_beyond_the_limit() {
    for kind in [Kind::RestApi, Kind::HttpApiV2, Kind::LoadBalancer] {
        let gateway = Gateway::builder(kind).payload_limit(1 << 20);
        let (gateway, path) = with(gateway, Body::endless("x".repeat(1 << 16)));
        let response = ask(gateway, get(&path)).await;
        assert!(response.status().is_server_error(), "{kind}");
        let fault = response.extensions().get::<Fault>().unwrap().to_string();
        assert!(fault.contains("more than 1048576 bytes") && fault.contains("not set to stream"), "{fault}");
    }
}

pub(crate) type Answering = tower::util::BoxCloneService<Bytes, Answer, Infallible>;

fn streaming(builder: GatewayBuilder, body: Body) -> (Gateway<Answering>, String) {
    with(builder.response_streaming(true), body)
}

pub(crate) fn with(builder: GatewayBuilder, body: Body) -> (Gateway<Answering>, String) {
    let function = tower::service_fn(move |_event: Bytes| {
        let answer = Answer::streaming(body.clone(), true);
        async move { Ok(answer) }
    });
    let gateway = builder.build(Answering::new(function)).unwrap();
    let path = format!("{}/", gateway.base_path());
    (gateway, path)
}

pub(crate) fn failure() -> HeaderMap {
    // base64 of {"errorType":"App.Error","errorMessage":"no disk"}
    let body = "eyJlcnJvclR5cGUiOiJBcHAuRXJyb3IiLCJlcnJvck1lc3NhZ2UiOiJubyBkaXNrIn0=";
    let mut trailers = HeaderMap::new();
    trailers.insert("lambda-runtime-function-error-type", HeaderValue::from_static("App.Error"));
    trailers.insert("lambda-runtime-function-error-body", HeaderValue::from_static(body));
    trailers
}

/// A body that follows a script, behind a prelude.
#[derive(Clone)]
pub(crate) struct Body {
    steps: VecDeque<Step>,
    endless: Option<String>,
}

#[derive(Clone)]
enum Step {
    Data(Bytes),
    /// In the next poll: what came before has been sent by then.
    Later,
    Nothing,
    Trailers(HeaderMap),
}

impl Body {
    pub(crate) fn of<const N: usize>(chunks: [&'static str; N]) -> Self {
        let prelude = Bytes::from_static(b"{\"statusCode\":200,\"headers\":{}}\0\0\0\0\0\0\0\0");
        let chunks = chunks.map(|chunk| Step::Data(Bytes::from_static(chunk.as_bytes())));
        Self { steps: [Step::Data(prelude)].into_iter().chain(chunks).collect(), endless: None }
    }

    fn endless(chunk: String) -> Self {
        Self { endless: Some(chunk), ..Self::of([]) }
    }

    pub(crate) fn then(mut self, frame: Frame<Bytes>) -> Self {
        self.steps.push_back(Step::Later);
        self.steps.push_back(Step::Trailers(frame.into_trailers().unwrap()));
        self
    }

    pub(crate) fn then_nothing(mut self) -> Self {
        self.steps.push_back(Step::Nothing);
        self
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.steps.front() {
            Some(Step::Nothing) => return Poll::Pending,
            None => return Poll::Ready(self.endless.clone().map(|chunk| Ok(Frame::data(chunk.into())))),
            Some(_) => {}
        }
        Poll::Ready(match self.steps.pop_front() {
            Some(Step::Data(data)) => Some(Ok(Frame::data(data))),
            Some(Step::Trailers(trailers)) => Some(Ok(Frame::trailers(trailers))),
            Some(Step::Later) => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            _ => None,
        })
    }
}

//! tonic: its routes run, and what the docs say about trailers is true.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use serde_json::json;
use tonic::{body::Body, server::NamedService, service::Routes};
use tower::Service;

use crate::support::{answer, fixture_value};

/// What generated code would be: a service that answers the message it got, with its status in trailers as
/// gRPC has it, or in the body as grpc-web has it.
#[derive(Clone)]
struct Echo;

impl NamedService for Echo {
    const NAME: &'static str = "probe.Echo";
}

impl Service<Request<Body>> for Echo {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(async move {
            let content_type = request.headers()["content-type"].clone();
            let web = content_type.as_bytes().starts_with(b"application/grpc-web");
            let message = request.into_body().collect().await.unwrap().to_bytes();
            let trailers = HeaderMap::from_iter([("grpc-status".parse().unwrap(), "0".parse().unwrap())]);
            let status = Bytes::from_static(b"\x80\0\0\0\x0fgrpc-status:0\r\n");
            let end = if web { Frame::data(status) } else { Frame::trailers(trailers) };
            let frames = [Ok::<_, tonic::Status>(Frame::data(message)), Ok(end)];
            let body = Body::new(StreamBody::new(futures_util::stream::iter(frames)));
            Ok(Response::builder().header("content-type", content_type).body(body).unwrap())
        })
    }
}

fn call_of(content_type: &str) -> String {
    let mut event = fixture_value("http_api_2/form_body");
    event["rawPath"] = "/probe.Echo/Say".into();
    event["headers"]["content-type"] = content_type.into();
    event["body"] = STANDARD.encode(b"\0\0\0\0\x02hi").into();
    event.to_string()
}

#[tokio::test]
async fn grpc_web_keeps_its_status() {
    let seen = answer(Routes::new(Echo), call_of("application/grpc-web+proto")).await;
    assert_eq!(seen["statusCode"], 200);
    assert_eq!(seen["isBase64Encoded"], true);
    let body = STANDARD.decode(seen["body"].as_str().unwrap()).unwrap();
    assert_eq!(body, b"\0\0\0\0\x02hi\x80\0\0\0\x0fgrpc-status:0\r\n");
    assert_eq!(seen["headers"]["content-type"], "application/grpc-web+proto");
}

#[tokio::test]
async fn native_grpc_loses_its_status_since_no_answer_carries_trailers() {
    let seen = answer(Routes::new(Echo), call_of("application/grpc")).await;
    assert_eq!(seen["body"], "\0\0\0\0\u{2}hi");
    assert!(!seen.to_string().contains("grpc-status"));
}

#[tokio::test]
async fn an_unknown_method_is_answered_in_headers() {
    let mut event = fixture_value("http_api_2/form_body");
    event["rawPath"] = "/probe.Other/Say".into();
    event["headers"]["content-type"] = "application/grpc".into();
    let seen = answer(Routes::new(Echo), event.to_string()).await;
    assert_eq!(seen["headers"]["grpc-status"], json!("12"));
}

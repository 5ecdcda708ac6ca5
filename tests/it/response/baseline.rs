//! What `lambda_http` and `axum-aws-lambda` do to responses (BASELINE.md, appendix C), and what happens here,
//! through the layer, with a body that comes in frames.

use std::{convert::Infallible, io};

use axum::body::Body as AxumBody;
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use http_body_util::StreamBody;
use serde_json::json;
use sippycup::{Body, SippyCupLayer};
use tower::service_fn;

use crate::support::{answer, bytes_of, fixture};

type Frames = Vec<Result<Frame<Bytes>, io::Error>>;

/// An app that answers with these frames.
async fn app(frames: Frames) -> Response<AxumBody> {
    let mut frames = frames.into_iter();
    let stream = futures_util::stream::poll_fn(move |_| std::task::Poll::Ready(frames.next()));
    Response::new(AxumBody::new(StreamBody::new(stream)))
}

fn data(bytes: &'static [u8]) -> Result<Frame<Bytes>, io::Error> {
    Ok(Frame::data(Bytes::from_static(bytes)))
}

const EVENTS: [&str; 5] =
    ["rest_api/execute_api", "http_api_2/default_stage", "alb/single", "vpc_lattice/v2", "web_socket/connect"];

#[tokio::test]
async fn a_body_of_many_frames_is_one() {
    for event in EVENTS {
        // A character may be cut by a frame.
        let app = service_fn(async |_: Request<Body>| {
            Ok::<_, Infallible>(app(vec![data(b"caf\xc3"), data(b""), data(b"\xa9!")]).await)
        });
        assert_eq!(answer(app, fixture(event)).await["body"], "café!", "{event}");
    }
}

#[tokio::test]
async fn a_body_that_fails_half_way_is_an_error_with_its_cause() {
    for event in EVENTS {
        let app = service_fn(async |_: Request<Body>| {
            Ok::<_, Infallible>(app(vec![data(b"hello"), Err(io::Error::other("boom"))]).await)
        });
        let error = bytes_of(SippyCupLayer::new(), app, fixture(event)).await.unwrap_err();
        assert!(error.is_body(), "{event}");
        let mut causes = Vec::new();
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        while let Some(error) = cause {
            causes.push(error.to_string());
            cause = error.source();
        }
        assert_eq!(causes.first().unwrap(), "response body failed");
        assert!(causes.iter().any(|cause| cause == "boom"), "{causes:?}");
    }
}

#[tokio::test]
async fn trailers_are_dropped_and_the_body_stays() {
    for event in EVENTS {
        let app = service_fn(async |_: Request<Body>| {
            let trailers = HeaderMap::from_iter([("grpc-status".parse().unwrap(), "0".parse().unwrap())]);
            Ok::<_, Infallible>(app(vec![data(b"hi"), Ok(Frame::trailers(trailers))]).await)
        });
        let answer = answer(app, fixture(event)).await;
        assert_eq!(answer["body"], "hi", "{event}");
        assert!(!answer.to_string().contains("grpc-status"), "{event}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_go_out_is_not_waited_for() {
    let app = service_fn(async |_: Request<Body>| {
        let never = StreamBody::new(futures_util::stream::pending::<Result<Frame<Bytes>, Infallible>>());
        Ok::<_, Infallible>(Response::builder().status(304).header("etag", "\"x\"").body(AxumBody::new(never)).unwrap())
    });
    let answer = answer(app, fixture("http_api_2/default_stage")).await;
    let wanted =
        json!({"statusCode": 304, "headers": {"etag": "\"x\""}, "cookies": [], "body": "", "isBase64Encoded": false});
    assert_eq!(answer, wanted);
}

#[tokio::test]
async fn five_megabytes_of_binary_are_encoded_exactly() {
    let app =
        service_fn(async |_: Request<Body>| Ok::<_, Infallible>(Response::new(AxumBody::from(vec![0xff_u8; 5 << 20]))));
    let answer = answer(app, fixture("http_api_2/default_stage")).await;
    assert_eq!(answer["body"].as_str().unwrap().len(), (5_usize << 20).div_ceil(3) * 4);
    assert_eq!(answer["isBase64Encoded"], true);
}

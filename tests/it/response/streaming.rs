//! What stands in front of a streamed body.

use std::{convert::Infallible, error::Error as _};

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, Request, Response};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, Full, StreamBody};
use serde_json::{Value, json};
use sippycup::{BasePath, Body, ProxyEvent, SippyCup, SippyCupLayer};
use sippycup_gateway::{Body as GatewayBody, Fault, Gateway, Kind};
use tower::{Layer, ServiceExt, service_fn};

use crate::support::fixture;

async fn app(_: Request<Body>) -> Result<Response<Full<&'static [u8]>>, Infallible> {
    let response = Response::builder()
        .status(201)
        .header("set-cookie", "a=1")
        .header("set-cookie", "b=2")
        .header("vary", "a")
        .header("vary", "b")
        .header("content-length", "3")
        .header("location", "/x");
    Ok(response.body(Full::new(&b"a\xff\0"[..])).unwrap())
}

#[tokio::test]
async fn the_prelude_is_of_its_source_and_ends_in_eight_nuls() {
    for (event, wanted) in [
        (
            "function_url/cookies",
            json!({
                "statusCode": 201, "headers": {"vary": "a, b", "location": "/base/x"}, "cookies": ["a=1", "b=2"]
            }),
        ),
        (
            "rest_api/execute_api",
            json!({
                "statusCode": 201,
                "multiValueHeaders": {"set-cookie": ["a=1", "b=2"], "vary": ["a", "b"], "location": ["/base/x"]},
            }),
        ),
    ] {
        let layer = SippyCupLayer::new().base_path(BasePath::from_static("/base"));
        let streaming = layer.layer(service_fn(app)).into_streaming();
        let answer = streaming.clone().oneshot(fixture(event)).await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/vnd.awslambda.http-integration-response");
        let mut body = answer.into_body();
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        let prelude = first.strip_suffix(&[0; 8]).unwrap();
        assert!(!prelude.contains(&0));
        assert_eq!(serde_json::from_slice::<Value>(prelude).unwrap(), wanted);
        assert_eq!(body.collect().await.unwrap().to_bytes(), &b"a\xff\0"[..]);

        let event = ProxyEvent::from_bytes(fixture(event)).unwrap();
        let answer = streaming.into_event_service().oneshot(event).await.unwrap();
        assert_eq!(answer.into_body().frame().await.unwrap().unwrap().into_data().unwrap(), first);
    }
}

#[tokio::test]
async fn a_head_request_has_a_prelude_and_no_body() {
    let event = r#"{"rawPath":"/","requestContext":{"http":{"method":"HEAD"}}}"#;
    let streaming = SippyCup::new(service_fn(app)).into_streaming();
    let body = streaming.oneshot(Bytes::from(event)).await.unwrap().into_body();
    assert!(!body.is_end_stream());
    assert!(body.collect().await.unwrap().to_bytes().ends_with(&[0; 8]));
}

#[tokio::test]
async fn what_fails_before_the_head_is_an_error_and_what_fails_after_it_is_one_of_the_body() {
    let failing = service_fn(async |request: Request<Body>| match request.uri().path() {
        "/service" => Err("failed on purpose"),
        _ => Ok(Response::new(StreamBody::new(stream::iter([
            Ok(Frame::data(Bytes::from_static(b"some"))),
            Ok(Frame::trailers(HeaderMap::new())),
            Err("the body failed on purpose"),
        ])))),
    });
    let event = |path: &str| Bytes::from(format!(r#"{{"httpMethod":"GET","path":"{path}","requestContext":{{}}}}"#));
    let streaming = SippyCup::new(failing).into_streaming();
    assert!(streaming.clone().oneshot(fixture("not_http/sqs")).await.unwrap_err().is_event());
    assert!(streaming.clone().oneshot(event("/service")).await.unwrap_err().is_service());

    let mut body = streaming.oneshot(event("/body")).await.unwrap().into_body();
    let mut frames = Vec::new();
    let error = loop {
        match body.frame().await.unwrap() {
            Ok(frame) => frames.push(frame.into_data().unwrap()),
            Err(error) => break error,
        }
    };
    assert_eq!(frames.len(), 2);
    assert_eq!(frames[1], "some");
    assert!(error.is_body());
    assert_eq!(error.source().unwrap().to_string(), "the body failed on purpose");
    assert!(body.frame().await.is_none() && body.is_end_stream());
}

#[tokio::test]
async fn it_is_a_function_behind_the_local_gateway() {
    let app = service_fn(async |request: Request<Body>| {
        let path = request.uri().path().to_owned();
        Ok::<_, Infallible>(Response::builder().status(201).header("set-cookie", "a=1").body(path).unwrap())
    });
    for gateway in [
        Gateway::builder(Kind::FunctionUrl).response_streaming(true),
        Gateway::builder(Kind::RestApi).stage("prod").response_streaming(true),
    ] {
        let gateway = gateway.build(SippyCup::new(app).into_streaming()).unwrap();
        let request = Request::get(format!("{}/a%20b", gateway.base_path())).body(GatewayBody::empty()).unwrap();
        let response = gateway.oneshot(request).await.unwrap();
        assert!(response.extensions().get::<Fault>().is_none());
        assert_eq!(response.status(), 201);
        assert_eq!(response.headers()["set-cookie"], "a=1");
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "/a%20b");
    }
}

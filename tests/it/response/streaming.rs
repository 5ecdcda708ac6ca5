//! What stands in front of a streamed body.

use std::convert::Infallible;

use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use sippycup::{BasePath, Body, ProxyEvent, SippyCup, SippyCupLayer};
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
        let event = ProxyEvent::from_bytes(fixture(event)).unwrap();
        let answer = layer.layer(service_fn(app)).into_streaming().oneshot(event).await.unwrap();
        let prelude = answer.prelude.strip_suffix(&[0; 8]).unwrap();
        assert!(!prelude.contains(&0));
        assert_eq!(serde_json::from_slice::<Value>(prelude).unwrap(), wanted);
        assert_eq!(answer.body.unwrap().collect().await.unwrap().to_bytes(), &b"a\xff\0"[..]);
    }
}

#[tokio::test]
async fn a_head_request_has_a_prelude_and_no_body() {
    let event = r#"{"rawPath":"/","requestContext":{"http":{"method":"HEAD"}}}"#;
    let streaming = SippyCup::new(service_fn(app)).into_streaming();
    let answer = streaming.oneshot(ProxyEvent::from_bytes(event).unwrap()).await.unwrap();
    assert!(answer.body.is_none());
    assert!(answer.prelude.ends_with(&[0; 8]));
}

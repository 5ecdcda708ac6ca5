//! The stack behind a load balancer: an event in, the answer that the load balancer gets out.

use bytes::Bytes;
use serde_json::{Value, json};
use sippycup::SippyCupLayer;
use tower::{Layer, ServiceExt};

use super::app;

async fn answer(method: &str, path: &str, body: &str) -> Value {
    let event = json!({
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/a/b"}},
        "httpMethod": method,
        "path": path,
        "multiValueQueryStringParameters": {},
        "multiValueHeaders": {"host": ["lb.example.com"], "accept-encoding": ["gzip"]},
        "body": body,
        "isBase64Encoded": false,
    });
    let answer = SippyCupLayer::new().layer(app()).oneshot(Bytes::from(event.to_string())).await.unwrap();
    serde_json::from_slice(&answer).unwrap()
}

#[tokio::test]
async fn a_compressed_answer_goes_out_as_base64() {
    let answer = answer("GET", "/", "").await;
    assert_eq!(answer["statusDescription"], "200 OK");
    assert_eq!(answer["multiValueHeaders"]["content-encoding"], json!(["gzip"]));
    assert_eq!(answer["isBase64Encoded"], true);
}

#[tokio::test]
async fn a_panic_is_answered() {
    assert_eq!(answer("GET", "/panic", "").await["statusCode"], 500);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_ever() {
    assert_eq!(answer("GET", "/slow", "").await["statusCode"], 503);
}

#[tokio::test]
async fn a_body_comes_back() {
    assert_eq!(answer("POST", "/echo", "hi").await["body"], "hi");
    assert_eq!(answer("POST", "/", "hi").await["statusCode"], 404);
}

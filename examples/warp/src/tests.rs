//! The filter behind an HTTP API with the stage `dev`: an event in, the answer that API Gateway gets out.

use bytes::Bytes;
use serde_json::{Value, json};
use sippycup::SippyCupLayer;
use tower::{Layer, ServiceExt};

use super::app;

async fn answer(method: &str, path: &str, body: &str) -> Value {
    let event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": format!("/dev{path}"),
        "rawQueryString": "",
        "headers": {"host": "abc.execute-api.eu-west-1.amazonaws.com"},
        "requestContext": {
            "apiId": "abc",
            "domainName": "abc.execute-api.eu-west-1.amazonaws.com",
            "stage": "dev",
            "http": {"method": method, "path": format!("/dev{path}"), "sourceIp": "192.0.2.1"},
        },
        "body": body,
        "isBase64Encoded": true,
    });
    let app = SippyCupLayer::new().layer(warp::service(app()));
    serde_json::from_slice(&app.oneshot(Bytes::from(event.to_string())).await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_filter_sees_its_own_path() {
    assert_eq!(answer("GET", "/hello/you", "").await["body"], "Hello, you!");
    assert_eq!(answer("GET", "/nobody", "").await["statusCode"], 404);
}

#[tokio::test]
async fn a_filter_finds_its_base_path() {
    assert_eq!(answer("GET", "/link", "").await["body"], "/dev/hello/you");
}

#[tokio::test]
async fn bytes_come_back_as_they_went() {
    let answer = answer("POST", "/echo", "AP+A").await;
    assert_eq!((&answer["body"], &answer["isBase64Encoded"]), (&json!("AP+A"), &json!(true)));
}

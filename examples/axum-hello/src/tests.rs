//! The app behind a REST API with the stage `prod`: an event in, the answer that API Gateway gets out.

use axum::body::Bytes;
use serde_json::{Value, json};
use sippycup::SippyCupLayer;
use tower::{Layer, ServiceExt};

use super::app;

async fn answer(method: &str, path: &str) -> Value {
    let event = json!({
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": {"Host": "abc.execute-api.eu-west-1.amazonaws.com"},
        "pathParameters": {"proxy": path.trim_matches('/')},
        "stageVariables": {"SIPPYCUP_SCRIPT_NAME_BASE": "/prod"},
        "requestContext": {"stage": "prod", "path": format!("/prod{path}"), "apiId": "abc", "new": [1, 2.50]},
        "body": null,
        "isBase64Encoded": false,
    });
    let answer = SippyCupLayer::new().layer(app()).oneshot(Bytes::from(event.to_string())).await.unwrap();
    serde_json::from_slice(&answer).unwrap()
}

#[tokio::test]
async fn greets_whoever_the_path_names() {
    for method in ["GET", "POST"] {
        assert_eq!(answer(method, "/hello/").await["body"], "Hello, World!");
        assert_eq!(answer(method, "/hello/J%C3%BCrgen%20B.").await["body"], "Hello, Jürgen B.!");
    }
    assert_eq!(answer("DELETE", "/hello/").await["statusCode"], 405);
    assert_eq!(answer("GET", "/nobody").await["statusCode"], 404);
}

#[tokio::test]
async fn shows_what_the_gateway_says() {
    let answer = answer("GET", "/").await;
    assert_eq!(answer["multiValueHeaders"]["content-type"], json!(["application/json"]));
    let seen: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!(
        seen,
        json!({
            "requestContext": {"stage": "prod", "path": "/prod/", "apiId": "abc", "new": [1, 2.50]},
            "stageVariables": {"SIPPYCUP_SCRIPT_NAME_BASE": "/prod"},
        })
    );
}

#[tokio::test]
async fn a_redirect_stays_on_the_stage() {
    let answer = answer("GET", "/old").await;
    assert_eq!(answer["statusCode"], 308);
    assert_eq!(answer["multiValueHeaders"]["location"], json!(["/prod/hello/"]));
}

#[tokio::test]
async fn both_cookies_arrive() {
    let answer = answer("GET", "/login").await;
    assert_eq!(answer["multiValueHeaders"]["set-cookie"], json!(["session=1; HttpOnly", "theme=dark"]));
}

#[tokio::test]
async fn an_image_goes_out_as_base64() {
    let answer = answer("GET", "/pixel.gif").await;
    assert_eq!(answer["isBase64Encoded"], true);
    assert!(answer["body"].as_str().unwrap().starts_with("R0lGODlh"));
}

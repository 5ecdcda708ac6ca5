//! The app behind each kind of authorizer: an event in, the answer that API Gateway gets out.

use axum::body::Bytes;
use serde_json::{Value, json};
use sippycup::SippyCupLayer;
use tower::{Layer, ServiceExt};

use super::app;

async fn answer(event: Value) -> Value {
    let answer = SippyCupLayer::new().layer(app()).oneshot(Bytes::from(event.to_string())).await.unwrap();
    serde_json::from_slice(&answer).unwrap()
}

/// Behind a REST API, with this in the request context.
async fn rest(path: &str, context: Value) -> Value {
    answer(json!({"httpMethod": "GET", "path": path, "resource": path, "requestContext": context})).await
}

/// Behind an HTTP API, with this as the authorizer's data.
async fn http(path: &str, authorizer: Value) -> Value {
    let context = json!({"stage": "$default", "http": {"method": "GET", "path": path}, "authorizer": authorizer});
    answer(json!({"version": "2.0", "rawPath": path, "rawQueryString": "", "requestContext": context})).await
}

fn caller(answer: &Value) -> Value {
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_token_names_its_subject() {
    let claims = json!({"sub": "u-1", "aud": "client", "auth_time": "1515973296", "cognito:groups": "admin,editor"});
    let me = rest("/me", json!({"authorizer": {"claims": claims}})).await;
    assert_eq!(caller(&me), json!({"sub": "u-1", "cognito:groups": "admin,editor"}));
    let me = http("/me", json!({"jwt": {"claims": {"sub": "u-2"}, "scopes": null}})).await;
    assert_eq!(caller(&me), json!({"sub": "u-2", "cognito:groups": ""}));
}

#[tokio::test]
async fn a_lambda_authorizer_says_what_it_likes() {
    let flat = json!({"principalId": "x", "tenant": "acme", "integrationLatency": 9});
    assert_eq!(caller(&rest("/me", json!({"authorizer": flat})).await), json!({"tenant": "acme"}));
    assert_eq!(caller(&http("/me", json!({"lambda": {"tenant": "acme"}})).await), json!({"tenant": "acme"}));
    assert_eq!(http("/me", json!({"lambda": {"owner": "acme"}})).await["statusCode"], 403);
}

#[tokio::test]
async fn an_iam_caller_has_an_arn() {
    let arn = json!({"userArn": "arn:aws:iam::123456789012:user/a"});
    assert_eq!(caller(&rest("/me", json!({"identity": arn})).await), arn);
    assert_eq!(caller(&http("/me", json!({"iam": arn})).await), arn);
}

#[tokio::test]
async fn without_an_authorizer_there_is_nobody() {
    assert_eq!(rest("/me", json!({"identity": {"sourceIp": "192.0.2.1"}})).await["statusCode"], 401);
    assert_eq!(http("/me", Value::Null).await["statusCode"], 401);
}

#[tokio::test]
async fn only_admins_come_in() {
    let token = |groups: &str| json!({"jwt": {"claims": {"sub": "u", "cognito:groups": groups}}});
    assert_eq!(http("/admin", token("[editor admin]")).await["statusCode"], 200);
    assert_eq!(http("/admin", token("[administration]")).await["statusCode"], 403);
}

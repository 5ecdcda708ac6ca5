//! The app behind a custom domain with the base path `shop`: an event in, the answer out, by way of
//! `lambda_http` and without it.

use axum::body::Bytes;
use serde_json::{Value, json};
use sippycup::{SippyCup, lambda_http::LambdaHttpResponse};
use tower::ServiceExt;

use super::app;

fn event(path: &str) -> String {
    json!({
        "resource": "/{proxy+}",
        "path": format!("/shop{path}"),
        "httpMethod": "GET",
        "headers": {"Host": "api.example.com"},
        "multiValueHeaders": {"Host": ["api.example.com"]},
        "pathParameters": {"proxy": path.trim_matches('/')},
        "requestContext": {
            "stage": "prod", "path": format!("/shop{path}"), "domainName": "api.example.com", "resourceId": "r",
            "resourcePath": "/{proxy+}", "httpMethod": "GET", "identity": {"sourceIp": "192.0.2.1"},
        },
        "isBase64Encoded": false,
    })
    .to_string()
}

async fn by_lambda_http(path: &str) -> lambda_http::http::Response<lambda_http::Body> {
    let request = lambda_http::request::from_str(&event(path)).unwrap();
    let answer: LambdaHttpResponse = SippyCup::new(app()).into_lambda_http().oneshot(request).await.unwrap();
    answer.into_inner()
}

#[tokio::test]
async fn lambda_http_gets_the_same_body() {
    let expected = "Hello, you! You are at /shop/hello/you.";
    let alone = SippyCup::new(app()).oneshot(Bytes::from(event("/hello/you"))).await.unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&alone).unwrap()["body"], expected);
    assert_eq!(by_lambda_http("/hello/you").await.body().as_ref(), expected.as_bytes());
}

#[tokio::test]
async fn a_redirect_stays_under_the_base_path() {
    let answer = by_lambda_http("/old/you").await;
    assert_eq!(answer.status(), 308);
    assert_eq!(answer.headers()["location"], "/shop/hello/you");
}

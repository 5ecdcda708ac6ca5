//! The description names the address that leads to the paths in it, behind every front door.

use axum::body::to_bytes;
use http_body_util::BodyExt;
use serde_json::Value;
use sippycup::{
    SippyCup,
    gateway::{Body, Gateway, GatewayBuilder, Kind},
};
use tower::ServiceExt;

use super::app;

async fn get(gateway: GatewayBuilder, url: &str) -> Value {
    let gateway = gateway.build(SippyCup::new(app())).unwrap();
    let (host, path) = url.strip_prefix("https://").unwrap().split_at("api.example.com".len());
    let request = axum::http::Request::get(path).header("host", host).body(Body::empty()).unwrap();
    let response = gateway.oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200, "{url}");
    serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

#[tokio::test]
async fn the_described_paths_are_below_the_described_server() {
    for (gateway, server) in [
        (Gateway::builder(Kind::RestApi).stage("prod"), "https://api.example.com/prod"),
        (Gateway::builder(Kind::HttpApiV2), "https://api.example.com"),
        (Gateway::builder(Kind::HttpApiV2).stage("dev"), "https://api.example.com/dev"),
        (Gateway::builder(Kind::FunctionUrl), "https://api.example.com"),
    ] {
        let description = get(gateway.clone(), &format!("{server}/openapi.json")).await;
        assert_eq!(description["servers"][0]["url"], server);
        let path = description["paths"].as_object().unwrap().keys().next().unwrap().replace("{id}", "7");
        assert_eq!(get(gateway, &format!("{server}{path}")).await["name"], "☕");
    }
}

#[tokio::test]
async fn under_plain_hyper_the_server_is_the_root() {
    let request = axum::http::Request::get("/openapi.json").body(axum::body::Body::empty()).unwrap();
    let response = app().oneshot(request).await.unwrap();
    let description: Value = serde_json::from_slice(&to_bytes(response.into_body(), 1 << 20).await.unwrap()).unwrap();
    assert_eq!(description["servers"][0]["url"], "/");
}

//! The same with aide: the routes write the description, and SippyCup knows where clients reach it.

#![allow(
    clippy::exhaustive_structs,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests are tests, but clippy's exemption knows only test functions"
)]

mod support;

use aide::{
    axum::{ApiRouter, routing::get},
    openapi::{Info, OpenApi, Server},
};
use axum::{Extension, Json, Router};
use http_body_util::BodyExt;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use sippycup::{
    ServerUrl, SippyCup,
    gateway::{Body, Gateway, GatewayBuilder, Kind},
};
use tower::ServiceExt;

fn app() -> Router {
    let info = Info { title: "Cups".to_owned(), version: "1.0.0".to_owned(), ..Info::default() };
    let mut api = OpenApi { info, ..OpenApi::default() };
    ApiRouter::new()
        .api_route("/cups/7", get(cup))
        .route("/openapi.json", axum::routing::get(description))
        .finish_api(&mut api)
        .layer(Extension(api))
}

async fn description(server: ServerUrl, Extension(mut api): Extension<OpenApi>) -> Json<OpenApi> {
    api.servers = vec![Server { url: server.to_string(), ..Server::default() }];
    Json(api)
}

#[derive(JsonSchema, Serialize)]
struct Cup {
    name: &'static str,
}

async fn cup() -> Json<Cup> {
    Json(Cup { name: "☕" })
}

async fn ask(gateway: GatewayBuilder, path: &str) -> Value {
    let gateway = gateway.build(SippyCup::new(app())).unwrap();
    let request = axum::http::Request::get(path).header("host", "api.example.com").body(Body::empty()).unwrap();
    let response = gateway.oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

#[tokio::test]
async fn the_described_paths_are_below_the_described_server() {
    for (gateway, base) in
        [(Gateway::builder(Kind::RestApi).stage("prod"), "/prod"), (Gateway::builder(Kind::FunctionUrl), "")]
    {
        let description = ask(gateway.clone(), &format!("{base}/openapi.json")).await;
        assert_eq!(description["servers"][0]["url"], format!("https://api.example.com{base}"));
        let path = description["paths"].as_object().unwrap().keys().next().unwrap();
        assert_eq!(ask(gateway, &format!("{base}{path}")).await["name"], "☕");
    }
}

#[tokio::test]
async fn requests_at_the_same_time_are_told_their_own_address() {
    let program = std::env::current_exe().unwrap();
    let function = ["--exact", "is_the_function", "--ignored", "--nocapture"];
    support::assert_described(program.to_str().unwrap(), &function).await;
}

#[tokio::test]
#[ignore = "it is a function, which the test above starts"]
async fn is_the_function() {
    assert!(std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some(), "expected a Runtime API");
    sippycup::run(app()).await.unwrap();
}

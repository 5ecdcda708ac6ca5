//! A function on a Managed Instance, and four requests to it at the same time.

use http_body_util::BodyExt;
use serde_json::{Value, json};
use sippycup_gateway::{Body, Function, Gateway, GatewayBuilder, Kind};
use tower::ServiceExt;

/// Starts the program, asks it through four front doors at once where its API is, and asserts that each is told its own
/// address, and that the described path is there.
pub(crate) async fn assert_described(program: &str, arguments: &[&str]) {
    let arguments = arguments.iter().copied();
    let function = Function::builder().max_concurrency(4).report(|_| {}).spawn(program, arguments).unwrap();
    for _ in 0..5 {
        tokio::join!(
            described(&function, Gateway::builder(Kind::RestApi).stage("prod"), "a.example.com", "/prod"),
            described(&function, Gateway::builder(Kind::HttpApiV2).stage("dev"), "b.example.com", "/dev"),
            described(&function, Gateway::builder(Kind::FunctionUrl), "c.example.com", ""),
            described(&function, Gateway::builder(Kind::LoadBalancer), "d.example.com", ""),
        );
    }
    function.stop().await;
}

async fn described(function: &Function, gateway: GatewayBuilder, host: &str, base: &str) {
    let description = ask(function, gateway.clone(), host, &format!("{base}/openapi.json")).await;
    assert_eq!(description["servers"], json!([{"url": format!("https://{host}{base}")}]));
    let path = description["paths"].as_object().unwrap().keys().next().unwrap().replace("{id}", "7");
    assert_eq!(ask(function, gateway, host, &format!("{base}{path}")).await["name"], "☕");
}

async fn ask(function: &Function, gateway: GatewayBuilder, host: &str, path: &str) -> Value {
    let gateway = gateway.build(function.clone()).unwrap();
    let request = axum::http::Request::get(path).header("host", host).body(Body::empty()).unwrap();
    let response = gateway.oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200, "{host}{path}");
    serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

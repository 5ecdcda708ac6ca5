//! The site behind a stage, a custom domain and at the root of a host.

use axum::http::{Request, Response, request::Builder};
use http_body_util::BodyExt;
use sippycup::gateway::{Body, Domain, Gateway, GatewayBuilder, Kind};
use tower::{Layer, ServiceExt};

use super::{app, layer};

fn doors() -> [GatewayBuilder; 3] {
    [
        Gateway::builder(Kind::RestApi).stage("prod"),
        Gateway::builder(Kind::RestApi).domain(Domain::new("www.example.com").mapping("guests")),
        Gateway::builder(Kind::FunctionUrl),
    ]
}

async fn ask(door: GatewayBuilder, request: Builder, path: &str, body: &'static str) -> (Response<Body>, String) {
    let gateway = door.build(layer().layer(app())).unwrap();
    let base = gateway.base_path();
    let request = request.uri(format!("{base}{path}")).header("content-type", "application/x-www-form-urlencoded");
    (gateway.oneshot(request.body(Body::from(body)).unwrap()).await.unwrap(), base)
}

#[tokio::test]
async fn links_of_a_page_are_below_the_base_path() {
    for door in doors() {
        let (response, base) = ask(door, Request::builder(), "/", "").await;
        let page = response.into_body().collect().await.unwrap().to_bytes();
        let page = std::str::from_utf8(&page).unwrap();
        assert!(page.contains(&format!("<base href=\"{base}/\">")), "{page}");
    }
}

#[tokio::test]
async fn a_form_leads_to_the_same_page_with_htmx_and_without() {
    for door in doors() {
        let (response, base) = ask(door.clone(), Request::builder().method("POST"), "/greet", "name=Ada").await;
        assert_eq!(response.headers()["location"], format!("{base}/greet"));
        let request = Request::builder().method("POST").header("hx-request", "true");
        let (response, base) = ask(door, request, "/greet", "name=Ada").await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["hx-redirect"], format!("{base}/greet"));
    }
}

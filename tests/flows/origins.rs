//! Requests from pages of other origins, with what a browser asks before it sends them.

use axum::{Json, Router, routing::put};
use http::{Method, header};
use tower_http::cors::CorsLayer;

use crate::{browser::Browser, same::same_everywhere};

fn app() -> Router {
    let cors = CorsLayer::new()
        .allow_origin(["https://www.example.com".parse().unwrap()])
        .allow_methods([Method::PUT])
        .allow_headers([header::CONTENT_TYPE])
        .allow_credentials(true)
        .expose_headers([header::ETAG]);
    Router::new().route("/cups", put(async || ([(header::ETAG, "\"1\"")], Json("put")))).layer(cors)
}

async fn visit(browser: &mut Browser) {
    for origin in ["https://www.example.com", "https://evil.example.net"] {
        let asked = [
            ("origin", origin),
            ("access-control-request-method", "PUT"),
            ("access-control-request-headers", "content-type"),
        ];
        let page = browser.send(Method::OPTIONS, "/cups", &asked, b"").await;
        let allowed = page.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        assert_eq!(allowed.is_some(), origin.ends_with("www.example.com"));
        let sent = [("origin", origin), ("content-type", "application/json")];
        browser.send(Method::PUT, "/cups", &sent, b"1").await;
    }
}

#[test]
fn other_origins_are_asked_for_and_answered() {
    same_everywhere(app, &visit);
}

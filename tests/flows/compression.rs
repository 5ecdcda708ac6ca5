//! Answers that are compressed for those who ask, and requests that come compressed.

use axum::{Json, Router, routing::post};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{Method, header::CONTENT_ENCODING};
use serde_json::Value;
use tower_http::{compression::CompressionLayer, decompression::RequestDecompressionLayer};

use crate::{browser::Browser, same::same_everywhere};

fn app() -> Router {
    Router::new()
        .route("/", post(async |Json(value): Json<Value>| Json(value)))
        .layer(CompressionLayer::new())
        .layer(RequestDecompressionLayer::new())
}

async fn visit(browser: &mut Browser) {
    let json = format!("{{\"text\":\"{}\"}}", "again ".repeat(100));
    let typed = ("content-type", "application/json");
    let page = browser.send(Method::POST, "/", &[typed, ("accept-encoding", "gzip")], json.as_bytes()).await;
    assert_eq!(page.headers[CONTENT_ENCODING], "gzip");
    assert!(page.body.starts_with(b"\x1f\x8b") && page.body.len() < 100);
    let page = browser.send(Method::POST, "/", &[typed], json.as_bytes()).await;
    assert_eq!(page.text(), json);

    // HTTP APIs take `application/json` for text whatever its encoding, and so spoil it.
    let typed = ("content-type", "application/vnd.api+json");
    let gzip = STANDARD.decode(GZIP).unwrap();
    let page = browser.send(Method::POST, "/", &[typed, ("content-encoding", "gzip")], &gzip).await;
    assert_eq!(page.text(), "{\"a\":1}");
}

#[test]
fn compressed_answers_and_requests_are_what_they_were() {
    same_everywhere(app, &visit);
}

/// `{"a":1}`
const GZIP: &str = "H4sIAAAAAAACA6tWSlSyMqwFAK+sG1YHAAAA";

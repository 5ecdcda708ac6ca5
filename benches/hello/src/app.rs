//! The app of both functions: says hello, takes uploads, gives a download, waits for somebody else.

use std::{sync::LazyLock, time::Duration};

use axum::{
    Router,
    body::Body,
    http::header::CONTENT_TYPE,
    response::IntoResponse,
    routing::{get, post},
};
use bytes::Bytes;
use http_body_util::BodyExt;

static DOWNLOAD: LazyLock<Bytes> =
    LazyLock::new(|| (0..1 << 20).map(|at: u32| at.wrapping_mul(0x9e37_79b1).to_be_bytes()[0]).collect());

/// The routes.
pub(crate) fn app() -> Router {
    Router::new()
        .route("/hello/{name}", get(async || "Hello, world!"))
        .route("/upload", post(upload))
        .route("/download", get(download))
        .route("/wait", get(async || tokio::time::sleep(Duration::from_millis(5)).await))
}

async fn download() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/octet-stream")], DOWNLOAD.clone())
}

async fn upload(body: Body) -> String {
    body.collect().await.map(|body| body.to_bytes().len().to_string()).unwrap_or_default()
}

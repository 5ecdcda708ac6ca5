//! What the libraries cost that SippyCup stands on: tokio, axum and hyper's connection, and nothing that reads events.

#[path = "../app.rs"]
mod app;
#[path = "../bare.rs"]
mod bare;

use std::convert::Infallible;

use axum::{Router, body::Body};
use bytes::Bytes;
use http_body_util::BodyExt;
use sippycup::BoxError;
use tower::service_fn;
use tower_service::Service;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let app = app::app();
    bare::run(service_fn(move |event| answer(app.clone(), event))).await
}

/// The router's own answer to an event, whatever it says.
async fn answer(mut app: Router, event: Bytes) -> Result<Bytes, axum::Error> {
    let mut request = http::Request::new(Body::from(event));
    *request.uri_mut() = http::Uri::from_static("/hello/world");
    let Ok::<_, Infallible>(response) = app.call(request).await;
    Ok(response.into_body().collect().await?.to_bytes())
}

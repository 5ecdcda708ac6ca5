//! On a multi-threaded runtime, many invocations at once. `lambda_http::run_concurrent` asks for a response that is
//! `Sync`, which axum's is not: what the router answers is put into one that is.

#[path = "../../../hello/src/app.rs"]
mod app;

use http_body_util::BodyExt;
use lambda_http::{Body, Error, Request, Response, run_concurrent, service_fn, tower::ServiceExt};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let app = app::app();
    run_concurrent(service_fn(move |request: Request| {
        let app = app.clone();
        async move {
            let (parts, body) = app.oneshot(request).await?.into_parts();
            let body = String::from_utf8(body.collect().await?.to_bytes().into())?;
            Ok::<_, Error>(Response::from_parts(parts, Body::from(body)))
        }
    }))
    .await
}

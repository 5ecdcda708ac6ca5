//! No framework: one async function under tower-http's layers. Run with `cargo run -p tower-stack`, or
//! deploy it.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use sippycup::{Body, BoxError, ServeError};
use tower::{Service, ServiceBuilder, service_fn};
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer, timeout::TimeoutLayer, trace::TraceLayer,
};

#[cfg(test)]
mod tests;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ServeError> {
    tracing_subscriber::fmt().with_ansi(false).without_time().init();
    sippycup::run(app()).await
}

fn app() -> impl Service<Request<Body>, Response = Response<impl Answer>, Error = Infallible, Future: Send> + Clone {
    ServiceBuilder::new()
        .layer(TraceLayer::new_for_http())
        .layer(CompressionLayer::new())
        // Without it a panic fails the invocation, which counts as an error of the function and may alarm.
        .layer(CatchPanicLayer::new())
        // Less than the function's own timeout, so that the client gets an answer.
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(5)))
        .service(service_fn(answer))
}

trait Answer: http_body::Body<Data: Send, Error: Into<BoxError>> + Send + 'static {}

impl<B: http_body::Body<Data: Send, Error: Into<BoxError>> + Send + 'static> Answer for B {}

#[expect(clippy::panic, reason = "what becomes of a panic is what this route shows")]
async fn answer(request: Request<Body>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = match (&parts.method, parts.uri.path()) {
        (&Method::GET, "/") => Bytes::from("Compress me. ".repeat(100)),
        (&Method::GET, "/panic") => panic!("as asked"),
        (&Method::GET, "/slow") => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            Bytes::from("At last.")
        }
        (&Method::POST, "/echo") => body.collect().await?.to_bytes(),
        _ => return Ok(status(StatusCode::NOT_FOUND)),
    };
    Ok(Response::new(Full::new(body)))
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}

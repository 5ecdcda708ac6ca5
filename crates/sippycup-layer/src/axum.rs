//! For services that are written for axum's own request body.

use std::task::{Context, Poll};

use axum::body::Body as AxumBody;
use http::Request;
use tower_service::Service;

use crate::Body;

/// An app that takes its requests with axum's own body, `axum::extract::Request`, and no other.
///
/// A `Router` takes any body, and so do the layers of tower-http; they need no `AxumApp`. A service needs one if its
/// outermost layer is `axum::middleware::from_fn`, or `map_request` with a function of axum's own `Request`:
///
/// ```
/// use axum::{Router, extract::Request, middleware::{Next, from_fn}, response::Response, routing::get};
/// use sippycup_layer::{SippyCup, axum::AxumApp};
/// use tower::{Layer, ServiceExt};
///
/// async fn tidy(mut request: Request, next: Next) -> Response {
///     // Around the router, and so before it looks at the path.
///     *request.uri_mut() = "/hello".parse().unwrap_or_default();
///     next.run(request).await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let router = Router::new().route("/hello", get("Hello!"));
/// let app = AxumApp::new(from_fn(tidy).layer(router));
///
/// let event = bytes::Bytes::from(r#"{"httpMethod":"GET","path":"/HELLO//","requestContext":{}}"#);
/// let answer = SippyCup::new(app).oneshot(event).await?;
/// assert!(answer.starts_with(br#"{"statusCode":200,"#));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct AxumApp<S> {
    inner: S,
}

impl<S> AxumApp<S> {
    /// The app that this service is.
    pub fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S> Service<Request<Body>> for AxumApp<S>
where
    S: Service<Request<AxumBody>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> S::Future {
        self.inner.call(request.map(AxumBody::new))
    }
}

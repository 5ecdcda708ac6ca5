//! axum's own route, told.

use std::task::{Context, Poll};

use axum::extract::MatchedPath;
use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use super::MatchedRoute;

/// Tells SippyCup which route of axum's a request took: a layer for `Router::layer`, of the outermost router.
///
/// axum knows the route only inside the router. With this layer the log, metrics and traces have
/// `/items/{id}`.
///
/// ```
/// use axum::{Router, routing::get};
/// use sippycup_lambda::axum::MatchedPathLayer;
///
/// let app: Router = Router::new().route("/items/{id}", get("An item")).layer(MatchedPathLayer::new());
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct MatchedPathLayer;

impl MatchedPathLayer {
    /// The layer.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl<S> Layer<S> for MatchedPathLayer {
    type Service = MatchedPathService<S>;

    fn layer(&self, inner: S) -> MatchedPathService<S> {
        MatchedPathService { inner }
    }
}

/// The service of a [`MatchedPathLayer`].
#[derive(Clone, Copy, Debug)]
pub struct MatchedPathService<S> {
    inner: S,
}

impl<S, B> Service<Request<B>> for MatchedPathService<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> S::Future {
        let extensions = request.extensions();
        if let (Some(route), Some(path)) = (extensions.get::<MatchedRoute>(), extensions.get::<MatchedPath>()) {
            route.set(path.as_str());
        }
        self.inner.call(request)
    }
}

//! The middleware for requests that come over HTTP and not as events.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{Request, Response};
use pin_project_lite::pin_project;
use sippycup_core::EventSource;
use tower_service::Service;

use crate::{Body, BoxError, Error, SippyCup, SippyCupLayer, rewrite::Rewrite, service::add_frameworks_extensions};

impl<S> SippyCup<S> {
    /// The same app as a `Service<http::Request<Body>>`, for servers of your own: the app sees a request over HTTP as it
    /// sees one that was an event.
    ///
    /// The base path that the layer states is taken off and put back in front of redirects, and the extensions are there.
    /// [`EventOptions::receive`](sippycup_core::EventOptions::receive) says what is in them, and which `source` to name.
    /// Put the address of the connection into the request's extensions as a [`ClientIp`](sippycup_core::ClientIp).
    ///
    /// ```
    /// # use std::convert::Infallible;
    /// use sippycup_core::{BasePath, EventSource};
    /// use sippycup_layer::{Body, SippyCupLayer};
    /// use tower::{Layer, ServiceExt, service_fn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let app = service_fn(async |request: http::Request<Body>| {
    ///     Ok::<_, Infallible>(http::Response::builder().header("location", "/login").body(request.uri().to_string()).unwrap())
    /// });
    /// let layer = SippyCupLayer::new().base_path(BasePath::from_static("/shop"));
    /// let service = layer.layer(app).into_http_service(EventSource::Server);
    /// let response = service.oneshot(http::Request::get("/shop/items").body(Body::empty())?).await?;
    /// assert_eq!((response.headers()["location"].to_str()?, response.body().as_str()), ("/shop/login", "/items"));
    /// # Ok(()) }
    /// ```
    pub fn into_http_service(self, source: EventSource) -> HttpService<S> {
        HttpService { inner: self, source }
    }
}

/// An app that takes plain HTTP as if it were events; see [`SippyCup::into_http_service`].
#[derive(Clone, Debug)]
pub struct HttpService<S> {
    inner: SippyCup<S>,
    source: EventSource,
}

impl<S, B> Service<Request<Body>> for HttpService<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
{
    type Response = Response<B>;
    type Error = Error;
    type Future = HttpFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_app(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let layer = Arc::clone(&self.inner.layer);
        let mut request = layer.events.receive(request, self.source);
        let rewrite = Rewrite::new(&layer, &request);
        add_frameworks_extensions(&mut request);
        HttpFuture { call: self.inner.inner.call(request), exit: rewrite.map(|rewrite| (rewrite, layer)) }
    }
}

pin_project! {
    /// The answer of an [`HttpService`], until the app has given its head.
    pub struct HttpFuture<F> {
        #[pin]
        call: F,
        exit: Option<(Rewrite, Arc<SippyCupLayer>)>,
    }
}

impl<F, B, E> Future for HttpFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<Response<B>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.call.poll(cx)).map_err(Error::service)?;
        if let Some((rewrite, layer)) = this.exit {
            rewrite.apply(layer, response.headers_mut());
        }
        Poll::Ready(Ok(response))
    }
}

impl<F> fmt::Debug for HttpFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpFuture").finish_non_exhaustive()
    }
}

//! The gateway as a tower service.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use tower_service::Service;

use super::Gateway;
use super::invoke::Invoke;
use crate::web_socket::Api;
use crate::{Answer, Body, BoxError, Kind};

impl<F, B> Service<Request<B>> for Gateway<F>
where
    F: Service<Bytes> + Clone + Send + 'static,
    F::Response: Into<Answer> + Send,
    F::Error: Into<BoxError>,
    F::Future: Send,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = ResponseFuture;

    /// Always ready: a function that is not makes the response wait, within the gateway's timeout.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture {
        if self.kind() == Kind::WebSocketApi {
            return ResponseFuture::of(Api::new(self.clone(), Vec::new()), request);
        }
        ResponseFuture { inner: Box::pin(self.clone().handle(request)) }
    }
}

/// The response a [`Gateway`] is working on.
pub struct ResponseFuture {
    inner: Pin<Box<dyn Future<Output = Response<Body>> + Send>>,
}

impl ResponseFuture {
    /// What a WebSocket API answers over HTTP.
    pub(crate) fn of<F, B>(api: Api<F>, request: Request<B>) -> Self
    where
        F: Invoke,
        B: http_body::Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
    {
        Self { inner: Box::pin(api.respond(request)) }
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.inner.as_mut().poll(cx).map(Ok)
    }
}

impl fmt::Debug for ResponseFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFuture")
    }
}

//! Requests that pass through another service under somebody's eyes.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use tower_service::Service;

use super::{Observer, Step, Watched};
use crate::{Body, BoxError};

/// Tells an observer what passes through an HTTP service that is no gateway: a proxy, for example. The exchanges have numbers among those of all gateways.
///
/// [`Step::Request`], [`Step::RequestPiece`], [`Step::Response`], [`Step::ResponsePiece`] and [`Step::End`] are told, no others.
///
/// ```
/// use std::convert::Infallible;
/// use std::sync::{Arc, Mutex};
///
/// use http::{Request, Response};
/// use sippycup_gateway::{Body, BoxError, Observed, Step};
/// use tower::{ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let seen = Arc::new(Mutex::new(Vec::new()));
/// let steps = Arc::clone(&seen);
/// let echo = service_fn(async |request: Request<Body>| Ok::<_, Infallible>(Response::new(request.into_body())));
/// let observed = Observed::new(echo, move |_exchange, step| {
///     if let Step::Response(parts) = step {
///         steps.lock().unwrap().push(parts.status.as_u16());
///     }
/// });
/// observed.oneshot(Request::post("/items").body(Body::from("one"))?).await?;
/// assert_eq!(*seen.lock().unwrap(), [200]);
/// # Ok::<(), BoxError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Observed<S> {
    inner: S,
    observer: Observer,
}

impl<S> Observed<S> {
    /// A service, and who is told each step, as [`GatewayBuilder::observer`](crate::GatewayBuilder::observer).
    pub fn new(inner: S, told: impl Fn(u64, Step<'_>) + Send + Sync + 'static) -> Self {
        Self { inner, observer: Observer::new(told) }
    }
}

/// The number of an exchange, in the extensions of a request that [`Observed`] passes on.
#[derive(Clone, Copy, Debug)]
pub struct ExchangeNumber(u64);

impl ExchangeNumber {
    /// The number that steps of the exchange have.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl<S, B> Service<Request<B>> for Observed<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let over = Arc::new(AtomicBool::new(false));
        let exchange = self.observer.while_open(&over).begin(&parts);
        let body = exchange.request(Body::new(body));
        if let Some(id) = exchange.id() {
            parts.extensions.insert(ExchangeNumber(id));
        }
        let answered = self.inner.call(Request::from_parts(parts, body));
        Box::pin(async move {
            let Ok(response) = answered.await;
            Ok(exchange.response(response))
        })
    }
}

impl Observer {
    /// Who is told nothing more after the end: a client can still write its request then.
    fn while_open(&self, over: &Arc<AtomicBool>) -> Self {
        let (told, over) = (self.told.clone(), Arc::clone(over));
        Self::new(move |id, step| {
            let is_over = match step {
                Step::End(_) => over.swap(true, Ordering::Relaxed),
                _ => over.load(Ordering::Relaxed),
            };
            if let Some(told) = told.as_ref().filter(|_| !is_over) {
                told(id, step);
            }
        })
    }
}

impl super::Exchange {
    /// Tells of a request's body as it passes.
    fn request(&self, body: Body) -> Body {
        let Some((id, told)) = &self.told else { return body };
        let (id, told) = (*id, Arc::clone(told));
        Body::new(Watched::new(body, move |piece| told(id, Step::RequestPiece(piece)), None))
    }
}

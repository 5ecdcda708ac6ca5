//! Several gateways on one address.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::HOST;
use http::uri::Authority;
use http::{Request, Response};
use tower_service::Service;

use crate::{Answer, Body, BoxError, Gateway, ResponseFuture};

/// Several gateways on one address: a tower service that gives each request to the gateway it is meant for.
///
/// That is the gateway whose custom domain the request names, with the longest mapping; else the one whose AWS host name it names. On any other host it is the one whose
/// stage or mapping the path begins with, the longest again; and if there is none, the first one, which says what is wrong. Of equals the first one is taken.
///
/// ```
/// use bytes::Bytes;
/// use http::Request;
/// use sippycup_gateway::{Body, BoxError, Domain, Gateway, Gateways, Kind};
/// use tower::{ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let shop = service_fn(async |_event: Bytes| Ok::<_, BoxError>(Bytes::from_static(br#"{"statusCode": 200}"#)));
/// let domain = Domain::new("api.example.com").mapping("shop");
/// let gateways = Gateways::new(Gateway::builder(Kind::RestApi).domain(domain).build(shop)?)
///     .and(Gateway::builder(Kind::HttpApiV2).stage("dev").build(shop)?);
///
/// assert_eq!(gateways.choose("127.0.0.1:9000", "/shop/items").kind(), Kind::RestApi);
/// assert_eq!(gateways.choose("127.0.0.1:9000", "/dev/items").kind(), Kind::HttpApiV2);
/// let response = gateways.oneshot(Request::get("/shop/items").body(Body::empty())?).await?;
/// assert_eq!(response.status(), 200);
/// # Ok::<(), BoxError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Gateways<F> {
    first: Gateway<F>,
    others: Arc<[Gateway<F>]>,
}

impl<F> Gateways<F> {
    /// One gateway, which gets everything until [`and`](Self::and) adds others.
    #[must_use]
    pub fn new(first: Gateway<F>) -> Self {
        Self { first, others: Arc::new([]) }
    }

    /// Adds a gateway.
    #[must_use]
    pub fn and(self, gateway: Gateway<F>) -> Self
    where
        F: Clone,
    {
        Self { others: self.others.iter().cloned().chain([gateway]).collect(), ..self }
    }

    /// Every gateway, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Gateway<F>> {
        std::iter::once(&self.first).chain(self.others.iter())
    }

    /// The gateway for a request: `host` as in the header, with or without a port; empty if there is none.
    #[must_use]
    pub fn choose(&self, host: &str, path: &str) -> &Gateway<F> {
        let fit = |gateway: &Gateway<F>| gateway.location().fit(host, path);
        // `max_by_key` alone would take the last of equals.
        self.others
            .iter()
            .fold((fit(&self.first), &self.first), |best, gateway| {
                let fit = fit(gateway);
                if fit > best.0 { (fit, gateway) } else { best }
            })
            .1
    }
}

impl<F, B> Service<Request<B>> for Gateways<F>
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

    /// Always ready, as each gateway is.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture {
        let header = request.headers().get(HOST).and_then(|host| host.to_str().ok());
        let host = request.uri().authority().map(Authority::as_str).or(header).unwrap_or_default();
        self.choose(host, request.uri().path()).clone().call(request)
    }
}

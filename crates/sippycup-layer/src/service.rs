//! The middleware itself: the bytes of an event in, the bytes of the answer out.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::Request;
use http_body::Body as HttpBody;
use sippycup_core::{EventError, ProxyEvent};
use tower_layer::Layer;
use tower_service::Service;

use crate::{
    Body, BoxError, Error, EventService, SippyCupLayer, Streaming,
    future::{Call, EventFuture, ResponseFuture},
    rewrite::Exit,
};

/// An app behind AWS's HTTP front doors: a `Service<Bytes>`, from the JSON of an event to the JSON of the answer.
///
/// See the [crate documentation](crate) for an example.
///
/// | the event is | the answer is | take |
/// |---|---|---|
/// | JSON | JSON | `SippyCup` itself |
/// | JSON | a stream | [`into_streaming`](Self::into_streaming) |
/// | a [`ProxyEvent`] | a [`ProxyResponse`](sippycup_core::ProxyResponse) | [`into_event_service`](Self::into_event_service) |
/// | a request over HTTP | a response over HTTP | [`into_http_service`](Self::into_http_service) |
/// | a request of `lambda_http` | a response of `lambda_http` | `into_lambda_http` (feature `lambda-http`) |
#[derive(Clone, Debug)]
pub struct SippyCup<S> {
    pub(crate) inner: S,
    pub(crate) layer: Arc<SippyCupLayer>,
}

impl<S> SippyCup<S> {
    /// The app with the default configuration.
    pub fn new(inner: S) -> Self {
        SippyCupLayer::new().layer(inner)
    }

    /// The app, by reference.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The app, to change it.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The app, without SippyCup around it.
    pub fn into_inner(self) -> S {
        self.inner
    }

    /// The same app as a `Service<ProxyEvent>`, for callers that read the event themselves.
    pub fn into_event_service(self) -> EventService<Self> {
        EventService { inner: self }
    }

    /// The same app with streamed answers.
    pub fn into_streaming(self) -> Streaming<S> {
        Streaming { inner: self }
    }

    /// The request for the app, and what its response needs on the way out.
    fn enter(&self, event: ProxyEvent) -> Result<(Request<Body>, Exit), Error> {
        let format = self.layer.response_format(&event)?;
        let mut request = event.into_request(&self.layer.events)?.map(Body::from);
        let exit = Exit::new(format, &self.layer, &request);
        add_frameworks_extensions(&mut request);
        Ok((request, exit))
    }
}

impl<S, B> SippyCup<S>
where
    S: Service<Request<Body>, Response = http::Response<B>>,
    S::Error: Into<BoxError>,
{
    pub(crate) fn poll_app(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Error::service)
    }

    pub(crate) fn call_app(&mut self, event: Result<ProxyEvent, EventError>) -> Call<S::Future> {
        match event.map_err(Error::from).and_then(|event| self.enter(event)) {
            Ok((request, exit)) => Call::Calling { call: self.inner.call(request), exit: Some(exit) },
            Err(error) => Call::Failed { error: Some(error) },
        }
    }
}

impl<S, B> Service<Bytes> for SippyCup<S>
where
    S: Service<Request<Body>, Response = http::Response<B>>,
    S::Error: Into<BoxError>,
    B: HttpBody,
    B::Error: Into<BoxError>,
{
    type Response = Bytes;
    type Error = Error;
    type Future = ResponseFuture<S::Future, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_app(cx)
    }

    fn call(&mut self, event: Bytes) -> Self::Future {
        ResponseFuture { inner: EventFuture::new(self.call_app(ProxyEvent::from_bytes(event))) }
    }
}

/// Adds what handlers and middleware expect that are written for axum's own server.
#[cfg(feature = "axum")]
pub(crate) fn add_frameworks_extensions<B>(request: &mut Request<B>) {
    use std::net::{IpAddr, Ipv4Addr, SocketAddr};

    use axum::extract::{ConnectInfo, OriginalUri};
    use http::Uri;
    use sippycup_core::{BasePath, ClientIp, PublicUri};

    // The router would insert the URI without the base path; if there is one already, it keeps that.
    let base = request.extensions().get::<BasePath>().filter(|base| !base.is_root());
    let original = match (base, request.extensions().get::<PublicUri>()) {
        (None, _) => request.uri().clone(),
        (Some(_), Some(public)) => public.path_and_query().cloned().map_or_else(Uri::default, Uri::from),
        (Some(base), None) => {
            let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
            base.join(target).parse().unwrap_or_else(|_| request.uri().clone())
        }
    };
    // Under hyper every request has a peer, and a handler that asks for it must not fail where it is unknown.
    let ip = request.extensions().get::<ClientIp>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ip| ip.ip());
    request.extensions_mut().insert(OriginalUri(original));
    request.extensions_mut().insert(ConnectInfo(SocketAddr::new(ip, 0)));
}

#[cfg(not(feature = "axum"))]
pub(crate) fn add_frameworks_extensions<B>(_: &mut Request<B>) {}

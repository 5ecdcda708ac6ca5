//! Requests that the app does not get, of which observers are told all the same.

use std::{
    convert::Infallible,
    future::{Pending, pending},
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
#[cfg(feature = "server")]
use sippycup_core::EventSource;
use sippycup_core::ProxyEvent;
use sippycup_layer::{Body, SippyCupLayer};
use tower_layer::Layer;
use tower_service::Service;

use super::{
    exchange::{Observers, Report},
    verdict,
};
use crate::LambdaContext;
#[cfg(feature = "server")]
use crate::guard::guard;

/// Who is told of requests that the app was not ready for; nobody if nobody wants to know.
#[derive(Debug, Default)]
pub(crate) struct Unready(Option<Arc<(SippyCupLayer, Observers)>>);

impl Unready {
    pub(crate) fn new(layer: &SippyCupLayer, observers: &Observers) -> Self {
        Self((!observers.is_empty()).then(|| Arc::new((layer.clone(), observers.clone()))))
    }

    /// Has observers know of the request that this event is, once there is a verdict. An event that is none of HTTP is
    /// no request.
    pub(crate) fn begin(&self, event: Bytes, context: &LambdaContext) -> verdict::Pending {
        let pending = verdict::Pending::new(context);
        if let Some((layer, observers)) = self.0.as_deref()
            && let Ok(mut event) = ProxyEvent::from_bytes(event)
        {
            event.extensions_mut().insert(context.clone());
            let unread = Unread { observers: observers.clone(), answered: None };
            drop(layer.layer(unread).into_event_service().call(event));
        }
        pending
    }

    /// Tells of a request over HTTP, and of the status that it is answered with, if it is not a failure of the app.
    #[cfg(feature = "server")]
    pub(crate) fn tell(&self, request: Request<Body>, source: EventSource, answered: Option<StatusCode>) {
        let Some((layer, observers)) = self.0.as_deref() else { return };
        let unread = Unread { observers: observers.clone(), answered };
        // A subscriber is none of ours.
        let _ = guard(|| drop(layer.layer(unread).into_http_service(source).call(request)));
    }
}

/// Stands where the app would: behind the layer, so that the path is the one that the app would have seen.
#[derive(Clone)]
struct Unread {
    observers: Observers,
    /// Whatever answers in its place.
    answered: Option<StatusCode>,
}

impl Service<Request<Body>> for Unread {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pending<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let mut report = Report::begin(&mut request, &self.observers);
        if let (Some(exchange), Some(status)) = (report.as_mut().and_then(Report::exchange), self.answered) {
            exchange.answered(status);
        }
        pending()
    }
}

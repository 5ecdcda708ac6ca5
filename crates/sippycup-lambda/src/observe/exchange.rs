//! A request and its answer, as observers are told of them.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use http::{Method, Request, StatusCode};
#[cfg(feature = "logging")]
use http_body::Body as _;
#[cfg(feature = "logging")]
use sippycup_core::EventSource;
use sippycup_core::RequestContext;
use sippycup_layer::Body;

#[cfg(feature = "logging")]
use crate::current;
use crate::{
    LambdaContext,
    route::{MatchedRoute, of_api},
};

/// Is told of each request and its answer. An object, so that only those functions have its code that ask for it.
pub(crate) trait Observer: fmt::Debug + Send + Sync {
    fn see(&self, exchange: &Exchange);

    /// What all observers are to know of a request, made by one of them: a function without observers does not have the code.
    fn begin(&self, request: &mut Request<Body>, observers: &Observers) -> Box<dyn Known> {
        Box::new(Exchange::begin(request, observers))
    }
}

/// A request, and what is known of its answer. An object for the same reason.
pub(crate) trait Known: Send {
    fn exchange(&mut self) -> &mut Exchange;

    fn tell(self: Box<Self>);
}

/// The observers of each request.
#[derive(Clone, Debug)]
pub(crate) struct Observers(Arc<[Arc<dyn Observer>]>);

impl Observers {
    pub(crate) fn new(observers: Vec<Arc<dyn Observer>>) -> Self {
        Self(observers.into())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn begin(&self, request: &mut Request<Body>) -> Option<Box<dyn Known>> {
        self.0.first().map(|first| first.begin(request, self))
    }

    fn tell(&self, exchange: &Exchange) {
        self.0.iter().for_each(|observer| observer.see(exchange));
    }
}

/// Tells the observers of an exchange when it is dropped, or later, when it is known which answer goes out.
pub(super) struct Report(Option<Box<dyn Known>>);

impl Report {
    /// `None` if there are no observers.
    pub(super) fn begin(request: &mut Request<Body>, observers: &Observers) -> Option<Self> {
        observers.begin(request).map(|known| Self(Some(known)))
    }

    pub(super) fn exchange(&mut self) -> Option<&mut Exchange> {
        self.0.as_mut().map(|known| known.exchange())
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        let Some(mut known) = self.0.take() else { return };
        let told = match known.exchange().lambda.clone() {
            Some(lambda) => lambda.verdict().keep(known),
            None => Some(known),
        };
        if let Some(known) = told {
            known.tell();
        }
    }
}

/// What is known of a request and its answer.
pub(crate) struct Exchange {
    pub(crate) method: Method,
    /// Only its path is for others.
    #[cfg(feature = "logging")]
    uri: http::Uri,
    #[cfg(feature = "logging")]
    pub(crate) source: Option<EventSource>,
    route: MatchedRoute,
    api: Option<RequestContext>,
    pub(crate) lambda: Option<LambdaContext>,
    began: Instant,
    #[cfg(feature = "logging")]
    pub(crate) request_bytes: u64,
    pub(crate) response_bytes: u64,
    pub(crate) status: Option<StatusCode>,
    has_failed: bool,
    observers: Observers,
}

impl Exchange {
    fn begin(request: &mut Request<Body>, observers: &Observers) -> Self {
        let route = MatchedRoute::default();
        request.extensions_mut().insert(route.clone());
        let extensions = request.extensions();
        let lambda: Option<LambdaContext> = extensions.get().cloned();
        Self {
            method: request.method().clone(),
            #[cfg(feature = "logging")]
            uri: request.uri().clone(),
            #[cfg(feature = "logging")]
            source: extensions.get().copied(),
            route,
            api: extensions.get().cloned(),
            began: lambda.as_ref().and_then(|lambda| lambda.verdict().waits_since()).unwrap_or_else(Instant::now),
            lambda,
            #[cfg(feature = "logging")]
            request_bytes: request.body().size_hint().lower(),
            response_bytes: 0,
            status: None,
            has_failed: false,
            observers: observers.clone(),
        }
    }

    pub(super) fn answered(&mut self, status: StatusCode) {
        self.status = Some(status);
    }

    pub(super) fn sent(&mut self, bytes: usize) {
        self.response_bytes = self.response_bytes.saturating_add(bytes as u64);
    }

    pub(super) fn failed(&mut self) {
        self.has_failed = true;
    }

    /// Another answer goes out.
    pub(super) fn replaced(&mut self, status: StatusCode, length: usize) {
        self.status = Some(status);
        self.response_bytes = length as u64;
        self.has_failed = false;
    }

    /// No answer goes out.
    pub(super) fn lost(&mut self) {
        self.status = None;
        self.response_bytes = 0;
    }

    /// Whether the app failed, or its body, or the invocation.
    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed || self.status.is_none()
    }

    /// Without the query.
    #[cfg(feature = "logging")]
    pub(crate) fn path(&self) -> &str {
        self.uri.path()
    }

    pub(crate) fn route(&self) -> Option<&str> {
        self.route.get().or_else(|| self.api.as_ref().and_then(of_api))
    }

    pub(crate) fn duration(&self) -> Duration {
        self.began.elapsed()
    }

    pub(crate) fn is_cold_start(&self) -> bool {
        self.lambda.as_ref().is_some_and(LambdaContext::is_cold_start)
    }
}

impl Known for Exchange {
    fn exchange(&mut self) -> &mut Self {
        self
    }

    fn tell(self: Box<Self>) {
        // A server drops bodies in tasks of its own.
        #[cfg(feature = "logging")]
        if let Some(lambda) = &self.lambda {
            return current::within(lambda, || self.observers.tell(&self));
        }
        self.observers.tell(&self);
    }
}

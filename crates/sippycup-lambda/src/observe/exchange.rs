//! A request and its answer, as observers are told of them.

use std::time::{Duration, Instant};

use http::{Method, Request, StatusCode, Uri};
use http_body::Body as _;
use sippycup_core::{EventSource, RequestContext};
use sippycup_layer::Body;

use super::{MatchedRoute, route::of_api};
use crate::LambdaContext;
#[cfg(feature = "logging")]
use crate::{current, logging::Access};

/// Who is told of each request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Observers {
    access: Option<Access>,
}

impl Observers {
    /// With the log, if it wants to know.
    pub(crate) fn with_log(mut self) -> Self {
        self.access = Access::if_on();
        self
    }

    fn is_empty(&self) -> bool {
        self.access.is_none()
    }

    fn tell(&self, exchange: &Exchange) {
        if let Some(access) = self.access {
            access.write(exchange);
        }
    }
}

/// What is known of a request and its answer. When it is dropped, it is over, and told.
pub(crate) struct Exchange {
    pub(crate) method: Method,
    /// Only its path is for others.
    uri: Uri,
    pub(crate) source: Option<EventSource>,
    route: MatchedRoute,
    api: Option<RequestContext>,
    pub(crate) lambda: Option<LambdaContext>,
    began: Instant,
    pub(crate) request_bytes: u64,
    pub(crate) response_bytes: u64,
    pub(crate) status: Option<StatusCode>,
    has_failed: bool,
    observers: Observers,
}

impl Exchange {
    /// `None` if nobody wants to know.
    pub(super) fn begin(request: &mut Request<Body>, observers: &Observers) -> Option<Self> {
        if observers.is_empty() {
            return None;
        }
        let route = MatchedRoute::default();
        request.extensions_mut().insert(route.clone());
        let extensions = request.extensions();
        Some(Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            source: extensions.get().copied(),
            route,
            api: extensions.get().cloned(),
            lambda: extensions.get().cloned(),
            began: Instant::now(),
            request_bytes: request.body().size_hint().lower(),
            response_bytes: 0,
            status: None,
            has_failed: false,
            observers: observers.clone(),
        })
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

    /// Whether the app failed, or its body.
    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed || self.status.is_none()
    }

    /// Without the query.
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

impl Drop for Exchange {
    fn drop(&mut self) {
        // A server drops bodies in tasks of its own.
        #[cfg(feature = "logging")]
        if let Some(lambda) = &self.lambda {
            return current::within(lambda, || self.observers.tell(self));
        }
        self.observers.tell(self);
    }
}

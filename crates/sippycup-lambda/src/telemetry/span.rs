//! The span of a request.

use std::{
    env,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};

use http::{Request, StatusCode, header};
use opentelemetry::{Context, trace::TraceContextExt};
use sippycup_core::{ClientIp, PublicUri, RequestContext};
use tracing::{Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::parent::Parent;
use crate::{
    LambdaContext,
    failure::ErrorType,
    route::{MatchedRoute, of_api},
};

/// It ends when this is dropped.
#[derive(Debug)]
pub(super) struct RequestSpan {
    span: Span,
    method: &'static str,
    route: MatchedRoute,
    api: Option<RequestContext>,
}

impl RequestSpan {
    /// Begins it, in the trace of the caller.
    pub(super) fn begin<B>(request: &mut Request<B>) -> Self {
        let route = request.extensions_mut().get_or_insert_default::<MatchedRoute>().clone();
        #[cfg(feature = "axum")]
        if let Some(path) = request.extensions().get::<axum::extract::MatchedPath>() {
            route.set(path.as_str());
        }
        let extensions = request.extensions();
        let (headers, lambda) = (request.headers(), extensions.get::<LambdaContext>());
        let public = extensions.get::<PublicUri>();
        let text = |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
        let known = METHODS.into_iter().find(|known| *known == request.method().as_str());
        let method = known.unwrap_or("HTTP");
        let arn = lambda.and_then(LambdaContext::invoked_function_arn);
        let span = tracing::info_span!(
            target: "sippycup::request",
            "request",
            otel.name = method,
            otel.kind = "server",
            otel.status_code = Empty,
            http.request.method = known.unwrap_or("_OTHER"),
            http.request.method_original = known.is_none().then(|| request.method().as_str()),
            http.route = Empty,
            http.response.status_code = Empty,
            url.path = request.uri().path(),
            url.scheme = public.and_then(|uri| uri.scheme_str()),
            server.address = public.and_then(|uri| uri.host()).or_else(|| text(header::HOST)),
            server.port = public.and_then(|uri| uri.port_u16()).map(i64::from),
            client.address = extensions.get::<ClientIp>().map(tracing::field::display),
            user_agent.original = text(header::USER_AGENT),
            "error.type" = Empty,
            faas.trigger = "http",
            faas.invocation_id = lambda.map(LambdaContext::request_id),
            faas.coldstart = lambda.map(LambdaContext::is_cold_start),
            aws.lambda.invoked_arn = arn,
            cloud.account.id = arn.and_then(|arn| arn.split(':').nth(4)),
            cloud.resource_id = arn.map(|arn| resource(arn, env::var("AWS_LAMBDA_FUNCTION_VERSION").ok().as_deref())),
        );
        let Parent { parent, link } = Parent::of(headers);
        if let Some(parent) = parent {
            // It fails where nobody makes traces.
            let _ = span.set_parent(Context::new().with_remote_span_context(parent));
        }
        if let Some(link) = link {
            span.add_link(link);
        }
        Self { span, method, route, api: extensions.get().cloned() }
    }

    /// Runs code of the app within the span, if there is one. A panic ends it before it goes on: what a span tells must not
    /// be told while a panic unwinds, since a second one would end the process.
    pub(super) fn around<T>(span: &mut Option<Self>, code: impl FnOnce() -> T) -> T {
        let ran = catch_unwind(AssertUnwindSafe(|| match span.as_ref() {
            Some(span) => span.span.in_scope(code),
            None => code(),
        }));
        ran.unwrap_or_else(|panic| {
            if let Some(mut span) = span.take() {
                span.failed(ErrorType::Panic);
            }
            resume_unwind(panic)
        })
    }

    pub(super) fn answered(&mut self, status: StatusCode) {
        // A number that is not an `i64` would become a text.
        self.span.record("http.response.status_code", i64::from(status.as_u16()));
        if status >= StatusCode::INTERNAL_SERVER_ERROR {
            self.has_error(status.as_str());
        }
    }

    pub(super) fn failed(&mut self, error_type: ErrorType) {
        self.has_error(error_type.as_str());
    }

    fn has_error(&self, error_type: &str) {
        self.span.record("error.type", error_type);
        self.span.record("otel.status_code", "ERROR");
    }
}

impl Drop for RequestSpan {
    fn drop(&mut self) {
        // Only now is it certain that nobody will tell it.
        if let Some(route) = self.route.get().or_else(|| self.api.as_ref().and_then(of_api)) {
            self.span.record("http.route", route);
            // The field `otel.name` is only read before the span is entered.
            self.span.context().span().update_name(format!("{} {route}", self.method));
        }
    }
}

/// The ARN with the version in the place of an alias, as it names the same code for ever.
fn resource(arn: &str, version: Option<&str>) -> String {
    match (arn.match_indices(':').nth(6), version) {
        (Some((at, _)), Some(version)) => format!("{}:{version}", arn.split_at(at).0),
        _ => arn.to_owned(),
    }
}

/// Others are `_OTHER`: a name that a client makes up must be no attribute.
const METHODS: [&str; 10] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_is_replaced_by_the_version() {
        let arn = "arn:aws:lambda:eu-central-1:111122223333:function:shop";
        for (qualifier, version, resource_id) in [
            ("", Some("7"), arn.to_owned()),
            (":live", Some("7"), format!("{arn}:7")),
            (":live", Some("$LATEST"), format!("{arn}:$LATEST")),
            (":live", None, format!("{arn}:live")),
        ] {
            assert_eq!(resource(&format!("{arn}{qualifier}"), version), resource_id);
        }
    }
}

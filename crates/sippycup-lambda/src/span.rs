//! The spans of `tracing`, with the names and fields that those of `lambda_runtime` have.

#[cfg(feature = "tracing")]
use tracing::{Span, field, instrument::Instrument};

use crate::LambdaContext;
#[cfg(feature = "tracing")]
use crate::current;

/// Runs an invocation in its span. Without a subscriber that costs a comparison.
#[cfg(feature = "tracing")]
pub(crate) fn within<F: Future>(context: &LambdaContext, invocation: F) -> impl Future<Output = F::Output> + use<F> {
    let span = tracing::info_span!(
        target: TARGET,
        NAME,
        requestId = context.request_id(),
        xrayTraceId = field::Empty,
        tenantId = field::Empty,
        otel.kind = "server",
        faas.trigger = "http",
        faas.invocation_id = context.request_id(),
        faas.coldstart = field::Empty,
    );
    if !span.is_disabled() {
        record(&span, context);
    }
    current::scope(context, invocation.instrument(span))
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn within<F: Future>(_: &LambdaContext, invocation: F) -> F {
    invocation
}

#[cfg(feature = "tracing")]
#[cold]
fn record(span: &Span, context: &LambdaContext) {
    for (name, value) in [("xrayTraceId", context.trace_id()), ("tenantId", context.tenant_id())] {
        if let Some(value) = value {
            span.record(name, value);
        }
    }
    span.record("faas.coldstart", context.is_cold_start());
}

#[cfg(feature = "tracing")]
pub(crate) const NAME: &str = "Lambda runtime invoke";
#[cfg(feature = "tracing")]
pub(crate) const TARGET: &str = "sippycup_lambda::span";

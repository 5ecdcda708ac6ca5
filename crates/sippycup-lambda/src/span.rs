//! The spans of `tracing`, with the names and fields that those of `lambda_runtime` have.

#[cfg(feature = "tracing")]
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(feature = "tracing")]
use tracing::{
    Span, field,
    instrument::{Instrument, Instrumented},
};

use crate::LambdaContext;

/// Runs an invocation in its span. Without a subscriber that costs a comparison.
#[cfg(feature = "tracing")]
pub(crate) fn within<F: Future>(context: &LambdaContext, invocation: F) -> Instrumented<F> {
    let span = tracing::info_span!(
        "Lambda runtime invoke",
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
    invocation.instrument(span)
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn within<F: Future>(_: &LambdaContext, invocation: F) -> F {
    invocation
}

#[cfg(feature = "tracing")]
#[cold]
fn record(span: &Span, context: &LambdaContext) {
    static IS_WARM: AtomicBool = AtomicBool::new(false);
    for (name, value) in [("xrayTraceId", context.trace_id()), ("tenantId", context.tenant_id())] {
        if let Some(value) = value {
            span.record(name, value);
        }
    }
    span.record("faas.coldstart", !IS_WARM.swap(true, Ordering::Relaxed));
}

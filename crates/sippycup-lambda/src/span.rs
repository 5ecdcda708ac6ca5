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

/// The span of an invocation for what goes on where its future is not: a body that a server asks for, tasks after the
/// answer.
#[cfg(any(feature = "lambda-runtime", feature = "local", feature = "server"))]
pub(crate) struct Entered {
    context: LambdaContext,
    #[cfg(feature = "tracing")]
    span: Span,
}

#[cfg(any(feature = "lambda-runtime", feature = "local", feature = "server"))]
impl Entered {
    /// The one that the caller is in.
    pub(crate) fn current(context: LambdaContext) -> Self {
        Self {
            context,
            #[cfg(feature = "tracing")]
            span: Span::current(),
        }
    }

    /// The same, so that nothing is left here that keeps the span open.
    #[cfg(any(feature = "local", feature = "server"))]
    pub(crate) fn take(&mut self) -> Self {
        Self {
            context: self.context.clone(),
            #[cfg(feature = "tracing")]
            span: std::mem::replace(&mut self.span, Span::none()),
        }
    }

    #[cfg(any(feature = "local", feature = "server"))]
    pub(crate) fn context(&self) -> &LambdaContext {
        &self.context
    }

    /// Runs the code as the invocation's.
    pub(crate) fn enter<T>(&self, code: impl FnOnce() -> T) -> T {
        #[cfg(feature = "tracing")]
        let _entered = self.span.enter();
        #[cfg(feature = "logging")]
        return current::within(&self.context, code);
        #[cfg(not(feature = "logging"))]
        {
            // A log of ours is the only one that asks for it.
            let _ = &self.context;
            code()
        }
    }

    /// Runs the future as the invocation's. The span is closed with it.
    #[cfg(all(feature = "tracing", any(feature = "local", feature = "server")))]
    pub(crate) fn run<F: Future>(self, future: F) -> impl Future<Output = F::Output> + use<F> {
        current::scope(&self.context, future.instrument(self.span))
    }

    #[cfg(all(not(feature = "tracing"), any(feature = "local", feature = "server")))]
    #[expect(clippy::unused_self, reason = "there is no span to close")]
    pub(crate) fn run<F: Future>(self, future: F) -> F {
        future
    }
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

//! Which invocation the running code belongs to: for lines of the log outside of any span.
//!
//! A span is not enough: the log level may leave it out, and it is closed before tasks run after an answer.

#[cfg(feature = "logging")]
use crate::LambdaContext;

#[cfg(feature = "logging")]
tokio::task_local! {
    static CURRENT: LambdaContext;
}

/// Runs the future as code of the invocation.
#[cfg(feature = "logging")]
pub(crate) fn scope<F: Future>(context: &LambdaContext, future: F) -> impl Future<Output = F::Output> + use<F> {
    CURRENT.scope(context.clone(), future)
}

#[cfg(not(feature = "logging"))]
pub(crate) fn scope<F: Future>(_: &crate::LambdaContext, future: F) -> F {
    future
}

/// Runs the code as the invocation's.
#[cfg(feature = "logging")]
pub(crate) fn within<T>(context: &LambdaContext, code: impl FnOnce() -> T) -> T {
    CURRENT.sync_scope(context.clone(), code)
}

/// The invocation of the code that calls this.
#[cfg(feature = "logging")]
pub(crate) fn invocation() -> Option<LambdaContext> {
    CURRENT.try_with(Clone::clone).ok().filter(|context| !context.request_id().is_empty())
}

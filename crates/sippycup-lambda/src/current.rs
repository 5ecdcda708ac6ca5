//! Which invocation the code belongs to that runs: what a line of the log says, though no span is there.
//!
//! A span would do, but one that the log level leaves out is none, and the spans of tasks that run after an answer are closed.

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

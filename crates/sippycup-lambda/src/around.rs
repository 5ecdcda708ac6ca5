//! What is done around every invocation, and after its answer where nothing is frozen.

#[cfg(any(feature = "local", feature = "server"))]
use std::sync::Arc;

use crate::{after::After, guard::Guards};
#[cfg(any(feature = "local", feature = "server"))]
use crate::{context::LambdaContext, current, span::Entered, tasks::Starter};

/// What is done around every invocation.
#[derive(Debug, Default)]
pub(crate) struct Around {
    pub(crate) after: After,
    pub(crate) guards: Guards,
    /// Told of what guards keep from the app, and of everything else that it is not ready for.
    #[cfg(any(feature = "logging", feature = "metrics"))]
    pub(crate) unready: crate::observe::Unready,
}

/// What is done after answers where nothing is frozen, in tasks of their own.
#[cfg(any(feature = "local", feature = "server"))]
#[derive(Clone)]
pub(crate) struct Afterwards {
    pub(crate) around: Arc<Around>,
    pub(crate) starter: Starter,
}

#[cfg(any(feature = "local", feature = "server"))]
impl Afterwards {
    /// To be called in the invocation's span.
    pub(crate) fn of(&self, context: LambdaContext) -> Finish {
        Finish { afterwards: self.clone(), invocation: Entered::current(context) }
    }
}

/// Starts what is to be done after an answer when this is dropped.
#[cfg(any(feature = "local", feature = "server"))]
pub(crate) struct Finish {
    afterwards: Afterwards,
    pub(crate) invocation: Entered,
}

#[cfg(any(feature = "local", feature = "server"))]
impl Drop for Finish {
    fn drop(&mut self) {
        let (around, invocation) = (self.afterwards.around.clone(), self.invocation.take());
        if around.after.hooks.is_empty() && invocation.context().tasks().is_empty() {
            return;
        }
        self.afterwards.starter.start(async move {
            let context = invocation.context().clone();
            invocation.run(around.after.run_tasks(&context)).await;
            current::scope(&context, around.after.call_hooks(&context)).await;
        });
    }
}

//! What is done between an answer and the next event.

use std::{fmt, sync::Arc, time::Duration};

use sippycup_layer::BoxError;
use tokio::time::timeout;

use crate::{LambdaContext, background::Running, hook::Hook, log};

/// What the app wants to be called for after every invocation, and how long that may take.
pub(crate) struct After {
    pub(crate) hooks: Vec<AfterHook>,
    pub(crate) limit: Duration,
}

impl After {
    /// Runs the invocation's background tasks.
    pub(crate) async fn run_tasks(&self, context: &LambdaContext) {
        if context.tasks().is_empty() {
            return;
        }
        let mut running = Running::new(context);
        let Some(limit) = remaining(context) else { return running.finish().await };
        if timeout(limit, running.finish()).await.is_err() {
            let left = running.left();
            log::warn(
                context.request_id(),
                format_args!("{left} background tasks were not done {MARGIN:?} before the deadline, and are dropped"),
            );
        }
    }

    /// Calls the hooks, one after the other.
    ///
    /// The invocation's span must be closed: exporters send closed spans only.
    pub(crate) async fn call_hooks(&self, context: &LambdaContext) {
        if self.hooks.is_empty() {
            return;
        }
        let limit = remaining(context).map_or(self.limit, |remaining| remaining.min(self.limit));
        let hooks = async {
            for hook in &self.hooks {
                if let Err(said) = hook.call(context).run().await {
                    log::warn(context.request_id(), format_args!("`after_invocation` failed: {said}"));
                }
            }
        };
        if timeout(limit, hooks).await.is_err() {
            let request_id = context.request_id();
            log::warn(request_id, format_args!("`after_invocation` was not done after {limit:?}, and is dropped"));
        }
    }
}

impl Default for After {
    fn default() -> Self {
        Self { hooks: Vec::new(), limit: LIMIT }
    }
}

impl fmt::Debug for After {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("After").field("hooks", &self.hooks.len()).field("limit", &self.limit).finish()
    }
}

/// A hook that is called again and again.
pub(crate) struct AfterHook(Box<dyn Fn(&LambdaContext) -> Hook + Send + Sync>);

impl AfterHook {
    pub(crate) fn new<F>(hook: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let hook = Arc::new(hook);
        Self(Box::new(move |context| {
            let (hook, context) = (hook.clone(), context.clone());
            // Here and not around all hooks: a function without hooks does not have this code.
            Hook::new(move || {
                LambdaContext::within(&context, async move {
                    hook().await;
                    Ok::<(), BoxError>(())
                })
            })
        }))
    }

    fn call(&self, context: &LambdaContext) -> Hook {
        (self.0)(context)
    }
}

/// How long it is until the deadline, less what the process itself needs.
fn remaining(context: &LambdaContext) -> Option<Duration> {
    context.remaining().map(|remaining| remaining.saturating_sub(MARGIN))
}

const MARGIN: Duration = Duration::from_millis(100);

/// Enough for a collector that answers, and the price of one that does not.
const LIMIT: Duration = Duration::from_millis(500);

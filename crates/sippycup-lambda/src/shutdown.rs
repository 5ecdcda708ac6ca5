//! The end of the process, and what the app does before it.

#[cfg(feature = "local")]
use std::pin::pin;
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

#[cfg(feature = "local")]
use tokio::sync::oneshot;
use tokio::{task::JoinSet, time::timeout};

use crate::{
    ServeError,
    hook::Hook,
    log,
    runtime_api::{Endpoint, RuntimeApi},
    signals::Signals,
    start::reported,
};

/// The hooks for the end of the process.
#[derive(Debug, Default)]
pub(crate) struct Shutdown {
    pub(crate) hooks: Vec<Hook>,
    /// Set with the first hook, and the only way to the code on Lambda: a function without one does not have it.
    pub(crate) on_lambda: Option<OnLambda>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct OnLambda {
    pub(crate) run: fn(Arc<Endpoint>, Vec<Hook>, Running) -> Running,
}

/// A function that runs.
pub(crate) struct Running(Pin<Box<dyn Future<Output = Result<(), ServeError>> + Send>>);

impl Running {
    pub(crate) fn new(function: impl Future<Output = Result<(), ServeError>> + Send + 'static) -> Self {
        Self(Box::pin(function))
    }
}

impl Future for Running {
    type Output = Result<(), ServeError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl Shutdown {
    pub(crate) fn add(&mut self, hook: Hook) {
        self.hooks.push(hook);
        self.on_lambda =
            Some(OnLambda { run: |endpoint, hooks, function| Running::new(on_lambda(endpoint, hooks, function)) });
    }
}

/// Runs the function until it ends, or until Lambda ends the process: then the hooks run, and that is the end.
async fn on_lambda(endpoint: Arc<Endpoint>, hooks: Vec<Hook>, function: Running) -> Result<(), ServeError> {
    let mut signals = reported(Signals::new().map_err(ServeError::signals)).await?;
    // Ends with this future.
    let _extension = extend(endpoint).await;
    match signals.unless(function).await {
        Some(ended) => ended,
        None => {
            call(hooks, ON_LAMBDA).await;
            Ok(())
        }
    }
}

/// When to end off Lambda. Without a hook the signal's default action ends the process.
#[cfg(feature = "local")]
pub(crate) fn requested(hooks: Vec<Hook>) -> Result<(impl Future<Output = ()>, UntilTold), ServeError> {
    let (end, ended) = oneshot::channel();
    let signals = if hooks.is_empty() { None } else { Some(Signals::new().map_err(ServeError::signals)?) };
    Ok((async { drop(ended.await) }, UntilTold { end, signals, hooks }))
}

#[cfg(feature = "local")]
pub(crate) struct UntilTold {
    end: oneshot::Sender<()>,
    signals: Option<Signals>,
    hooks: Vec<Hook>,
}

#[cfg(feature = "local")]
impl UntilTold {
    /// Runs what serves until the first signal, and until it is done then, and calls the hooks. A further signal ends what is
    /// waited for: the requests under way, then the hooks.
    pub(crate) async fn run<T>(self, served: impl Future<Output = T>) -> Option<T> {
        let Self { end, signals, hooks } = self;
        let mut served = pin!(served);
        let Some(mut signals) = signals else { return Some(served.await) };
        let mut done = signals.unless(served.as_mut()).await;
        if done.is_none() {
            let _ = end.send(());
            done = signals.unless(served).await;
        }
        signals.unless(call(hooks, OFF_LAMBDA)).await;
        done
    }
}

/// Calls the hooks one after the other, as long as there is time.
pub(crate) async fn call(hooks: Vec<Hook>, limit: Duration) {
    let calls = async {
        for hook in hooks {
            if let Err(said) = hook.run().await {
                log::warn("", format_args!("`on_shutdown` failed: {said}"));
            }
        }
    };
    if timeout(limit, calls).await.is_err() {
        log::warn("", format_args!("`on_shutdown` was not done after {limit:?}, and is dropped"));
    }
}

/// Makes the process an extension: otherwise Lambda kills it without a signal.
async fn extend(endpoint: Arc<Endpoint>) -> JoinSet<()> {
    let mut extension = JoinSet::new();
    let registered = RuntimeApi::lend(endpoint.clone(), |mut api| async move { api.register().await });
    match timeout(REGISTRATION, registered).await.unwrap_or_else(|_| Err("there was no reply".to_owned())) {
        Ok(registration) => {
            let held = RuntimeApi::lend(endpoint, |mut api| async move {
                if let Err(error) = api.hold(&registration).await {
                    log::debug(format_args!("Lambda may end the process without a word: {error}"));
                }
            });
            extension.spawn(held);
        }
        Err(said) => {
            log::warn("", format_args!("`on_shutdown` will not be called: no extension could be registered, {said}"))
        }
    }
    extension
}

/// Lambda answers within milliseconds, and gives the whole start 10 seconds.
const REGISTRATION: Duration = Duration::from_secs(3);

/// Lambda kills the process after 500 ms; see
/// [Shutdown phase](https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown).
const ON_LAMBDA: Duration = Duration::from_millis(450);

/// Longer than a supervisor waits.
#[cfg(any(feature = "local", feature = "server"))]
pub(crate) const OFF_LAMBDA: Duration = Duration::from_secs(10);

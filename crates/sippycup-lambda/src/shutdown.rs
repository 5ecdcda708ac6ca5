//! The end of the process, and what the app does before it.

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use tokio::{task::JoinSet, time::timeout};

use crate::{
    ServeError,
    hook::Hook,
    log,
    runtime_api::{Endpoint, RuntimeApi},
    signals::Signals,
    start::reported,
};

/// Runs the function until it ends, or until Lambda ends the process: then the hooks run, and that is the end.
pub(crate) async fn on_lambda(
    endpoint: Arc<Endpoint>,
    hooks: Vec<Hook>,
    function: impl Future<Output = Result<(), ServeError>>,
) -> Result<(), ServeError> {
    let mut signals = reported(Signals::new().map_err(ServeError::signals)).await?;
    // Ends with this future.
    let _extension = extend(endpoint).await;
    let (mut function, mut told) = (pin!(function), pin!(signals.next()));
    let ended = poll_fn(|cx| match function.as_mut().poll(cx) {
        Poll::Ready(ended) => Poll::Ready(Some(ended)),
        Poll::Pending => told.as_mut().poll(cx).map(|()| None),
    });
    match ended.await {
        Some(ended) => ended,
        None => {
            call(hooks, ON_LAMBDA).await;
            Ok(())
        }
    }
}

/// When the process is to end, if there is a hook to be called then. Without one it ends by itself.
#[cfg(feature = "local")]
pub(crate) fn requested(hooks: &[Hook]) -> Result<impl Future<Output = ()> + use<>, ServeError> {
    let signals = if hooks.is_empty() { None } else { Some(Signals::new().map_err(ServeError::signals)?) };
    Ok(async {
        match signals {
            Some(mut signals) => signals.next().await,
            None => std::future::pending().await,
        }
    })
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

/// Makes the process an extension, without which Lambda would kill it without a word.
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
#[cfg(feature = "server")]
pub(crate) const OFF_LAMBDA: Duration = Duration::from_secs(10);

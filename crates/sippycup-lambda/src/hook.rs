//! Hooks of the app that run once, outside of invocations.

use std::{fmt, future::poll_fn, pin::Pin, task::Poll};

use sippycup_layer::BoxError;

use crate::{failure::chain, guard::guard, log};

/// A function of the app, to be called later.
pub(crate) struct Hook(Option<Running>);

struct Running(Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>);

impl Hook {
    pub(crate) fn new<F, E>(hook: impl FnOnce() -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        Self(Some(Running(Box::pin(async { hook().await.map_err(Into::into) }))))
    }

    /// Calls it, and says what went wrong, a panic too.
    pub(crate) async fn run(mut self) -> Result<(), String> {
        let ended = poll_fn(|cx| {
            let Some(running) = &mut self.0 else { return Poll::Ready(Ok(())) };
            match guard(|| running.0.as_mut().poll(cx)) {
                Ok(Poll::Pending) => Poll::Pending,
                Ok(Poll::Ready(ended)) => Poll::Ready(ended.map_err(said)),
                Err(failure) => Poll::Ready(Err(failure.message)),
            }
        })
        .await;
        self.discard()?;
        ended
    }

    fn discard(&mut self) -> Result<(), String> {
        let running = self.0.take();
        guard(|| drop(running)).map_err(|failure| failure.message)
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        if let Err(said) = self.discard() {
            log::warn("", format_args!("a hook failed: {said}"));
        }
    }
}

/// An error of the app's in words, whatever it does when it is shown or dropped.
pub(crate) fn said(error: BoxError) -> String {
    let said = guard(|| chain(&*error));
    guard(|| drop(error)).and(said).unwrap_or_else(|failure| failure.message)
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_goes_wrong_in_a_hook_is_said() {
        assert_eq!(Hook::new(async || Ok::<_, BoxError>(())).run().await, Ok(()));
        assert_eq!(Hook::new(async || Err::<(), _>("no table")).run().await, Err("no table".to_owned()));
        let panics = Hook::new(async || -> Result<(), BoxError> { panic!("in the hook") });
        assert_eq!(panics.run().await, Err("handler panicked: in the hook".to_owned()));
    }
}

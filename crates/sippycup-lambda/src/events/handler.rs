//! What handles events that are not of HTTP.

use std::{
    error, fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use serde::Serialize;
use sippycup_layer::BoxError;

use super::event::Event;

/// What handles events: a function from an [`Event`] to a `Result`, or a [`Router`](super::Router).
///
/// Every such function is a `Handler`; there is nothing to implement. The answer is anything that serde can write, and
/// the error anything that goes into a [`BoxError`]. In full:
///
/// ```text
/// F: Fn(Event) -> Future + Send + Sync + 'static
/// Future: std::future::Future<Output = Result<R, E>> + Send + 'static        R: Serialize        E: Into<BoxError>
/// ```
///
/// A tower service is one by `tower::ServiceExt::oneshot`: `move |event| service.clone().oneshot(event)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot handle events",
    label = "expected a function like `async |event: Event| -> Result<R, E>`, or a `Router` of such functions",
    note = "the answer must be `serde::Serialize`, the error must go into a `BoxError`, and the future must be `Send`"
)]
pub trait Handler: Send + Sync + 'static {
    /// Handles one event.
    fn handle(&self, event: Event) -> HandlerFuture;
}

impl<F, Fut, R, E> Handler for F
where
    F: Fn(Event) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<R, E>> + Send + 'static,
    R: Serialize,
    E: Into<BoxError>,
{
    fn handle(&self, event: Event) -> HandlerFuture {
        HandlerFuture::new(self(event))
    }
}

/// The answer to an event, to come.
#[must_use = "futures do nothing unless polled"]
pub struct HandlerFuture {
    inner: Pin<Box<dyn Future<Output = Result<Bytes, BoxError>> + Send>>,
}

impl HandlerFuture {
    /// Waits for an answer and writes it as JSON.
    pub fn new<R, E>(answer: impl Future<Output = Result<R, E>> + Send + 'static) -> Self
    where
        R: Serialize,
        E: Into<BoxError>,
    {
        Self::of_json(async {
            let answer = answer.await.map_err(Into::into)?;
            Ok(serde_json::to_vec(&answer)?.into())
        })
    }

    pub(super) fn of_json(answer: impl Future<Output = Result<Bytes, BoxError>> + Send + 'static) -> Self {
        Self { inner: Box::pin(answer) }
    }
}

impl Future for HandlerFuture {
    /// The JSON of the answer.
    type Output = Result<Bytes, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.inner.as_mut().poll(cx)
    }
}

impl fmt::Debug for HandlerFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandlerFuture").finish_non_exhaustive()
    }
}

/// The error of a handler, reported to Lambda with its own text alone: API Gateway answers 401 to the message
/// `Unauthorized` and to no other, and Cognito shows the message to people.
#[derive(Debug)]
pub(crate) struct HandlerError(pub(super) BoxError);

impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl error::Error for HandlerError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.0.source()
    }
}

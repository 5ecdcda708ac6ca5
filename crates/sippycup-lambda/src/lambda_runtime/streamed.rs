//! A streamed answer, which the client of the Runtime API asks for in a task of its own.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame};

use crate::{LambdaContext, runtime_api::Outgoing, span::Entered};

/// An answer whose code runs as the invocation's, whoever asks for it.
pub(super) struct Streamed {
    answer: Option<Outgoing>,
    invocation: Entered,
}

impl Streamed {
    /// To be called in the invocation's span.
    pub(super) fn new(answer: Outgoing, context: &LambdaContext) -> Self {
        Self { answer: Some(answer), invocation: Entered::current(context.clone()) }
    }
}

impl Body for Streamed {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Self { answer: Some(answer), invocation } = self.get_mut() else { return Poll::Ready(None) };
        invocation.enter(|| Pin::new(answer).poll_frame(cx))
    }
}

impl Drop for Streamed {
    fn drop(&mut self) {
        let Self { answer, invocation } = self;
        invocation.enter(|| *answer = None);
    }
}

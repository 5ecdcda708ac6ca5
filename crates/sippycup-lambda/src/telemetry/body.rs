//! The body of an answer, with whose end the span ends.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
};

use http_body::{Body as HttpBody, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::span::RequestSpan;
use crate::failure::ErrorType;

pin_project! {
    /// The body of a [`TraceService`](super::TraceService)'s response.
    pub struct TracedBody<B> {
        #[pin]
        body: B,
        span: Option<RequestSpan>,
    }
}

impl<B> TracedBody<B> {
    pub(super) fn new(body: B, span: Option<RequestSpan>) -> Self {
        Self { body, span }
    }
}

impl<B: HttpBody> HttpBody for TracedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let Some(span) = this.span else { return this.body.poll_frame(cx) };
        let polled = catch_unwind(AssertUnwindSafe(|| span.within(|| this.body.poll_frame(cx))));
        let frame = match polled {
            Ok(frame) => ready!(frame),
            Err(panic) => {
                span.failed(ErrorType::Panic);
                *this.span = None;
                resume_unwind(panic)
            }
        };
        match &frame {
            Some(Ok(_)) => return Poll::Ready(frame),
            Some(Err(_)) => span.failed(ErrorType::Body),
            None => {}
        }
        *this.span = None;
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> fmt::Debug for TracedBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracedBody").finish_non_exhaustive()
    }
}

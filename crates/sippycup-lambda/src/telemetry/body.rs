//! The body of an answer, with whose end the span ends.

use std::{
    fmt,
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
        let frame = ready!(RequestSpan::around(this.span, || this.body.poll_frame(cx)));
        if let Some(Ok(_)) = frame {
            return Poll::Ready(frame);
        }
        if let (Some(mut span), Some(_)) = (this.span.take(), &frame) {
            span.failed(ErrorType::Body);
        }
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

//! The body of an answer, whose bytes are counted.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Buf;
use http_body::{Body as HttpBody, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::exchange::Report;

pin_project! {
    /// The app's body. With its end the exchange ends; a front door that takes no body drops it immediately.
    pub(crate) struct ObservedBody<B> {
        #[pin]
        body: B,
        report: Option<Report>,
    }
}

impl<B> ObservedBody<B> {
    pub(super) fn new(body: B, report: Option<Report>) -> Self {
        Self { body, report }
    }
}

impl<B: HttpBody> HttpBody for ObservedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let frame = ready!(this.body.poll_frame(cx));
        if let Some(exchange) = this.report.as_mut().and_then(Report::exchange) {
            match &frame {
                Some(Ok(frame)) => exchange.sent(frame.data_ref().map_or(0, Buf::remaining)),
                Some(Err(_)) => exchange.failed(),
                None => *this.report = None,
            }
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

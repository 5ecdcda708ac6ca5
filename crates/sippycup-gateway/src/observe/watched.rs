//! A body that an observer sees.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::{End, Exchange};
use crate::{Body, BoxError};

/// Tells of each piece, and of the end if that is the end of an exchange.
pub(super) struct Watched<T> {
    body: Body,
    tell: T,
    ending: Option<Exchange>,
}

impl<T: Fn(&Bytes)> Watched<T> {
    pub(super) fn new(body: Body, tell: T, ending: Option<Exchange>) -> Self {
        let mut watched = Self { body, tell, ending };
        // Nobody reads what is known to be empty.
        watched.notice_end();
        watched
    }

    fn notice_end(&mut self) {
        if http_body::Body::is_end_stream(&self.body) {
            self.end(End::Whole);
        }
    }

    fn end(&mut self, end: End<'_>) {
        if let Some(mut exchange) = self.ending.take() {
            exchange.end(end);
        }
    }
}

impl<T: Fn(&Bytes) + Unpin> http_body::Body for Watched<T> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    (self.tell)(data);
                }
                // Who knows the length reads no further.
                self.notice_end();
            }
            Poll::Ready(Some(Err(error))) => self.end(End::Broken(error)),
            Poll::Ready(None) => self.end(End::Whole),
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

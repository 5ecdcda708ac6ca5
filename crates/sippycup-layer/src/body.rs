//! The request body the app sees.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::Full;

/// The body of a request: all of it, since an event arrives whole.
///
/// It never fails, knows its exact size, and is `Clone + Send + Sync + Unpin`: what the strictest framework
/// asks of a body.
#[derive(Clone, Debug, Default)]
pub struct Body(Full<Bytes>);

impl Body {
    /// A body of these bytes.
    #[must_use]
    pub fn new(bytes: Bytes) -> Self {
        Self(Full::new(bytes))
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::new(bytes)
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

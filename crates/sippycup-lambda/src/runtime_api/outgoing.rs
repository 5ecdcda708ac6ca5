//! What is sent to the Runtime API.

use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::socket::Wakers;

/// A body that comes in pieces. It ends with trailers if it fails, and cannot panic.
pub(crate) type Pieces = Pin<Box<dyn Body<Data = Bytes, Error = Infallible> + Send>>;

/// The body of a request.
pub(crate) enum Outgoing {
    Pieces { pieces: Pieces, wakers: Option<Arc<Wakers>> },
    Whole(Bytes),
}

impl Outgoing {
    pub(crate) fn pieces(pieces: Pieces) -> Self {
        Self::Pieces { pieces, wakers: None }
    }

    /// Whether to copy it costs less than to send it from where it is. `None` if there is nothing to send.
    pub(super) fn is_small(&self) -> Option<bool> {
        match self {
            Self::Pieces { .. } => Some(false),
            Self::Whole(bytes) if bytes.is_empty() => None,
            Self::Whole(bytes) => Some(bytes.len() <= SMALL),
        }
    }

    /// Has the task woken when there are more pieces, not hyper.
    pub(super) fn wake_task(&mut self, task: &Arc<Wakers>) {
        if let Self::Pieces { wakers, .. } = self {
            *wakers = Some(task.clone());
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Pieces { pieces, wakers: None } => pieces.as_mut().poll_frame(cx),
            Self::Pieces { pieces, wakers: Some(wakers) } => {
                // Not under the lock: an app may do anything.
                let task = wakers.task().clone();
                pieces.as_mut().poll_frame(&mut Context::from_waker(&task))
            }
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Pieces { .. } => SizeHint::new(),
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
        }
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pieces { .. } => f.write_str("Pieces"),
            Self::Whole(bytes) => f.debug_tuple("Whole").field(&bytes.len()).finish(),
        }
    }
}

/// In bytes: most answers of JSON and of pages.
const SMALL: usize = 4 << 10;

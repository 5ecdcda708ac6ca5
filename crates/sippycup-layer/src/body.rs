//! The request body the app sees.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::Full;

/// The body of a request. It is complete from the start, since an event arrives as a whole.
///
/// It never fails, it knows its exact size, and it is `Clone + Send + Sync + Unpin`, so that every framework takes it.
///
/// ```
/// use http_body::Body as _;
/// use sippycup_layer::Body;
///
/// assert_eq!(Body::from("hello").size_hint().exact(), Some(5));
/// assert_eq!(Body::from(vec![0; 3]).size_hint().exact(), Some(3));
/// assert!(Body::empty().is_end_stream());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Body(Full<Bytes>);

impl Body {
    /// A body without a byte.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }
}

macro_rules! from {
    ($($kind:ty)*) => {$(
        impl From<$kind> for Body {
            fn from(body: $kind) -> Self {
                Self(Full::from(body))
            }
        }
    )*};
}

from! { Bytes &'static [u8] Vec<u8> String &'static str }

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

//! An answer's body that panics, fails or hangs where it is told to.

use std::{
    panic::panic_any,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use sippycup::BoxError;

use crate::Drops;

pub(crate) struct RudeBody {
    pub(crate) pieces: Vec<Bytes>,
    pub(crate) panics: bool,
    pub(crate) fails: bool,
    pub(crate) hangs: bool,
    pub(crate) hint: bool,
    pub(crate) _drops: Drops,
}

impl HttpBody for RudeBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.panics {
            panic_any("in the body");
        }
        match self.pieces.pop() {
            Some(piece) => Poll::Ready(Some(Ok(Frame::data(piece)))),
            None if self.hangs => Poll::Pending,
            None if self.fails => Poll::Ready(Some(Err("the body failed on purpose".into()))),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        if self.hint {
            panic_any("in is_end_stream");
        }
        false
    }

    fn size_hint(&self) -> SizeHint {
        if self.hint {
            panic_any("in size_hint");
        }
        SizeHint::default()
    }
}

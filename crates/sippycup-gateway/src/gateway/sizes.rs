//! How large an exchange was.

use crate::Answer;

/// How large event and answer were: in the extensions of every response for which an event was written, for logs.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    event: usize,
    answer: Option<usize>,
}

impl Sizes {
    pub(crate) const fn of_event(event: usize) -> Self {
        Self { event, answer: None }
    }

    pub(crate) fn answered(&mut self, answer: &Answer) {
        self.answer = answer.buffered_len();
    }

    /// Bytes of the event.
    #[must_use]
    pub const fn event(&self) -> usize {
        self.event
    }

    /// Bytes of the answer; `None` if there was none, or a stream.
    #[must_use]
    pub const fn answer(&self) -> Option<usize> {
        self.answer
    }
}

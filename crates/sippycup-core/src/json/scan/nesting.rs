//! How deep a document is nested, without recursion.

use crate::certain::Certain;

/// Which kinds of containers are open, one bit each: an event may nest as deep as it likes without
/// recursion, and without an allocation up to 64 levels.
#[derive(Default)]
pub(super) struct Nesting {
    bits: u64,
    depth: usize,
    full: Vec<u64>,
}

impl Nesting {
    pub(super) fn push(&mut self, object: bool) {
        if self.depth != 0 && self.depth.is_multiple_of(64) {
            self.full.push(self.bits);
        }
        self.bits = self.bits << 1 | u64::from(object);
        self.depth += 1;
    }

    pub(super) fn pop(&mut self) {
        self.bits >>= 1;
        self.depth = self.depth.saturating_sub(1);
        if self.depth != 0 && self.depth.is_multiple_of(64) {
            self.bits = self.full.pop().certain();
        }
    }

    pub(super) fn last(&self) -> Option<bool> {
        (self.depth != 0).then_some(self.bits & 1 == 1)
    }
}

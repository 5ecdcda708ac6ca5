//! How large an answer may be.

use super::headers::Sendable;
use crate::error::ResponseError;

/// What a front door takes at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// What messages call the front door.
    door: &'static str,
    /// Bytes of JSON.
    json: usize,
    /// Who refuses more JSON.
    refuses: &'static str,
    /// Bytes in the values of all headers.
    headers: usize,
}

impl Limits {
    /// A front door without limits of its own: what Lambda takes from a function.
    pub(crate) const fn of(door: &'static str) -> Self {
        Self { door, json: LAMBDA, refuses: "Lambda", headers: usize::MAX }
    }

    /// One that takes no more than so many bytes of JSON.
    pub(crate) const fn json(self, bytes: usize) -> Self {
        Self { json: bytes, refuses: self.door, ..self }
    }

    pub(crate) const fn headers(self, bytes: usize) -> Self {
        Self { headers: bytes, ..self }
    }

    /// The bytes in the values of the headers, or 0 if there is room enough for all of them: `room` is not less.
    pub(super) fn measure(&self, room: usize, headers: &Sendable<'_>) -> usize {
        if room > self.headers { headers.value_bytes() } else { 0 }
    }

    pub(super) fn oversize(&self, json: usize, value_bytes: usize) -> Option<ResponseError> {
        if json > self.json {
            return Some(ResponseError::large_json(self.refuses, self.door, json, self.json));
        }
        (value_bytes > self.headers).then(|| ResponseError::large_headers(self.door, value_bytes, self.headers))
    }
}

/// The largest answer of a function, in bytes of JSON; see "Invocation payload" in
/// [Lambda quotas](https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). The number is the one that
/// Lambda's own message has.
const LAMBDA: usize = 6 * 1024 * 1024 + 100;

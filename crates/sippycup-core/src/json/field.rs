//! Where a value of a document stands.

use std::borrow::Cow;

use bytes::Bytes;

use super::{
    fault::{Expected, Fault},
    unescape::unescape,
};
use crate::certain::Certain;

/// The JSON type of a member, or that there was none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    #[default]
    Missing,
    Null,
    False,
    True,
    Number,
    String,
    Array,
    Object,
}

/// Where a value stands: for strings without the quotes, for everything else the whole literal.
///
/// All in one word, since every step of the walk makes one and an event has room for forty: start, end,
/// kind, and whether a string has a backslash in it, so that its bytes are not its value.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Field(u64);

impl Field {
    #[inline(always)]
    pub(crate) fn new(kind: Kind, start: usize, end: usize) -> Self {
        Self(start as u64 | (end as u64) << END | (kind as u64) << KIND)
    }

    pub(crate) fn string_at(start: usize, end: usize, escaped: bool) -> Self {
        Self(Self::new(Kind::String, start, end).0 | u64::from(escaped) << ESCAPED)
    }

    /// A document that is one object.
    pub(crate) fn whole(json: &[u8]) -> Self {
        Self::new(Kind::Object, 0, json.len())
    }

    pub(crate) fn start(&self) -> usize {
        self.0 as u32 as usize
    }

    pub(crate) fn end(&self) -> usize {
        (self.0 >> END & MASK) as usize
    }

    /// How many bytes it takes up in the document.
    pub(crate) fn len(&self) -> usize {
        self.end().saturating_sub(self.start())
    }

    pub(crate) fn kind(&self) -> Kind {
        match self.0 >> KIND & 7 {
            0 => Kind::Missing,
            1 => Kind::Null,
            2 => Kind::False,
            3 => Kind::True,
            4 => Kind::Number,
            5 => Kind::String,
            6 => Kind::Array,
            _ => Kind::Object,
        }
    }

    /// Whether the string has a backslash in it.
    pub(crate) fn is_escaped(&self) -> bool {
        self.0 >> ESCAPED == 1
    }

    /// The bytes it takes up in the document.
    pub(crate) fn raw<'a>(&self, json: &'a [u8]) -> &'a [u8] {
        json.get(self.start()..self.end()).certain()
    }

    /// The same bytes, sharing the document's buffer.
    #[inline(always)]
    pub(crate) fn share(&self, json: &Bytes) -> Bytes {
        let (start, end) = (self.start(), self.end());
        if start <= end && end <= json.len() { json.slice(start..end) } else { Bytes::new() }
    }

    /// Whether the member is there and not null.
    pub(crate) fn is_some(&self) -> bool {
        !self.is_none()
    }

    /// Whether the member is missing or null: the same thing in every event.
    pub(crate) fn is_none(&self) -> bool {
        matches!(self.kind(), Kind::Missing | Kind::Null)
    }

    /// This member, or the other if this one is missing or null.
    pub(crate) fn or(self, other: Self) -> Self {
        if self.is_none() { other } else { self }
    }

    /// Whether this is something that can stand for a string: a string, or the number or boolean that
    /// some writer put where AWS has a string.
    pub(crate) fn is_scalar(&self) -> bool {
        matches!(self.kind(), Kind::String | Kind::Number | Kind::True | Kind::False)
    }

    /// Whether this is a string whose bytes are its value, as nearly all are.
    #[inline(always)]
    pub(crate) fn is_plain(&self) -> bool {
        self.0 >> KIND == Kind::String as u64
    }

    /// The value as text for those who only compare it: empty for everything that is no scalar, or has a broken
    /// escape.
    #[inline(always)]
    pub(crate) fn text_or_empty<'a>(&self, json: &'a [u8]) -> Cow<'a, [u8]> {
        self.text(json).ok().flatten().unwrap_or_default()
    }

    /// The value as text, unescaped; `None` for everything that is no scalar.
    #[inline(always)]
    pub(crate) fn text<'a>(&self, json: &'a [u8]) -> Result<Option<Cow<'a, [u8]>>, Fault> {
        if self.is_plain() { Ok(Some(Cow::Borrowed(self.raw(json)))) } else { self.odd_text(json) }
    }

    #[inline(never)]
    fn odd_text<'a>(&self, json: &'a [u8]) -> Result<Option<Cow<'a, [u8]>>, Fault> {
        match self.is_scalar() {
            false => Ok(None),
            true if !self.is_escaped() => Ok(Some(Cow::Borrowed(self.raw(json)))),
            true => unescape(json, self.start(), self.len()).map(|(text, _)| Some(Cow::Owned(text))),
        }
    }

    /// The value as a string slice; `None` if it is no scalar.
    pub(crate) fn string<'a>(&self, json: &'a [u8]) -> Result<Option<Cow<'a, str>>, Fault> {
        let not_utf8 = Fault::new(self.start(), Expected::Utf8);
        Ok(match self.text(json)? {
            None => None,
            Some(Cow::Borrowed(text)) => Some(Cow::Borrowed(std::str::from_utf8(text).map_err(|_| not_utf8)?)),
            Some(Cow::Owned(text)) => Some(Cow::Owned(String::from_utf8(text).map_err(|_| not_utf8)?)),
        })
    }

    /// The same for what was walked over before, where nothing can be wrong but a broken escape: that is no string.
    pub(crate) fn string_or_none<'a>(&self, json: &'a [u8]) -> Option<Cow<'a, str>> {
        self.string(json).ok().flatten()
    }

    /// Whether the value is exactly `text`. A broken escape is not equal to anything.
    pub(crate) fn is(&self, json: &[u8], text: &[u8]) -> bool {
        self.kind() == Kind::String && self.text(json).is_ok_and(|value| value.as_deref() == Some(text))
    }
}

/// One member of an object.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Member {
    pub(crate) name: Field,
    /// Of an array of one string that string: a header or a key of a query that has one value, as nearly all have.
    pub(crate) value: Field,
}

/// The length that a document must not have, in bytes: many times what Lambda hands over. Who reads one
/// sees to it first.
pub(crate) const LIMIT: usize = 1 << (KIND - END);

// Where the parts of a field begin in its word.
const END: u32 = 32;
const KIND: u32 = 60;
const ESCAPED: u32 = 63;

const MASK: u64 = LIMIT as u64 - 1;

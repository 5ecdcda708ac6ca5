//! A JSON reader that walks the event once and remembers where things are instead of copying them.
//!
//! It reports positions, never values: [`Field`] is a kind and a byte range. What it accepts is what
//! `serde_json` accepts (the tests and the fuzz target hold them against each other), with one
//! difference that serde_json's own `IgnoredAny` has too: the escapes of a string that nobody reads are
//! not checked for lone surrogates.

use std::borrow::Cow;

use wide::u8x16;

/// What was wrong, and at which byte. The JSON path is found again from the position, so that the walk
/// itself does not have to keep one. Small, because every step of the walk may return it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    at: u32,
    expected: Expected,
}

/// What should have stood where the walk stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Colon,
    CommaOrBrace,
    CommaOrBracket,
    Digit,
    End,
    Escape,
    Literal,
    MemberName,
    More,
    NoControl,
    Pair,
    Quote,
    Utf8,
    Value,
}

impl Fault {
    pub(crate) fn new(at: usize, expected: Expected) -> Self {
        Self { at: small(at), expected }
    }

    pub(crate) fn at(self) -> usize {
        self.at as usize
    }

    /// What was expected, for a message.
    pub(crate) fn expected(self) -> &'static str {
        match self.expected {
            Expected::Colon => "`:`",
            Expected::CommaOrBrace => "`,` or `}`",
            Expected::CommaOrBracket => "`,` or `]`",
            Expected::Digit => "a digit",
            Expected::End => "the end of the document",
            Expected::Escape => "a valid escape",
            Expected::Literal => "`true`, `false` or `null`",
            Expected::MemberName => "a member name",
            Expected::More => "more of the document, not its end",
            Expected::NoControl => "no raw control character in a string",
            Expected::Pair => "a surrogate pair, not half of one",
            Expected::Quote => "the end of the string",
            Expected::Utf8 => "UTF-8",
            Expected::Value => "a value",
        }
    }
}

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
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Field {
    start: u32,
    end: u32,
    pub(crate) kind: Kind,
    /// Whether the string has a backslash in it, so that its bytes are not its value.
    pub(crate) escaped: bool,
}

impl Field {
    pub(crate) fn new(kind: Kind, start: usize, end: usize) -> Self {
        Self { start: small(start), end: small(end), kind, escaped: false }
    }

    pub(crate) fn start(&self) -> usize {
        self.start as usize
    }

    /// How many bytes it takes up in the document.
    pub(crate) fn len(&self) -> usize {
        (self.end as usize).saturating_sub(self.start as usize)
    }

    /// The bytes it takes up in the document.
    pub(crate) fn raw<'a>(&self, json: &'a [u8]) -> &'a [u8] {
        json.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// Whether this is something that can stand for a string: a string, or the number or boolean that
    /// some writer put where AWS has a string.
    pub(crate) fn is_scalar(&self) -> bool {
        matches!(self.kind, Kind::String | Kind::Number | Kind::True | Kind::False)
    }

    /// The value as text, unescaped; `None` for everything that is no scalar.
    pub(crate) fn text<'a>(&self, json: &'a [u8]) -> Result<Option<Cow<'a, [u8]>>, Fault> {
        if !self.is_scalar() {
            return Ok(None);
        }
        if !self.escaped {
            return Ok(Some(Cow::Borrowed(self.raw(json))));
        }
        unescape(json, self.start(), self.len()).map(|(text, _)| Some(Cow::Owned(text)))
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

    /// Whether the value is exactly `text`. A broken escape is not equal to anything.
    pub(crate) fn is(&self, json: &[u8], text: &[u8]) -> bool {
        match (self.kind, self.escaped) {
            (Kind::String, false) => self.raw(json) == text,
            (Kind::String, true) => self.text(json).is_ok_and(|value| value.as_deref() == Some(text)),
            _ => false,
        }
    }
}

/// Documents are shorter than 4 GiB: [`Scanner`]'s callers see to it.
fn small(position: usize) -> u32 {
    position as u32
}

/// A position in a JSON document of less than 4 GiB.
#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    json: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(json: &'a [u8]) -> Self {
        Self { json, at: 0 }
    }

    /// A scanner for the value at `field`; members found there have positions in the whole document.
    pub(crate) fn on(json: &'a [u8], field: Field) -> Self {
        Self { json, at: field.start() }
    }

    /// Steps into an object; `false` (and the value skipped) if the value is something else.
    pub(crate) fn enter_object(&mut self) -> Result<bool, Fault> {
        self.enter(b'{')
    }

    /// Steps into an array; `false` (and the value skipped) if the value is something else.
    pub(crate) fn enter_array(&mut self) -> Result<bool, Fault> {
        self.enter(b'[')
    }

    /// The next member's name, or `None` at the end of the object. `first` says whether a comma must
    /// stand before it.
    #[inline(always)]
    pub(crate) fn next_key(&mut self, first: &mut bool) -> Result<Option<Field>, Fault> {
        // What AWS writes: no white space, no escapes in names.
        let comma = *first || self.json.get(self.at) == Some(&b',');
        let quote = self.at + usize::from(!*first);
        if comma
            && self.json.get(quote) == Some(&b'"')
            && let Some(end) = plain_end(self.json, quote + 1)
            && self.json.get(end + 1) == Some(&b':')
        {
            *first = false;
            self.at = end + 2;
            return Ok(Some(Field::new(Kind::String, quote + 1, end)));
        }
        self.any_key(first)
    }

    #[inline(never)]
    fn any_key(&mut self, first: &mut bool) -> Result<Option<Field>, Fault> {
        let mut byte = self.peek()?;
        if byte == b'}' {
            self.at += 1;
            return Ok(None);
        }
        if !std::mem::take(first) {
            if byte != b',' {
                return Err(self.fault(Expected::CommaOrBrace));
            }
            self.at += 1;
            byte = self.peek()?;
        }
        if byte != b'"' {
            return Err(self.fault(Expected::MemberName));
        }
        let key = self.string()?;
        if self.peek()? != b':' {
            return Err(self.fault(Expected::Colon));
        }
        self.at += 1;
        Ok(Some(key))
    }

    /// Whether the array has one more item; the scanner then stands before it.
    pub(crate) fn next_item(&mut self, first: &mut bool) -> Result<bool, Fault> {
        let byte = self.peek()?;
        if byte == b']' {
            self.at += 1;
            return Ok(false);
        }
        if !std::mem::take(first) {
            if byte != b',' {
                return Err(self.fault(Expected::CommaOrBracket));
            }
            self.at += 1;
        }
        Ok(true)
    }

    /// Reads over one value of any type and says where it was.
    #[inline(always)]
    pub(crate) fn value(&mut self) -> Result<Field, Fault> {
        if self.json.get(self.at) == Some(&b'"')
            && let Some(end) = plain_end(self.json, self.at + 1)
        {
            let start = std::mem::replace(&mut self.at, end + 1) + 1;
            return Ok(Field::new(Kind::String, start, end));
        }
        self.any_value()
    }

    /// The string of an array that has nothing else in it, written as AWS does: nearly every value of a
    /// multi-value map. `None`, and nothing read, for everything else.
    #[inline(always)]
    pub(crate) fn only_string(&mut self) -> Option<Field> {
        if self.json.get(self.at..self.at + 2) != Some(b"[\"") {
            return None;
        }
        let start = self.at + 2;
        let end = plain_end(self.json, start)?;
        if self.json.get(end + 1) != Some(&b']') {
            return None;
        }
        self.at = end + 2;
        Some(Field::new(Kind::String, start, end))
    }

    #[inline(never)]
    fn any_value(&mut self) -> Result<Field, Fault> {
        match self.peek()? {
            b'"' => self.string(),
            b'{' => self.container(Kind::Object),
            b'[' => self.container(Kind::Array),
            b't' => self.literal(b"true", Kind::True),
            b'f' => self.literal(b"false", Kind::False),
            b'n' => self.literal(b"null", Kind::Null),
            b'-' | b'0'..=b'9' => self.number(),
            _ => Err(self.fault(Expected::Value)),
        }
    }

    /// Reads a value that may be very long: where it is, and its text if it has escapes. Control characters
    /// in a string without escapes are not looked for; who reads it must.
    pub(crate) fn body(&mut self) -> Result<(Field, Option<Vec<u8>>), Fault> {
        if self.peek()? != b'"' {
            return self.value().map(|field| (field, None));
        }
        let start = self.at + 1;
        let rest = self.json.get(start..).unwrap_or_default();
        let Some(found) = memchr::memchr2(b'"', b'\\', rest) else {
            return self.string().map(|field| (field, None));
        };
        if rest.get(found) == Some(&b'"') {
            self.at = start + found + 1;
            return Ok((Field::new(Kind::String, start, start + found), None));
        }
        let (text, end) = unescape(self.json, start, rest.len())?;
        self.at = end + 1;
        Ok((Field { escaped: true, ..Field::new(Kind::String, start, end) }, Some(text)))
    }

    /// The type of the value that stands next.
    pub(crate) fn kind(&mut self) -> Result<Kind, Fault> {
        Ok(match self.peek()? {
            b'"' => Kind::String,
            b'{' => Kind::Object,
            b'[' => Kind::Array,
            b't' => Kind::True,
            b'f' => Kind::False,
            b'n' => Kind::Null,
            _ => Kind::Number,
        })
    }

    /// Where the value that stands next begins.
    pub(crate) fn start(&mut self) -> Result<usize, Fault> {
        self.peek()?;
        Ok(self.at)
    }

    /// The byte behind what was read.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// Fails unless nothing but white space is left.
    pub(crate) fn end(&mut self) -> Result<(), Fault> {
        match self.peek() {
            Err(_) => Ok(()),
            Ok(_) => Err(self.fault(Expected::End)),
        }
    }

    fn enter(&mut self, open: u8) -> Result<bool, Fault> {
        if self.peek()? == open {
            self.at += 1;
            return Ok(true);
        }
        self.value()?;
        Ok(false)
    }

    #[inline]
    fn peek(&mut self) -> Result<u8, Fault> {
        loop {
            match self.json.get(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                Some(byte) => return Ok(*byte),
                None => return Err(self.fault(Expected::More)),
            }
        }
    }

    fn string(&mut self) -> Result<Field, Fault> {
        let start = self.at + 1;
        let mut at = start;
        let mut escaped = false;
        loop {
            at = special(self.json, at);
            match self.json.get(at) {
                Some(b'"') => {
                    self.at = at + 1;
                    return Ok(Field { escaped, ..Field::new(Kind::String, start, at) });
                }
                Some(b'\\') => {
                    escaped = true;
                    at = self.escape(at)?;
                }
                Some(_) => return Err(Fault::new(at, Expected::NoControl)),
                None => return Err(Fault::new(at, Expected::Quote)),
            }
        }
    }

    /// Checks the grammar of the escape at `at`; whether surrogates come in pairs is for those who
    /// read the string.
    fn escape(&self, at: usize) -> Result<usize, Fault> {
        match self.json.get(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
            Some(b'u') if hex4(self.json, at + 2).is_some() => Ok(at + 6),
            _ => Err(Fault::new(at, Expected::Escape)),
        }
    }

    fn container(&mut self, kind: Kind) -> Result<Field, Fault> {
        let start = self.at;
        let mut open = Nesting::default();
        loop {
            // Down: into as many containers as open here.
            let mut first = true;
            match self.peek()? {
                b'{' => {
                    self.at += 1;
                    open.push(true);
                }
                b'[' => {
                    self.at += 1;
                    open.push(false);
                }
                _ => {
                    self.value()?;
                    first = false;
                }
            }
            // Up: out of as many as close here, then to the next value.
            loop {
                let Some(object) = open.last() else {
                    return Ok(Field::new(kind, start, self.at));
                };
                let more = if object { self.next_key(&mut first)?.is_some() } else { self.next_item(&mut first)? };
                if more {
                    break;
                }
                open.pop();
                first = false;
            }
        }
    }

    fn literal(&mut self, word: &'static [u8], kind: Kind) -> Result<Field, Fault> {
        let start = self.at;
        let end = start + word.len();
        if self.json.get(start..end) != Some(word) {
            return Err(self.fault(Expected::Literal));
        }
        self.at = end;
        Ok(Field::new(kind, start, end))
    }

    fn number(&mut self) -> Result<Field, Fault> {
        let start = self.at;
        if self.json.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        match self.json.get(self.at) {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.json.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.json.get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.json.get(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(Field::new(Kind::Number, start, self.at))
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.json.get(self.at) {
            self.at += 1;
        }
        if self.at == start { Err(self.fault(Expected::Digit)) } else { Ok(()) }
    }

    #[cold]
    fn fault(&self, expected: Expected) -> Fault {
        Fault::new(self.at, expected)
    }
}

/// Which kinds of containers are open, one bit each: an event may nest as deep as it likes without
/// recursion, and without an allocation up to 64 levels.
#[derive(Default)]
struct Nesting {
    bits: u64,
    depth: usize,
    full: Vec<u64>,
}

impl Nesting {
    fn push(&mut self, object: bool) {
        if self.depth != 0 && self.depth.is_multiple_of(64) {
            self.full.push(self.bits);
        }
        self.bits = self.bits << 1 | u64::from(object);
        self.depth += 1;
    }

    fn pop(&mut self) {
        self.bits >>= 1;
        self.depth = self.depth.saturating_sub(1);
        if self.depth != 0 && self.depth.is_multiple_of(64) {
            self.bits = self.full.pop().unwrap_or_default();
        }
    }

    fn last(&self) -> Option<bool> {
        (self.depth != 0).then_some(self.bits & 1 == 1)
    }
}

/// The value of the string that begins at `start` of the document, and where it ends. Grammar and value in
/// one walk.
pub(crate) fn unescape(json: &[u8], start: usize, capacity: usize) -> Result<(Vec<u8>, usize), Fault> {
    // No escape is shorter than what it stands for. Whole chunks are written and cut, so one more.
    let mut out = Vec::with_capacity(capacity + 2 * CHUNK);
    let mut at = start;
    loop {
        at += unescape_plain(json, at, &mut out);
        let stop = special(json, at);
        out.extend_from_slice(json.get(at..stop).unwrap_or_default());
        at = stop;
        match (json.get(at), json.get(at + 1)) {
            (Some(b'"'), _) => return Ok((out, at)),
            (Some(b'\\'), Some(b'u')) => {
                let escape = Fault::new(at, Expected::Escape);
                let high = hex4(json, at + 2).ok_or(escape)?;
                let (character, behind) = code_point(json, high, at + 6).ok_or(Fault::new(at, Expected::Pair))?;
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                at = behind;
            }
            (Some(b'\\'), Some(escape)) => {
                let byte = unescaped(*escape);
                if byte == 0 {
                    return Err(Fault::new(at, Expected::Escape));
                }
                out.push(byte);
                at += 2;
            }
            (Some(b'\\'), None) => return Err(Fault::new(at, Expected::Escape)),
            (Some(_), _) => return Err(Fault::new(at, Expected::NoControl)),
            (None, _) => return Err(Fault::new(at, Expected::Quote)),
        }
    }
}

/// Copies from `at` on as long as whole chunks are there with nothing in them but characters and escapes of
/// two bytes, and returns how many bytes that were. JSON inside JSON has an escape every few bytes: each
/// costs a move of what stands behind it, not another search.
fn unescape_plain(json: &[u8], at: usize, out: &mut Vec<u8>) -> usize {
    let mut from = at;
    while let Some(window) = json.get(from..).and_then(<[u8]>::first_chunk::<{ 2 * CHUNK }>) {
        let mut found = special_mask(first(window, 0));
        let mut moved = [0; 2 * CHUNK];
        // How much of the window was read, and how much of `moved` is written.
        let (mut read, mut written) = (0, 0);
        loop {
            put(&mut moved, written, first(window, read));
            if found == 0 {
                written += CHUNK - read;
                read = CHUNK;
                break;
            }
            let next = found.trailing_zeros() as usize;
            written += next - read;
            read = next;
            let (special, escape) = (byte(window, next), byte(window, next + 1));
            let plain = unescaped(escape);
            if special != b'\\' || plain == 0 {
                out.extend_from_slice(&first(&moved, 0));
                out.truncate(out.len() - CHUNK + written);
                return from + read - at;
            }
            if let Some(space) = moved.get_mut(written % (2 * CHUNK)) {
                *space = plain;
            }
            written += 1;
            read += 2;
            if read >= CHUNK {
                break;
            }
            found &= !(3 << next);
        }
        out.extend_from_slice(&first(&moved, 0));
        out.truncate(out.len() - CHUNK + written);
        from += read;
    }
    from - at
}

/// What the escape stands for; 0 for `u` and everything that is no escape.
fn unescaped(escape: u8) -> u8 {
    static TABLE: [u8; 256] = table(&[
        (b'"', b'"'),
        (b'\\', b'\\'),
        (b'/', b'/'),
        (b'b', 8),
        (b'f', 12),
        (b'n', b'\n'),
        (b'r', b'\r'),
        (b't', b'\t'),
    ]);
    TABLE.get(usize::from(escape)).copied().unwrap_or_default()
}

/// A map from bytes to bytes; 0 for all that are not named.
#[expect(clippy::indexing_slicing, reason = "evaluated at compile time, where it cannot fail unseen")]
pub(crate) const fn table(mut pairs: &[(u8, u8)]) -> [u8; 256] {
    let mut table = [0; 256];
    while let Some(((from, to), rest)) = pairs.split_first() {
        table[*from as usize] = *to;
        pairs = rest;
    }
    table
}

/// The chunk at `at` (less than one chunk in) of two.
#[inline(always)]
pub(crate) fn first(window: &[u8; 2 * CHUNK], at: usize) -> [u8; CHUNK] {
    let at = at % CHUNK;
    window.get(at..at + CHUNK).and_then(<[u8]>::first_chunk).copied().unwrap_or_default()
}

/// Puts a chunk at `at`, which must leave room for it in half of the space.
#[inline(always)]
pub(crate) fn put<const SPACE: usize>(window: &mut [u8; SPACE], at: usize, chunk: [u8; CHUNK]) {
    let at = at % (SPACE / 2);
    if let Some(space) = window.get_mut(at..at + CHUNK).and_then(<[u8]>::first_chunk_mut) {
        *space = chunk;
    }
}

/// The byte at `at` of two chunks.
#[inline(always)]
pub(crate) fn byte(window: &[u8; 2 * CHUNK], at: usize) -> u8 {
    window.get(at % (2 * CHUNK)).copied().unwrap_or_default()
}

/// The character of four hex digits and, where they are a high surrogate, of the low one whose escape
/// follows at `at`; and the position behind it.
fn code_point(json: &[u8], high: u32, at: usize) -> Option<(char, usize)> {
    if !(0xd800..0xdc00).contains(&high) {
        return Some((char::from_u32(high)?, at));
    }
    if json.get(at..at + 2)? != b"\\u" {
        return None;
    }
    let low = hex4(json, at + 2)?;
    if !(0xdc00..0xe000).contains(&low) {
        return None;
    }
    let character = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    Some((char::from_u32(character)?, at + 6))
}

fn hex4(text: &[u8], at: usize) -> Option<u32> {
    text.get(at..at + 4)?.iter().try_fold(0, |value, digit| Some(value << 4 | char::from(*digit).to_digit(16)?))
}

/// Where the string ends that begins at `start`, if it is short, ends well before the document does, and
/// nothing in it needs another look.
#[inline(always)]
fn plain_end(json: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    while at < start + SHORT {
        let found = special_mask(*json.get(at..)?.first_chunk()?);
        if found != 0 {
            at += found.trailing_zeros() as usize;
            return (json.get(at) == Some(&b'"')).then_some(at);
        }
        at += CHUNK;
    }
    None
}

/// The first quote, backslash or control character at or behind `at`; the length if there is none.
#[inline]
pub(crate) fn special(text: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = text.get(at..).and_then(<[u8]>::first_chunk) {
        let found = special_mask(*chunk);
        if found != 0 {
            return at + found.trailing_zeros() as usize;
        }
        at += CHUNK;
    }
    at + (special_mask(chunk(text, at)).trailing_zeros() as usize).min(text.len().saturating_sub(at))
}

/// The sixteen bytes at `at`; spaces stand for what is behind the end.
#[inline]
fn chunk(text: &[u8], at: usize) -> [u8; CHUNK] {
    let rest = text.get(at..).unwrap_or_default();
    if let Some(chunk) = rest.first_chunk() {
        return *chunk;
    }
    let mut chunk = [b' '; CHUNK];
    for (space, byte) in chunk.iter_mut().zip(rest) {
        *space = *byte;
    }
    chunk
}

/// One bit for each of the sixteen bytes that is a quote, a backslash or a control character.
#[inline(always)]
pub(crate) fn special_mask(chunk: [u8; CHUNK]) -> u32 {
    let bytes = u8x16::new(chunk);
    let quote = bytes.simd_eq(u8x16::splat(b'"'));
    let backslash = bytes.simd_eq(u8x16::splat(b'\\'));
    let control = bytes.min(u8x16::splat(0x1f)).simd_eq(bytes);
    (quote | backslash | control).to_bitmask()
}

/// How many bytes are looked at in one step.
pub(crate) const CHUNK: usize = 16;

/// Strings up to here are looked at once; longer ones pay for this many bytes twice.
const SHORT: usize = 8 * CHUNK;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn read(json: &[u8]) -> Result<Field, Fault> {
        let mut scanner = Scanner::new(json);
        let field = scanner.value()?;
        scanner.end()?;
        Ok(field)
    }

    /// What `serde_json` makes of the same bytes when nobody reads the strings.
    fn accepted(json: &[u8]) -> bool {
        serde_json::from_slice::<serde::de::IgnoredAny>(json).is_ok()
    }

    #[test]
    fn accepts_and_rejects_what_serde_json_does() {
        let documents: &[&str] = &[
            "",
            " ",
            "null",
            "nul",
            "true",
            "truex",
            "false",
            "0",
            "-0",
            "01",
            "-",
            "1.",
            "1.5",
            "1.5e",
            "1e+",
            "1e+9",
            "-1.25E-3",
            ".5",
            "+1",
            "\"\"",
            "\"a",
            "\"a\\\"",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\u12g4\"",
            "\"\\u1234\"",
            "\"\n\"",
            "[]",
            "[",
            "]",
            "[1,]",
            "[,1]",
            "[1 2]",
            "[1,2]",
            "{}",
            "{",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "{\"a\":1 \"b\":2}",
            "{\"a\":{\"b\":[{},[],[[1]]]}}",
            "{\"a\":[1,{\"b\":2}]}",
            " { \"a\" : [ 1 , 2 ] } ",
            "1 1",
            "{\"a\":1}}",
            "[}",
            "{]",
            "\u{feff}1",
            "\"\\ud800\"",
        ];
        for document in documents {
            assert_eq!(read(document.as_bytes()).is_ok(), accepted(document.as_bytes()), "{document:?}");
        }
    }

    #[test]
    fn nests_as_deep_as_it_likes() {
        for depth in [1, 63, 64, 65, 128, 200, 20_000] {
            let (open, close) = ("[{\"a\":".repeat(depth), "}]".repeat(depth));
            assert!(read(format!("{open}1{close}").as_bytes()).is_ok(), "{depth}");
            assert!(read(format!("{open}1{}", "]}".repeat(depth)).as_bytes()).is_err(), "{depth}");
        }
    }

    #[test]
    fn half_a_surrogate_pair_is_no_value() {
        for json in [&br#""\ud800""#[..], br#""\udc00""#, br#""\ud800x""#, br#""\ud800\ud800""#, br#""\ud800\n""#] {
            let field = read(json).unwrap();
            assert!(field.text(json).is_err());
        }
        let json = br#""\ud83d\ude00""#;
        assert_eq!(read(json).unwrap().string(json).unwrap().unwrap(), "😀");
    }

    /// Documents, and the same with one byte changed, cut or doubled.
    fn almost_json() -> impl Strategy<Value = Vec<u8>> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        let value = leaf.prop_recursive(5, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        });
        (value, any::<bool>(), any::<(u8, prop::sample::Index, u8)>()).prop_map(
            |(value, pretty, (how, where_, byte))| {
                let mut json =
                    if pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) }.unwrap();
                let at = where_.index(json.len());
                match how % 4 {
                    0 => json.truncate(at),
                    1 => json[at] = byte,
                    2 => json.insert(at, byte),
                    _ => {}
                }
                json
            },
        )
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json_on_almost_json(json in almost_json()) {
            if std::str::from_utf8(&json).is_ok() {
                prop_assert_eq!(read(&json).is_ok(), accepted(&json));
            }
        }

        #[test]
        fn strings_have_the_value_serde_json_gives_them(json in "\"([ -~é☕😀]|\\\\[\"\\\\/bfnrtu]|\\\\u[0-9a-fA-F]{4}|\\\\ud83d\\\\ude00)*\"") {
            let theirs = serde_json::from_str::<String>(&json).ok();
            let ours = read(json.as_bytes()).and_then(|field| field.string(json.as_bytes())).ok().flatten();
            prop_assert_eq!(ours.as_deref(), theirs.as_deref());
        }
    }
}

//! A JSON reader that walks the event once and remembers where things are instead of copying them.
//!
//! It reports positions, never values: [`Field`] is a kind and a byte range. What it accepts is what
//! `serde_json` accepts (the tests and the fuzz target hold them against each other), with one
//! difference that serde_json's own `IgnoredAny` has too: the escapes of a string that nobody reads are
//! not checked for lone surrogates.

use std::{borrow::Cow, collections::HashMap, ops::Range};

use self::nesting::Nesting;
use super::{
    fault::{Expected, Fault},
    field::{Field, Kind},
    marks::Marks,
    unescape::{hex4, unescape_into},
};

pub(crate) use self::long::has_control;

mod long;
mod nesting;
mod scalar;

/// A position in a JSON document of less than 256 MiB.
#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    json: &'a [u8],
    at: usize,
    marks: Marks<'a>,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(json: &'a [u8]) -> Self {
        Self { json, at: 0, marks: Marks::new(json, 0, json.len()) }
    }

    /// A scanner for the value at `field`; members found there have positions in the whole document.
    pub(crate) fn on(json: &'a [u8], field: Field) -> Self {
        Self { json, at: field.start(), marks: Marks::new(json, field.start(), field.end()) }
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
        if let Some(start) = self.name_start(*first) {
            let end = self.marks.next(start);
            if self.starts_with(end, b"\":") {
                *first = false;
                self.at = end + 2;
                return Ok(Some(Field::new(Kind::String, start, end)));
            }
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
        if self.json.get(self.at) == Some(&b'"') {
            let start = self.at + 1;
            let end = self.marks.next(start);
            if self.json.get(end) == Some(&b'"') {
                self.at = end + 1;
                return Ok(Field::new(Kind::String, start, end));
            }
        }
        self.any_value()
    }

    /// A member whose value is one string, or an array with one string in it, written as AWS does: nearly
    /// every header. `None`, and nothing read, for everything else.
    #[inline(always)]
    pub(crate) fn plain_member(&mut self, first: bool) -> Option<(Range<usize>, Range<usize>)> {
        let name = self.name_start(first)?;
        let name_end = self.marks.next(name);
        // One comparison of four bytes costs a third of four.
        let between = u32::from_le_bytes(*self.chunk(name_end)?);
        let brackets = match between {
            LIST => 1,
            _ if between << 8 == STRING => 0,
            _ => return None,
        };
        let value = name_end + 3 + brackets;
        let value_end = self.marks.next(value);
        let [quote, behind] = self.chunk(value_end)?;
        if *quote != b'"' || (brackets == 1 && *behind != b']') {
            return None;
        }
        self.at = value_end + 1 + brackets;
        Some((name..name_end, value..value_end))
    }

    /// Where the next member's name begins, if it stands where AWS puts it, without white space.
    #[inline(always)]
    fn name_start(&self, first: bool) -> Option<usize> {
        if first {
            return (self.json.get(self.at) == Some(&b'"')).then_some(self.at + 1);
        }
        self.starts_with(self.at, b",\"").then_some(self.at + 2)
    }

    #[inline(always)]
    fn starts_with<const LENGTH: usize>(&self, at: usize, text: &[u8; LENGTH]) -> bool {
        self.chunk(at) == Some(text)
    }

    /// As many bytes as are asked for, from this position on. With the end worked out first it takes half the steps
    /// that `first_chunk` of the rest does.
    #[inline(always)]
    fn chunk<const LENGTH: usize>(&self, at: usize) -> Option<&[u8; LENGTH]> {
        self.json.get(at..at.checked_add(LENGTH)?)?.try_into().ok()
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

    /// Reads a value whose text is wanted; the text is in `text` if the value has escapes.
    pub(crate) fn text(&mut self, text: &mut Vec<u8>) -> Result<Field, Fault> {
        if self.peek()? == b'"' {
            let start = self.at + 1;
            let mark = self.marks.next(start);
            if self.json.get(mark) == Some(&b'\\') {
                text.clear();
                let end = unescape_into(text, self.json, start)?;
                self.marks.step_over(start, end);
                self.at = end + 1;
                return Ok(Field::string_at(start, end, true));
            }
        }
        self.value()
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

    /// Whether everything that was read is ASCII, but for what [`long_value`](Self::long_value) went over.
    pub(crate) fn is_ascii(&self) -> bool {
        self.marks.is_ascii()
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
            at = self.marks.next(at);
            match self.json.get(at) {
                Some(b'"') => {
                    self.at = at + 1;
                    return Ok(Field::string_at(start, at, escaped));
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

    #[inline(always)]
    fn container(&mut self, kind: Kind) -> Result<Field, Fault> {
        let start = self.at;
        self.at += 1;
        let mut first = true;
        if kind == Kind::Object {
            first = self.plain_members();
            // Strings and nothing else: most of what AWS nests.
            if self.json.get(self.at) == Some(&b'}') {
                self.at += 1;
                return Ok(Field::new(kind, start, self.at));
            }
        }
        self.rest_of_container(kind, first)?;
        Ok(Field::new(kind, start, self.at))
    }

    /// Reads over members as long as they are plain; returns whether there was none.
    #[inline(always)]
    fn plain_members(&mut self) -> bool {
        let mut first = true;
        while self.plain_member(first).is_some() {
            first = false;
        }
        first
    }

    /// Reads to the end of a container that was entered; `first` as [`next_key`](Self::next_key) has it.
    fn rest_of_container(&mut self, kind: Kind, mut first: bool) -> Result<(), Fault> {
        let mut open = Nesting::default();
        open.push(kind == Kind::Object);
        loop {
            // Up: out of as many as close here, then to the next value.
            loop {
                let Some(object) = open.last() else { return Ok(()) };
                let more = if object { self.next_key(&mut first)?.is_some() } else { self.next_item(&mut first)? };
                if more {
                    break;
                }
                open.pop();
                first = false;
            }
            // Down: into as many containers as open here.
            match self.peek()? {
                b'{' => {
                    self.at += 1;
                    open.push(true);
                    first = self.plain_members();
                }
                b'[' => {
                    self.at += 1;
                    open.push(false);
                    first = true;
                }
                _ => {
                    self.value()?;
                    first = false;
                }
            }
        }
    }

    #[cold]
    fn fault(&self, expected: Expected) -> Fault {
        Fault::new(self.at, expected)
    }
}

/// What stands between a name and the text of its value, where that is the first item of an array.
const LIST: u32 = u32::from_le_bytes(*b"\":[\"");
/// The same where the value is a string, behind a byte that may be any.
const STRING: u32 = u32::from_le_bytes(*b"\0\":\"");

/// The member of an object by its name; the last of several, as every JSON parser has it.
pub(crate) fn member(json: &[u8], object: Field, name: &str) -> Option<Field> {
    if object.kind() != Kind::Object {
        return None;
    }
    let mut scanner = Scanner::on(json, object);
    let mut first = true;
    let mut found = None;
    scanner.enter_object().ok()?;
    while let Some(key) = scanner.next_key(&mut first).ok()? {
        let value = scanner.value().ok()?;
        if key.is(json, name.as_bytes()) {
            found = Some(value);
        }
    }
    found
}

/// All of an object's members by their names, for who looks up many.
pub(crate) fn members(json: &[u8], object: Field) -> Result<HashMap<Cow<'_, [u8]>, Field>, Fault> {
    let mut members = HashMap::new();
    if object.kind() != Kind::Object {
        return Ok(members);
    }
    let mut scanner = Scanner::on(json, object);
    scanner.enter_object()?;
    let mut first = true;
    while let Some(key) = scanner.next_key(&mut first)? {
        let name = key.text(json)?.unwrap_or_default();
        members.insert(name, scanner.value()?);
    }
    Ok(members)
}

#[cfg(test)]
mod tests;

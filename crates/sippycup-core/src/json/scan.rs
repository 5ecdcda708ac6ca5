//! A JSON reader that walks the event once and remembers where things are instead of copying them.
//!
//! It reports positions, never values: [`Field`] is a kind and a byte range. What it accepts is what
//! `serde_json` accepts (the tests and the fuzz target hold them against each other), with one
//! difference that serde_json's own `IgnoredAny` has too: the escapes of a string that nobody reads are
//! not checked for lone surrogates.

use self::{
    nesting::Nesting,
    scalar::{end_of_number, end_of_word},
};
use super::{
    fault::{Expected, Fault},
    field::{Field, Kind, Member},
    marks::Marks,
    unescape::hex4,
};

mod long;
mod nesting;
mod scalar;

/// A position in a JSON document of less than 256 MiB.
#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    json: &'a [u8],
    at: usize,
    /// Whether this is the first member or item of an object or array: a comma must stand before all others.
    first: bool,
    marks: Marks<'a>,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(json: &'a [u8]) -> Self {
        Self { json, at: 0, first: false, marks: Marks::new(json, 0, json.len()) }
    }

    /// A scanner for the value at `field`; members found there have positions in the whole document.
    pub(crate) fn on(json: &'a [u8], field: Field) -> Self {
        Self { json, at: field.start(), first: false, marks: Marks::new(json, field.start(), field.end()) }
    }

    /// Steps into an object or an array; `false`, and the value skipped, if it is something else.
    pub(crate) fn enter(&mut self, kind: Kind) -> Result<bool, Fault> {
        if self.kind()? == kind {
            self.step_in();
            return Ok(true);
        }
        self.value()?;
        Ok(false)
    }

    /// Walks over one value, and hands over each name of an object; whoever gets it reads the value behind it. The whole
    /// of what was walked over is its field, also of a string with the quotes.
    #[inline(always)]
    pub(crate) fn each_name(
        &mut self,
        mut each: impl FnMut(&mut Self, Field) -> Result<(), Fault>,
    ) -> Result<Field, Fault> {
        let (kind, start) = (self.kind()?, self.at);
        if self.enter(Kind::Object)? {
            while let Some(name) = self.next_name()? {
                each(self, name)?;
            }
        }
        Ok(Field::new(kind, start, self.at))
    }

    #[inline(always)]
    fn step_in(&mut self) {
        self.at += 1;
        self.first = true;
    }

    /// The next member's name, or `None` at the end of the object.
    #[inline(always)]
    pub(crate) fn next_name(&mut self) -> Result<Option<Field>, Fault> {
        // What AWS writes: no white space, no escapes in names.
        if let Some(start) = self.name_start() {
            let end = self.marks.next(start);
            if self.starts_with(end, b"\":") {
                self.first = false;
                self.at = end + 2;
                return Ok(Some(Field::new(Kind::String, start, end)));
            }
        }
        self.any_name()
    }

    #[inline(never)]
    fn any_name(&mut self) -> Result<Option<Field>, Fault> {
        let mut byte = self.peek()?;
        let first = std::mem::take(&mut self.first);
        if byte == b'}' {
            self.at += 1;
            return Ok(None);
        }
        if !first {
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
    pub(crate) fn next_item(&mut self) -> Result<bool, Fault> {
        let byte = self.peek()?;
        let first = std::mem::take(&mut self.first);
        if byte == b']' {
            self.at += 1;
            return Ok(false);
        }
        if !first {
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

    /// Walks over one value, and hands over the members of an object one after the other.
    #[inline(always)]
    pub(crate) fn each_member(&mut self, mut each: impl FnMut(Member) -> Result<(), Fault>) -> Result<Field, Fault> {
        if self.kind()? != Kind::Object {
            return self.value();
        }
        let start = self.at;
        self.step_in();
        loop {
            self.text_members(&mut each)?;
            let Some(name) = self.next_name()? else { break };
            each(Member { name, value: self.value()? })?;
        }
        Ok(Field::new(Kind::Object, start, self.at))
    }

    /// Walks over members as long as each has a string, or an array with one string in it, and is written as AWS
    /// does: nearly all headers. Of such an array the string counts.
    #[inline(always)]
    fn text_members(&mut self, mut each: impl FnMut(Member) -> Result<(), Fault>) -> Result<(), Fault> {
        let Some(mut start) = self.name_start() else { return Ok(()) };
        loop {
            let name = Field::new(Kind::String, start, self.marks.next(start));
            // One comparison of four bytes costs a third of four.
            let brackets = match self.word(name.end()) {
                LIST => 1,
                word if word << 8 == STRING => 0,
                _ => return Ok(()),
            };
            start = name.end() + 3 + brackets;
            let end = self.marks.next(start);
            let word = self.word(end);
            if word == NEXT_IN_LIST && brackets == 1 || word << 8 == NEXT && brackets == 0 {
                self.first = false;
                self.at = end + 1 + brackets;
                each(Member { name, value: Field::new(Kind::String, start, end) })?;
                start = self.at + 2;
                continue;
            }
            let Some(value) = self.last_or_escaped_text(start, end, brackets) else { return Ok(()) };
            each(Member { name, value })?;
            let Some(next) = self.name_start() else { return Ok(()) };
            start = next;
        }
    }

    #[inline(never)]
    fn last_or_escaped_text(&mut self, start: usize, end: usize, brackets: usize) -> Option<Field> {
        let text = self.rest_of_string(start, end).ok()?;
        if brackets == 1 && self.json.get(text.end() + 1) != Some(&b']') {
            return None;
        }
        self.first = false;
        self.at = text.end() + 1 + brackets;
        Some(text)
    }

    /// Where the next member's name begins, if it stands where AWS puts it, without white space.
    #[inline(always)]
    fn name_start(&self) -> Option<usize> {
        if self.first {
            return (self.json.get(self.at) == Some(&b'"')).then_some(self.at + 1);
        }
        self.starts_with(self.at, b",\"").then_some(self.at + 2)
    }

    #[inline(always)]
    fn starts_with<const LENGTH: usize>(&self, at: usize, text: &[u8; LENGTH]) -> bool {
        self.chunk(at) == Some(text)
    }

    /// Four bytes from this position on; 0 where there are not so many.
    #[inline(always)]
    fn word(&self, at: usize) -> u32 {
        self.chunk(at).map_or(0, |word| u32::from_le_bytes(*word))
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
            b't' => self.scalar(Kind::True, end_of_word(self.json, self.at, b"true")),
            b'f' => self.scalar(Kind::False, end_of_word(self.json, self.at, b"false")),
            b'n' => self.scalar(Kind::Null, end_of_word(self.json, self.at, b"null")),
            b'-' | b'0'..=b'9' => self.scalar(Kind::Number, end_of_number(self.json, self.at)),
            _ => Err(self.fault(Expected::Value)),
        }
    }

    fn scalar(&mut self, kind: Kind, end: Result<usize, Fault>) -> Result<Field, Fault> {
        let start = std::mem::replace(&mut self.at, end?);
        Ok(Field::new(kind, start, self.at))
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

    /// Whether everything that was read is ASCII, but for what [`long_value`](Self::long_value) went over.
    pub(crate) fn is_ascii(&self) -> bool {
        self.marks.is_ascii()
    }

    /// Fails unless nothing but white space is left.
    pub(crate) fn end(&mut self) -> Result<(), Fault> {
        match self.peek() {
            Err(_) => Ok(()),
            Ok(_) => Err(self.fault(Expected::End)),
        }
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
        let string = self.rest_of_string(start, start)?;
        self.at = string.end() + 1;
        Ok(string)
    }

    /// The string that begins at `start` and goes on at `at`.
    #[inline(never)]
    fn rest_of_string(&mut self, start: usize, mut at: usize) -> Result<Field, Fault> {
        let mut escaped = false;
        loop {
            at = self.marks.next(at);
            match self.json.get(at) {
                Some(b'"') => return Ok(Field::string_at(start, at, escaped)),
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
        self.step_in();
        let mut open = Nesting::default();
        open.push(kind == Kind::Object);
        loop {
            // Up: out of as many as close here, then to the next value.
            loop {
                let Some(object) = open.last() else { return Ok(Field::new(kind, start, self.at)) };
                let more = if object {
                    self.text_members(|_| Ok(()))?;
                    self.next_name()?.is_some()
                } else {
                    self.next_item()?
                };
                if more {
                    break;
                }
                open.pop();
            }
            // Down: into as many containers as open here.
            match self.peek()? {
                b'{' => {
                    self.step_in();
                    open.push(true);
                }
                b'[' => {
                    self.step_in();
                    open.push(false);
                }
                _ => _ = self.value()?,
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
/// What stands between the text of the only item of an array and the next name.
const NEXT_IN_LIST: u32 = u32::from_le_bytes(*b"\"],\"");
/// The same where the value is a string, behind a byte that may be any.
const NEXT: u32 = u32::from_le_bytes(*b"\0\",\"");

#[cfg(test)]
mod tests;

//! A value that may have megabytes.

use super::Scanner;
use crate::{
    certain::Certain,
    json::{
        fault::{Expected, Fault},
        field::{Field, Kind},
        simd::has_control,
        unescape::unescape,
    },
};

impl Scanner<'_> {
    /// Checks what [`long_value`](Self::long_value) does not, for a value that nobody will read.
    pub(crate) fn check_long(&mut self, value: Field) -> Result<(), Fault> {
        if value.is_plain() && has_control(value.raw(self.json)) {
            return Err(Fault::new(value.start(), Expected::NoControl));
        }
        self.marks.step_over(value.start(), value.end());
        Ok(())
    }

    /// Reads a value that may be very long: where it is, and its text if it has escapes. Control characters
    /// in a string without escapes are not looked for; who reads it must.
    pub(crate) fn long_value(&mut self) -> Result<(Field, Option<Vec<u8>>), Fault> {
        if self.peek()? != b'"' {
            return self.value().map(|field| (field, None));
        }
        let start = self.at + 1;
        let rest = self.json.get(start..).certain();
        let Some(found) = memchr::memchr2(b'"', b'\\', rest) else {
            return self.string().map(|field| (field, None));
        };
        if rest.get(found) == Some(&b'"') {
            self.at = start + found + 1;
            return Ok((Field::new(Kind::String, start, start + found), None));
        }
        let (text, end) = unescape(self.json, start, rest.len())?;
        self.at = end + 1;
        Ok((Field::string_at(start, end, true), Some(text)))
    }
}

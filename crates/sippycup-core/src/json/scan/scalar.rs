//! Numbers, and the words of JSON.

use super::Scanner;
use crate::json::{
    fault::{Expected, Fault},
    field::{Field, Kind},
};

impl Scanner<'_> {
    pub(super) fn literal(&mut self, word: &'static [u8], kind: Kind) -> Result<Field, Fault> {
        let start = self.at;
        let end = start + word.len();
        if self.json.get(start..end) != Some(word) {
            return Err(self.fault(Expected::Literal));
        }
        self.at = end;
        Ok(Field::new(kind, start, end))
    }

    pub(super) fn number(&mut self) -> Result<Field, Fault> {
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
}

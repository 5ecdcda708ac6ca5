//! Writes JSON into one buffer.

use bytes::Bytes;
use http::HeaderValue;

use crate::chunk::{CHUNK, control_mask, part, put, set, special, special_mask, table};

/// A JSON document under construction.
pub(crate) struct Writer {
    out: Vec<u8>,
}

impl Writer {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self { out: Vec::with_capacity(capacity) }
    }

    pub(crate) fn into_bytes(self) -> Bytes {
        Bytes::from(self.out)
    }

    /// JSON as it is.
    pub(crate) fn raw(&mut self, json: &str) {
        self.out.extend_from_slice(json.as_bytes());
    }

    /// Header values as the items of an array.
    pub(crate) fn list<'a>(&mut self, values: impl Iterator<Item = &'a HeaderValue>) {
        for (index, value) in values.enumerate() {
            self.raw(if index == 0 { "\"" } else { ",\"" });
            self.value(value);
            self.raw("\"");
        }
    }

    /// A header value inside quotes: UTF-8 as it is, anything else as ISO-8859-1.
    pub(crate) fn value(&mut self, value: &HeaderValue) {
        if std::str::from_utf8(value.as_bytes()).is_ok() {
            self.text(value.as_bytes());
            return;
        }
        let latin_1: String = value.as_bytes().iter().map(|byte| char::from(*byte)).collect();
        self.text(latin_1.as_bytes());
    }

    /// UTF-8 text inside quotes.
    pub(crate) fn text(&mut self, text: &[u8]) {
        let mut at = 0;
        loop {
            at += self.quoted(text, at);
            let stop = special(text, at);
            self.out.extend_from_slice(text.get(at..stop).unwrap_or_default());
            let Some(byte) = text.get(stop) else { return };
            self.escape(*byte);
            at = stop + 1;
        }
    }

    /// Copies from `at` on as long as whole blocks are there with nothing in them that needs more than a
    /// backslash and a letter, and returns how many bytes that were.
    fn quoted(&mut self, text: &[u8], at: usize) -> usize {
        let mut from = at;
        while let Some(block) = text.get(from..).and_then(<[u8]>::first_chunk) {
            let start = self.out.len();
            self.out.resize(start + QUOTED, 0);
            let Some(space) = self.out.get_mut(start..).and_then(<[u8]>::first_chunk_mut) else { break };
            let (read, written) = quote(block, space);
            self.out.truncate(start + written);
            from += read;
            if read < BLOCK {
                break;
            }
        }
        from - at
    }

    /// Bytes as base64.
    pub(crate) fn base64(&mut self, bytes: &[u8]) {
        base64_simd::STANDARD.encode_append(bytes, &mut self.out);
    }

    fn escape(&mut self, byte: u8) {
        match short_escape(byte) {
            0 => {
                self.raw(if byte < 0x10 { "\\u000" } else { "\\u001" });
                let digit = b"0123456789abcdef".get(usize::from(byte & 0xf)).copied().unwrap_or(b'0');
                self.out.push(digit);
            }
            letter => self.out.extend_from_slice(&[b'\\', letter]),
        }
    }
}

/// Writes a block of text as it stands in JSON, up to the first character that has no short escape; returns how
/// much was read and written. A backslash moves what stands behind it by one byte: that is all that a quote
/// costs, and JSON inside JSON has one every few bytes.
fn quote(block: &[u8; BLOCK + CHUNK], space: &mut [u8; QUOTED]) -> (usize, usize) {
    let (mut at, mut moved) = (0, 0);
    while at < BLOCK {
        let chunk = part(block, at);
        put(space, at + moved, chunk);
        let mut found = special_mask(chunk);
        if found != 0 && control_mask(chunk) == 0 {
            // Quotes and backslashes keep their own character.
            while found != 0 {
                let next = at + found.trailing_zeros() as usize;
                put(space, next + moved + 1, part(block, next));
                set(space, next + moved, b'\\');
                moved += 1;
                found &= found - 1;
            }
        }
        while found != 0 {
            let next = at + found.trailing_zeros() as usize;
            let behind = part(block, next);
            let letter = short_escape(behind[0]);
            if letter == 0 {
                return (next, next + moved);
            }
            put(space, next + moved + 1, behind);
            set(space, next + moved, b'\\');
            set(space, next + moved + 1, letter);
            moved += 1;
            found &= found - 1;
        }
        at += CHUNK;
    }
    (BLOCK, BLOCK + moved)
}

/// How much text is written at once: enough to make room seldom, little enough for short texts.
const BLOCK: usize = 4 * CHUNK;

/// Room for a block of nothing but quotes, and for the chunk that is written behind its end.
const QUOTED: usize = 2 * BLOCK + CHUNK;

/// What stands behind the backslash for a quote, a backslash or one of the control characters that have a
/// letter; 0 for the others.
fn short_escape(byte: u8) -> u8 {
    static TABLE: [u8; 256] =
        table(&[(b'"', b'"'), (b'\\', b'\\'), (8, b'b'), (12, b'f'), (b'\n', b'n'), (b'\r', b'r'), (b'\t', b't')]);
    TABLE.get(usize::from(byte)).copied().unwrap_or_default()
}

/// In how many ways the letters of an ASCII name can be written.
pub(crate) fn case_variants(name: &str) -> usize {
    1 << name.bytes().filter(u8::is_ascii_alphabetic).count()
}

/// The spelling of a lower-case name whose n-th letter is upper-case where the n-th bit of `index` is set.
pub(crate) fn case_variant(name: &str, index: usize) -> String {
    let mut bits = index;
    let cased = name.chars().map(|letter| {
        if !letter.is_ascii_alphabetic() {
            return letter;
        }
        let upper = bits & 1 == 1;
        bits >>= 1;
        if upper { letter.to_ascii_uppercase() } else { letter }
    });
    cased.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_a_name_never_collide() {
        let spellings: HashSet<_> =
            (0..case_variants("set-cookie")).map(|index| case_variant("set-cookie", index)).collect();
        assert_eq!(spellings.len(), 512);
        assert!(spellings.iter().all(|spelling| spelling.eq_ignore_ascii_case("set-cookie")));
        assert_eq!(case_variant("set-cookie", 0), "set-cookie");
        assert_eq!(case_variant("set-cookie", 1), "Set-cookie");
    }

    proptest! {
        #[test]
        fn text_comes_back_from_json(text: String) {
            let mut writer = Writer::with_capacity(0);
            writer.raw("\"");
            writer.text(text.as_bytes());
            writer.raw("\"");
            prop_assert_eq!(serde_json::from_slice::<String>(&writer.into_bytes()).unwrap(), text);
        }

        #[test]
        fn a_header_value_is_utf_8_or_latin_1(bytes in prop::collection::vec(0x20u8..=0xff, 0..40)) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let mut writer = Writer::with_capacity(0);
                writer.list([value].iter());
                let json = writer.into_bytes();
                let text: String = serde_json::from_slice(&json).unwrap();
                match std::str::from_utf8(&bytes) {
                    Ok(utf_8) => prop_assert_eq!(text, utf_8),
                    Err(_) => prop_assert_eq!(text.chars().map(|c| c as u32 as u8).collect::<Vec<_>>(), bytes),
                }
            }
        }
    }
}

//! Writes JSON into one buffer.

use bytes::Bytes;
use http::HeaderValue;

use crate::chunk::{LONG, shuffling, special};
use escape::{escape, short_escape};

mod escape;

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
            if text.len() >= LONG {
                let rest = text.get(at..).unwrap_or_default();
                at += shuffling!(simd => escape(simd, rest, &mut self.out));
            }
            let stop = special(text, at);
            self.out.extend_from_slice(text.get(at..stop).unwrap_or_default());
            let Some(byte) = text.get(stop) else { return };
            self.escape(*byte);
            at = stop + 1;
        }
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

    fn is_written_as_by_serde_json(text: &str) -> Result<(), TestCaseError> {
        let mut writer = Writer::with_capacity(0);
        writer.raw("\"");
        writer.text(text.as_bytes());
        writer.raw("\"");
        let json = writer.into_bytes();
        prop_assert_eq!(str::from_utf8(&json).unwrap(), serde_json::to_string(text).unwrap());
        Ok(())
    }

    #[test]
    fn what_needs_a_backslash_may_stand_anywhere() {
        for length in 0..200 {
            for byte in ["", "\"", "\\", "\n", "\u{1}", "\u{1f}", "\u{7f}", "ü"] {
                let text = "a".repeat(length);
                is_written_as_by_serde_json(&format!("{text}{byte}")).unwrap();
                is_written_as_by_serde_json(&format!("{text}{byte}bc\"")).unwrap();
                is_written_as_by_serde_json(&format!("{byte}{text}")).unwrap();
                is_written_as_by_serde_json(&byte.repeat(length)).unwrap();
            }
        }
    }

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
        fn text_is_written_as_serde_json_does(text: String) {
            is_written_as_by_serde_json(&text)?;
        }

        #[test]
        fn dense_text_is_written_as_serde_json_does(
            pieces in prop::collection::vec(
                prop_oneof![
                    20 => "[a-zü€😀/\u{7f}]{1,40}",
                    40 => "[\"\\\\:x]{1,3}",
                    10 => "[\"\\\\]{60,140}",
                    20 => "[\n\r\t\u{8}\u{c}]{1,3}",
                    1 => "[\0-\u{1f}]{1,2}",
                ],
                0..120,
            ),
        ) {
            is_written_as_by_serde_json(&pieces.concat())?;
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

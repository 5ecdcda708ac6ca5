//! Writes JSON into one buffer.

use bytes::Bytes;

use super::{
    escape::{escape, length, spelt},
    simd::{LONG, shuffling, special},
};
use crate::certain::Certain;

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

    /// UTF-8 text inside quotes.
    pub(crate) fn text(&mut self, text: &[u8]) {
        let mut at = 0;
        loop {
            if text.len() >= LONG {
                let rest = text.get(at..).certain();
                at += shuffling!(simd => escape(simd, rest, &mut self.out));
            }
            let stop = special(text, at);
            self.out.extend_from_slice(text.get(at..stop).certain());
            let Some(byte) = text.get(stop) else { return };
            let row = spelt(*byte);
            self.out.extend_from_slice(row.get(..length(row)).certain());
            at = stop + 1;
        }
    }

    /// Bytes as base64.
    pub(crate) fn base64(&mut self, bytes: &[u8]) {
        base64_simd::STANDARD.encode_append(bytes, &mut self.out);
    }
}

#[cfg(test)]
mod tests {
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
                    10 => "[\0-\u{1f}]{1,40}",
                ],
                0..120,
            ),
        ) {
            is_written_as_by_serde_json(&pieces.concat())?;
        }
    }
}

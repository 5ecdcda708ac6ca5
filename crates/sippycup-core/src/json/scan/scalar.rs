//! Numbers, and the words of JSON: where each ends.

use crate::json::fault::{Expected, Fault};

/// Where the word ends that must stand at `start`.
pub(super) fn end_of_word(json: &[u8], start: usize, word: &[u8]) -> Result<usize, Fault> {
    let end = start + word.len();
    if json.get(start..end) == Some(word) { Ok(end) } else { Err(Fault::new(start, Expected::Literal)) }
}

/// Where the number ends that begins at `start`.
pub(super) fn end_of_number(json: &[u8], start: usize) -> Result<usize, Fault> {
    let mut at = start;
    if json.get(at) == Some(&b'-') {
        at += 1;
    }
    at = if json.get(at) == Some(&b'0') { at + 1 } else { end_of_digits(json, at)? };
    if json.get(at) == Some(&b'.') {
        at = end_of_digits(json, at + 1)?;
    }
    if let Some(b'e' | b'E') = json.get(at) {
        at += 1;
        if let Some(b'+' | b'-') = json.get(at) {
            at += 1;
        }
        at = end_of_digits(json, at)?;
    }
    Ok(at)
}

fn end_of_digits(json: &[u8], start: usize) -> Result<usize, Fault> {
    let mut at = start;
    while let Some(b'0'..=b'9') = json.get(at) {
        at += 1;
    }
    if at == start { Err(Fault::new(start, Expected::Digit)) } else { Ok(at) }
}

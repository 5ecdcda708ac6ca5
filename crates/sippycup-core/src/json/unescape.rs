//! The values of JSON strings that have escapes.

use self::block::unescape_valid;
use super::{
    fault::{Expected, Fault},
    simd::{LONG, shuffling, special},
};
use crate::certain::Certain;

mod block;

/// The value of the string that begins at `start` of the document and is at most so long, and where it ends. Grammar
/// and value in one walk.
pub(crate) fn unescape(json: &[u8], start: usize, longest: usize) -> Result<(Vec<u8>, usize), Fault> {
    // No escape is shorter than what it stands for.
    let mut out = Vec::with_capacity(longest);
    let long = longest >= LONG;
    let mut at = start;
    loop {
        if long {
            let rest = json.get(at..).certain();
            at += shuffling!(simd => unescape_valid(simd, rest, &mut out));
        }
        let stop = special(json, at);
        out.extend_from_slice(json.get(at..stop).certain());
        at = stop;
        match (json.get(at), json.get(at + 1)) {
            (Some(b'"'), _) => return Ok((out, at)),
            (Some(b'\\'), Some(b'u')) => {
                let Some((character, behind)) = code_point(json, at) else {
                    let expected = if code_unit(json, at).is_some() { Expected::Pair } else { Expected::Escape };
                    return Err(Fault::new(at, expected));
                };
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

/// What the escape stands for; 0 for `u` and everything that is no escape.
fn unescaped(escape: u8) -> u8 {
    match escape {
        b'"' | b'\\' | b'/' => escape,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        _ => 0,
    }
}

/// The character whose `\u` escape stands at `at`, which is two escapes for some; and the position behind it.
fn code_point(json: &[u8], at: usize) -> Option<(char, usize)> {
    let high = code_unit(json, at)?;
    if !(0xd800..0xdc00).contains(&high) {
        return Some((char::from_u32(high)?, at + 6));
    }
    let low = code_unit(json, at + 6)?;
    if !(0xdc00..0xe000).contains(&low) {
        return None;
    }
    let character = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    Some((char::from_u32(character)?, at + 12))
}

fn code_unit(json: &[u8], at: usize) -> Option<u32> {
    if json.get(at..at + 2)? == b"\\u" { hex4(json, at + 2) } else { None }
}

pub(crate) fn hex4(text: &[u8], at: usize) -> Option<u32> {
    text.get(at..at + 4)?.iter().try_fold(0, |value, digit| Some(value << 4 | char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests;

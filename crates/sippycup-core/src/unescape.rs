//! The values of JSON strings that have escapes.

use crate::{
    chunk::{CHUNK, byte, first, put, special, special_mask, table},
    field::{Expected, Fault},
};

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

pub(crate) fn hex4(text: &[u8], at: usize) -> Option<u32> {
    text.get(at..at + 4)?.iter().try_fold(0, |value, digit| Some(value << 4 | char::from(*digit).to_digit(16)?))
}

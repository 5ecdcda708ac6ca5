//! The values of JSON strings that have escapes.

use crate::{
    chunk::{CHUNK, part, put, set, special, special_mask, table},
    field::{Expected, Fault},
};

/// The value of the string that begins at `start` of the document, and where it ends. Grammar and value in
/// one walk.
pub(crate) fn unescape(json: &[u8], start: usize, capacity: usize) -> Result<(Vec<u8>, usize), Fault> {
    // No escape is shorter than what it stands for. Whole blocks are written and cut; short texts have none.
    let blocks = capacity >= BLOCK;
    let mut out = Vec::with_capacity(if blocks { capacity + ROOM } else { capacity });
    let mut at = start;
    loop {
        if blocks {
            at += unescape_plain(json, at, &mut out);
        }
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

/// Copies from `at` on as long as whole blocks are there with nothing in them but characters and escapes of
/// two bytes, and returns how many bytes that were.
fn unescape_plain(json: &[u8], at: usize, out: &mut Vec<u8>) -> usize {
    let mut from = at;
    while let Some(block) = json.get(from..).and_then(<[u8]>::first_chunk) {
        let start = out.len();
        out.resize(start + ROOM, 0);
        let Some(space) = out.get_mut(start..).and_then(<[u8]>::first_chunk_mut) else { break };
        let (read, written) = unescape_block(block, space);
        out.truncate(start + written);
        from += read;
        if read < BLOCK {
            break;
        }
    }
    from - at
}

/// Copies a block, up to the first thing that is more than an escape of two bytes; returns how much was read
/// (one more than the block where an escape stands across its end) and written. JSON inside JSON has an escape
/// every few bytes: each costs a move of what stands behind it, not another search.
fn unescape_block(block: &[u8; BLOCK + CHUNK], space: &mut [u8; ROOM]) -> (usize, usize) {
    // What is behind position `read` of the block was not copied; `written` is where it goes.
    let (mut at, mut read, mut written) = (0, 0, 0);
    while at < BLOCK {
        let mut found = special_mask(part(block, at));
        // The second byte of an escape across the border of two chunks was read already.
        if read > at {
            found &= !1;
        } else {
            put(space, written, part(block, read));
        }
        while found != 0 {
            let next = at + found.trailing_zeros() as usize;
            written += next - read;
            let escape = part(block, next);
            let plain = unescaped(escape[1]);
            if escape[0] != b'\\' || plain == 0 {
                return (next, written);
            }
            read = next + 2;
            set(space, written, plain);
            written += 1;
            put(space, written, part(block, read));
            found &= !(3 << (next - at));
        }
        at += CHUNK;
        written += at.saturating_sub(read);
        read = read.max(at);
    }
    (read, written)
}

/// How much is read at once.
const BLOCK: usize = 8 * CHUNK;

/// Room for a block without escapes, and for the chunk that is written behind its end. The next power of two
/// spares a division for each position.
const ROOM: usize = 2 * BLOCK + CHUNK;

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

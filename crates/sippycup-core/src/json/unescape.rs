//! The values of JSON strings that have escapes.

use fearless_simd::{Simd, prelude::*, u8x64, u64x2};

use super::{
    fault::{Expected, Fault},
    simd::{BLOCK, GROUP, LONG, SPACE, lanes, padded, shuffling, special, specials, table},
};
use crate::certain::Certain;

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
                out.extend_from_slice(character.encode_utf8(&mut [0; LONGEST]).as_bytes());
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

/// Copies text up to its end or to the first mistake; returns how much of it was read.
#[inline(always)]
fn unescape_valid<S: Simd>(simd: S, text: &[u8], out: &mut Vec<u8>) -> usize {
    let mut space = [0; SPACE];
    let mut end;
    let (mut at, mut filled) = (0, 0);
    loop {
        if filled > SPACE - BLOCK - LONGEST {
            out.extend_from_slice(space.get(..filled).certain());
            filled = 0;
        }
        let rest = text.get(at..).certain();
        let block = if let Some(block) = rest.first_chunk() {
            block
        } else {
            end = padded(rest);
            &end
        };
        let Some(room) = space.get_mut(filled..).and_then(<[u8]>::first_chunk_mut) else { break };
        let (read, written) = unescape_block(simd, block, room);
        at += read;
        filled += written;
        // An escape across the end of a block belongs to the next one.
        if read >= BLOCK - 1 {
            continue;
        }
        let mistake = at;
        while filled <= SPACE - LONGEST
            && let Some((character, behind)) = code_point(text, at)
        {
            let mut bytes = [0; LONGEST];
            let length = character.encode_utf8(&mut bytes).len();
            if let Some(room) = space.get_mut(filled..).and_then(<[u8]>::first_chunk_mut) {
                *room = bytes;
            }
            at = behind;
            filled += length;
        }
        if at == mistake {
            break;
        }
    }
    out.extend_from_slice(space.get(..filled).certain());
    at
}

/// The most bytes that a character has.
const LONGEST: usize = 4;

/// Copies a block up to the first thing that is more than a character or an escape of two bytes, or that goes on in
/// the next block; returns how much was read and written. A group of eight bytes loses its backslashes by a row of
/// a table: they cost the same however many they are, and JSON inside JSON has one every few bytes.
///
/// ```text
/// block        a \ " b \ \ \ n c "    the first bit is the lowest of each mask
/// backslashes  0 1 0 0 1 1 1 0 0 0
/// escaped      0 0 1 0 0 1 0 1 0 0    behind a backslash that is none itself
/// starts       0 1 0 0 1 0 1 0 0 0    those backslashes: not copied
/// letters      0 0 0 0 0 0 0 1 0 0    escaped, and neither quote nor backslash: `n` becomes a line feed
/// stops        0 0 0 0 0 0 0 0 0 1    an end that is not escaped: 9 bytes are read
/// kept         1 0 1 1 0 1 0 1 1      6 bytes are written: a " b \ line feed c
/// ```
#[inline(always)]
fn unescape_block<S: Simd>(simd: S, block: &[u8; BLOCK], out: &mut [u8; BLOCK]) -> (usize, usize) {
    let bytes = u8x64::load_array_ref(simd, block);
    let found = specials(bytes);
    let backslashes = found.backslashes.to_bitmask();
    let quotes = found.quotes.to_bitmask();
    let ends = quotes | found.controls.to_bitmask();
    if backslashes == 0 {
        *out = *block;
        let read = (ends.trailing_zeros() as usize).min(BLOCK);
        return (read, read);
    }
    // Where a run of backslashes begins at an odd place, its odd ones are escaped, otherwise its even ones: what
    // simdjson found out with one subtraction.
    let odd = 0xaaaa_aaaa_aaaa_aaaa;
    let codes = (backslashes << 1 | odd).wrapping_sub(backslashes) ^ odd;
    let escaped = codes ^ backslashes;
    let starts = codes & backslashes;
    let mut stops = ends & !escaped | starts & 1 << 63;
    let mut lettered;
    let mut block = block;
    let mut letters = escaped & !(backslashes | quotes);
    if letters != 0 {
        lettered = *block;
        while letters != 0 {
            let at = letters.trailing_zeros() as usize;
            let Some(byte) = lettered.get_mut(at) else { break };
            *byte = unescaped(*byte);
            if *byte == 0 {
                stops |= 1 << at >> 1;
                break;
            }
            letters &= letters - 1;
        }
        block = &lettered;
    }
    let read = (stops.trailing_zeros() as usize).min(BLOCK);
    let below = stops.wrapping_sub(1) & !stops;
    let (groups, _) = block.as_chunks();
    let mut at = 0;
    for (index, (group, kept)) in groups.iter().zip((!starts).to_le_bytes()).enumerate() {
        if index == 4 && read <= 32 {
            break;
        }
        let row = PACK.get(usize::from(kept)).copied().certain();
        let packed = lanes(simd, *group, [0; GROUP]).swizzle_dyn(lanes(simd, row, [0; GROUP]));
        if let Some(out) = out.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
            let [low, _] = packed.bitcast::<u64x2<S>>().to_array();
            *out = low.to_ne_bytes();
        }
        at += kept.count_ones() as usize;
    }
    (read, read - (starts & below).count_ones() as usize)
}

/// Which of eight bytes are left if only those stay whose bits are set.
static PACK: [[u8; GROUP]; 256] = pack();

#[expect(clippy::indexing_slicing, reason = "evaluated at compile time, where it cannot fail unseen")]
const fn pack() -> [[u8; GROUP]; 256] {
    let mut rows = [[0; GROUP]; 256];
    let mut mask = 0;
    while mask < 256 {
        let (mut from, mut to) = (0, 0);
        while from < 8 {
            if mask >> from & 1 == 1 {
                rows[mask][to] = from;
                to += 1;
            }
            from += 1;
        }
        mask += 1;
    }
    rows
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
    TABLE.get(usize::from(escape)).copied().certain()
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

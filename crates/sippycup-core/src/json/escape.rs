//! Text as it stands in a JSON string, many bytes at a time.

use fearless_simd::{Simd, prelude::*, u8x16, u8x64};

use super::simd::{BLOCK, GROUP, SPACE, lanes, padded, specials, table};
use crate::certain::Certain;

/// Appends text as it stands in JSON, up to the first character that has no short escape; returns how much of
/// the text that was.
#[inline(always)]
pub(crate) fn escape<S: Simd>(simd: S, text: &[u8], out: &mut Vec<u8>) -> usize {
    let (blocks, tail) = text.as_chunks();
    let tail = padded(tail);
    let mut blocks = blocks.iter();
    let mut space = [0; SPACE];
    let (mut at, mut filled) = (0, 0);
    while let Some(room) = space.get_mut(filled..).and_then(<[u8]>::first_chunk_mut) {
        let (read, written) = escape_block(simd, blocks.next().unwrap_or(&tail), room);
        at += read;
        filled += written;
        if read < BLOCK {
            break;
        }
        if filled > SPACE - ESCAPED {
            out.extend_from_slice(space.get(..filled).certain());
            filled = 0;
        }
    }
    out.extend_from_slice(space.get(..filled).certain());
    at
}

/// Writes a block as it stands in JSON, up to the first character that has no short escape; returns how much was
/// read and written. A group of eight bytes takes its backslashes from a row of a table: they cost the same
/// however many they are, and JSON inside JSON has one every few bytes.
///
/// ```text
/// block     a " b \n c \0 d …     \n and \0 are one byte each
/// marks     0 1 0 1  0 1  0
/// lettered  a " b n  c \0 d       what has a letter is that letter
/// stop                 ^ has none: 5 bytes are read
/// out       a \" b \n c           a backslash in front of each mark: 7 bytes are written
/// ```
#[inline(always)]
fn escape_block<S: Simd>(simd: S, block: &[u8; BLOCK], out: &mut [u8; ESCAPED]) -> (usize, usize) {
    let bytes = u8x64::load_array_ref(simd, block);
    let found = specials(bytes);
    let controls = found.controls;
    let marks = found.any().to_bitmask();
    if marks == 0 {
        if let Some(out) = out.first_chunk_mut() {
            *out = *block;
        }
        return (BLOCK, BLOCK);
    }
    let mut lettered;
    let mut block = block;
    let mut read = BLOCK;
    let mut below = u64::MAX;
    if controls.any_true() {
        lettered = *block;
        let mut left = controls.to_bitmask();
        while left != 0 {
            let at = left.trailing_zeros() as usize;
            let Some(byte) = lettered.get_mut(at) else { break };
            *byte = short_escape(*byte);
            if *byte == 0 {
                read = at;
                below = (1 << at) - 1;
                break;
            }
            left &= left - 1;
        }
        block = &lettered;
    }
    let (halves, _) = block.as_chunks();
    let mut at = 0;
    for (half, marks) in halves.iter().zip([marks as u32, (marks >> 32) as u32]) {
        if let Some(out) = out.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
            escape_half(simd, half, marks, out);
        }
        if read <= 32 {
            break;
        }
        at += 32 + marks.count_ones() as usize;
    }
    (read, read + (marks & below).count_ones() as usize)
}

/// Writes half a block, in which the marked bytes get a backslash.
///
/// ```text
/// group     a " b n c d e f       mask 0b1010: the bytes at 1 and 3
/// row       0 8 1 2 8 3 4 5 6 7   place 8 is a backslash
/// out       a \ " b \ n c d e f
/// ```
///
/// The next group goes behind it, at 8 and as many bytes more as there were marks before it. What a row writes behind
/// its own bytes is written over by the next group.
#[inline(always)]
fn escape_half<S: Simd>(simd: S, half: &[u8; 32], marks: u32, out: &mut [u8; 64]) {
    if marks == 0 {
        if let Some(out) = out.first_chunk_mut() {
            *out = *half;
        }
        return;
    }
    let (groups, _) = half.as_chunks();
    for (index, (group, mask)) in groups.iter().zip(marks.to_le_bytes()).enumerate() {
        let before = marks & ((1 << (GROUP * index)) - 1);
        let row = SPREAD.get(usize::from(mask)).copied().certain();
        if let Some(out) = out.get_mut(GROUP * index + before.count_ones() as usize..).and_then(<[u8]>::first_chunk_mut)
        {
            *out = lanes(simd, *group, [b'\\'; GROUP]).swizzle_dyn(u8x16::load_array(simd, row)).to_array();
        }
    }
}

/// Room for a block of nothing but quotes.
const ESCAPED: usize = 2 * BLOCK;

/// Which of eight bytes go where if those whose bits are set get a backslash, which is the one at place 8.
static SPREAD: [[u8; 16]; 256] = spread();

#[expect(clippy::indexing_slicing, reason = "evaluated at compile time, where it cannot fail unseen")]
const fn spread() -> [[u8; 16]; 256] {
    let mut rows = [[0; 16]; 256];
    let mut mask = 0;
    while mask < 256 {
        let (mut from, mut to) = (0, 0);
        while from < 8 {
            if mask >> from & 1 == 1 {
                rows[mask][to] = 8;
                to += 1;
            }
            rows[mask][to] = from;
            (from, to) = (from + 1, to + 1);
        }
        mask += 1;
    }
    rows
}

/// What stands behind the backslash for a quote, a backslash or one of the control characters that have a
/// letter; 0 for the others.
pub(crate) fn short_escape(byte: u8) -> u8 {
    static TABLE: [u8; 256] =
        table(&[(b'"', b'"'), (b'\\', b'\\'), (8, b'b'), (12, b'f'), (b'\n', b'n'), (b'\r', b'r'), (b'\t', b't')]);
    TABLE.get(usize::from(byte)).copied().certain()
}

#[cfg(test)]
mod tests {
    use fearless_simd::dispatch;

    use super::*;
    use crate::json::simd::tests::{each_text, levels};

    /// The same, byte by byte.
    fn naive(text: &[u8]) -> (usize, Vec<u8>) {
        let mut out = Vec::new();
        for (at, byte) in text.iter().enumerate() {
            match byte {
                b'"' => out.extend_from_slice(b"\\\""),
                b'\\' => out.extend_from_slice(b"\\\\"),
                b'\n' => out.extend_from_slice(b"\\n"),
                b'\r' => out.extend_from_slice(b"\\r"),
                b'\t' => out.extend_from_slice(b"\\t"),
                8 => out.extend_from_slice(b"\\b"),
                12 => out.extend_from_slice(b"\\f"),
                0..b' ' => return (at, out),
                _ => out.push(*byte),
            }
        }
        (text.len(), out)
    }

    #[test]
    fn text_is_escaped_as_byte_by_byte_at_every_level() {
        let levels = levels();
        each_text(|text| {
            let wanted = naive(text);
            for level in &levels {
                let mut out = Vec::new();
                let read = dispatch!(*level, simd => escape(simd, text, &mut out));
                assert_eq!((read, &out), (wanted.0, &wanted.1), "{level:?} {text:?}");
            }
        });
    }
}

//! Text as it stands in a JSON string, many bytes at a time.

use fearless_simd::{Simd, prelude::*, u8x16, u8x64};

use super::simd::{BLOCK, GROUP, SPACE, lanes, padded, table};
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
#[inline(always)]
fn escape_block<S: Simd>(simd: S, block: &[u8; BLOCK], out: &mut [u8; ESCAPED]) -> (usize, usize) {
    let bytes = u8x64::load_array_ref(simd, block);
    let controls = bytes.simd_lt(b' ');
    let marks = (bytes.simd_eq(b'"') | bytes.simd_eq(b'\\') | controls).to_bitmask();
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

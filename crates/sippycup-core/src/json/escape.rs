//! Text as it stands in a JSON string, many bytes at a time.

use fearless_simd::{Simd, prelude::*, u8x16, u8x64};

use super::simd::{BLOCK, GROUP, SPACE, lanes, padded, specials};
use crate::certain::Certain;

/// Appends text as it stands in JSON; returns its length.
#[inline(always)]
pub(crate) fn escape<S: Simd>(simd: S, text: &[u8], out: &mut Vec<u8>) -> usize {
    let (blocks, tail) = text.as_chunks();
    let mut space = [0; SPACE];
    let mut filled = 0;
    for block in blocks {
        let Some(room) = space.get_mut(filled..).and_then(<[u8]>::first_chunk_mut) else { break };
        let written = escape_block(simd, block, room);
        filled += written;
        if filled > SPACE - ESCAPED || written == 0 {
            out.extend_from_slice(space.get(..filled).certain());
            filled = 0;
            if written == 0 {
                spell(block, out);
            }
        }
    }
    out.extend_from_slice(space.get(..filled).certain());
    let block = padded(tail, b' ');
    if let Some(room) = space.first_chunk_mut()
        && let written @ 1.. = escape_block(simd, &block, room)
    {
        out.extend_from_slice(space.get(..written + tail.len() - BLOCK).certain());
    } else {
        spell(tail, out);
    }
    text.len()
}

/// Appends the bytes of a block one by one, in as many steps whatever they are: no prediction of the CPU can fail.
#[inline(never)]
fn spell(text: &[u8], out: &mut Vec<u8>) {
    let mut space = [0; 6 * BLOCK + 2];
    let mut filled = 0;
    for byte in text {
        let row = spelt(*byte);
        // What is behind its own bytes is written over by the next row.
        if let Some(room) = space.get_mut(filled..).and_then(<[u8]>::first_chunk_mut) {
            *room = row;
        }
        filled += length(row);
    }
    out.extend_from_slice(space.get(..filled).certain());
}

/// Writes a block as it stands in JSON, and says how much was written; 0 if it has a control character without
/// a letter. A group of eight bytes takes its backslashes from a row of a table: they cost the same
/// however many they are, and JSON inside JSON has one every few bytes.
///
/// ```text
/// block     a " b \n c          \n is one byte
/// marks     0 1 0 1  0
/// lettered  a " b n  c          what has a letter is that letter
/// out       a \" b \n c         a backslash in front of each mark: 7 bytes are written
/// ```
#[inline(always)]
fn escape_block<S: Simd>(simd: S, block: &[u8; BLOCK], out: &mut [u8; ESCAPED]) -> usize {
    let bytes = u8x64::load_array_ref(simd, block);
    let found = specials(bytes);
    let marks = found.any().to_bitmask();
    if marks == 0 {
        if let Some(out) = out.first_chunk_mut() {
            *out = *block;
        }
        return BLOCK;
    }
    let lettered;
    let mut block = block;
    if found.controls.any_true() {
        let row = bytes & 0xf;
        let of_row = |table| u8x64::block_splat(u8x16::load_array(simd, table)).swizzle_dyn_within_blocks(row);
        if (found.controls & bytes.simd_ne(of_row(LETTERED))).any_true() {
            return 0;
        }
        lettered = found.controls.select(of_row(LETTERS), bytes).to_array();
        block = &lettered;
    }
    let (halves, _) = block.as_chunks();
    let mut at = 0;
    for (half, marks) in halves.iter().zip([marks as u32, (marks >> 32) as u32]) {
        if let Some(out) = out.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
            escape_half(simd, half, marks, out);
        }
        at += 32 + marks.count_ones() as usize;
    }
    at
}

/// The control characters that have letters, each in the row that its lowest four bits say.
const LETTERED: [u8; 16] = *b"        \x08\t\n \x0c\r  ";
/// Those letters.
const LETTERS: [u8; 16] = *b"        btn fr  ";

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

/// The bytes of a row, of which the last is the length of those before it that count.
const ROW: usize = 8;

/// A byte as it stands in JSON.
pub(crate) fn spelt(byte: u8) -> [u8; ROW] {
    static ROWS: [[u8; ROW]; 256] = rows();
    ROWS.get(usize::from(byte)).copied().certain()
}

/// How many bytes of a row count.
pub(crate) fn length([.., length]: [u8; ROW]) -> usize {
    usize::from(length)
}

#[expect(clippy::indexing_slicing, reason = "evaluated at compile time, where it cannot fail unseen")]
const fn rows() -> [[u8; ROW]; 256] {
    let mut rows = [[0; ROW]; 256];
    let mut byte = 0;
    while byte < 256 {
        let raw = byte as u8;
        rows[byte] = match raw {
            b'"' | b'\\' => [b'\\', raw, 0, 0, 0, 0, 0, 2],
            8..=10 | 12 | 13 => [b'\\', LETTERS[byte], 0, 0, 0, 0, 0, 2],
            0..b' ' => [b'\\', b'u', b'0', b'0', b'0' + raw / 16, b"0123456789abcdef"[byte % 16], 0, 6],
            _ => [raw, 0, 0, 0, 0, 0, 0, 1],
        };
        byte += 1;
    }
    rows
}

#[cfg(test)]
mod tests {
    use fearless_simd::dispatch;

    use super::*;
    use crate::json::simd::tests::{each_text, levels};

    /// The same, byte by byte.
    fn naive(text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for byte in text {
            match byte {
                b'"' => out.extend_from_slice(b"\\\""),
                b'\\' => out.extend_from_slice(b"\\\\"),
                b'\n' => out.extend_from_slice(b"\\n"),
                b'\r' => out.extend_from_slice(b"\\r"),
                b'\t' => out.extend_from_slice(b"\\t"),
                8 => out.extend_from_slice(b"\\b"),
                12 => out.extend_from_slice(b"\\f"),
                0..b' ' => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
                _ => out.push(*byte),
            }
        }
        out
    }

    fn is_escaped_at_every_level(text: &[u8]) {
        let wanted = naive(text);
        for level in levels() {
            let mut out = Vec::new();
            let read = dispatch!(level, simd => escape(simd, text, &mut out));
            assert_eq!((read, &out), (text.len(), &wanted), "{level:?} {text:?}");
        }
    }

    #[test]
    fn text_is_escaped_as_byte_by_byte_at_every_level() {
        each_text(is_escaped_at_every_level);
    }

    #[test]
    fn every_byte_is_escaped_as_alone_at_every_level() {
        for byte in 0..=u8::MAX {
            for length in [1, 8, 63, 64, 65, 500] {
                is_escaped_at_every_level(&vec![byte; length]);
                is_escaped_at_every_level(&[&b"a".repeat(length)[..], &[byte, b'"']].concat());
            }
        }
    }
}

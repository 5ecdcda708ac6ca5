//! Sixteen bytes at a time: what reading and writing JSON strings have in common.

use wide::u8x16;

/// The first quote, backslash or control character at or behind `at`; the length if there is none.
#[inline]
pub(crate) fn special(text: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = text.get(at..).and_then(<[u8]>::first_chunk) {
        let found = special_mask(*chunk);
        if found != 0 {
            return at + found.trailing_zeros() as usize;
        }
        at += CHUNK;
    }
    at + (special_mask(chunk(text, at)).trailing_zeros() as usize).min(text.len().saturating_sub(at))
}

/// The sixteen bytes at `at`; spaces stand for what is behind the end.
#[inline]
fn chunk(text: &[u8], at: usize) -> [u8; CHUNK] {
    let rest = text.get(at..).unwrap_or_default();
    if let Some(chunk) = rest.first_chunk() {
        return *chunk;
    }
    let mut chunk = [b' '; CHUNK];
    for (space, byte) in chunk.iter_mut().zip(rest) {
        *space = *byte;
    }
    chunk
}

/// One bit for each of the sixteen bytes that is a quote, a backslash or a control character.
#[inline(always)]
pub(crate) fn special_mask(chunk: [u8; CHUNK]) -> u32 {
    let bytes = u8x16::new(chunk);
    let quote = bytes.simd_eq(u8x16::splat(b'"'));
    let backslash = bytes.simd_eq(u8x16::splat(b'\\'));
    let control = bytes.min(u8x16::splat(0x1f)).simd_eq(bytes);
    (quote | backslash | control).to_bitmask()
}

/// A map from bytes to bytes; 0 for all that are not named.
#[expect(clippy::indexing_slicing, reason = "evaluated at compile time, where it cannot fail unseen")]
pub(crate) const fn table(mut pairs: &[(u8, u8)]) -> [u8; 256] {
    let mut table = [0; 256];
    while let Some(((from, to), rest)) = pairs.split_first() {
        table[*from as usize] = *to;
        pairs = rest;
    }
    table
}

/// The chunk at `at` (less than one chunk in) of two.
#[inline(always)]
pub(crate) fn first(window: &[u8; 2 * CHUNK], at: usize) -> [u8; CHUNK] {
    let at = at % CHUNK;
    window.get(at..at + CHUNK).and_then(<[u8]>::first_chunk).copied().unwrap_or_default()
}

/// Puts a chunk at `at`, which must leave room for it in half of the space.
#[inline(always)]
pub(crate) fn put<const SPACE: usize>(window: &mut [u8; SPACE], at: usize, chunk: [u8; CHUNK]) {
    let at = at % (SPACE / 2);
    if let Some(space) = window.get_mut(at..at + CHUNK).and_then(<[u8]>::first_chunk_mut) {
        *space = chunk;
    }
}

/// The byte at `at` of two chunks.
#[inline(always)]
pub(crate) fn byte(window: &[u8; 2 * CHUNK], at: usize) -> u8 {
    window.get(at % (2 * CHUNK)).copied().unwrap_or_default()
}

/// How many bytes are looked at in one step.
pub(crate) const CHUNK: usize = 16;

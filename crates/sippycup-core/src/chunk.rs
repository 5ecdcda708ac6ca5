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
    (quote | backslash | control(bytes)).to_bitmask()
}

/// One bit for each of the sixteen bytes that is a control character.
#[inline(always)]
pub(crate) fn control_mask(chunk: [u8; CHUNK]) -> u32 {
    control(u8x16::new(chunk)).to_bitmask()
}

#[inline(always)]
fn control(bytes: u8x16) -> u8x16 {
    bytes.min(u8x16::splat(0x1f)).simd_eq(bytes)
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

/// The chunk at `at` of a block that has a chunk behind its end. Positions wrap around at that end, so that
/// nothing has to be checked in loops that keep to it.
#[inline(always)]
pub(crate) fn part<const LENGTH: usize>(block: &[u8; LENGTH], at: usize) -> [u8; CHUNK] {
    let at = at % (LENGTH - CHUNK);
    block.get(at..at + CHUNK).and_then(<[u8]>::first_chunk).copied().unwrap_or_default()
}

/// Puts a chunk at `at` of a space that has a chunk behind its end.
#[inline(always)]
pub(crate) fn put<const LENGTH: usize>(space: &mut [u8; LENGTH], at: usize, chunk: [u8; CHUNK]) {
    let at = at % (LENGTH - CHUNK);
    if let Some(space) = space.get_mut(at..at + CHUNK).and_then(<[u8]>::first_chunk_mut) {
        *space = chunk;
    }
}

/// Sets the byte at `at` of such a space.
#[inline(always)]
pub(crate) fn set<const LENGTH: usize>(space: &mut [u8; LENGTH], at: usize, byte: u8) {
    if let Some(space) = space.get_mut(at % (LENGTH - CHUNK)) {
        *space = byte;
    }
}

/// How many bytes are looked at in one step.
pub(crate) const CHUNK: usize = 16;

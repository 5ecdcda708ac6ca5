//! What reading and writing JSON strings have in common: sixty-four bytes are looked at in one step, and those
//! that have escapes are moved in groups of eight.

use fearless_simd::{Level, Simd, dispatch, prelude::*, u8x16, u64x2};

/// Runs a kernel that says how much it has done, where the CPU has an instruction to shuffle bytes with; 0
/// elsewhere. Everything else can do without the kernel. AVX2 is what every x86 CPU of Lambda has; a copy for each
/// of the others would make the program larger and never run.
macro_rules! shuffling {
    ($simd:ident => $kernel:expr) => {{
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        let done = fearless_simd::Level::new().as_avx2().map_or(0, |$simd| {
            fearless_simd::Simd::vectorize(
                $simd,
                #[inline(always)]
                || $kernel,
            )
        });
        #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
        let done = fearless_simd::dispatch!(fearless_simd::Level::new(), $simd => $kernel);
        done
    }};
}
pub(crate) use shuffling;

use crate::certain::Certain;

/// The first quote, backslash or control character at or behind `at`; the length if there is none.
#[inline]
pub(crate) fn special(text: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = text.get(at..).and_then(<[u8]>::first_chunk) {
        let found = specials(chunk);
        if found != 0 {
            return at + found.trailing_zeros() as usize;
        }
        at += CHUNK;
    }
    let rest = text.get(at..).certain();
    let found = if let Some(chunk) = text.last_chunk() {
        specials(chunk) >> (CHUNK - rest.len())
    } else {
        let mut chunk = [b' '; CHUNK];
        if let Some(begin) = chunk.get_mut(..rest.len()) {
            begin.copy_from_slice(rest);
        }
        specials(&chunk)
    };
    at + (found.trailing_zeros() as usize).min(rest.len())
}

/// One bit for each of the sixteen bytes that is a quote, a backslash or a control character. With the
/// instructions that every CPU has: texts are too short to choose others for each.
#[inline(always)]
fn specials(chunk: &[u8; CHUNK]) -> u64 {
    dispatch!(Level::baseline(), simd => {
        let bytes = u8x16::load_array_ref(simd, chunk);
        (bytes.simd_eq(b'"') | bytes.simd_eq(b'\\') | bytes.simd_lt(b' ')).to_bitmask()
    })
}

/// How many bytes are looked at in one step of a short text.
pub(crate) const CHUNK: usize = 16;

/// From which length on a text is worth the beginning of a kernel.
pub(crate) const LONG: usize = 32;

/// How many bytes a kernel looks at in one step.
pub(crate) const BLOCK: usize = 64;

/// How many bytes are moved at once.
pub(crate) const GROUP: usize = 8;

/// The end of a text as a block. Behind it are zeros, which are control characters and have no short escape: nothing
/// else has to look out for the end.
#[inline(always)]
pub(crate) fn padded(text: &[u8]) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    if let Some(begin) = block.get_mut(..text.len()) {
        begin.copy_from_slice(text);
    }
    block
}

/// The size of the space that blocks are written to before they are copied to where they belong: enough of them
/// for that to be worth it.
pub(crate) const SPACE: usize = 512;

/// A vector of two groups.
#[inline(always)]
pub(crate) fn lanes<S: Simd>(simd: S, low: [u8; GROUP], high: [u8; GROUP]) -> u8x16<S> {
    // As two numbers: the compiler puts an array of bytes together byte by byte.
    u64x2::load_array(simd, [low, high].map(u64::from_ne_bytes)).bitcast()
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

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

/// Whether a byte means something in a JSON string: one lane for each byte of a vector.
///
/// ```text
///                 s a y \ " n o " , \n
/// quotes          0 0 0 0 1 0 0 1 0 0
/// backslashes     0 0 0 1 0 0 0 0 0 0
/// controls        0 0 0 0 0 0 0 0 0 1
/// ```
#[derive(Clone, Copy)]
pub(crate) struct Specials<M> {
    pub(crate) quotes: M,
    pub(crate) backslashes: M,
    pub(crate) controls: M,
}

/// Finds them in one vector.
#[inline(always)]
pub(crate) fn specials<S: Simd, V: SimdInt<S, Element = u8>>(bytes: V) -> Specials<V::Mask> {
    Specials { quotes: bytes.simd_eq(b'"'), backslashes: bytes.simd_eq(b'\\'), controls: bytes.simd_lt(b' ') }
}

impl<M> Specials<M> {
    /// All three: where a string may end, and what cannot stand in one as it is.
    #[inline(always)]
    pub(crate) fn any<S: Simd>(self) -> M
    where
        M: SimdMask<S>,
    {
        self.quotes | self.backslashes | self.controls
    }
}

/// The first quote, backslash or control character at or behind `at`; the length if there is none. With the
/// instructions that every CPU has: texts are too short to choose others for each.
#[inline]
pub(crate) fn special(text: &[u8], at: usize) -> usize {
    dispatch!(Level::baseline(), simd => first_special(simd, text, at))
}

/// Looks at sixteen bytes in one step. The last step looks at the last sixteen of the text, of which it has seen some:
///
/// ```text
/// text   0123456789abcdefghij"          21 bytes
/// step 1 [--------------]               nothing, on to byte 16
/// step 2      [--------------]          bit 15 of these is byte 20
///             ^ the eleven bits of bytes 5 to 15 are shifted out, so that bit 4 is left: 16 + 4
/// ```
#[inline(always)]
fn first_special<S: Simd>(simd: S, text: &[u8], mut at: usize) -> usize {
    let marks = |chunk| specials(u8x16::load_array_ref(simd, chunk)).any().to_bitmask();
    while let Some(chunk) = text.get(at..).and_then(<[u8]>::first_chunk) {
        let found = marks(chunk);
        if found != 0 {
            return at + found.trailing_zeros() as usize;
        }
        at += CHUNK;
    }
    let rest = text.get(at..).certain();
    let found = if let Some(chunk) = text.last_chunk() {
        marks(chunk) >> (CHUNK - rest.len())
    } else {
        let mut chunk = [b' '; CHUNK];
        if let Some(begin) = chunk.get_mut(..rest.len()) {
            begin.copy_from_slice(rest);
        }
        marks(&chunk)
    };
    at + (found.trailing_zeros() as usize).min(rest.len())
}

/// Whether a text has a raw control character, which JSON forbids in a string: whether its least byte is one.
pub(crate) fn has_control(text: &[u8]) -> bool {
    text.iter().fold(u8::MAX, |least, byte| least.min(*byte)) < b' '
}

/// How many bytes are looked at in one step of a short text.
const CHUNK: usize = 16;

/// From which length on a text is worth the beginning of a kernel.
pub(crate) const LONG: usize = 32;

/// How many bytes a kernel looks at in one step.
pub(crate) const BLOCK: usize = 64;

/// How many bytes are moved at once.
pub(crate) const GROUP: usize = 8;

/// The end of a text as a block, filled up with a byte.
#[inline(always)]
pub(crate) fn padded(text: &[u8], behind: u8) -> [u8; BLOCK] {
    let mut block = [behind; BLOCK];
    if let Some(begin) = block.get_mut(..text.len()) {
        begin.copy_from_slice(text);
    }
    block
}

/// The size of the space that blocks are written to before they are copied to where they belong: enough of them
/// for that to be worth it.
pub(crate) const SPACE: usize = 512;

/// A vector of two groups: a group's bytes are then put in place by a row of a table.
///
/// ```text
/// place      0 1 2 3 4 5 6 7   8 … 15
/// low, high  s a y \ " n o "   …           a group, and what else may be taken
/// row        0 1 2 4 5 6 7     …           which place each byte is taken from
/// moved      s a y " n o "                 without what no place of the row names
/// ```
#[inline(always)]
pub(crate) fn lanes<S: Simd>(simd: S, low: [u8; GROUP], high: [u8; GROUP]) -> u8x16<S> {
    // As two numbers: the compiler puts an array of bytes together byte by byte.
    u64x2::load_array(simd, [low, high].map(u64::from_ne_bytes)).bitcast()
}

#[cfg(test)]
pub(super) mod tests;

//! Where a document has quotes, backslashes and control characters: the only places where a string can end.

use fearless_simd::{Level, Simd, dispatch, prelude::*, u8x64};

use super::simd::specials;
use crate::certain::Certain;

/// One bit for each byte of the part of the document that is being read.
///
/// Most strings of an event are shorter than what the CPU looks at in one step; to find all their ends at once
/// costs a third of looking for each by itself.
#[derive(Debug)]
pub(crate) struct Marks<'a> {
    json: &'a [u8],
    /// The position of the first bit.
    start: usize,
    bits: [u64; WORDS],
    /// How many of the words are those of the document.
    filled: usize,
    /// Nobody will ask for what is behind.
    end: usize,
    ascii: bool,
}

impl<'a> Marks<'a> {
    /// The marks from `start` on; those from `end` on are not looked for unless somebody asks.
    pub(crate) fn new(json: &'a [u8], start: usize, end: usize) -> Self {
        Self { json, start, bits: [0; WORDS], filled: 0, end, ascii: true }
    }

    /// The first mark at or behind `at`; the document's length if there is none.
    #[inline(always)]
    pub(crate) fn next(&mut self, at: usize) -> usize {
        let offset = at.wrapping_sub(self.start);
        let index = offset / 64;
        if let Some(word) = self.bits.get(index) {
            let found = word >> (offset % 64);
            if found != 0 {
                return at + found.trailing_zeros() as usize;
            }
        }
        if let Some(word) = self.bits.get(index + 1)
            && *word != 0
        {
            return self.start + (index + 1) * 64 + word.trailing_zeros() as usize;
        }
        self.next_far(at)
    }

    #[inline(never)]
    fn next_far(&mut self, at: usize) -> usize {
        let mut word = at.wrapping_sub(self.start) / 64 + 1;
        if word > self.filled {
            self.fill(at);
            word = 0;
        }
        loop {
            let rest = self.bits.get(word..self.filled).certain();
            if let Some((index, bits)) = rest.iter().enumerate().find(|(_, bits)| **bits != 0) {
                return self.start + (word + index) * 64 + bits.trailing_zeros() as usize;
            }
            self.fill(self.start + self.filled * 64);
            word = 0;
        }
    }

    /// Whether all bytes that were looked at are known to be ASCII: those between the first and the last place that
    /// was asked for, unless some were stepped over, and perhaps some more.
    pub(crate) fn is_ascii(&self) -> bool {
        self.ascii
    }

    /// Looks at a part of the document that somebody else has read.
    pub(crate) fn step_over(&mut self, start: usize, end: usize) {
        self.ascii &= self.json.get(start..end).certain().is_ascii();
    }

    fn fill(&mut self, start: usize) {
        self.start = start;
        self.filled = self.end.saturating_sub(start).div_ceil(64).clamp(1, WORDS);
        let rest = self.json.get(start..).certain();
        let (words, unused) = self.bits.split_at_mut(self.filled);
        unused.fill(0);
        self.ascii &= dispatch!(Level::new(), simd => mark(simd, rest, words));
    }
}

/// Marks as many bytes as there are bits; the end of `text` counts as a mark. Returns whether all were ASCII.
///
/// ```text
/// text    { " p a t h " : " / a " }         13 bytes
/// bits    0 1 0 0 0 0 1 0 1 0 0 1 0 1 1 …   the lowest first; behind the text all are 1
///           ^ a name      ^ a value ^ the end
/// ```
///
/// The name ends at the first mark behind bit 1, which is bit 6, and nothing in between is looked at.
#[inline(always)]
fn mark<S: Simd>(simd: S, text: &[u8], words: &mut [u64]) -> bool {
    let (blocks, tail) = text.as_chunks::<64>();
    let mut all = u8x64::splat(simd, 0);
    let (of_blocks, rest) = words.split_at_mut(words.len().min(blocks.len()));
    for (word, block) in of_blocks.iter_mut().zip(blocks) {
        let bytes = u8x64::load_array_ref(simd, block);
        all |= bytes;
        *word = specials(bytes).any().to_bitmask();
    }
    if let [word, ..] = rest {
        let mut block = [b'"'; 64];
        for (byte, behind) in block.iter_mut().zip(tail) {
            *byte = *behind;
        }
        let bytes = u8x64::load_array(simd, block);
        all |= bytes;
        *word = specials(bytes).any().to_bitmask();
    }
    all.simd_lt(0x80).all_true()
}

/// As many as a small event has, so that few bytes of a body are looked at in vain.
const WORDS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::simd::tests::{each_text, is_special, levels};

    #[test]
    fn marks_are_where_a_byte_by_byte_search_finds_them_at_every_level() {
        let levels = levels();
        each_text(|text| {
            let wanted = |at: usize| text.get(at).is_none_or(|byte| is_special(*byte));
            for level in &levels {
                for length in [1, 2, 3] {
                    let mut words = vec![0; length];
                    let ascii = dispatch!(*level, simd => mark(simd, text, &mut words));
                    let seen = &text[..text.len().min(64 * length)];
                    assert_eq!(ascii, seen.is_ascii(), "{level:?} {text:?}");
                    let filled = (text.len() / 64 + 1).min(length);
                    for at in 0..64 * filled {
                        assert_eq!(words[at / 64] >> (at % 64) & 1 == 1, wanted(at), "{level:?} {at} {text:?}");
                    }
                }
            }
        });
    }
}

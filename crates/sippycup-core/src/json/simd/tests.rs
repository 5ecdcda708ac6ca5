use fearless_simd::u8x64;

use super::*;

/// Every level that this CPU has, the strongest first; the last one has no instructions for vectors.
pub(crate) fn levels() -> Vec<Level> {
    let best = Level::new();
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    let levels = [
        best.as_avx512().map(Simd::level),
        best.as_avx2().map(Simd::level),
        best.as_sse4_2().map(Simd::level),
        best.as_sse2().map(Simd::level),
    ];
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    let levels = [Some(best)];
    levels.into_iter().flatten().chain([Level::fallback()]).collect()
}

/// What means something in a JSON string, and what a kernel may take for it.
const PIECES: [&str; 11] =
    ["\"", "\\", "\\\"", "\\n", "\\x", "\\u00fc", "\\ud83d\\ude00", "\\ud800\\n", "\0", "\u{7f}", "é"];

/// Texts of every length up to two blocks and a bit, with every piece at every place.
pub(crate) fn each_text(mut check: impl FnMut(&[u8])) {
    let plain = "abcdefgh!#[]~ ".repeat(10);
    let mut room = Vec::with_capacity(LENGTHS);
    for length in 0..=LENGTHS {
        check(&plain.as_bytes()[..length]);
        for (piece, place) in PIECES.iter().flat_map(|piece| (0..=length).map(move |place| (piece, place))) {
            room.clear();
            room.extend_from_slice(&plain.as_bytes()[..place]);
            room.extend_from_slice(piece.as_bytes());
            room.extend_from_slice(&plain.as_bytes()[place..length]);
            room.truncate(length);
            check(&room);
        }
    }
}

pub(crate) fn is_special(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..b' ')
}

const LENGTHS: usize = 130;

#[test]
fn every_byte_is_told_apart_at_every_level() {
    for level in levels() {
        for byte in 0..=u8::MAX {
            for place in 0..BLOCK {
                let mut block = [b'a'; BLOCK];
                block[place] = byte;
                let found = dispatch!(level, simd => {
                    let found = specials(u8x64::load_array(simd, block));
                    [found.quotes, found.backslashes, found.controls, found.any()].map(|mask| mask.to_bitmask())
                });
                let wanted = [byte == b'"', byte == b'\\', byte < b' ', is_special(byte)];
                assert_eq!(found, wanted.map(|is| u64::from(is) << place), "{level:?} {byte} at {place}");
            }
        }
    }
}

#[test]
fn the_first_special_is_the_one_that_a_byte_by_byte_search_finds_at_every_level() {
    let levels = levels();
    each_text(|text| {
        for at in [0, 1, 17, text.len()] {
            let behind = text.get(at..).unwrap_or_default();
            let wanted =
                behind.iter().position(|byte| is_special(*byte)).map_or(at.max(text.len()), |found| at + found);
            for level in &levels {
                let found = dispatch!(*level, simd => first_special(simd, text, at.min(text.len())));
                assert_eq!(found, wanted.min(text.len()), "{level:?} from {at} of {text:?}");
            }
            assert_eq!(special(text, at.min(text.len())), wanted.min(text.len()));
        }
    });
}

#[test]
fn a_control_character_is_found_wherever_it_stands() {
    each_text(|text| assert_eq!(has_control(text), text.iter().any(|byte| *byte < b' '), "{text:?}"));
}

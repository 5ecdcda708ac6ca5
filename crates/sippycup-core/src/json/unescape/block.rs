//! Escapes of long strings, sixty-four bytes at a time, in as many steps whatever the bytes are.

use fearless_simd::{Simd, mask8x64, prelude::*, u8x16, u8x64, u64x2};

use crate::{
    certain::Certain,
    json::simd::{BLOCK, GROUP, SPACE, lanes, padded, specials},
};

/// Copies text up to its end or to the first mistake; returns how much of it was read.
#[inline(always)]
pub(super) fn unescape_valid<S: Simd>(simd: S, text: &[u8], out: &mut Vec<u8>) -> usize {
    let mut space = [0; SPACE];
    let mut end;
    let (mut at, mut filled) = (0, 0);
    loop {
        if filled > SPACE - BLOCK {
            out.extend_from_slice(space.get(..filled).certain());
            filled = 0;
        }
        let rest = text.get(at..).certain();
        let block = if let Some(block) = rest.first_chunk() {
            block
        } else {
            // A control character cannot be read: nothing else has to look out for the end.
            end = padded(rest, 0);
            &end
        };
        let Some(room) = space.get_mut(filled..).and_then(<[u8]>::first_chunk_mut) else { break };
        let (read, written) = unescape_block(simd, block, room);
        at += read;
        filled += written;
        // An escape across the end of a block belongs to the next one.
        if read < BLOCK && (read == 0 || text.get(at) != Some(&b'\\')) {
            break;
        }
    }
    out.extend_from_slice(space.get(..filled).certain());
    at
}

/// Copies a block up to its end, to the first mistake or to an escape that goes on in the next block; returns how
/// much was read and written. What an escape stands for is put in the place of its last bytes, and then a group of
/// eight bytes loses the others by a row of a table: they cost the same however many they are.
///
/// ```text
/// block        a \ " b \ \ \ n c "    the first bit is the lowest of each mask
/// backslashes  0 1 0 0 1 1 1 0 0 0
/// escaped      0 0 1 0 0 1 0 1 0 0    behind a backslash that is none itself
/// starts       0 1 0 0 1 0 1 0 0 0    those backslashes: dropped
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
    let mut dropped = codes & backslashes;
    let mut stops = ends & !escaped | dropped & 1 << 63;
    let letters = escaped & !(backslashes | quotes);
    let meant;
    let mut block = block;
    if letters != 0 {
        let row = bytes & 0xf ^ bytes >> 4 & 1;
        let of_row = |table| u8x64::block_splat(u8x16::load_array(simd, table)).swizzle_dyn_within_blocks(row);
        stops |= (letters & bytes.simd_ne(of_row(LETTERS)).to_bitmask()) >> 1;
        let mut value = mask8x64::from_bitmask(simd, letters).select(of_row(MEANT), bytes);
        let numbers = letters & bytes.simd_eq(b'u').to_bitmask();
        if numbers != 0 {
            let read = characters(simd, bytes, value, numbers);
            value = read.value;
            dropped |= read.dropped;
            stops |= read.mistakes;
        }
        meant = value.to_array();
        block = &meant;
    }
    let read = (stops.trailing_zeros() as usize).min(BLOCK);
    let below = stops.wrapping_sub(1) & !stops;
    let (groups, _) = block.as_chunks();
    let mut at = 0;
    for (index, (group, kept)) in groups.iter().zip((!dropped).to_le_bytes()).enumerate() {
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
    (read, read - (dropped & below).count_ones() as usize)
}

/// The letters of escapes, each in the row that its lowest four bits say, the last of which the fifth turns over:
///
/// ```text
/// b   0110 0010   row 2
/// r   0111 0010   row 3: with four bits alone it would be in that of `b`
/// n   0110 1110   row 14
/// ```
const LETTERS: [u8; 16] = *b"//brutf///////n/";
/// What they stand for.
const MEANT: [u8; 16] = *b"\0\0\x08\r\0\t\x0c\0\0\0\0\0\0\0\n/";

/// A block in which characters stand in the place of their numbers.
struct Characters<S: Simd> {
    value: u8x64<S>,
    /// What is left of the numbers.
    dropped: u64,
    /// The backslashes of numbers that are none, or not whole.
    mistakes: u64,
}

/// Puts characters in the place of the numbers that stand behind each `u` of a mask. A byte of a character has bits of
/// no more than two digits next to each other, so every lane makes its own out of the digit there and the one before,
/// and masks tell which count:
///
/// ```text
/// escape      \   u  2  0  a  c     a number of 0x800 or more is a character of three bytes
/// digits            2  0  a  c
/// first             E2              1110 and the first digit
/// middle                  82        10, the four bits of the second, and two bits of the third
/// last                       AC     10, the other two of the third, and those of the last
/// dropped     1  1  0  1  0  0      of two bytes the first is C0 | middle; of one the last is both digits
/// ```
///
/// A character of two escapes has four bytes; ten bits of its number are in each, and 0x40 is added to the first ten.
/// That is 4 for the third digit, and what is carried over for the second:
///
/// ```text
/// escapes     \   u  d  8  3  d  \   u  d  e  0  0
/// raised           d  8  7  d           d  e  0  0
/// first                  F0                              11110, two bits of the second digit and what was carried
/// second                    9F                           10, the third digit, and two bits of the last
/// third                                       98         10, the other two, and two bits each of the next two
/// last                                           80      as always
/// ```
#[inline(always)]
fn characters<S: Simd>(simd: S, bytes: u8x64<S>, value: u8x64<S>, numbers: u64) -> Characters<S> {
    let put = |places, bytes: u8x64<S>, value| mask8x64::from_bitmask(simd, places).select(bytes, value);
    let one_of = |mask: mask8x64<S>, yes, no| mask.select(u8x64::splat(simd, yes), u8x64::splat(simd, no));

    // hex      0 0 1 1 1 1 0      of \u20ac, and something behind it
    // pairs    0 0 1 1 1 0 0      two digits from here on
    // whole    0 1 0 0 0 0 0      the `u` of four digits
    let hex = ((bytes - b'0').simd_lt(10) | ((bytes | 0x20) - b'a').simd_lt(6)).to_bitmask();
    let pairs = hex & hex >> 1;
    let whole = numbers & (pairs & pairs >> 2) >> 1;
    let mut mistakes = (numbers & !whole) >> 1;

    let digits = (bytes & 0xf) + one_of(bytes.simd_ge(b'A'), 9, 0);
    let (some, large) = (digits.simd_ne(0).to_bitmask(), digits.simd_ge(8).to_bitmask());
    // 0x800 or more has a first digit, or a second one of 8 or more; 0x80 or more a second one, or a third one of 8 or
    // more.
    let three = whole & (some >> 1 | large >> 2);
    let two = whole & (some >> 2 | large >> 3) & !three;
    let one = whole & !three & !two;
    let mut dropped = whole | (one | two) << 1 | whole << 2 | one << 3;

    let before = digits.shift_elements_right::<1>(0);
    let middle = before << 2 | digits >> 2;
    let mut value = put(three << 1, digits | 0xe0, value);
    value = put(two << 3, middle | 0xc0, value);
    value = put(three << 3, middle | 0x80, value);
    value = put(one << 4, before << 4 | digits, value);
    value = put((two | three) << 4, before << 4 & 0x30 | digits | 0x80, value);

    let halves = three & digits.simd_eq(0xd).to_bitmask() >> 1 & large >> 2;
    if halves != 0 {
        // The second halves are those from 0xdc00 on; each stands six bytes behind its first one.
        let second = halves & digits.simd_ge(0xc).to_bitmask() >> 2;
        let first = halves & !second;
        mistakes |= (first & !(second >> 6) | second & !(first << 6)) >> 1;
        dropped |= halves << 1;
        let raised = put(first << 3, (digits + 4) & 0xf, digits);
        let carried = one_of(digits.simd_ge(0xc), 1, 0);
        value = put(first << 3, (before & 3 | 0xf0) + carried, value);
        value = put(first << 4, raised.shift_elements_right::<1>(0) << 2 | digits >> 2 | 0x80, value);
        value = put(second << 3, digits.shift_elements_right::<5>(0) << 4 & 0x30 | middle & 0xf | 0x80, value);
    }
    Characters { value, dropped, mistakes }
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

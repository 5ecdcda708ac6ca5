use proptest::prelude::*;

use fearless_simd::dispatch;

use super::*;
use crate::json::simd::tests::{each_text, levels};

/// What the kernel reads, byte by byte: how much of the text, and its value.
fn naive(text: &[u8]) -> (usize, Vec<u8>) {
    let (mut at, mut out) = (0, Vec::new());
    while let Some(byte) = text.get(at) {
        if *byte == b'"' || *byte < b' ' {
            break;
        }
        if *byte != b'\\' {
            out.push(*byte);
            at += 1;
        } else if let Some(place) =
            text.get(at + 1).and_then(|escape| b"\"\\/bfnrt".iter().position(|each| each == escape))
        {
            out.push(b"\"\\/\x08\x0c\n\r\t"[place]);
            at += 2;
        } else if let Some((character, behind)) = code_point(text, at) {
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            at = behind;
        } else {
            break;
        }
    }
    (at, out)
}

#[test]
fn text_is_unescaped_as_byte_by_byte_at_every_level() {
    let levels = levels();
    each_text(|text| {
        let wanted = naive(text);
        for level in &levels {
            let mut out = Vec::new();
            let read = dispatch!(*level, simd => unescape_valid(simd, text, &mut out));
            assert_eq!((read, &out), (wanted.0, &wanted.1), "{level:?} {text:?}");
        }
    });
}

#[test]
fn every_number_is_its_character_wherever_it_stands_at_every_level() {
    let units = (0..0x10000).filter(|unit| !(0xd800..0xe000).contains(unit)).map(|unit| match unit % 3 {
        0 => format!("\\u{unit:04x}"),
        1 => format!("\\u{unit:04X}"),
        // Away from where the one before it stood.
        _ => format!("a\\u{unit:04x}"),
    });
    let beyond = (0x10000..0x11_0000_u32).step_by(61).chain([0x10ffff]).map(|code| {
        let mut halves = [0; 2];
        let halves = char::from_u32(code).unwrap().encode_utf16(&mut halves);
        format!("{}\\u{:04x}\\u{:04X}", "a".repeat(code as usize % 5), halves[0], halves[1])
    });
    let text = units.chain(beyond).collect::<String>();
    let wanted = naive(text.as_bytes());
    assert_eq!(wanted.0, text.len());
    for level in levels() {
        let mut out = Vec::new();
        let read = dispatch!(level, simd => unescape_valid(simd, text.as_bytes(), &mut out));
        assert!((read, &out) == (wanted.0, &wanted.1), "{level:?}");
    }
}

#[test]
fn half_a_pair_is_a_mistake_wherever_it_stands_at_every_level() {
    let levels = levels();
    for unit in (0..0x10000).step_by(0x200) {
        for (first, second) in [(unit, 0xdc00), (0xdbff, unit), (unit, unit), (0xd83d, unit ^ 0x400)] {
            for before in [0, 1, 5, 40, 47, 51, 52, 53, 58, 63] {
                let text = format!("{}\\u{first:04x}\\u{second:04x}{}", "a".repeat(before), "b".repeat(70));
                let wanted = naive(text.as_bytes());
                for level in &levels {
                    let mut out = Vec::new();
                    let read = dispatch!(*level, simd => unescape_valid(simd, text.as_bytes(), &mut out));
                    assert_eq!((read, &out), (wanted.0, &wanted.1), "{level:?} {text}");
                }
            }
        }
    }
}

/// Nothing that depends on how many bytes are looked at in one step may show; a capacity of 0 keeps the kernel
/// out.
fn is_read_as_by_serde_json(json: &[u8], start: usize) -> Result<(), TestCaseError> {
    let capacity = json.len() - start;
    let read = unescape(json, start, capacity).map_err(|fault| format!("{fault:?}"));
    prop_assert_eq!(&read, &unescape(json, start, 0).map_err(|fault| format!("{fault:?}")));
    let wanted = naive(&json[start..]);
    for level in levels() {
        let mut out = Vec::new();
        let length = dispatch!(level, simd => unescape_valid(simd, &json[start..], &mut out));
        prop_assert_eq!((length, &out), (wanted.0, &wanted.1), "{:?}", level);
    }
    let quote = start - 1;
    let value: Option<String> =
        serde_json::Deserializer::from_slice(&json[quote..]).into_iter().next().and_then(Result::ok);
    match read {
        Ok((text, end)) => {
            prop_assert!(text.len() <= capacity);
            prop_assert_eq!(json[end], b'"');
            prop_assert_eq!(value.map(String::into_bytes), Some(text));
        }
        Err(_) => prop_assert_eq!(value, None),
    }
    Ok(())
}

/// One piece of a string: what makes work is as frequent as what does not, mistakes are rare.
fn piece() -> impl Strategy<Value = String> {
    let pieces = |pieces: &'static [&'static str]| prop::sample::select(pieces).prop_map(str::to_owned);
    prop_oneof![
        200 => "[a-zü€😀/]{1,40}",
        400 => pieces(&["\\\"", "\\\\", "\\n", "\\/", "\\t", "\\b", "\\f", "\\r", "x", ":"]),
        40 => (1..80_usize).prop_map(|length| "\\".repeat(2 * length)),
        40 => pieces(&["\\u00fc", "\\u20AC", "\\ud83d\\ude00", "\\u0000", "\\u0022", "\\u005c"]),
        40 => prop::char::any().prop_map(|character| {
            character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
        }),
        20 => (1..30_usize, pieces(&["\\n", "\\u0000", "\\u00e9", "\\u2028", "\\uDBFF\\uDFFF"])).prop_map(|(times, piece)| piece.repeat(times)),
        1 => pieces(&["\"", "\\", "\n", "\0", "\\x", "\\u12", "\\ud800", "\\ud800\\u0041", "\\\u{1}", "\\ü"]),
    ]
}

proptest! {
    #[test]
    fn dense_strings_have_the_value_serde_json_gives_them(
        before in 0..3_usize,
        pieces in prop::collection::vec(piece(), 0..120),
        behind in "[\"\\\\a]{0,80}",
    ) {
        let json = format!("{}\"{}\"{behind}", " ".repeat(before), pieces.concat());
        is_read_as_by_serde_json(json.as_bytes(), before + 1)?;
    }
}

#[test]
fn runs_of_backslashes_may_cross_any_border() {
    for before in 0..70 {
        for run in 0..70 {
            for behind in ["\"", "n\"", "u00fc\"", "x\"", "\n\"", ""] {
                let json = format!("\"{}{}{behind}", "a".repeat(before), "\\".repeat(run));
                is_read_as_by_serde_json(json.as_bytes(), 1).unwrap();
            }
        }
    }
}

#[test]
fn a_string_may_end_anywhere() {
    for unit in ["a", "\\\"", "\\\\", "ü\\n", "\\u00fc", "abcdefg\\ud83d\\ude00"] {
        let text = unit.repeat(200);
        for begin in (0..200).filter_map(|end| text.get(..end)) {
            for behind in ["", "\"", "\",\"b\":\"c\"}", "\n"] {
                is_read_as_by_serde_json(format!("\"{begin}{behind}").as_bytes(), 1).unwrap();
            }
        }
    }
}

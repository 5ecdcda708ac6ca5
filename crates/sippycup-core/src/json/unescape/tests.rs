use proptest::prelude::*;

use super::*;

/// Nothing that depends on how many bytes are looked at in one step may show; a capacity of 0 keeps the kernel
/// out.
fn is_read_as_by_serde_json(json: &[u8], start: usize) -> Result<(), TestCaseError> {
    let capacity = json.len() - start;
    let read = unescape(json, start, capacity).map_err(|fault| format!("{fault:?}"));
    prop_assert_eq!(&read, &unescape(json, start, 0).map_err(|fault| format!("{fault:?}")));
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

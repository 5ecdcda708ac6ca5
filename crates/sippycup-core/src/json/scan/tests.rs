use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::json::member;

fn read(json: &[u8]) -> Result<Field, Fault> {
    let mut scanner = Scanner::new(json);
    let field = scanner.value()?;
    scanner.end()?;
    Ok(field)
}

/// What `serde_json` makes of the same bytes when nobody reads the strings.
fn accepted(json: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(json).is_ok()
}

#[test]
fn accepts_and_rejects_what_serde_json_does() {
    let documents: &[&str] = &[
        "",
        " ",
        "null",
        "nul",
        "true",
        "truex",
        "false",
        "0",
        "-0",
        "01",
        "-",
        "1.",
        "1.5",
        "1.5e",
        "1e+",
        "1e+9",
        "-1.25E-3",
        ".5",
        "+1",
        "\"\"",
        "\"a",
        "\"a\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\u1234\"",
        "\"\n\"",
        "[]",
        "[",
        "]",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1,2]",
        "{}",
        "{",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":{\"b\":[{},[],[[1]]]}}",
        "{\"a\":[1,{\"b\":2}]}",
        " { \"a\" : [ 1 , 2 ] } ",
        "1 1",
        "{\"a\":1}}",
        "[}",
        "{]",
        "\u{feff}1",
        "\"\\ud800\"",
    ];
    for document in documents {
        assert_eq!(read(document.as_bytes()).is_ok(), accepted(document.as_bytes()), "{document:?}");
    }
}

#[test]
fn nests_as_deep_as_it_likes() {
    for depth in [1, 63, 64, 65, 128, 200, 20_000] {
        let (open, close) = ("[{\"a\":".repeat(depth), "}]".repeat(depth));
        assert!(read(format!("{open}1{close}").as_bytes()).is_ok(), "{depth}");
        assert!(read(format!("{open}1{}", "]}".repeat(depth)).as_bytes()).is_err(), "{depth}");
    }
}

#[test]
fn half_a_surrogate_pair_is_no_value() {
    for json in [&br#""\ud800""#[..], br#""\udc00""#, br#""\ud800x""#, br#""\ud800\ud800""#, br#""\ud800\n""#] {
        let field = read(json).unwrap();
        assert!(field.text(json).is_err());
    }
    let json = br#""\ud83d\ude00""#;
    assert_eq!(read(json).unwrap().string(json).unwrap().unwrap(), "😀");
}

/// Documents, and the same with one byte changed, cut or doubled.
fn almost_json() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(5, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    (value, any::<bool>(), any::<(u8, prop::sample::Index, u8)>()).prop_map(|(value, pretty, (how, where_, byte))| {
        let mut json = if pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) }.unwrap();
        let at = where_.index(json.len());
        match how % 4 {
            0 => json.truncate(at),
            1 => json[at] = byte,
            2 => json.insert(at, byte),
            _ => {}
        }
        json
    })
}

proptest! {
    #[test]
    fn agrees_with_serde_json_on_almost_json(json in almost_json()) {
        if std::str::from_utf8(&json).is_ok() {
            prop_assert_eq!(read(&json).is_ok(), accepted(&json));
        }
    }

    #[test]
    fn strings_have_the_value_serde_json_gives_them(json in "\"([ -~é☕😀]|\\\\[\"\\\\/bfnrtu]|\\\\u[0-9a-fA-F]{4}|\\\\ud83d\\\\ude00)*\"") {
        let theirs = serde_json::from_str::<String>(&json).ok();
        let ours = read(json.as_bytes()).and_then(|field| field.string(json.as_bytes())).ok().flatten();
        prop_assert_eq!(ours.as_deref(), theirs.as_deref());
    }
}

#[test]
fn it_does_not_matter_how_much_is_looked_at_in_one_go() {
    // Further apart than that is, and at each of its borders; names before containers are looked at twice.
    for length in (0..200).chain(900..1300) {
        let long = "x".repeat(length);
        let deep = format!("{}1{}", "{\"a\":".repeat(length), "}".repeat(length));
        let document = format!(
            r#"{{"{long}":"{long}","b":{{"c":["d"],"e":"f\"g"}},"h":{deep},"i":["{long}"],"j":{{"k":"l","m":5}},"n":"o"}}"#
        );
        let json = document.as_bytes();
        assert_eq!(read(json).unwrap().raw(json), json, "{length}");
        let all = Field::new(Kind::Object, 0, json.len());
        assert_eq!(member(json, all, "h").unwrap().raw(json), deep.as_bytes());
        assert_eq!(member(json, all, "n").unwrap().raw(json), b"o");
        let inner = member(json, all, "b").unwrap();
        assert_eq!(member(json, inner, "e").unwrap().raw(json), br#"f\"g"#);
        for cut in [1, 2, 3, 20, 64, 65] {
            assert!(json.len() < cut || read(&json[..json.len() - cut]).is_err(), "{length} without {cut}");
        }
    }
}

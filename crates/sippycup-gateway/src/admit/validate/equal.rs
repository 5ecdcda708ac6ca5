//! When two values are the same for JSON schema: 1 and 1.0 are, and the order of keys makes no difference.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::mem::discriminant;

use serde_json::{Number, Value};

/// A value as text, which is the same for two values if they are the same, and only then.
pub(super) fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

/// Whether two values are the same. Texts are compared as they are, without a copy: an `enum` may have many.
pub(super) fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => one == other,
        (one, other) => discriminant(one) == discriminant(other) && canonical(one) == canonical(other),
    }
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Number(number) => text.push_str(&written(number)),
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Object(members) => {
            text.push('{');
            for (key, value) in members.iter().collect::<BTreeMap<_, _>>() {
                let _ = write!(text, "{}:", Value::from(key.as_str()));
                write(value, text);
                text.push(',');
            }
            text.push('}');
        }
        value => {
            let _ = write!(text, "{value}");
        }
    }
}

/// Whether a number is an integer, also if it is written `1.0`.
pub(super) fn is_whole(number: &Number) -> bool {
    !number.is_f64() || number.as_f64().is_some_and(|float| float.fract() == 0.0)
}

/// A number as text, without a fraction if it is an integer that others may write without one.
fn written(number: &Number) -> String {
    match number.as_f64() {
        // `{:.0}` of an integer that `f64` has exactly is that integer; 0.0 is added because of -0.0.
        Some(float) if number.is_f64() && is_whole(number) && float.abs() < LARGEST => format!("{:.0}", float + 0.0),
        _ => number.to_string(),
    }
}

/// 2⁶⁴. From here on an integer too is read as `f64`, so that the same numbers have the same text already; and 1e308 as an integer would have 309 digits.
const LARGEST: f64 = 18_446_744_073_709_551_616.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_the_order_of_keys_are_told_apart_as_json_does() {
        let of = |text: &str| canonical(&serde_json::from_str(text).unwrap());
        for (one, other) in [
            ("1", "1.0"),
            ("1e2", "100"),
            ("-0", "0"),
            ("1e19", "10000000000000000000"),
            ("1e20", "100000000000000000000"),
            (r#"{"a":1,"b":[2.0]}"#, r#"{"b":[2],"a":1}"#),
        ] {
            assert_eq!(of(one), of(other));
        }
        for (one, other) in [("1", "1.5"), ("1", "\"1\""), ("[1,2]", "[2,1]"), ("[\"a,b\"]", "[\"a\",\"b\"]")] {
            assert_ne!(of(one), of(other));
        }
    }
}

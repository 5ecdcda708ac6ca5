//! What is the same value in JSON schema: 1 and 1.0 are, and the order of keys makes no difference.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Number, Value};

/// A text that two values share exactly if they are the same.
pub(super) fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
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

/// A number as its integer if it is one.
pub(super) fn written(number: &Number) -> String {
    match number.as_f64() {
        // `{:.0}` of an integer that `f64` has exactly is that integer.
        Some(float) if number.is_f64() && float.fract() == 0.0 => format!("{float:.0}"),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_the_order_of_keys_are_told_apart_as_json_does() {
        let of = |text: &str| canonical(&serde_json::from_str(text).unwrap());
        for (one, other) in [("1", "1.0"), ("1e2", "100"), (r#"{"a":1,"b":[2.0]}"#, r#"{"b":[2],"a":1}"#)] {
            assert_eq!(of(one), of(other));
        }
        for (one, other) in [("1", "1.5"), ("1", "\"1\""), ("[1,2]", "[2,1]"), ("[\"a,b\"]", "[\"a\",\"b\"]")] {
            assert_ne!(of(one), of(other));
        }
    }
}

//! JSON for people and for the Runtime API.

/// An object of texts, without those that are empty.
///
/// `serde_json`'s own values bring maps and numbers along, a twentieth of a small function.
pub(crate) fn object(members: &[(&str, &str)]) -> String {
    let mut json = String::from("{");
    for (name, value) in members.iter().filter(|(_, value)| !value.is_empty()) {
        if json.len() > 1 {
            json.push(',');
        }
        // To write a text cannot fail.
        let value = serde_json::to_string(value).unwrap_or_default();
        json.extend(["\"", name, "\":", &value]);
    }
    json.push('}');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_and_empty_ones_left_out() {
        assert_eq!(object(&[]), "{}");
        assert_eq!(object(&[("a", ""), ("b", "1\n\"2\"\u{1}é"), ("c", "x")]), r#"{"b":"1\n\"2\"\u0001é","c":"x"}"#);
    }
}

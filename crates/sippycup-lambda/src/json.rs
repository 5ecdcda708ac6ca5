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
        json.extend(["\"", name, "\":", &quoted(value)]);
    }
    json.push('}');
    json
}

#[cfg(any(feature = "logging", feature = "metrics"))]
/// A JSON object that is being written.
pub(crate) struct Object(String);

#[cfg(any(feature = "logging", feature = "metrics"))]
impl Object {
    pub(crate) fn new() -> Self {
        Self(String::from("{"))
    }

    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.bare(name, &quoted(value));
    }

    /// The value is JSON.
    pub(crate) fn bare(&mut self, name: &str, value: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.extend([&quoted(name), ":", value]);
    }

    pub(crate) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

fn quoted(text: &str) -> String {
    let json = serde_json::to_string(text);
    debug_assert!(json.is_ok(), "to write a text cannot fail: {json:?}");
    json.unwrap_or_default()
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

//! Additional claims: those that the JWT action of a load balancer checks beside the standard ones.
//!
//! Source: "JwtValidationActionAdditionalClaim" of the API of Elastic Load Balancing.

use serde_json::{Map, Value};

use crate::ConfigError;

/// A claim, and the values that it must have.
#[derive(Clone, Debug)]
pub(super) struct AdditionalClaim {
    name: String,
    format: Format,
    values: Vec<String>,
}

/// The type of the claim in a token.
#[derive(Clone, Copy, Debug)]
enum Format {
    SingleString,
    SpaceSeparatedValues,
    StringArray,
}

impl AdditionalClaim {
    pub(super) fn new(name: String, format: &str, values: Vec<String>) -> Result<Self, ConfigError> {
        let wrong = |what: &str| Err(ConfigError::new(format!("additional claim `{}`: {what}", name.escape_debug())));
        let format = match format {
            "single-string" => Format::SingleString,
            "space-separated-values" => Format::SpaceSeparatedValues,
            "string-array" => Format::StringArray,
            _ => {
                return wrong("expected one of the formats single-string, string-array and space-separated-values");
            }
        };
        if name.is_empty() {
            return wrong("expected a name");
        }
        if ["exp", "iat", "iss", "nbf"].contains(&&*name) {
            return wrong("it is checked in every token, and cannot be an additional claim");
        }
        if values.is_empty() || values.len() > MOST {
            return wrong(&format!("expected 1 to {MOST} values, found {}", values.len()));
        }
        if values.iter().any(|value| value.chars().count() > 256) {
            return wrong("expected values of 256 characters at most");
        }
        match format {
            // AWS does not document what several values would mean.
            Format::SingleString if values.len() > 1 => wrong("a single string has one value"),
            Format::SpaceSeparatedValues if values.iter().any(|value| value.is_empty() || value.contains(' ')) => {
                wrong("expected values without spaces, for those stand between them")
            }
            _ => Ok(Self { name, format, values }),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether a token has the claim in this format, with all of the values. AWS may ask for one of them only, which is not documented; asking for all refuses more tokens.
    pub(super) fn is_in(&self, claims: &Map<String, Value>) -> bool {
        let has_all = |found: &[&str]| self.values.iter().all(|value| found.contains(&&**value));
        match (self.format, claims.get(&self.name)) {
            (Format::SingleString, Some(Value::String(text))) => has_all(&[text]),
            (Format::SpaceSeparatedValues, Some(Value::String(text))) => has_all(&text.split(' ').collect::<Vec<_>>()),
            (Format::StringArray, Some(Value::Array(items))) => {
                let texts: Option<Vec<_>> = items.iter().map(Value::as_str).collect();
                texts.is_some_and(|texts| has_all(&texts))
            }
            _ => false,
        }
    }
}

/// The most claims of an action, and the most values of a claim.
pub(super) const MOST: usize = 10;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claim(format: &str, values: &[&str]) -> Result<AdditionalClaim, ConfigError> {
        AdditionalClaim::new("c".to_owned(), format, values.iter().map(|value| (*value).to_owned()).collect())
    }

    #[test]
    fn a_token_has_all_values_in_the_format_that_is_asked_for() {
        for (format, values, found, passes) in [
            ("single-string", &["shop"][..], json!("shop"), true),
            ("single-string", &["shop"], json!("shop "), false),
            ("single-string", &["shop"], json!("Shop"), false),
            ("single-string", &["shop"], json!(["shop"]), false),
            ("single-string", &["true"], json!(true), false),
            ("single-string", &["1"], json!(1), false),
            ("single-string", &["a b"], json!("a b"), true),
            ("string-array", &["a", "b"], json!(["c", "b", "a"]), true),
            ("string-array", &["a", "b"], json!(["a"]), false),
            ("string-array", &["a"], json!("a"), false),
            ("string-array", &["a"], json!(["a", 1]), false),
            ("string-array", &["a"], json!([["a"]]), false),
            ("string-array", &["a"], json!([]), false),
            ("space-separated-values", &["a", "b"], json!("b c a"), true),
            ("space-separated-values", &["a", "b"], json!("a"), false),
            ("space-separated-values", &["a"], json!("ab a\tb"), false),
            ("space-separated-values", &["a"], json!(["a"]), false),
            ("space-separated-values", &["a"], json!(null), false),
        ] {
            let claims = json!({"c": found});
            let is_in = claim(format, values).unwrap().is_in(claims.as_object().unwrap());
            assert_eq!(is_in, passes, "{format} {values:?} {claims}");
        }
        assert!(!claim("string-array", &["a"]).unwrap().is_in(&Map::new()));
    }

    #[test]
    fn what_aws_would_not_take_is_refused() {
        let long = "x".repeat(257);
        for (format, values, part) in [
            ("string", &["a"][..], "expected one of the formats"),
            ("string-array", &[], "expected 1 to 10 values, found 0"),
            ("string-array", &["a"; 11], "found 11"),
            ("string-array", &[&*long], "256 characters"),
            ("single-string", &["a", "b"], "one value"),
            ("space-separated-values", &["a b"], "without spaces"),
            ("space-separated-values", &[""], "without spaces"),
        ] {
            let error = claim(format, values).unwrap_err().to_string();
            assert!(error.starts_with("additional claim `c`: ") && error.contains(part), "{error}");
        }
        for name in ["", "exp", "iss", "nbf", "iat"] {
            assert!(AdditionalClaim::new(name.to_owned(), "single-string", vec!["a".to_owned()]).is_err(), "{name}");
        }
        assert!(claim("string-array", &["a"; 10]).is_ok());
    }
}

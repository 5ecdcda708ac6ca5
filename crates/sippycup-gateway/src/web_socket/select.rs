//! Route selection expressions.

use serde_json::Value;

use crate::ConfigError;

/// An expression that names a route by what stands in a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Selection {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Part {
    Literal(String),
    /// The members that lead to a value in the body.
    Body(Vec<String>),
}

impl Selection {
    /// Reads `$request.body.action`, `${request.body.a}/${request.body.b}`, `\$default`.
    ///
    /// # Errors
    ///
    /// If it is empty, has a variable that a message does not have, or a brace without its other half.
    pub(crate) fn parse(text: &str) -> Result<Self, ConfigError> {
        let wrong = |what: &str| ConfigError::new(format!("route selection expression `{text}`: {what}"));
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        loop {
            let mut characters = rest.chars();
            let Some(next) = characters.next() else { break };
            let after = characters.as_str();
            rest = match next {
                '\\' => {
                    literal.extend(characters.next());
                    characters.as_str()
                }
                '$' => {
                    let (variable, after) = match after.strip_prefix('{') {
                        Some(inside) => inside.split_once('}').ok_or_else(|| wrong("expected `}` behind `${`"))?,
                        None => {
                            let end = after.find(|c: char| !is_of_path(c)).unwrap_or(after.len());
                            after.split_at(end)
                        }
                    };
                    let path =
                        variable.strip_prefix("request.body.").filter(|path| is_path(path)).ok_or_else(|| {
                            wrong(&format!(
                                "expected a member of the message, as `$request.body.action`, found `{variable}`"
                            ))
                        })?;
                    if !literal.is_empty() {
                        parts.push(Part::Literal(std::mem::take(&mut literal)));
                    }
                    parts.push(Part::Body(path.split('.').map(str::to_owned).collect()));
                    after
                }
                other => {
                    literal.push(other);
                    after
                }
            };
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        if parts.is_empty() {
            return Err(wrong("expected an expression such as `$request.body.action`"));
        }
        Ok(Self { parts })
    }

    /// What the expression makes of a message; nothing if the message has no such member, or one that is no string.
    pub(super) fn key(&self, message: &str) -> Option<String> {
        let reads = self.parts.iter().any(|part| matches!(part, Part::Body(_)));
        let body: Value = if reads { serde_json::from_str(message).ok()? } else { Value::Null };
        let text = |part: &Part| match part {
            Part::Literal(text) => Some(text.clone()),
            Part::Body(path) => {
                path.iter().try_fold(&body, |value, member| value.get(member))?.as_str().map(str::to_owned)
            }
        };
        self.parts.iter().map(text).collect()
    }
}

impl Default for Selection {
    fn default() -> Self {
        Self { parts: vec![Part::Body(vec!["action".to_owned()])] }
    }
}

const fn is_of_path(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

fn is_path(path: &str) -> bool {
    path.chars().all(is_of_path) && path.split('.').all(|member| !member.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_reads_members_of_the_message() {
        for (expression, message, key) in [
            ("$request.body.action", r#"{"action":"send"}"#, Some("send")),
            ("${request.body.action}", r#"{"action":"send"}"#, Some("send")),
            ("$request.body.a.b", r#"{"a":{"b":"deep"}}"#, Some("deep")),
            ("${request.body.a}/${request.body.b}", r#"{"a":"x","b":"y"}"#, Some("x/y")),
            ("v1-$request.body.a", r#"{"a":"x"}"#, Some("v1-x")),
            (r"\$default", "whatever", Some("$default")),
            ("always", "no JSON", Some("always")),
            ("$request.body.action", "hello", None),
            ("$request.body.action", r#"{"other":"send"}"#, None),
            ("$request.body.action", r#"{"action":7}"#, None),
            ("$request.body.action", r#"{"action":null}"#, None),
            ("$request.body.action", r#"{"action":{"a":"b"}}"#, None),
            ("$request.body.action", r#"["action"]"#, None),
            ("$request.body.a.b", r#"{"a":"b"}"#, None),
        ] {
            let found = Selection::parse(expression).unwrap().key(message);
            assert_eq!(found.as_deref(), key, "{expression} {message}");
        }
    }

    #[test]
    fn an_expression_without_a_meaning_is_refused() {
        for (expression, message) in [
            ("", "expected an expression"),
            ("${request.body.action", "expected `}`"),
            ("$request.header.x", "found `request.header.x`"),
            ("$request.body", "found `request.body`"),
            ("$request.body.a..b", "found `request.body.a..b`"),
            ("$", "found ``"),
        ] {
            let error = Selection::parse(expression).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}

//! Response templates: text with variables, without a template language.

use super::variable::{Values, Variable};
use crate::ConfigError;

/// A template that was understood.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Piece {
    Text(String),
    Variable(Variable),
}

impl Template {
    /// Reads a template. A `$` before anything but a letter or `{` is text.
    ///
    /// # Errors
    ///
    /// If it names a variable that there is not, or has a directive of the Velocity Template Language, which AWS does not carry out here.
    pub(super) fn parse(text: &str) -> Result<Self, ConfigError> {
        if let Some(directive) = directive(text) {
            return Err(ConfigError::new(format!(
                "`#{directive}` is of a template language, and templates of gateway responses have variables only"
            )));
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            let name = name(after);
            if name.is_empty() && !after.starts_with('{') {
                push(&mut pieces, before);
                push(&mut pieces, "$");
                rest = after;
                continue;
            }
            let Some(variable) = Variable::parse(name) else {
                let shown = if name.is_empty() { "{" } else { name };
                return Err(ConfigError::new(format!(
                    "expected a variable such as `$context.error.messageString`, `$stageVariables.name` or `$method.request.header.name`, found `${shown}`"
                )));
            };
            push(&mut pieces, before);
            pieces.push(Piece::Variable(variable));
            let behind = after.strip_prefix(name);
            debug_assert!(behind.is_some(), "a name is the beginning of the text");
            rest = behind.unwrap_or_default();
        }
        push(&mut pieces, rest);
        Ok(Self { pieces })
    }

    /// The text with the values of a request; what it does not have is empty.
    pub(super) fn render(&self, values: &Values<'_>) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Variable(variable) => text.push_str(&values.of(variable).unwrap_or_default()),
            }
        }
        text
    }
}

fn push(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(Piece::Text(last)) => last.push_str(text),
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}

/// The dotted name at the beginning of a text, without a dot at its end.
fn name(text: &str) -> &str {
    let mut end = 0;
    for (at, part) in text.split('.').enumerate() {
        let length = part.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-')).unwrap_or(part.len());
        if length == 0 || at == 0 && !part.starts_with(|c: char| c.is_ascii_alphabetic()) {
            break;
        }
        end += length + usize::from(at > 0);
        if length < part.len() {
            break;
        }
    }
    let name = text.get(..end);
    debug_assert!(name.is_some(), "a name ends where one of its parts does");
    name.unwrap_or_default()
}

/// The first directive of the Velocity Template Language.
fn directive(text: &str) -> Option<&'static str> {
    text.match_indices('#').find_map(|(at, _)| {
        let behind = text.get(at + 1..)?;
        let word = behind.split(|c: char| !c.is_ascii_alphabetic()).next()?;
        DIRECTIVES.iter().copied().find(|directive| *directive == word)
    })
}

const DIRECTIVES: [&str; 12] =
    ["break", "define", "else", "elseif", "end", "evaluate", "foreach", "if", "include", "macro", "parse", "set"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_where_a_sentence_does() {
        for (text, expected) in [
            ("context.error.message\"}", "context.error.message"),
            ("context.stage. And", "context.stage"),
            ("context.stage..x", "context.stage"),
            ("stageVariables.a_b-c/", "stageVariables.a_b-c"),
            ("method.request.header.X-Tag", "method.request.header.X-Tag"),
            ("5.00", ""),
            ("", ""),
        ] {
            assert_eq!(name(text), expected, "{text}");
        }
    }

    #[test]
    fn money_is_text_and_what_nobody_knows_is_refused() {
        assert_eq!(
            Template::parse("$5 and #fff $$context.stage$").unwrap().pieces,
            [
                Piece::Text("$5 and #fff $".to_owned()),
                Piece::Variable(Variable::Context("/stage".to_owned())),
                Piece::Text("$".to_owned()),
            ]
        );
        for (text, part) in [
            ("$input.body", "found `$input.body`"),
            ("$util.escapeJavaScript($context.error.message)", "found `$util.escapeJavaScript`"),
            ("$context.error.code", "found `$context.error.code`"),
            ("$context.wafResponseCode", "found `$context.wafResponseCode`"),
            ("$context", "found `$context`"),
            ("${context.stage}", "found `${`"),
            ("#set($x = 1)", "`#set` is of a template language"),
            ("a\n#if($x)b#end", "`#if` is of a template language"),
        ] {
            let error = Template::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}

//! What YAML and JSON say, with its place: nothing is a number or a boolean before somebody asks for one.

use serde_json::{Map, Value};

use super::fault::{Fault, Span};

/// One value of a file.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) shape: Shape,
}

#[derive(Clone, Debug)]
pub(crate) enum Shape {
    /// A scalar as it was written; `plain` if without quotes, so that it may mean more than text.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    /// In the order of the file, each key once.
    Map(Vec<Entry>),
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Span,
    pub(crate) value: Node,
}

impl Node {
    pub(crate) fn text(span: Span, text: impl Into<String>) -> Self {
        Self { span, shape: Shape::Scalar { text: text.into(), plain: false } }
    }

    pub(crate) const fn list(span: Span, items: Vec<Self>) -> Self {
        Self { span, shape: Shape::List(items) }
    }

    pub(crate) const fn map(span: Span, entries: Vec<Entry>) -> Self {
        Self { span, shape: Shape::Map(entries) }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The value at the end of a path of keys.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Those of a map; none of anything else.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.shape {
            Shape::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Those of a list; of anything else itself alone.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.shape {
            Shape::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    pub(crate) const fn is_map(&self) -> bool {
        matches!(self.shape, Shape::Map(_))
    }

    pub(crate) fn is_null(&self) -> bool {
        match &self.shape {
            Shape::Scalar { text, plain } => *plain && matches!(&**text, "" | "~" | "null" | "Null" | "NULL"),
            _ => false,
        }
    }

    /// The text of a scalar that is not null.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.shape {
            Shape::Scalar { text, .. } if !self.is_null() => Some(text),
            _ => None,
        }
    }

    /// The function and its argument, if this is `{Fn::X: …}`, `{Ref: …}` or `{Condition: …}`.
    pub(crate) fn as_intrinsic(&self) -> Option<(&str, &Self)> {
        match self.entries() {
            [Entry { key, value, .. }] if key.starts_with("Fn::") || matches!(&**key, "Ref" | "Condition") => {
                Some((key, value))
            }
            _ => None,
        }
    }

    pub(crate) fn string(&self) -> Result<&str, Fault> {
        self.as_text().ok_or_else(|| self.unlike("a string"))
    }

    pub(crate) fn boolean(&self) -> Result<bool, Fault> {
        match self.as_text().map(str::to_ascii_lowercase).as_deref() {
            Some("true" | "yes" | "on") => Ok(true),
            Some("false" | "no" | "off") => Ok(false),
            _ => Err(self.unlike("true or false")),
        }
    }

    pub(crate) fn number(&self) -> Result<f64, Fault> {
        let number = self.as_text().and_then(|text| text.trim().parse::<f64>().ok()).filter(|n| n.is_finite());
        number.ok_or_else(|| self.unlike("a number"))
    }

    /// The value as JSON: what is written without quotes is a number, a boolean or null if it can be.
    pub(crate) fn to_json(&self) -> Value {
        match &self.shape {
            _ if self.is_null() => Value::Null,
            Shape::Scalar { text, plain: true } => {
                let literal = serde_json::from_str(text).ok().filter(|value: &Value| !value.is_string());
                literal.unwrap_or_else(|| Value::from(text.as_str()))
            }
            Shape::Scalar { text, .. } => Value::from(text.as_str()),
            Shape::List(items) => items.iter().map(Self::to_json).collect(),
            Shape::Map(entries) => {
                entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect::<Map<_, _>>().into()
            }
        }
    }

    /// A fault about this value.
    pub(crate) fn fault(&self, message: impl std::fmt::Display) -> Fault {
        Fault::new(self.span, message)
    }

    pub(crate) fn unlike(&self, expected: &str) -> Fault {
        let found = match (&self.shape, self.as_intrinsic()) {
            (_, Some((function, _))) => format!("`{function}`"),
            _ if self.is_null() => "nothing".to_owned(),
            (Shape::Scalar { text, .. }, _) => format!("`{text}`"),
            (Shape::List(_), _) => "a list".to_owned(),
            (Shape::Map(_), _) => "a map".to_owned(),
        };
        self.fault(format_args!("expected {expected}, found {found}"))
    }

    /// What Python's YAML reader, with which SAM reads, makes of a scalar that is no text to it: a boolean, an octal or a sexagesimal number.
    ///
    /// `yes` is `true`, `012` is 10, `12:30:00` is 45000, `0x1F` is 31, `1_000` is 1000.
    pub(crate) fn reread(&self) -> Option<String> {
        let Shape::Scalar { text, plain: true } = &self.shape else { return None };
        match &*text.to_ascii_lowercase() {
            "yes" | "on" => return Some("true".to_owned()),
            "no" | "off" => return Some("false".to_owned()),
            _ => {}
        }
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        if !digits.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let bare = digits.replace('_', "");
        let number = if let Some(hex) = bare.strip_prefix("0x") {
            u64::from_str_radix(hex, 16).ok()
        } else if bare.contains(':') {
            sexagesimal(&bare)
        } else if bare.len() > 1 && bare.starts_with('0') && bare.bytes().all(|b| matches!(b, b'0'..=b'7')) {
            u64::from_str_radix(&bare, 8).ok()
        } else if bare.len() < digits.len() && bare.bytes().all(|b| b.is_ascii_digit()) {
            bare.parse().ok()
        } else {
            None
        }?;
        Some(if text.starts_with('-') { format!("-{number}") } else { number.to_string() })
    }
}

/// `12:30:00`: the parts behind the first one are below 60.
fn sexagesimal(text: &str) -> Option<u64> {
    let mut parts = text.split(':');
    let first: u64 = parts.next()?.parse().ok().filter(|_| !text.starts_with('0'))?;
    parts.try_fold(first, |sum, part| {
        let part: u64 = part.parse().ok().filter(|n| *n < 60)?;
        sum.checked_mul(60)?.checked_add(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_are_what_python_reads_in_them() {
        for (text, read) in [
            ("yes", Some("true")),
            ("Off", Some("false")),
            ("012", Some("10")),
            ("-012", Some("-10")),
            ("12:30:00", Some("45000")),
            ("0x1F", Some("31")),
            ("1_000", Some("1000")),
            ("08", None),
            ("0", None),
            ("1e3", None),
            ("2012-10-17", None),
            ("12:61", None),
            ("text", None),
        ] {
            let node = Node { span: Span::default(), shape: Shape::Scalar { text: text.to_owned(), plain: true } };
            assert_eq!(node.reread().as_deref(), read, "{text}");
            assert_eq!(Node::text(Span::default(), text).reread(), None, "quoted {text}");
        }
    }
}

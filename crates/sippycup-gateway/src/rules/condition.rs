//! Conditions of rules.

use std::fmt;

use http::{HeaderMap, HeaderName};
use regex_lite::{Regex, RegexBuilder};

use super::asked::Asked;
use super::pattern::{self, Case, Cidr, matches};
use crate::ConfigError;
use crate::location::host::without_port;

/// One condition. It holds if one of its values matches.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    HostHeader(Vec<Value>),
    HttpHeader(HeaderName, Vec<Value>),
    HttpRequestMethod(Vec<String>),
    PathPattern(Vec<Value>),
    QueryString(Vec<(String, String)>),
    SourceIp(Vec<(String, Cidr)>),
    /// Of VPC Lattice.
    Method(String),
    Path(Text),
    Header(HeaderName, Text),
}

impl Condition {
    pub(super) fn matches(&self, asked: &Asked<'_>) -> bool {
        match self {
            Self::HostHeader(values) => {
                let host = without_port(asked.host);
                values.iter().any(|value| value.matches(host, Case::Insensitive, false))
            }
            Self::HttpHeader(name, values) => lines(asked.headers, name)
                .any(|line| values.iter().any(|value| value.matches(&line, Case::Insensitive, false))),
            Self::HttpRequestMethod(methods) => methods.iter().any(|method| method == asked.method.as_str()),
            Self::PathPattern(values) => values.iter().any(|value| value.matches(asked.path, Case::Sensitive, false)),
            Self::QueryString(pairs) => pairs.iter().any(|pair| query_has(asked.query, pair)),
            Self::SourceIp(blocks) => blocks.iter().any(|(_, block)| block.contains(asked.peer)),
            Self::Method(method) => method == asked.method.as_str(),
            Self::Path(text) => text.matches(asked.path),
            Self::Header(name, text) => lines(asked.headers, name).any(|line| text.matches(&line)),
        }
    }

    /// The name of a condition that a rule may have only once.
    pub(super) const fn single(&self) -> Option<&'static str> {
        match self {
            Self::HttpHeader(..) | Self::QueryString(_) | Self::Header(..) => None,
            _ => Some(self.name()),
        }
    }

    pub(super) const fn is_of_lattice(&self) -> bool {
        matches!(self, Self::Method(_) | Self::Path(_) | Self::Header(..))
    }

    /// What AWS would not accept of the values.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let wrong = |what: String| Err(ConfigError::new(format!("{}: {what}", self.name())));
        if self.size().0 == 0 {
            return wrong("expected a value".to_owned());
        }
        let legal = |name: &str, value: &str, is_legal: &dyn Fn(u8) -> bool| {
            if value.is_empty() || value.len() > LONGEST || !value.bytes().all(is_legal) {
                return wrong(format!("`{value}` is no {name}, of {LONGEST} characters at most"));
            }
            Ok(())
        };
        let plain = |values: &[Value]| {
            let patterns = values.iter().filter_map(|value| match value {
                Value::Pattern(pattern) => Some(pattern.clone()),
                Value::Regex(_) => None,
            });
            patterns.collect::<Vec<_>>()
        };
        match self {
            Self::HostHeader(values) => plain(values).iter().try_for_each(|value| {
                legal("host", value, &|b| b.is_ascii_alphanumeric() || b"-._*?".contains(&b))?;
                if value.contains('.') { Ok(()) } else { wrong(format!("expected a dot in `{value}`")) }
            }),
            Self::HttpHeader(_, values) => {
                plain(values).iter().try_for_each(|value| legal("value", value, &|b| (0x20..0x7F).contains(&b)))
            }
            Self::HttpRequestMethod(methods) => methods.iter().try_for_each(|method| {
                legal("method", method, &|b| b.is_ascii_uppercase() || matches!(b, b'-' | b'_'))?;
                if method.len() > 40 { wrong("expected a method of 40 characters at most".to_owned()) } else { Ok(()) }
            }),
            Self::PathPattern(values) => plain(values).iter().try_for_each(|value| {
                legal("path", value, &|b| b.is_ascii_alphanumeric() || b"_-.$/~\"'@:+&*?%!(),;=".contains(&b))
            }),
            Self::QueryString(pairs) => pairs.iter().try_for_each(|(key, value)| {
                if !key.is_empty() {
                    legal("key", key, &|b| b.is_ascii_graphic())?;
                }
                legal("value", value, &|b| b.is_ascii_graphic())
            }),
            Self::SourceIp(_) => Ok(()),
            Self::Method(method) => legal("method", method, &|b| b.is_ascii_uppercase()),
            Self::Path(text) if !text.value.starts_with('/') => {
                wrong(format!("expected a path with a leading slash, found `{}`", text.value))
            }
            Self::Path(text) | Self::Header(_, text) if text.value.is_empty() || text.value.len() > 200 => {
                wrong("expected a value of 200 characters at most".to_owned())
            }
            Self::Path(_) | Self::Header(..) => Ok(()),
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::HttpHeader(..) => "http-header",
            Self::QueryString(_) => "query-string",
            Self::Header(..) => "header match",
            Self::HostHeader(_) => "host-header",
            Self::HttpRequestMethod(_) => "http-request-method",
            Self::PathPattern(_) => "path-pattern",
            Self::SourceIp(_) => "source-ip",
            Self::Method(_) => "method match",
            Self::Path(_) => "path match",
        }
    }

    /// How many values there are, and how many wildcards in them.
    pub(super) fn size(&self) -> (usize, usize) {
        let wildcards = |values: &[Value]| values.iter().map(Value::wildcards).sum();
        match self {
            Self::HostHeader(values) | Self::HttpHeader(_, values) | Self::PathPattern(values) => {
                (values.len(), wildcards(values))
            }
            Self::HttpRequestMethod(methods) => (methods.len(), 0),
            Self::QueryString(pairs) => {
                let of = |text: &str| pattern::wildcards(text, true);
                (pairs.len(), pairs.iter().map(|(key, value)| of(key) + of(value)).sum())
            }
            Self::SourceIp(blocks) => (blocks.len(), 0),
            Self::Method(_) | Self::Path(_) | Self::Header(..) => (1, 0),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = |values: &mut dyn Iterator<Item = String>| values.collect::<Vec<_>>().join(" or ");
        let of = |values: &[Value]| all(&mut values.iter().map(|value| value.text().to_owned()));
        match self {
            Self::HostHeader(values) => write!(f, "host-header {}", of(values)),
            Self::HttpHeader(name, values) => write!(f, "http-header {name}: {}", of(values)),
            Self::HttpRequestMethod(methods) => {
                write!(f, "http-request-method {}", all(&mut methods.iter().cloned()))
            }
            Self::PathPattern(values) => write!(f, "path-pattern {}", of(values)),
            Self::QueryString(pairs) => {
                let shown = |(key, value): &(String, String)| match &**key {
                    "" => value.clone(),
                    key => format!("{key}={value}"),
                };
                write!(f, "query-string {}", all(&mut pairs.iter().map(shown)))
            }
            Self::SourceIp(blocks) => write!(f, "source-ip {}", all(&mut blocks.iter().map(|(text, _)| text.clone()))),
            Self::Method(method) => write!(f, "method {method}"),
            Self::Path(text) => write!(f, "path {text}"),
            Self::Header(name, text) => write!(f, "header {name} {text}"),
        }
    }
}

/// A value of a load balancer's condition.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Pattern(String),
    Regex(Regex),
}

impl Value {
    pub(super) fn regex(text: &str) -> Result<Self, ConfigError> {
        if text.len() > LONGEST {
            return Err(ConfigError::new(format!("expected a regular expression of {LONGEST} characters at most")));
        }
        regex(text, true).map(Self::Regex)
    }

    fn matches(&self, text: &str, case: Case, escapes: bool) -> bool {
        match self {
            Self::Pattern(pattern) => matches(pattern, text, case, escapes),
            Self::Regex(regex) => regex.is_match(text),
        }
    }

    fn wildcards(&self) -> usize {
        match self {
            Self::Pattern(pattern) => pattern::wildcards(pattern, false),
            Self::Regex(_) => 0,
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Pattern(pattern) => pattern,
            Self::Regex(regex) => regex.as_str(),
        }
    }
}

/// How VPC Lattice compares a path or a header.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) sort: Sort,
    pub(super) value: String,
    pub(super) case_sensitive: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Sort {
    Contains,
    Exact,
    Prefix,
}

impl Text {
    fn matches(&self, text: &str) -> bool {
        let fold = |text: &str| if self.case_sensitive { text.to_owned() } else { text.to_ascii_lowercase() };
        let (text, value) = (fold(text), fold(&self.value));
        match self.sort {
            Sort::Contains => text.contains(&value),
            Sort::Exact => text == value,
            Sort::Prefix => text.starts_with(&value),
        }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sort = match self.sort {
            Sort::Contains => "contains",
            Sort::Exact => "exact",
            Sort::Prefix => "prefix",
        };
        write!(f, "{sort} {}", self.value)
    }
}

/// A regular expression. The time of a match grows with the length of the expression times that of the text, and not faster.
pub(super) fn regex(text: &str, case_insensitive: bool) -> Result<Regex, ConfigError> {
    let built = RegexBuilder::new(text).case_insensitive(case_insensitive).size_limit(SIZE).build();
    built.map_err(|error| ConfigError::new(format!("cannot use the regular expression `{text}`: {error}")))
}

fn lines<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = std::borrow::Cow<'a, str>> {
    headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()))
}

/// Compared as it was sent: nothing is decoded.
fn query_has(query: &str, (key, value): &(String, String)) -> bool {
    let is = |pattern: &str, text: &str| matches(pattern, text, Case::Insensitive, true);
    query.split('&').filter(|pair| !pair.is_empty()).any(|pair| {
        let (name, found) = pair.split_once('=').unwrap_or((pair, ""));
        (key.is_empty() || is(key, name)) && is(value, found)
    })
}

/// The longest regular expression of a condition.
const LONGEST: usize = 128;

/// The largest compiled expression, in bytes. An expression that AWS takes needs less, unless it was made to need much.
const SIZE: usize = 1 << 20;

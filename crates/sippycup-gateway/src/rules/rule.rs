//! A rule: a priority, conditions, an action, and transforms.

use std::fmt;

use http::HeaderName;
use http::request::Parts;

use super::condition::{Condition, Sort, Text, Value};
use super::pattern::Cidr;
use super::transform::Rewrite;
use super::{Action, Asked};
use crate::{ConfigError, Kind};

/// A rule of a [`Listener`](super::Listener). All of its conditions must hold; a condition with several values holds if one of them matches. Some conditions are those of load balancers and
/// some those of VPC Lattice: a gateway takes only those of its kind.
///
/// A load balancer takes five values and five wildcards in all conditions of a rule, and each of the conditions for host, path, method and source once. `*` in a value stands
/// for any characters or none, `?` for one.
///
/// ```
/// use sippycup_gateway::{Action, Rule};
///
/// let rule = Rule::new(10, Action::forward("shop"))
///     .path_pattern(["/api/*"])
///     .http_header("X-Tier", ["gold*", "silver"])
///     .query_string([("version", "v1")]);
/// assert_eq!(rule.to_string(), "rule 10: path-pattern /api/*, http-header x-tier: gold* or silver, query-string version=v1");
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Rule {
    pub(super) priority: u32,
    pub(super) action: Action,
    conditions: Vec<Condition>,
    url: Option<Rewrite>,
    host: Option<Rewrite>,
    error: Option<ConfigError>,
}

impl Rule {
    /// A rule without conditions. The priority is from 1 to 50,000; for VPC Lattice, from 1 to 100.
    pub fn new(priority: u32, action: impl Into<Action>) -> Self {
        Self { priority, action: action.into(), conditions: Vec::new(), url: None, host: None, error: None }
    }

    /// `path-pattern`: the path as it was sent, without the query; upper and lower case differ.
    pub fn path_pattern<V: Into<String>>(self, values: impl IntoIterator<Item = V>) -> Self {
        self.with(Condition::PathPattern(patterns(values)))
    }

    /// `path-pattern` with `RegexValues`.
    pub fn path_regex<V: AsRef<str>>(self, expressions: impl IntoIterator<Item = V>) -> Self {
        self.with_regex(expressions, Condition::PathPattern)
    }

    /// `host-header`: the host without its port; upper and lower case are the same. A value must have a dot.
    pub fn host_header<V: Into<String>>(self, values: impl IntoIterator<Item = V>) -> Self {
        self.with(Condition::HostHeader(patterns(values)))
    }

    /// `host-header` with `RegexValues`.
    pub fn host_regex<V: AsRef<str>>(self, expressions: impl IntoIterator<Item = V>) -> Self {
        self.with_regex(expressions, Condition::HostHeader)
    }

    /// `http-header`: one of the lines of a header; upper and lower case are the same. The name may not be `Host`.
    pub fn http_header<V: Into<String>>(mut self, name: &str, values: impl IntoIterator<Item = V>) -> Self {
        match self.header_name(name) {
            Some(name) => self.with(Condition::HttpHeader(name, patterns(values))),
            None => self,
        }
    }

    /// `http-header` with `RegexValues`.
    pub fn http_header_regex<V: AsRef<str>>(mut self, name: &str, expressions: impl IntoIterator<Item = V>) -> Self {
        match self.header_name(name) {
            Some(name) => self.with_regex(expressions, |values| Condition::HttpHeader(name, values)),
            None => self,
        }
    }

    /// `http-request-method`: upper and lower case differ, and there are no wildcards.
    pub fn http_request_method<V: Into<String>>(self, methods: impl IntoIterator<Item = V>) -> Self {
        self.with(Condition::HttpRequestMethod(methods.into_iter().map(Into::into).collect()))
    }

    /// `query-string`: pairs of key and value, not decoded; upper and lower case are the same. An empty key stands for any key. `\*` and `\?` are no wildcards.
    pub fn query_string<K: Into<String>, V: Into<String>>(self, pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        self.with(Condition::QueryString(pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect()))
    }

    /// `source-ip`: blocks of addresses. The address of the connection must be in one of them; `X-Forwarded-For` does not matter.
    pub fn source_ip<V: AsRef<str>>(mut self, blocks: impl IntoIterator<Item = V>) -> Self {
        let mut parsed = Vec::new();
        for block in blocks {
            let block = block.as_ref();
            match Cidr::parse(block) {
                Some(cidr) => parsed.push((block.to_owned(), cidr)),
                None => self.fails(ConfigError::new(format!(
                    "source-ip: expected a block of addresses like 192.0.2.0/24, found `{block}`"
                ))),
            }
        }
        self.with(Condition::SourceIp(parsed))
    }

    /// VPC Lattice: the method.
    pub fn method(self, method: impl Into<String>) -> Self {
        self.with(Condition::Method(method.into()))
    }

    /// VPC Lattice: the whole path.
    pub fn path_exact(self, path: impl Into<String>, case_sensitive: bool) -> Self {
        self.with(Condition::Path(Text { sort: Sort::Exact, value: path.into(), case_sensitive }))
    }

    /// VPC Lattice: the beginning of the path.
    pub fn path_prefix(self, path: impl Into<String>, case_sensitive: bool) -> Self {
        self.with(Condition::Path(Text { sort: Sort::Prefix, value: path.into(), case_sensitive }))
    }

    /// VPC Lattice: the whole value of a header.
    pub fn header_exact(self, name: &str, value: impl Into<String>, case_sensitive: bool) -> Self {
        self.with_header(name, Text { sort: Sort::Exact, value: value.into(), case_sensitive })
    }

    /// VPC Lattice: the beginning of the value of a header.
    pub fn header_prefix(self, name: &str, value: impl Into<String>, case_sensitive: bool) -> Self {
        self.with_header(name, Text { sort: Sort::Prefix, value: value.into(), case_sensitive })
    }

    /// VPC Lattice: a text somewhere in the value of a header.
    pub fn header_contains(self, name: &str, value: impl Into<String>, case_sensitive: bool) -> Self {
        self.with_header(name, Text { sort: Sort::Contains, value: value.into(), case_sensitive })
    }

    /// `url-rewrite`: replaces what the expression finds first in path and query. In the replacement, `$1` is the first group. Conditions see the URL as it was sent.
    ///
    /// Where the expression finds nothing, the request stays as it is. If the result is no path, the client gets 500.
    pub fn url_rewrite(mut self, regex: &str, replace: &str) -> Self {
        match Rewrite::new(regex, replace) {
            Ok(rewrite) => self.url = Some(rewrite),
            Err(error) => self.fails(error),
        }
        self
    }

    /// `host-header-rewrite`: the same for the host without its port.
    pub fn host_header_rewrite(mut self, regex: &str, replace: &str) -> Self {
        match Rewrite::new(regex, replace) {
            Ok(rewrite) => self.host = Some(rewrite),
            Err(error) => self.fails(error),
        }
        self
    }

    pub(super) fn matches(&self, asked: &Asked<'_>) -> bool {
        self.conditions.iter().all(|condition| condition.matches(asked))
    }

    /// Rewrites what the target gets.
    ///
    /// # Errors
    ///
    /// If the result is no request that a target could get.
    pub(crate) fn transform(&self, parts: &mut Parts) -> Result<(), String> {
        self.url.as_ref().map_or(Ok(()), |rewrite| rewrite.url(parts))?;
        self.host.as_ref().map_or(Ok(()), |rewrite| rewrite.host(parts))
    }

    pub(super) fn check(&self, kind: Kind) -> Result<(), ConfigError> {
        let wrong = |what: String| Err(ConfigError::new(what));
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        let most = if kind.is_lattice() { 100 } else { 50_000 };
        if !(1..=most).contains(&self.priority) {
            return wrong(format!("expected a priority from 1 to {most}"));
        }
        self.action.check(kind)?;
        if self.conditions.is_empty() {
            return wrong("expected a condition".to_owned());
        }
        for (at, condition) in self.conditions.iter().enumerate() {
            if condition.is_of_lattice() != kind.is_lattice() {
                return wrong(format!("{} has no condition `{condition}`", kind.name()));
            }
            let again = |other: &Condition| condition.single().is_some() && other.single() == condition.single();
            if let (Some(name), true) = (condition.single(), self.conditions.iter().take(at).any(again)) {
                return wrong(format!("expected one condition {name}, found two"));
            }
            condition.check()?;
        }
        if kind.is_lattice() {
            let headers = self.conditions.iter().filter(|condition| condition.single().is_none()).count();
            if headers > 5 {
                return wrong("expected five header matches at most".to_owned());
            }
            if self.url.is_some() || self.host.is_some() {
                return wrong("VPC Lattice rewrites nothing".to_owned());
            }
            return Ok(());
        }
        let (values, wildcards) =
            self.conditions.iter().map(Condition::size).fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
        if values > MOST {
            return wrong(format!("expected {MOST} values of conditions at most, found {values}"));
        }
        if wildcards > MOST {
            return wrong(format!("expected {MOST} wildcards at most, found {wildcards}"));
        }
        Ok(())
    }

    fn with(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }

    fn with_header(mut self, name: &str, text: Text) -> Self {
        match self.header_name(name) {
            Some(name) => self.with(Condition::Header(name, text)),
            None => self,
        }
    }

    fn with_regex<V: AsRef<str>>(
        mut self,
        expressions: impl IntoIterator<Item = V>,
        condition: impl FnOnce(Vec<Value>) -> Condition,
    ) -> Self {
        let mut values = Vec::new();
        for expression in expressions {
            match Value::regex(expression.as_ref()) {
                Ok(value) => values.push(value),
                Err(error) => self.fails(error),
            }
        }
        self.with(condition(values))
    }

    fn header_name(&mut self, name: &str) -> Option<HeaderName> {
        match HeaderName::from_bytes(name.as_bytes()) {
            Ok(name) if name != http::header::HOST && name.as_str().len() <= 40 => Some(name),
            _ => {
                self.fails(ConfigError::new(format!(
                    "expected the name of a header, of 40 characters at most and not `Host`, found `{name}`"
                )));
                None
            }
        }
    }

    fn fails(&mut self, error: ConfigError) {
        self.error.get_or_insert(error);
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let conditions: Vec<_> = self.conditions.iter().map(ToString::to_string).collect();
        write!(f, "rule {}: {}", self.priority, conditions.join(", "))
    }
}

fn patterns<V: Into<String>>(values: impl IntoIterator<Item = V>) -> Vec<Value> {
    values.into_iter().map(|value| Value::Pattern(value.into())).collect()
}

/// The most values, and the most wildcards in them, of all conditions of a load balancer's rule.
const MOST: usize = 5;

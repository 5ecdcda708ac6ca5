//! Custom domain names and their mappings.

use http::HeaderMap;

use super::path::strip;
use crate::{ConfigError, Kind, RoutingRule};

/// A custom domain name with its base path mappings (REST) or API mappings (HTTP API), and with the routing rules that lead to the gateway.
///
/// ```
/// use sippycup_gateway::Domain;
///
/// let domain = Domain::new("api.example.com").mapping("shop").mapping("shop/v2");
/// assert_eq!(domain.name(), "api.example.com");
/// ```
#[derive(Clone, Debug)]
pub struct Domain {
    name: String,
    mappings: Vec<Mapping>,
    rules: Vec<RoutingRule>,
}

#[derive(Clone, Debug)]
struct Mapping {
    base_path: String,
    stage: bool,
}

/// How a path of a domain leads to the gateway.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Way<'d, 'p> {
    /// What is taken off the path.
    pub(crate) base_path: &'d str,
    /// What follows it.
    pub(crate) rest: &'p str,
    /// Whether a stage is named; if not, the client writes it.
    pub(crate) stage: bool,
    /// The priority of the rule; `None` of a mapping.
    pub(crate) rule: Option<u32>,
}

impl Domain {
    /// A domain without mappings. If it gets neither mappings nor rules, its root is mapped to the gateway.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into().to_ascii_lowercase(), mappings: Vec::new(), rules: Vec::new() }
    }

    /// Maps a base path, of one or several segments, to the gateway's stage. `""` or `/` maps the root (AWS's "(none)").
    #[must_use]
    pub fn mapping(mut self, base_path: &str) -> Self {
        self.mappings.push(Mapping { base_path: base_path.trim_matches('/').to_owned(), stage: true });
        self
    }

    /// Maps a base path to the API but to no stage of it: the caller writes the stage behind the base path. REST APIs only.
    #[must_use]
    pub fn mapping_without_stage(mut self, base_path: &str) -> Self {
        self.mappings.push(Mapping { base_path: base_path.trim_matches('/').to_owned(), stage: false });
        self
    }

    /// Adds a routing rule that leads to the gateway. REST APIs only.
    ///
    /// With rules alone the routing mode of the domain is `ROUTING_RULE_ONLY`, with rules and mappings `ROUTING_RULE_THEN_API_MAPPING`.
    #[must_use]
    pub fn rule(mut self, rule: RoutingRule) -> Self {
        let at = self.rules.partition_point(|other| other.priority <= rule.priority);
        self.rules.insert(at, rule);
        self
    }

    /// The domain name, in lower case.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn finish(&mut self, kind: Kind) -> Result<(), ConfigError> {
        let wrong = |what: String| Err(ConfigError::new(format!("domain `{}`: {what}", self.name)));
        if self.name.is_empty() || !self.name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')) {
            return wrong("expected a host name".to_owned());
        }
        for mapping in &self.mappings {
            let path = &mapping.base_path;
            if path.len() > 300
                || !path.bytes().all(|b| b.is_ascii_alphanumeric() || b"$-_.+!*'()/".contains(&b))
                || path.contains("//")
            {
                return wrong(format!(
                    "`{path}` cannot be a base path: letters, digits and $-_.+!*'()/ only, 300 at most"
                ));
            }
            if kind.is_api_gateway() && kind != Kind::RestApi && !mapping.stage {
                return wrong(format!("the mapping `{path}` of {} needs a stage", kind.name()));
            }
        }
        if !self.rules.is_empty() && kind != Kind::RestApi {
            return wrong(format!("{} has no routing rules", kind.name()));
        }
        let mut before = None;
        for rule in &self.rules {
            rule.check().or_else(|error| wrong(error.to_string()))?;
            if before == Some(rule.priority) {
                return wrong(format!("there are two routing rules of priority {}", rule.priority));
            }
            before = Some(rule.priority);
        }
        if self.mappings.is_empty() && self.rules.is_empty() {
            self.mappings.push(Mapping { base_path: String::new(), stage: true });
        }
        let twice = self
            .mappings
            .iter()
            .enumerate()
            .find(|(i, m)| self.mappings.iter().skip(i + 1).any(|other| other.base_path == m.base_path));
        if let Some((_, mapping)) = twice {
            return wrong(format!("`{}` is mapped twice", mapping.base_path));
        }
        Ok(())
    }

    /// The first rule that matches, else the longest mapping that fits.
    pub(crate) fn find<'p>(&self, path: &'p str, headers: &HeaderMap) -> Option<Way<'_, 'p>> {
        let ruled = self.rules.iter().find_map(|rule| {
            let (base_path, rest) = rule.find(path, headers)?;
            Some(Way { base_path, rest, stage: true, rule: Some(rule.priority) })
        });
        ruled.or_else(|| self.mapped(path))
    }

    fn mapped<'p>(&self, path: &'p str) -> Option<Way<'_, 'p>> {
        let fitting = self.mappings.iter().filter_map(|m| Some((m, strip(path, &m.base_path)?)));
        let (mapping, rest) = fitting.max_by_key(|(mapping, _)| mapping.base_path.len())?;
        Some(Way { base_path: &mapping.base_path, rest, stage: mapping.stage, rule: None })
    }

    pub(crate) fn rules(&self) -> &[RoutingRule] {
        &self.rules
    }

    /// The public prefix of each rule and of each mapping, as a client of the gateway writes it.
    pub(crate) fn prefixes(&self, stage: &str) -> impl Iterator<Item = String> {
        let mapped = self.mappings.iter().map(move |mapping| {
            let base = if mapping.base_path.is_empty() { String::new() } else { format!("/{}", mapping.base_path) };
            if mapping.stage { base } else { format!("{base}/{stage}") }
        });
        self.rules.iter().map(RoutingRule::prefix).chain(mapped)
    }
}

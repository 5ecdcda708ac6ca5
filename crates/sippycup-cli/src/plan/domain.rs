//! A custom domain with its mappings, as a file has it.

use std::collections::BTreeMap;

use serde::Deserialize;
use sippycup_gateway::{Domain, RoutingRule};

use super::gateway::GatewayPlan;
use super::values::Said;

/// The name, and the base paths and routing rules that lead to the gateway.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct DomainTable {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) mappings: Vec<String>,
    #[serde(default)]
    pub(crate) mappings_without_stage: Vec<String>,
    #[serde(default)]
    pub(crate) rules: Vec<RoutingRuleTable>,
}

/// A routing rule.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RoutingRuleTable {
    pub(crate) priority: u32,
    pub(crate) base_path: Option<String>,
    /// Values by the names of headers.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) strip_base_path: bool,
}

impl RoutingRuleTable {
    fn rule(&self) -> RoutingRule {
        let rule = RoutingRule::new(self.priority).strip_base_path(self.strip_base_path);
        let rule = self.base_path.iter().fold(rule, |rule, path| rule.base_path(path));
        self.headers.iter().fold(rule, |rule, (name, value)| rule.header(name, value))
    }
}

impl DomainTable {
    pub(super) fn domain(&self) -> Domain {
        let domain = self.mappings.iter().fold(Domain::new(&self.name), |domain, path| domain.mapping(path));
        let domain = self.mappings_without_stage.iter().fold(domain, |domain, path| domain.mapping_without_stage(path));
        self.rules.iter().fold(domain, |domain, rule| domain.rule(rule.rule()))
    }
}

impl GatewayPlan {
    /// The domain of `domain`, `base-path` and `stage-in-path`. A base path without a domain gets a domain of any name.
    pub(super) fn mapped(&self) -> Option<(Domain, Said<()>, &'static str)> {
        let at = |said: &Said<String>| Said { value: (), span: said.span.clone() };
        let stage_in_path = self.stage_in_path.as_ref().filter(|said| said.value);
        let (place, flag) = match (&self.domain, self.base_paths.first(), stage_in_path) {
            (_, _, Some(said)) => (Said { value: (), span: said.span.clone() }, "--stage-in-path"),
            (_, Some(path), None) => (at(path), "--base-path"),
            (Some(name), None, None) => (at(name), "--domain"),
            (None, None, None) => return None,
        };
        let domain = Domain::new(self.domain.as_ref().map_or("api.example.com", |name| &name.value));
        let mapped = |domain: Domain, path: &str| {
            if stage_in_path.is_some() { domain.mapping_without_stage(path) } else { domain.mapping(path) }
        };
        let domain = match self.base_paths.as_slice() {
            [] => mapped(domain, ""),
            paths => paths.iter().fold(domain, |domain, path| mapped(domain, &path.value)),
        };
        Some((domain, place, flag))
    }
}

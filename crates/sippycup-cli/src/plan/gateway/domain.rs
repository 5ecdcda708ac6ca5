//! A custom domain with its mappings, as a file has it.

use std::collections::BTreeMap;

use serde::Deserialize;
use sippycup_gateway::{Domain, RoutingRule};

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
    pub(crate) fn domain(&self) -> Domain {
        let domain = self.mappings.iter().fold(Domain::new(&self.name), |domain, path| domain.mapping(path));
        let domain = self.mappings_without_stage.iter().fold(domain, |domain, path| domain.mapping_without_stage(path));
        self.rules.iter().fold(domain, |domain, rule| domain.rule(rule.rule()))
    }
}

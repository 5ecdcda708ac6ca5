//! A custom domain with its mappings, as a file has it.

use serde::Deserialize;
use sippycup_gateway::Domain;

/// The name, and the base paths that lead to the gateway.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct DomainTable {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) mappings: Vec<String>,
    #[serde(default)]
    pub(crate) mappings_without_stage: Vec<String>,
}

impl DomainTable {
    pub(super) fn domain(&self) -> Domain {
        let domain = self.mappings.iter().fold(Domain::new(&self.name), |domain, path| domain.mapping(path));
        self.mappings_without_stage.iter().fold(domain, |domain, path| domain.mapping_without_stage(path))
    }
}

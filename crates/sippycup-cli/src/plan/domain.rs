//! A custom domain with its mappings, as a file has it.

use serde::Deserialize;
use sippycup_gateway::Domain;

use super::gateway::GatewayPlan;
use super::values::Said;

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

impl GatewayPlan {
    /// The domain in pieces. A base path without a domain is one of a domain that does not matter.
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

//! Custom domain names and their mappings.

use crate::location::strip;
use crate::{ConfigError, Kind};

/// A custom domain name with its base path mappings (REST) or API mappings (HTTP API).
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
}

#[derive(Clone, Debug)]
pub(crate) struct Mapping {
    pub(crate) base_path: String,
    pub(crate) stage: bool,
}

impl Domain {
    /// A domain without mappings; a gateway that gets it so maps its root.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into().to_ascii_lowercase(), mappings: Vec::new() }
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
        if self.mappings.is_empty() {
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

    /// The longest mapping that fits, and what follows it.
    pub(crate) fn find<'p>(&self, path: &'p str) -> Option<(&Mapping, &'p str)> {
        let fitting = self.mappings.iter().filter_map(|m| Some((m, strip(path, &m.base_path)?)));
        fitting.max_by_key(|(mapping, _)| mapping.base_path.len())
    }

    /// The public prefix of each mapping, as a client of the gateway writes it.
    pub(crate) fn prefixes(&self, stage: &str) -> impl Iterator<Item = String> {
        self.mappings.iter().map(move |mapping| {
            let base = if mapping.base_path.is_empty() { String::new() } else { format!("/{}", mapping.base_path) };
            if mapping.stage { base } else { format!("{base}/{stage}") }
        })
    }
}

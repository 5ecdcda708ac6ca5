//! CORS of HTTP APIs and function URLs.

use serde::Deserialize;
use sippycup_gateway::Cors;

/// What pages of other origins may do, in AWS's words.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CorsTable {
    pub(crate) allow_origins: Vec<String>,
    pub(crate) allow_methods: Vec<String>,
    pub(crate) allow_headers: Vec<String>,
    pub(crate) expose_headers: Vec<String>,
    /// Seconds.
    pub(crate) max_age: Option<u32>,
    pub(crate) allow_credentials: bool,
}

impl CorsTable {
    /// Pages of these origins may do everything.
    pub(crate) fn of_origins(origins: &[String]) -> Self {
        let all = || vec!["*".to_owned()];
        Self { allow_origins: origins.to_vec(), allow_methods: all(), allow_headers: all(), ..Self::default() }
    }

    pub(crate) fn cors(&self) -> Cors {
        let cors = Cors::new().allow_credentials(self.allow_credentials);
        let cors = self.allow_origins.iter().fold(cors, |cors, origin| cors.allow_origin(origin));
        let cors = self.allow_methods.iter().fold(cors, |cors, method| cors.allow_method(method));
        let cors = self.allow_headers.iter().fold(cors, |cors, header| cors.allow_header(header));
        let cors = self.expose_headers.iter().fold(cors, |cors, header| cors.expose_header(header));
        match self.max_age {
            Some(seconds) => cors.max_age(seconds),
            None => cors,
        }
    }
}

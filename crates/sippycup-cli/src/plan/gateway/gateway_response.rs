//! Gateway responses of REST APIs.

use std::collections::BTreeMap;

use serde::Deserialize;
use sippycup_gateway::{ConfigError, Gateway, GatewayResponse, Kind};

/// How a REST API answers in its own words to one type of error.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct GatewayResponseTable {
    /// `UNAUTHORIZED`, `DEFAULT_4XX`.
    #[serde(rename = "type")]
    pub(crate) response_type: String,
    pub(crate) status_code: Option<u16>,
    /// Expressions by the names of headers: `'text'`, `method.request.header.NAME`.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    /// By content types.
    #[serde(default)]
    pub(crate) templates: BTreeMap<String, String>,
}

impl GatewayResponseTable {
    pub(crate) fn response(&self) -> GatewayResponse {
        let response = GatewayResponse::new(&self.response_type);
        let response = match self.status_code {
            Some(status) => response.status_code(status),
            None => response,
        };
        let response = self.headers.iter().fold(response, |response, (name, value)| {
            response.parameter(&format!("gatewayresponse.header.{name}"), value)
        });
        self.templates.iter().fold(response, |response, (sort, template)| response.template(sort, template))
    }

    /// What AWS would not take of it.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        Gateway::builder(Kind::RestApi).gateway_response(self.response()).build(()).map(drop)
    }
}

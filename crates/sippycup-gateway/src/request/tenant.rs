//! The tenant of an invocation: what a REST API maps to the header `X-Amz-Tenant-Id` of its call of Lambda.

use bytes::Bytes;
use http::HeaderName;
use serde_json::Value;

use super::parameter::RequestParameter;
use crate::ConfigError;
use crate::refusal::{Refusal, Refused};

/// The part of a request that has the id of its tenant, or a fixed id.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum TenantSource {
    Context(String),
    Request(RequestParameter),
    StageVariable(String),
    Static(String),
}

impl TenantSource {
    /// Reads an expression of a request parameter mapping.
    pub(crate) fn parse(text: &str) -> Result<Self, ConfigError> {
        let wrong = || {
            Err(ConfigError::new(format!(
                "tenant: expected 'a text in quotes' or method.request.header.NAME, method.request.querystring.NAME, \
                 method.request.path.NAME, stageVariables.NAME or context.NAME, found `{text}`"
            )))
        };
        if let Some(quoted) = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
            return if is_tenant(quoted) { Ok(Self::Static(quoted.to_owned())) } else { Err(invalid()) };
        }
        if let Some(parameter) = RequestParameter::parse(text) {
            return match &parameter {
                RequestParameter::Header(name) if HeaderName::from_bytes(name.as_bytes()).is_err() => wrong(),
                _ => Ok(Self::Request(parameter)),
            };
        }
        match text.split_once('.') {
            Some(("context", name)) if !name.is_empty() => Ok(Self::Context(name.to_owned())),
            Some(("stageVariables", name)) if !name.is_empty() => Ok(Self::StageVariable(name.to_owned())),
            _ => wrong(),
        }
    }

    /// The tenant of an event of a REST API, if it has one.
    pub(crate) fn of(&self, event: &Bytes) -> Result<Option<String>, Refused> {
        match self.find(event) {
            Some(id) if !is_tenant(&id) => {
                Err(Refused::new(Refusal::Configuration, format!("the tenant cannot be used: {}", invalid())))
            }
            tenant => Ok(tenant),
        }
    }

    fn find(&self, event: &Bytes) -> Option<String> {
        let (key, name) = match self {
            Self::Static(id) => return Some(id.clone()),
            Self::Request(RequestParameter::Header(name)) => ("headers", name),
            Self::Request(RequestParameter::Path(name)) => ("pathParameters", name),
            Self::Request(RequestParameter::Query(name)) => ("queryStringParameters", name),
            Self::StageVariable(name) => ("stageVariables", name),
            Self::Context(name) => ("requestContext", name),
        };
        let event: Value = serde_json::from_slice(event).ok()?;
        let there = event.get(key)?;
        let found = match self {
            Self::Request(RequestParameter::Header(_)) => {
                let mut entries = there.as_object()?.iter();
                entries.find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value)
            }
            Self::Context(_) => name.split('.').try_fold(there, Value::get::<&str>),
            _ => there.get(name),
        };
        match found? {
            Value::String(id) => Some(id.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

/// "Up to 256 letters, digits and any of `._:/=+-@` and blanks."
pub(crate) fn is_tenant(id: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/=+-@ ".contains(&byte);
    !id.is_empty() && id.len() <= 256 && id.bytes().all(fits)
}

pub(crate) fn invalid() -> ConfigError {
    ConfigError::new("expected a tenant of 1 to 256 letters, digits and any of `._:/=+-@` and blanks")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_source_is_read_where_the_event_has_it() {
        let event = Bytes::from_static(
            br#"{"headers": {"X-Tenant-Id": "blue"}, "queryStringParameters": {"t": "green"}, "pathParameters": null,
                 "stageVariables": {"own": "red"}, "requestContext": {"apiId": "a1", "authorizer": {"tenant": 7, "claims": {"custom:t": "x"}}}}"#,
        );
        for (text, found) in [
            ("method.request.header.x-tenant-id", Some("blue")),
            ("method.request.header.x-other", None),
            ("method.request.querystring.t", Some("green")),
            ("method.request.path.t", None),
            ("stageVariables.own", Some("red")),
            ("context.apiId", Some("a1")),
            ("context.authorizer.tenant", Some("7")),
            ("context.authorizer.claims.custom:t", Some("x")),
            ("context.authorizer", None),
            ("context.authorizer.tenant.deeper", None),
            ("'always'", Some("always")),
        ] {
            assert_eq!(TenantSource::parse(text).unwrap().find(&event).as_deref(), found, "{text}");
        }
        for text in [
            "",
            "x",
            "'",
            "''",
            "'a\u{e9}'",
            "method.request.header.",
            "method.request.body.a",
            "method.request.header.a b",
            "context.",
        ] {
            assert!(TenantSource::parse(text).is_err(), "{text}");
        }
    }
}

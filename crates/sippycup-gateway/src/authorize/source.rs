//! Identity sources: where in a request an authorizer looks.

use crate::ConfigError;
use crate::request::Call;

/// `method.request.header.Authorization` of a REST API, `$request.header.Authorization` of an HTTP API, `route.request.header.Authorization` of a WebSocket API.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Source {
    Context(String),
    Header(String),
    Query(String),
    StageVariable(String),
}

impl Source {
    pub(crate) fn parse(text: &str) -> Result<Self, ConfigError> {
        let text = text.trim();
        let bare = text.strip_prefix('$').unwrap_or(text);
        let bare = bare.strip_prefix("method.").or(bare.strip_prefix("route.")).unwrap_or(bare);
        let name = |prefix: &str| bare.strip_prefix(prefix).filter(|name| !name.is_empty()).map(str::to_owned);
        let header = name("request.header.").or(name("request.multivalueheader."));
        let query = name("request.querystring.").or(name("request.multivaluequerystring."));
        header
            .map(Self::Header)
            .or(query.map(Self::Query))
            .or(name("stageVariables.").map(Self::StageVariable))
            .or(name("context.").map(Self::Context))
            .ok_or_else(|| {
                ConfigError::new(format!(
                    "identity source `{text}`: expected a header, a key of the query, a stage variable or a member of the context, such as `$request.header.Authorization`"
                ))
            })
    }

    /// The value in a request; what is empty counts as missing.
    pub(crate) fn value(&self, call: &Call<'_>) -> Option<String> {
        let value = match self {
            Self::Context(path) => call.context_value(path),
            Self::Header(name) => call.header_text(name),
            Self::Query(name) => call.query_value(name),
            Self::StageVariable(name) => call.stage_variable(name),
        };
        value.filter(|value| !value.is_empty())
    }

    /// Whether the request has several values.
    pub(crate) fn is_repeated(&self, call: &Call<'_>) -> bool {
        match self {
            Self::Header(name) => call.parts.headers.get_all(name).iter().nth(1).is_some(),
            Self::Query(name) => call.query_values(name).nth(1).is_some(),
            Self::Context(_) | Self::StageVariable(_) => false,
        }
    }

    /// In a sentence.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Context(path) => format!("`{path}` of the context"),
            Self::Header(name) => format!("the header `{name}`"),
            Self::Query(name) => format!("`{name}` of the query"),
            Self::StageVariable(name) => format!("the stage variable `{name}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_api_has_its_own_spelling() {
        let header = Source::Header("Authorization".to_owned());
        for text in [
            "method.request.header.Authorization",
            "$request.header.Authorization",
            "route.request.header.Authorization",
        ] {
            assert_eq!(Source::parse(text), Ok(header.clone()), "{text}");
        }
        assert_eq!(Source::parse(" method.request.querystring.q"), Ok(Source::Query("q".to_owned())));
        assert_eq!(Source::parse("$context.identity.sourceIp"), Ok(Source::Context("identity.sourceIp".to_owned())));
        assert_eq!(Source::parse("stageVariables.v"), Ok(Source::StageVariable("v".to_owned())));
        for text in ["", "Authorization", "method.request.path.id", "$request.header.", "$request.body.x"] {
            assert!(Source::parse(text).is_err(), "{text}");
        }
    }
}

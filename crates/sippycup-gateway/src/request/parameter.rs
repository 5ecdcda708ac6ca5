//! Parts of a request that settings of a REST API name.

use crate::request::Call;

/// `method.request.header.NAME`, `method.request.path.NAME` or `method.request.querystring.NAME`.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum RequestParameter {
    Header(String),
    Path(String),
    Query(String),
}

impl RequestParameter {
    /// `None` for what is nothing of these, or has no name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (place, name) = text.strip_prefix("method.request.")?.split_once('.')?;
        let parameter: fn(String) -> Self = match place {
            "header" => Self::Header,
            "path" => Self::Path,
            "querystring" => Self::Query,
            _ => return None,
        };
        (!name.is_empty()).then(|| parameter(name.to_owned()))
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Header(name) | Self::Path(name) | Self::Query(name) => name,
        }
    }

    /// Its first value in a request.
    pub(crate) fn of(&self, call: &Call<'_>) -> Option<String> {
        match self {
            Self::Header(name) => call.header_text(name),
            Self::Path(name) => {
                let parameters = &call.accepted.matched.parameters;
                parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
            }
            Self::Query(name) => call.query_value(name),
        }
    }
}

//! The types of gateway responses ("Gateway response types for API Gateway").

use http::StatusCode;

use super::reason::Refusal;
use crate::ConfigError;

/// The errors that a REST API answers itself, by AWS's names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ResponseType {
    AccessDenied,
    ApiConfigurationError,
    AuthorizerConfigurationError,
    AuthorizerFailure,
    BadRequestBody,
    BadRequestParameters,
    Default4xx,
    Default5xx,
    ExpiredToken,
    IntegrationFailure,
    IntegrationTimeout,
    InvalidApiKey,
    InvalidSignature,
    MissingAuthenticationToken,
    QuotaExceeded,
    RequestTooLarge,
    ResourceNotFound,
    Throttled,
    Unauthorized,
    UnsupportedMediaType,
    WafFiltered,
}

impl ResponseType {
    pub(crate) fn parse(name: &str) -> Result<Self, ConfigError> {
        let found = ALL.iter().find(|(_, known)| *known == name).map(|(found, _)| *found);
        found.ok_or_else(|| {
            let known: Vec<_> = ALL.iter().map(|(_, name)| *name).collect();
            ConfigError::new(format!(
                "gateway response `{}`: expected one of {}",
                name.escape_debug(),
                known.join(", ")
            ))
        })
    }

    pub(crate) fn name(self) -> &'static str {
        ALL.iter().find(|(known, _)| *known == self).map_or("", |(_, name)| name)
    }

    /// The type whose response is that of all types without one of their own.
    pub(crate) fn default_of(status: StatusCode) -> Self {
        if status.is_server_error() { Self::Default5xx } else { Self::Default4xx }
    }

    /// The type of a refusal of a REST API; `None` where no gateway response applies.
    #[cfg_attr(not(feature = "authorizers"), expect(unused_variables, reason = "only signatures have several"))]
    pub(crate) fn of(refusal: Refusal, error_type: Option<&str>) -> Option<Self> {
        Some(match refusal {
            #[cfg(feature = "authorizers")]
            Refusal::AccessDenied | Refusal::ExplicitlyDenied => Self::AccessDenied,
            #[cfg(feature = "authorizers")]
            Refusal::AuthorizerFailed => Self::AuthorizerConfigurationError,
            #[cfg(feature = "authorizers")]
            Refusal::BadSignature if error_type == Some("ExpiredTokenException") => Self::ExpiredToken,
            #[cfg(feature = "authorizers")]
            Refusal::BadSignature => Self::InvalidSignature,
            #[cfg(feature = "authorizers")]
            Refusal::TokenExpired | Refusal::Unauthorized => Self::Unauthorized,
            #[cfg(feature = "authorizers")]
            Refusal::Unsigned => Self::MissingAuthenticationToken,
            #[cfg(feature = "authorizers")]
            Refusal::UriTooLong => Self::Default4xx,
            Refusal::BadRequestBody => Self::BadRequestBody,
            Refusal::BadRequestParameters => Self::BadRequestParameters,
            Refusal::BadRequest | Refusal::HeadersTooLarge | Refusal::MethodNotAllowed => Self::Default4xx,
            // "When base64 decoding fails on binary data when binary support is enacted."
            Refusal::Configuration => Self::ApiConfigurationError,
            Refusal::FunctionFailed => Self::IntegrationFailure,
            Refusal::Malformed | Refusal::NotJson => Self::Default5xx,
            Refusal::NoRoute => Self::MissingAuthenticationToken,
            Refusal::QuotaExceeded => Self::QuotaExceeded,
            Refusal::RequestTooLarge => Self::RequestTooLarge,
            Refusal::Throttled => Self::Throttled,
            Refusal::TimedOut => Self::IntegrationTimeout,
            Refusal::UnknownKey => Self::InvalidApiKey,
            // A web page of another site must not learn more. A path below no stage belongs to no deployment, so there are no gateway responses for it. Targets and rewrites are those of
            // listeners.
            Refusal::Foreign | Refusal::NoStage | Refusal::NoTarget | Refusal::Rewrite => return None,
        })
    }
}

const ALL: [(ResponseType, &str); 21] = [
    (ResponseType::AccessDenied, "ACCESS_DENIED"),
    (ResponseType::ApiConfigurationError, "API_CONFIGURATION_ERROR"),
    (ResponseType::AuthorizerConfigurationError, "AUTHORIZER_CONFIGURATION_ERROR"),
    (ResponseType::AuthorizerFailure, "AUTHORIZER_FAILURE"),
    (ResponseType::BadRequestBody, "BAD_REQUEST_BODY"),
    (ResponseType::BadRequestParameters, "BAD_REQUEST_PARAMETERS"),
    (ResponseType::Default4xx, "DEFAULT_4XX"),
    (ResponseType::Default5xx, "DEFAULT_5XX"),
    (ResponseType::ExpiredToken, "EXPIRED_TOKEN"),
    (ResponseType::IntegrationFailure, "INTEGRATION_FAILURE"),
    (ResponseType::IntegrationTimeout, "INTEGRATION_TIMEOUT"),
    (ResponseType::InvalidApiKey, "INVALID_API_KEY"),
    (ResponseType::InvalidSignature, "INVALID_SIGNATURE"),
    (ResponseType::MissingAuthenticationToken, "MISSING_AUTHENTICATION_TOKEN"),
    (ResponseType::QuotaExceeded, "QUOTA_EXCEEDED"),
    (ResponseType::RequestTooLarge, "REQUEST_TOO_LARGE"),
    (ResponseType::ResourceNotFound, "RESOURCE_NOT_FOUND"),
    (ResponseType::Throttled, "THROTTLED"),
    (ResponseType::Unauthorized, "UNAUTHORIZED"),
    (ResponseType::UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE"),
    (ResponseType::WafFiltered, "WAF_FILTERED"),
];

//! What comes of asking an authorizer.

use crate::refusal::{Refusal, Refused};
use crate::request::{Authorizer, Call};

/// What came of asking an authorizer.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) granted: Result<Granted, Denied>,
    pub(crate) cached: bool,
}

/// A request that may go on.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) authorizer: Authorizer,
    pub(crate) principal: Option<String>,
    /// The API key that a Lambda authorizer names.
    pub(crate) usage_key: Option<String>,
}

/// A request that may not.
#[derive(Debug)]
pub(crate) struct Denied {
    pub(crate) why: Why,
    pub(crate) reason: String,
    /// What a function has said about who asks, while it refuses them.
    pub(crate) authorizer: Option<Box<Authorizer>>,
}

/// In as many cases as clients can see a difference.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Why {
    /// Nothing came that an authorizer could look at.
    Missing,
    /// A token that is none, or of somebody else; the text is what an HTTP API tells.
    Invalid(String),
    Expired,
    /// A token without one of the scopes of the route.
    Scope,
    /// The function says that it does not know who asks.
    Unauthorized,
    ImplicitDeny,
    ExplicitDeny,
    /// The authorizer failed, or answered what is no answer.
    Failed,
    /// The ARN of the request is too long for a policy.
    TooLong,
    /// A signature that does not count, and what the client is told.
    Signature {
        error_type: &'static str,
        message: String,
    },
    /// The request has no signature.
    Unsigned,
}

impl Denied {
    pub(crate) fn new(why: Why, reason: impl Into<String>) -> Self {
        Self { why, reason: reason.into(), authorizer: None }
    }

    /// The answer that a front door gives.
    pub(super) fn refused(mut self, name: &str, call: &Call<'_>) -> Refused {
        let kind = call.kind();
        let refusal = match &self.why {
            Why::Missing | Why::Invalid(_) | Why::Unauthorized => Refusal::Unauthorized,
            Why::Expired if kind.is_http_api() => Refusal::Unauthorized,
            Why::Expired => Refusal::TokenExpired,
            Why::Scope | Why::ImplicitDeny => Refusal::AccessDenied,
            Why::ExplicitDeny => Refusal::ExplicitlyDenied,
            Why::Failed => Refusal::AuthorizerFailed,
            Why::TooLong => Refusal::UriTooLong,
            Why::Signature { .. } => Refusal::BadSignature,
            Why::Unsigned => Refusal::Unsigned,
        };
        let refused =
            Refused::new(refusal, format!("authorizer `{name}`: {}", self.reason)).about(self.authorizer.take());
        let error = |text: &str| format!("Bearer scope=\"\" error=\"invalid_token\" error_description=\"{text}\"");
        match &self.why {
            Why::Missing if kind.is_http_api() && self.reason.starts_with(NO_TOKEN) => refused.challenge("Bearer"),
            Why::Invalid(text) if kind.is_http_api() => refused.challenge(&error(text)),
            Why::Expired if kind.is_http_api() => refused.challenge(&error("Token is expired")),
            Why::Signature { error_type, message } => refused.tell(error_type, message),
            Why::Unsigned if kind.is_lattice() => refused.tell("AccessDeniedException", &call.anonymous()),
            _ => refused,
        }
    }
}

/// What a JWT authorizer says where it finds none: only it has a challenge.
pub(super) const NO_TOKEN: &str = "there is no token";

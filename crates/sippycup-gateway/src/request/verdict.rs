//! What an authorizer said about one request, for logs and pages.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

/// What an authorizer said about a request: in the extensions of every response before which one was asked, passed or refused.
///
/// `Display` is a few words for a log: `Auth allows user|42`, `Pool refuses: Token is expired`. There is nothing of the token in it.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub(crate) authorizer: String,
    pub(crate) refusal: Option<String>,
    pub(crate) principal: Option<String>,
    pub(crate) context: Option<Value>,
    pub(crate) cached: bool,
    pub(crate) took: Duration,
}

impl Verdict {
    /// The name of the authorizer.
    #[must_use]
    pub fn authorizer(&self) -> &str {
        &self.authorizer
    }

    /// Whether the request may go on.
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        self.refusal.is_none()
    }

    /// Why it may not.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    /// Who asks: the subject of a token, the principal of a Lambda authorizer, the ARN of a signer.
    #[must_use]
    pub fn principal(&self) -> Option<&str> {
        self.principal.as_deref()
    }

    /// `requestContext.authorizer` as the function sees it.
    #[must_use]
    pub const fn context(&self) -> Option<&Value> {
        self.context.as_ref()
    }

    /// Whether the answer of a Lambda authorizer came from the cache.
    #[must_use]
    pub const fn is_cached(&self) -> bool {
        self.cached
    }

    /// How long it took.
    #[must_use]
    pub const fn took(&self) -> Duration {
        self.took
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.authorizer)?;
        match (&self.refusal, &self.principal) {
            (Some(refusal), _) => write!(f, "refuses: {refusal}")?,
            (None, Some(principal)) => write!(f, "allows {principal}")?,
            (None, None) => f.write_str("allows")?,
        }
        f.write_str(if self.cached { " (cached)" } else { "" })
    }
}

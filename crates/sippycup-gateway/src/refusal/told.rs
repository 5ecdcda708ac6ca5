//! What a gateway response may say instead of the page of a refusal.

use bytes::Bytes;

use super::response_type::ResponseType;
use crate::request::Authorizer;

/// An error that a REST API answers itself. It is in the extensions of the response until that leaves the gateway.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) response_type: ResponseType,
    /// AWS's own, which few APIs replace: it is read only then.
    pub(crate) page: Bytes,
    /// What a validator says.
    pub(crate) validation: Option<String>,
    /// What an authorizer has said about somebody whom it refuses.
    pub(crate) authorizer: Option<Authorizer>,
}

impl Told {
    /// The message of the page; `None` where AWS says `null`. How keys and blanks are written around it is recorded, and differs.
    pub(crate) fn message(&self) -> Option<String> {
        let page: serde_json::Value = serde_json::from_slice(&self.page).ok()?;
        page.get("message").or(page.get("Message"))?.as_str().map(str::to_owned)
    }
}

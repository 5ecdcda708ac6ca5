//! The answers of the gateway itself.
//!
//! ```text
//! reason: what went wrong ──► page: what each kind of front door says ──► a response, with the fault for the developer
//!                       └───► response_type, told: what a REST API may say instead
//! ```

mod page;
mod reason;
mod response_type;
mod told;

use std::fmt;

use bytes::Bytes;
#[cfg(feature = "authorizers")]
use http::HeaderValue;
use http::Response;
#[cfg(feature = "authorizers")]
use http::header::WWW_AUTHENTICATE;

pub(crate) use page::html;
use page::{Page, answer};
pub(crate) use reason::Refusal;
pub(crate) use response_type::ResponseType;
pub(crate) use told::Told;

#[cfg(feature = "authorizers")]
use crate::request::Authorizer;
use crate::{Body, Fault, Hints, Kind};

/// A request without a proper answer: what the client is told, and what the developer is told.
#[derive(Debug)]
pub(crate) struct Refused {
    refusal: Refusal,
    reason: String,
    hints: Hints,
    #[cfg(feature = "authorizers")]
    challenge: Option<HeaderValue>,
    told: Option<Box<Particular>>,
    /// What an authorizer has said about somebody whom it refuses.
    #[cfg(feature = "authorizers")]
    authorizer: Option<Box<Authorizer>>,
}

impl Refused {
    pub(crate) fn new(refusal: Refusal, reason: impl Into<String>) -> Self {
        Self {
            refusal,
            reason: reason.into(),
            hints: Hints::default(),
            #[cfg(feature = "authorizers")]
            challenge: None,
            told: None,
            #[cfg(feature = "authorizers")]
            authorizer: None,
        }
    }

    /// The same with `WWW-Authenticate`.
    #[cfg(feature = "authorizers")]
    pub(crate) fn challenge(mut self, challenge: &str) -> Self {
        self.challenge = HeaderValue::from_str(challenge).ok();
        self
    }

    /// The same with what the client is told. HTTP APIs do not tell it.
    pub(crate) fn tell(mut self, error_type: &'static str, message: &str) -> Self {
        self.told = Some(Box::new(Particular { error_type, message: message.to_owned(), validation: None }));
        self
    }

    /// The same with the message of an invalid body, and what a validator says about it.
    pub(crate) fn invalid(mut self, message: &str, validation: String) -> Self {
        let (error_type, message) = ("BadRequestException", message.to_owned());
        self.told = Some(Box::new(Particular { error_type, message, validation: Some(validation) }));
        self
    }

    /// The same with what an authorizer has said about who asks.
    #[cfg(feature = "authorizers")]
    pub(crate) fn about(mut self, authorizer: Option<Box<Authorizer>>) -> Self {
        self.authorizer = authorizer;
        self
    }

    /// The same with a line that says what helps.
    pub(crate) fn hint(mut self, line: String) -> Self {
        self.hints.push(line);
        self
    }

    /// The function's answer is not one that the kind understands.
    pub(crate) fn malformed(reason: impl fmt::Display) -> Self {
        Self::new(Refusal::Malformed, format!("malformed answer: {reason}"))
    }

    /// The same with one more reason.
    pub(crate) fn and(mut self, reason: &str) -> Self {
        self.reason.push_str("; ");
        self.reason.push_str(reason);
        self
    }

    pub(crate) fn into_fault(self) -> Fault {
        Fault::new(&self.reason)
    }

    fn page(&self, kind: Kind) -> Page {
        let (status, content_type, body, error_type) = self.refusal.page(kind);
        match self.told.as_deref() {
            Some(Particular { error_type, message, .. }) if kind.is_lattice() => {
                (status, content_type, format!("{error_type}: {message}"), None)
            }
            Some(Particular { error_type, message, .. }) if !kind.is_http_api() => {
                let body = serde_json::json!({ "message": message }).to_string();
                (status, content_type, body, Some(error_type))
            }
            _ => (status, content_type, body, error_type),
        }
    }

    /// What a gateway response may say instead of a page.
    fn told(&self, page: &Bytes, error_type: Option<&'static str>) -> Option<Told> {
        Some(Told {
            response_type: ResponseType::of(self.refusal, error_type)?,
            page: page.clone(),
            validation: self.told.as_deref().and_then(|told| told.validation.clone()),
            #[cfg(feature = "authorizers")]
            authorizer: self.authorizer.as_deref().cloned(),
            #[cfg(not(feature = "authorizers"))]
            authorizer: None,
        })
    }

    pub(crate) fn response(&self, kind: Kind) -> Response<Body> {
        let (status, content_type, body, error_type) = self.page(kind);
        let page = Bytes::from(body);
        let told = if kind == Kind::RestApi { self.told(&page, error_type) } else { None };
        let mut response = answer((status, content_type, page, error_type));
        told.map(|told| response.extensions_mut().insert(told));
        #[cfg(feature = "authorizers")]
        if let Some(challenge) = &self.challenge {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge.clone());
        }
        response.extensions_mut().insert(Fault::new(&self.reason));
        if !self.hints.is_empty() {
            response.extensions_mut().insert(self.hints.clone());
        }
        response
    }
}

/// What is told about one request alone.
#[derive(Debug)]
struct Particular {
    /// The type of the error.
    error_type: &'static str,
    message: String,
    /// What a validator says about the body.
    validation: Option<String>,
}

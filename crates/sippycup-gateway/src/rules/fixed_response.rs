//! Fixed responses.

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, SERVER};
use http::{HeaderValue, Response, StatusCode};

use crate::{Body, ConfigError, Kind};

/// The same answer to everything: `fixed-response` of a load balancer, `FixedResponse` of VPC Lattice.
#[derive(Clone, Debug)]
#[must_use]
pub struct FixedResponse {
    pub(super) status_code: u16,
    content_type: Option<String>,
    message_body: String,
}

impl FixedResponse {
    /// An answer without a body. A load balancer takes a status of 2XX, 4XX or 5XX, VPC Lattice any from 100.
    pub const fn new(status_code: u16) -> Self {
        Self { status_code, content_type: None, message_body: String::new() }
    }

    /// One of `text/plain`, `text/css`, `text/html`, `application/javascript` and `application/json`; default `text/plain; charset=utf-8`, if there is a body.
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// The body, of 1,024 bytes at most.
    pub fn message_body(mut self, body: impl Into<String>) -> Self {
        self.message_body = body.into();
        self
    }

    pub(super) fn check(&self, kind: Kind) -> Result<(), ConfigError> {
        let wrong = |what: String| Err(ConfigError::new(format!("fixed response: {what}")));
        let status = self.status_code;
        if kind.is_lattice() {
            if !self.message_body.is_empty() || self.content_type.is_some() {
                return wrong("that of VPC Lattice has a status and no body".to_owned());
            }
            // A status below 200 cannot be the only one of a response.
            return if (200..600).contains(&status) {
                Ok(())
            } else {
                wrong(format!("expected a status from 200 to 599, found {status}"))
            };
        }
        if !matches!(status / 100, 2 | 4 | 5) {
            return wrong(format!("expected a status of 2XX, 4XX or 5XX, found {status}"));
        }
        if self.message_body.len() > 1024 {
            return wrong("expected a body of 1,024 bytes at most".to_owned());
        }
        match &self.content_type {
            Some(sort) if !CONTENT_TYPES.contains(&&**sort) => {
                wrong(format!("expected one of the content types {}, found `{sort}`", CONTENT_TYPES.join(", ")))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn response(&self, kind: Kind) -> Response<Body> {
        let mut response = Response::new(Body::from(self.message_body.clone()));
        let status = StatusCode::from_u16(self.status_code);
        debug_assert!(status.is_ok(), "a status was checked: {}", self.status_code);
        *response.status_mut() = status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        let has_body = !matches!(self.status_code, 204 | 304);
        if !has_body {
            *response.body_mut() = Body::empty();
        } else {
            response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(self.message_body.len()));
        }
        let sort =
            self.content_type.as_deref().or((!self.message_body.is_empty()).then_some("text/plain; charset=utf-8"));
        if let Some(sort) = sort.and_then(|sort| HeaderValue::from_str(sort).ok()).filter(|_| has_body) {
            response.headers_mut().insert(CONTENT_TYPE, sort);
        }
        if kind.is_load_balancer() {
            response.headers_mut().insert(SERVER, HeaderValue::from_static(BALANCER));
        }
        response
    }
}

const CONTENT_TYPES: [&str; 5] = ["text/plain", "text/css", "text/html", "application/javascript", "application/json"];

/// As a load balancer calls itself.
pub(super) const BALANCER: &str = "awselb/2.0";

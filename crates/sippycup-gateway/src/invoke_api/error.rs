//! Errors as SDKs read them: the code in a header, the message in a member whose case depends on the code.

use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use serde_json::json;

use crate::{Body, Fault};

/// An invocation that did not happen.
#[derive(Debug)]
pub(super) struct Refused {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// `Message` instead of `message`.
    capital: bool,
}

impl Refused {
    fn new(status: StatusCode, code: &'static str, message: &str) -> Self {
        Self { status, code, message: message.to_owned(), capital: false }
    }

    pub(super) fn content(what: &str) -> Self {
        let message = format!("Could not parse request body into json: {what}");
        Self::new(StatusCode::BAD_REQUEST, "InvalidRequestContentException", &message)
    }

    pub(super) fn forbidden(reason: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "AccessDeniedException", reason)
    }

    pub(super) fn no_function(name: &str) -> Self {
        let message = format!("Function not found: arn:aws:lambda:us-east-1:123456789012:function:{name}");
        let refused = Self::new(StatusCode::NOT_FOUND, "ResourceNotFoundException", &message);
        Self { capital: true, ..refused }
    }

    pub(super) fn parameter(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidParameterValueException", message)
    }

    pub(super) fn too_large(message: &str) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLargeException", message)
    }

    pub(super) fn unknown(message: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "UnknownOperationException", message)
    }

    pub(super) fn response(&self) -> Response<Body> {
        let member = if self.capital { "Message" } else { "message" };
        let page = json!({ "Type": "User", member: self.message }).to_string();
        let length = HeaderValue::from(page.len());
        let mut response = Response::new(Body::from(page));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_LENGTH, length);
        headers.insert("x-amzn-errortype", HeaderValue::from_static(self.code));
        response.extensions_mut().insert(Fault::new(&self.message));
        response
    }
}

//! Invocations that failed.

use std::error::Error;
use std::fmt;

use bytes::Bytes;
use serde_json::{Value, json};

/// An invocation without an answer: the function reported an error, ended, or took too long.
#[derive(Clone)]
pub struct FunctionError {
    error_type: String,
    message: String,
    payload: Bytes,
}

impl FunctionError {
    pub(crate) fn new(error_type: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let payload = json!({ "errorType": error_type, "errorMessage": message }).to_string();
        Self { error_type: error_type.to_owned(), message, payload: payload.into() }
    }

    /// What the function sent to `/error`, whether it is well-formed or not.
    pub(crate) fn reported(header: Option<&str>, payload: Bytes) -> Self {
        let body: Value = serde_json::from_slice(&payload).unwrap_or_default();
        let member = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
        Self {
            error_type: member("errorType")
                .or(header.map(str::to_owned))
                .unwrap_or_else(|| "Runtime.Unknown".to_owned()),
            message: member("errorMessage").unwrap_or_else(|| String::from_utf8_lossy(&payload).into_owned()),
            payload,
        }
    }

    pub(crate) fn stopped() -> Self {
        Self::new("Runtime.Stopped", "the function was stopped")
    }

    /// The type, as Lambda or the function names it: `Runtime.ExitError`, `ValueError`.
    #[must_use]
    pub fn error_type(&self) -> &str {
        &self.error_type
    }

    #[cfg(feature = "authorizers")]
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The error as JSON with `errorType` and `errorMessage`, as a direct invocation gets it from Lambda.
    #[must_use]
    pub const fn payload(&self) -> &Bytes {
        &self.payload
    }
}

impl fmt::Debug for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FunctionError").field(&self.to_string()).finish()
    }
}

impl fmt::Display for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error_type, self.message)
    }
}

impl Error for FunctionError {}

//! What Lambda is told about an invocation that failed.

use std::{any::Any, error, time::Duration};

use http::StatusCode;
use sippycup_core::ResponseError;
use sippycup_layer::Error;

use crate::json::object;

/// An invocation that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error_type: ErrorType,
    /// The error's own text and that of everything that caused it.
    pub(crate) message: String,
    pub(crate) reason: Reason,
}

/// What guards need to know, beside the type.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reason {
    /// The app had no more time.
    Late,
    /// The answer is larger than its front door takes.
    TooLarge,
    Other,
}

/// Why an event did not arrive as a whole.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Cut {
    Broken,
    TooLarge,
}

impl Failure {
    pub(crate) fn new(error_type: ErrorType, message: impl Into<String>) -> Self {
        Self { error_type, message: message.into(), reason: Reason::Other }
    }

    pub(crate) fn panic(panic: &(dyn Any + Send)) -> Self {
        let message =
            thrown(panic).map_or_else(|| "handler panicked".to_owned(), |said| format!("handler panicked: {said}"));
        Self::new(ErrorType::Panic, message)
    }

    /// The event did not arrive.
    pub(crate) fn cut(cut: Cut) -> Self {
        let message = match cut {
            Cut::Broken => "cannot read event: expected all of it, found the end of the connection",
            Cut::TooLarge => "cannot read event: expected at most 32 MB, found more",
        };
        Self::new(ErrorType::Event, message)
    }

    pub(crate) fn too_large(bytes: usize) -> Self {
        let message = format!(
            "cannot send response: Lambda refuses a response of {bytes} bytes of JSON, its limit is 6 MB; base64 makes binary bodies a third larger"
        );
        Self { reason: Reason::TooLarge, ..Self::new(ErrorType::Response, message) }
    }

    /// The front door does not take the answer.
    pub(crate) fn oversize(error: &ResponseError) -> Self {
        Self { reason: Reason::TooLarge, ..Self::new(ErrorType::Response, error.to_string()) }
    }

    /// The app had no answer so long before the deadline.
    pub(crate) fn late(margin: Duration) -> Self {
        let message =
            format!("expected an answer {margin:?} before the deadline, found none; the app's future is dropped");
        Self { reason: Reason::Late, ..Self::new(ErrorType::Service, message) }
    }

    /// The app's answer has a status that `fail_on` names.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        Self::new(ErrorType::Service, format!("the app answered {status}, which `fail_on` counts as a failure"))
    }

    /// The body that the Runtime API takes: see
    /// [Invocation error](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror).
    pub(crate) fn to_json(&self) -> String {
        object(&[("errorType", self.error_type.as_str()), ("errorMessage", &self.message)])
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        #[cfg(feature = "events")]
        if let Some(error) = error::Error::source(error).filter(|error| error.is::<crate::events::HandlerError>()) {
            return Self::new(ErrorType::Service, chain(error));
        }
        Self::new(ErrorType::of(error), chain(error))
    }
}

/// What a panic says, if that is text.
pub(crate) fn thrown(panic: &(dyn Any + Send)) -> Option<&str> {
    panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str))
}

/// The error's own text, and that of everything that caused it.
pub(crate) fn chain(error: &(dyn error::Error + 'static)) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    let mut last = message.clone();
    while let Some(error) = cause {
        let said = error.to_string();
        // Wrappers such as axum's repeat what they wrap.
        if said != last {
            message.push_str(": ");
            message.push_str(&said);
        }
        last = said;
        cause = error.source();
    }
    message
}

/// What failed, by the names that alarms look for: those of the tables in the crate's documentation and the guide.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ErrorType {
    Body,
    Event,
    Init,
    Panic,
    Response,
    Service,
}

impl ErrorType {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Body => "SippyCup.Body",
            Self::Event => "SippyCup.Event",
            Self::Init => "SippyCup.Init",
            Self::Panic => "SippyCup.Panic",
            Self::Response => "SippyCup.Response",
            Self::Service => "SippyCup.Service",
        }
    }

    /// As the Runtime API keeps it. Of names other than `Function.…` and `Runtime.…` it makes `Runtime.Unknown`.
    pub(crate) const fn as_header(self) -> &'static str {
        match self {
            Self::Body => "Function.Body",
            Self::Event => "Function.Event",
            Self::Init => "Function.Init",
            Self::Panic => "Function.Panic",
            Self::Response => "Function.Response",
            Self::Service => "Function.Service",
        }
    }

    fn of(error: &Error) -> Self {
        match () {
            () if error.is_body() => Self::Body,
            () if error.is_event() => Self::Event,
            () if error.is_response() => Self::Response,
            () => Self::Service,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A new type has no place in the list below until it has a row in the documentation.
    const fn follows(error_type: ErrorType) -> Option<ErrorType> {
        match error_type {
            ErrorType::Event => Some(ErrorType::Service),
            ErrorType::Service => Some(ErrorType::Panic),
            ErrorType::Panic => Some(ErrorType::Body),
            ErrorType::Body => Some(ErrorType::Response),
            ErrorType::Response => Some(ErrorType::Init),
            ErrorType::Init => None,
        }
    }

    #[test]
    fn the_documentation_has_a_row_for_every_error_type_and_no_other() {
        let rows = include_str!("lib.rs").lines().filter_map(|line| line.strip_prefix("//! | "));
        let documented: Vec<_> = rows.filter_map(|row| row.split_once(" | `SippyCup.")).collect();
        let all = std::iter::successors(Some(ErrorType::Event), |last| follows(*last));
        let known: Vec<_> = all.map(|error_type| format!("SippyCup.{error_type:?}")).collect();
        assert_eq!(
            documented.iter().map(|(_, name)| format!("SippyCup.{}", name.trim_end_matches("` |"))).collect::<Vec<_>>(),
            known
        );
    }

    #[test]
    fn what_the_runtime_api_gets_is_json_whatever_the_message_is() {
        let failure = Failure::panic(&"a \"quoted\"\nline");
        let json: serde_json::Value = serde_json::from_str(&failure.to_json()).unwrap();
        assert_eq!(json["errorType"], "SippyCup.Panic");
        assert_eq!(json["errorMessage"], "handler panicked: a \"quoted\"\nline");
    }
}

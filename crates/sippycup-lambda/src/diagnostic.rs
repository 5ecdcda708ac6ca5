//! What Lambda is told about an invocation that failed.

use std::{any::Any, error::Error as _};

use lambda_runtime::Diagnostic;
use sippycup_layer::Error;

/// The error's own text and that of everything that caused it.
pub(crate) fn from_error(error: &Error) -> Diagnostic {
    let error_type = match () {
        () if error.is_body() => "SippyCup.Body",
        () if error.is_event() => "SippyCup.Event",
        () if error.is_response() => "SippyCup.Response",
        () => "SippyCup.Service",
    };
    let mut error_message = error.to_string();
    let mut cause = error.source();
    let mut last = String::new();
    while let Some(error) = cause {
        let said = error.to_string();
        // Wrappers such as axum's repeat what they wrap.
        if said != last {
            error_message.push_str(": ");
            error_message.push_str(&said);
        }
        last = said;
        cause = error.source();
    }
    Diagnostic { error_type: error_type.to_owned(), error_message }
}

pub(crate) fn from_panic(panic: &(dyn Any + Send)) -> Diagnostic {
    let said = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let error_message = said.map_or_else(|| "handler panicked".to_owned(), |said| format!("handler panicked: {said}"));
    Diagnostic { error_type: "SippyCup.Panic".to_owned(), error_message }
}

pub(crate) fn too_large(bytes: usize) -> Diagnostic {
    Diagnostic {
        error_type: "SippyCup.Response".to_owned(),
        error_message: format!(
            "cannot send response: Lambda refuses a response of {bytes} bytes of JSON, its limit is 6 MB; base64 makes binary bodies a third larger"
        ),
    }
}

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
    /// What Lambda says in the function's place.
    of_lambda: Option<String>,
}

impl FunctionError {
    pub(crate) fn new(error_type: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let payload = json!({ "errorType": error_type, "errorMessage": message }).to_string();
        Self { error_type: error_type.to_owned(), message, payload: payload.into(), of_lambda: None }
    }

    /// Of a process that took too long.
    pub(crate) fn timed_out(seconds: f32) -> Self {
        let message = format!("Task timed out after {seconds:.2} seconds");
        Self { of_lambda: Some(message.clone()), ..Self::new(TIMED_OUT, message) }
    }

    /// Of a process that ended, `exit status: 1` for example. The message says more than Lambda does.
    pub(crate) fn exited(message: &str, how: &str) -> Self {
        let of_lambda = match exit_status(how) {
            Some(how) => format!("Runtime exited with error: {how}"),
            None => "Runtime exited without providing a reason".to_owned(),
        };
        Self { of_lambda: Some(of_lambda), ..Self::new("Runtime.ExitError", message) }
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
            of_lambda: None,
        }
    }

    /// What Lambda says before it invokes anything.
    pub(crate) fn without_tenant() -> Self {
        Self::new(INVALID_PARAMETER, "the function has tenant isolation, and the invocation names no tenant")
    }

    /// Whether nothing was invoked.
    pub(crate) fn is_without_tenant(&self) -> bool {
        self.error_type == INVALID_PARAMETER && self.message == Self::without_tenant().message
    }

    pub(crate) fn stopped() -> Self {
        Self::new("Runtime.Stopped", "the function was stopped")
    }

    /// The type, as Lambda or the function names it: `Runtime.ExitError`, `ValueError`.
    #[must_use]
    pub fn error_type(&self) -> &str {
        &self.error_type
    }

    /// The error as who invoked the function gets it of Lambda, which names the invocation.
    pub(crate) fn payload_of(&self, id: &str) -> Bytes {
        let Some(said) = &self.of_lambda else { return self.payload.clone() };
        let message = format!("RequestId: {id} Error: {said}");
        json!({ "errorType": self.error_type, "errorMessage": message }).to_string().into()
    }

    /// What Lambda writes into the log of the invocation.
    pub(crate) fn log_of(&self, id: &str, now: &str) -> Option<String> {
        let said = self.of_lambda.as_deref()?;
        Some(match self.error_type.as_str() {
            TIMED_OUT => format!("{now} {id} {said}\n\n"),
            error_type => format!("RequestId: {id} Error: {said}\n{error_type}\n"),
        })
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

/// How a process ended, as Go says it, which Lambda's own program is written in; `None` of one that ended well.
fn exit_status(how: &str) -> Option<String> {
    let number = how.split_once(": ").map(|(_, said)| said.split_once(' ').map_or(said, |(number, _)| number));
    Some(match number {
        Some("0") if how.starts_with("exit status") => return None,
        Some(number) if how.starts_with("exit status") => format!("exit status {number}"),
        Some("6") => "signal: aborted".to_owned(),
        Some("9") => "signal: killed".to_owned(),
        Some("11") => "signal: segmentation fault".to_owned(),
        Some("15") => "signal: terminated".to_owned(),
        _ => how.to_owned(),
    })
}

const INVALID_PARAMETER: &str = "InvalidParameterValueException";

const TIMED_OUT: &str = "Sandbox.Timedout";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_ended_is_told_of_in_the_words_of_lambda() {
        for (how, said) in [
            ("exit status: 0", "Runtime exited without providing a reason"),
            ("exit status: 127", "Runtime exited with error: exit status 127"),
            ("signal: 9 (SIGKILL)", "Runtime exited with error: signal: killed"),
            ("signal: 11 (SIGSEGV) (core dumped)", "Runtime exited with error: signal: segmentation fault"),
            ("signal: 31 (SIGSYS)", "Runtime exited with error: signal: 31 (SIGSYS)"),
            ("cannot be started", "Runtime exited with error: cannot be started"),
        ] {
            let error = FunctionError::exited("it ended", how);
            assert_eq!(error.to_string(), "Runtime.ExitError: it ended");
            let payload: Value = serde_json::from_slice(&error.payload_of("1-2")).unwrap();
            assert_eq!(payload["errorMessage"], format!("RequestId: 1-2 Error: {said}"));
            let log = format!("RequestId: 1-2 Error: {said}\nRuntime.ExitError\n");
            assert_eq!(error.log_of("1-2", "now"), Some(log));
        }
    }
}

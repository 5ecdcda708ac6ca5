//! Messages of a WebSocket API, as its route selection expression reads them.

use std::{borrow::Cow, error, fmt};

use serde::de::DeserializeOwned;

use crate::json::{Field, member};

/// A message that came over a WebSocket API whose route selection expression is `$request.body.action`: the member that
/// picked the route, and what the route's handler reads.
///
/// For another expression, such as `$request.body.type`, take a type of your own.
///
/// ```
/// use sippycup_core::Message;
///
/// #[derive(serde::Deserialize)]
/// struct Say {
///     text: String,
/// }
///
/// let message = Message::<Say>::from_slice(br#"{"action":"sendmessage","text":"hello"}"#)?;
/// assert_eq!((message.action.as_deref(), message.data.text.as_str()), (Some("sendmessage"), "hello"));
/// # Ok::<(), sippycup_core::InvalidMessage>(())
/// ```
///
/// With feature `axum` it is an extractor, for which no content type is needed: a message has no headers. What does not fit
/// is answered with 400.
///
/// See [Route selection expressions](https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message<T> {
    /// The member `action`, a number as its text; `None` where it is missing or anything else, as `$default` gets such
    /// messages too.
    pub action: Option<String>,
    /// The whole message, as `T` reads it. `T` may have a member `action` too.
    pub data: T,
}

impl<T: DeserializeOwned> Message<T> {
    /// Reads the body of a request.
    ///
    /// # Errors
    ///
    /// If it is no JSON, or not of the shape of `T`.
    pub fn from_slice(body: &[u8]) -> Result<Self, InvalidMessage> {
        let data = serde_json::from_slice(body).map_err(|error| InvalidMessage {
            line: error.line(),
            column: error.column(),
            is_json: error.is_data(),
        })?;
        let action = member(body, Field::whole(body), "action").and_then(|action| action.string_or_none(body));
        Ok(Self { action: action.map(Cow::into_owned), data })
    }
}

/// A message that is no JSON, or not of the shape that its handler reads.
///
/// It says where, and nothing of what stands there.
#[derive(Debug)]
pub struct InvalidMessage {
    line: usize,
    column: usize,
    is_json: bool,
}

impl fmt::Display for InvalidMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, is_json } = self;
        let expected = if *is_json { "another shape" } else { "JSON" };
        write!(f, "cannot read message: expected {expected} at line {line}, column {column}")
    }
}

impl error::Error for InvalidMessage {}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_message_is_read_whatever_its_action_is() {
        for (body, action) in [
            (r#"{"action":"say","n":1}"#, Some("say")),
            (r#"{"n":1,"action":"s\u0061y"}"#, Some("say")),
            (r#"{"action":7}"#, Some("7")),
            (r#"{"action":["say"]}"#, None),
            (r#"{"action":null}"#, None),
            (r#"{"inner":{"action":"say"}}"#, None),
            ("[]", None),
            ("\"action\"", None),
        ] {
            let message = Message::<Value>::from_slice(body.as_bytes()).unwrap();
            assert_eq!(message.action.as_deref(), action, "{body}");
            assert_eq!(message.data, serde_json::from_str::<Value>(body).unwrap());
        }
        assert_eq!(Message::<Value>::from_slice(br#"{"action":"say"}"#).unwrap().data, json!({"action": "say"}));
    }

    #[test]
    fn what_does_not_fit_is_an_error_that_says_nothing_of_it() {
        for (body, said) in [
            ("", "cannot read message: expected JSON at line 1, column 0"),
            ("{\"action\":\"secret\"", "cannot read message: expected JSON at line 1, column 18"),
        ] {
            assert_eq!(Message::<Value>::from_slice(body.as_bytes()).unwrap_err().to_string(), said);
        }
        let error = Message::<u32>::from_slice(b"\"secret\"").unwrap_err();
        assert_eq!(error.to_string(), "cannot read message: expected another shape at line 1, column 8");
    }
}

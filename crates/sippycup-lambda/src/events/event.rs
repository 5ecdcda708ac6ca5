//! An event that is not of HTTP, and how handlers read it.

use std::{error, fmt};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{detect::detect, kind::EventKind};
use crate::LambdaContext;

/// An event that is not of HTTP: a queue's, a schedule's, an authorizer's.
///
/// A clone shares the event's buffer.
///
/// ```
/// use sippycup_lambda::events::{Event, EventKind};
///
/// #[derive(serde::Deserialize)]
/// struct Order { id: u32 }
///
/// #[derive(serde::Deserialize)]
/// struct Placed { detail: Order }
///
/// let event = Event::from_bytes(r#"{"source":"shop","detail-type":"order placed","detail":{"id":7}}"#)?;
/// assert_eq!(event.kind(), EventKind::EventBridge);
/// assert_eq!(event.deserialize::<Placed>()?.detail.id, 7);
/// # Ok::<(), sippycup_lambda::events::InvalidEvent>(())
/// ```
#[derive(Clone)]
pub struct Event {
    kind: EventKind,
    json: Bytes,
    context: Option<LambdaContext>,
}

impl Event {
    /// An event of your own, for tests of handlers. An HTTP event, which no handler gets, is of kind `Unknown`; one of a
    /// WebSocket API is of kind `WebSocket`.
    ///
    /// # Errors
    ///
    /// If the bytes are no JSON in UTF-8.
    pub fn from_bytes(json: impl Into<Bytes>) -> Result<Self, InvalidEvent> {
        let json = json.into();
        let text = serde_json::from_slice::<&RawValue>(&json).map_err(|error| InvalidEvent::new(&error))?;
        let kind = detect(text.get());
        Ok(Self { kind, json, context: None })
    }

    /// The invocation that the event came with, for tests of handlers that read it.
    #[must_use]
    pub fn with_context(mut self, context: impl Into<Option<LambdaContext>>) -> Self {
        self.context = context.into();
        self
    }

    /// The invocation that the event came with: its id, its deadline. Only an event of [`from_bytes`](Self::from_bytes) has
    /// none.
    #[must_use]
    pub fn context(&self) -> Option<&LambdaContext> {
        self.context.as_ref()
    }

    /// The same event, with its kind known already.
    pub(super) fn of_kind(self, kind: EventKind) -> Self {
        Self { kind, ..self }
    }

    /// What the event is about.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        self.kind
    }

    /// The event as it came.
    #[must_use]
    pub fn json(&self) -> &RawValue {
        let json = serde_json::from_slice(&self.json);
        debug_assert!(json.is_ok(), "an event was read as JSON: {json:?}");
        json.unwrap_or(RawValue::NULL)
    }

    /// Reads the event into a type of yours, or of the crate `aws_lambda_events`.
    ///
    /// # Errors
    ///
    /// If the event does not have the shape of `T`. The message says where and what is wrong, and has no value of the
    /// event in it.
    pub fn deserialize<'a, T: Deserialize<'a>>(&'a self) -> Result<T, InvalidEvent> {
        serde_json::from_slice(&self.json).map_err(|error| InvalidEvent::new(&error))
    }
}

impl fmt::Debug for Event {
    /// Shows the kind only: an event has secrets in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// An event that is no JSON, or not of the shape that a handler reads.
#[derive(Debug)]
pub struct InvalidEvent {
    what: String,
    line: usize,
    column: usize,
}

impl InvalidEvent {
    fn new(error: &serde_json::Error) -> Self {
        let what = if error.is_data() { without_values(&error.to_string()) } else { "expected JSON".to_owned() };
        Self { what, line: error.line(), column: error.column() }
    }
}

impl fmt::Display for InvalidEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, line, column } = self;
        write!(f, "cannot read event: {what} (line {line}, column {column})")
    }
}

impl error::Error for InvalidEvent {}

/// What serde says, without the values that it quotes. It says the following, and types of one's own say anything:
///
/// ```text
/// missing field `a`                        the name is one of the type, not of the event
/// invalid type: string "x", expected u64   the value stands between the type of it and the last `expected`
/// unknown variant `x`, expected `a`        a value, and so may be what it has for a name
/// ```
fn without_values(said: &str) -> String {
    if let Some((field, _)) = said.strip_prefix("missing field `").and_then(|rest| rest.split_once('`')) {
        return format!("expected a member `{field}`");
    }
    let found = ["invalid type: ", "invalid value: "].into_iter().find_map(|start| said.strip_prefix(start));
    let Some((found, expected)) = found.and_then(|rest| rest.rsplit_once(", expected ")) else {
        return "expected another shape".to_owned();
    };
    let found = found.split_once(['"', '`']).map_or(found, |(found, _)| found).trim_end();
    // serde_json appends where it was.
    let expected = expected.rsplit_once(" at line ").map_or(expected, |(expected, _)| expected);
    format!("expected {expected}, found {found}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only that it can be read counts")]
    struct Order<'a> {
        id: u32,
        name: Option<&'a str>,
        state: Option<State>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum State {
        Open,
    }

    fn refused(json: &str) -> String {
        let event = Event::from_bytes(json.to_owned()).unwrap();
        event.deserialize::<Order<'_>>().unwrap_err().to_string()
    }

    #[test]
    fn an_error_says_what_is_wrong_and_has_no_value_in_it() {
        for (json, said) in [
            (r#"{"id":"secret, expected of nobody"}"#, "expected u32, found string"),
            (r#"{"id":-734}"#, "expected u32, found integer"),
            (r#"{"id":7.34}"#, "expected u32, found floating point"),
            (r#"{"id":{"secret":1}}"#, "expected u32, found map"),
            (r#"{"name":"x"}"#, "expected a member `id`"),
            (r#"{"id":1,"state":"secret"}"#, "expected another shape"),
            (r#"[]"#, "expected another shape"),
        ] {
            let message = refused(json);
            assert!(message.contains(said) && message.starts_with("cannot read event: "), "{message}");
            assert!(!message.contains("secret") && !message.contains("734") && !message.contains("7.34"), "{message}");
        }
    }

    #[test]
    fn what_is_no_json_in_utf_8_is_no_event() {
        for bytes in [&b""[..], b"{", b"{\"a\":\"\xff\"}", b"{} {}", b"nul"] {
            let error = Event::from_bytes(bytes.to_vec()).unwrap_err();
            assert!(error.to_string().starts_with("cannot read event: expected JSON"), "{error}");
        }
    }

    #[test]
    fn space_around_an_event_changes_nothing() {
        let event = Event::from_bytes(" \n{ \"Records\" : [ { \"eventSource\" : \"aws:sqs\" } ] }\n").unwrap();
        assert_eq!(event.kind(), EventKind::Sqs);
        assert!(event.json().get().starts_with('{'));
    }

    #[test]
    fn debug_output_has_nothing_of_the_event() {
        let event = Event::from_bytes(r#"{"detail-type":"x","source":"secret"}"#).unwrap();
        assert_eq!(format!("{event:?}"), "Event { kind: EventBridge, .. }");
    }
}

//! What a function answers to an event of a WebSocket API.

use http::StatusCode;

use crate::Answer;
use crate::json::Json;

/// The members that matter. Everything else of an answer is dropped, as on AWS.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) status: StatusCode,
    /// The subprotocol that `$connect` chose.
    pub(super) protocol: Option<String>,
    pub(super) body: Option<String>,
}

impl Answered {
    /// # Errors
    ///
    /// Why API Gateway would make nothing of the answer.
    pub(super) fn read(answer: &Answer) -> Result<Self, String> {
        let Some(json) = answer.as_json() else { return Err("a WebSocket API cannot stream".to_owned()) };
        let Json::Object(object) = Json::parse(json).map_err(|error| format!("no JSON: {error}"))? else {
            return Err("expected an object".to_owned());
        };
        let (mut status, mut protocol, mut body) = (None, None, None);
        for (key, value) in object {
            match (key.as_str(), value) {
                ("statusCode", value) => status = value.into_text().and_then(|text| text.parse().ok()),
                ("headers", Json::Object(headers)) => {
                    let named = headers.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(PROTOCOL));
                    protocol = protocol.or(named.and_then(|(_, value)| value.into_text()));
                }
                ("multiValueHeaders", Json::Object(headers)) => {
                    let named = headers.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(PROTOCOL));
                    let first = named.and_then(|(_, values)| match values {
                        Json::Array(values) => values.into_iter().next(),
                        _ => None,
                    });
                    protocol = protocol.or(first.and_then(Json::into_text));
                }
                ("body", Json::String(text)) => body = Some(text),
                ("body" | "headers" | "multiValueHeaders", Json::Null) | ("isBase64Encoded", _) => {}
                ("body", _) => return Err("expected a string at `body`".to_owned()),
                ("headers" | "multiValueHeaders", _) => return Err(format!("expected an object at `{key}`")),
                _ => return Err(format!("a WebSocket API knows no key `{key}`")),
            }
        }
        let status = status.filter(|status: &StatusCode| (200..=599).contains(&status.as_u16()));
        Ok(Self { status: status.ok_or("expected a status code at `statusCode`")?, protocol, body })
    }
}

const PROTOCOL: &str = "sec-websocket-protocol";

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &'static str) -> Result<Answered, String> {
        Answered::read(&Answer::buffered(json))
    }

    #[test]
    fn status_protocol_and_body_are_read() {
        let answered =
            read(r#"{"statusCode":"201","headers":{"Sec-WebSocket-Protocol":"chat","set-cookie":"a=1"},"body":"hi"}"#);
        let answered = answered.unwrap();
        assert_eq!((answered.status, answered.protocol.as_deref()), (StatusCode::CREATED, Some("chat")));
        assert_eq!(answered.body.as_deref(), Some("hi"));
        let listed = read(r#"{"statusCode":200,"multiValueHeaders":{"sec-websocket-protocol":["a","b"]},"body":null}"#);
        assert_eq!(listed.unwrap().protocol.as_deref(), Some("a"));
    }

    #[test]
    fn what_is_no_answer_is_refused_with_a_reason() {
        for (json, reason) in [
            ("null", "expected an object"),
            ("{", "no JSON"),
            ("{}", "expected a status code"),
            (r#"{"statusCode":99}"#, "expected a status code"),
            (r#"{"statusCode":200,"body":{}}"#, "expected a string at `body`"),
            (r#"{"statusCode":200,"headers":[]}"#, "expected an object at `headers`"),
            (r#"{"statusCode":200,"ConnectionId":"x"}"#, "knows no key `ConnectionId`"),
        ] {
            let found = read(json).unwrap_err();
            assert!(found.contains(reason), "{json}: {found}");
        }
    }
}

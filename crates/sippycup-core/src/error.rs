//! What can go wrong, told without telling what was in the event: headers carry credentials, and logs
//! live long.

use std::{error::Error, fmt};

use crate::json::{Fault, Kind};

/// The event cannot become a request.
///
/// The message says where (a JSON path such as `requestContext.http.method`), what was expected there and
/// what was found, and never repeats a value of the event.
#[derive(Debug)]
pub struct EventError {
    reason: Reason,
    message: String,
}

#[derive(Debug, PartialEq, Eq)]
enum Reason {
    Json,
    Member,
    NotHttp,
}

impl EventError {
    /// Bytes that are not UTF-8 are reported as such, and not as what the reader expected in their place.
    pub(crate) fn json(json: &[u8], fault: Fault) -> Self {
        let fault = Fault::not_utf8(json).unwrap_or(fault);
        let (expected, path, at) = (fault.expected(), path_at(json, fault.at()), fault.at());
        Self { reason: Reason::Json, message: format!("expected {expected} at `{path}` (byte {at})") }
    }

    pub(crate) fn member(path: &str, expected: &str, found: &str) -> Self {
        Self { reason: Reason::Member, message: format!("expected {expected} at `{path}`, found {found}") }
    }

    pub(crate) fn not_http(found: &str) -> Self {
        let expected = "an event of API Gateway, a function URL, a load balancer or VPC Lattice";
        Self { reason: Reason::NotHttp, ..Self::member("$", expected, found) }
    }

    /// Whether the bytes were no JSON at all (cut off, not UTF-8, half a surrogate pair, …).
    #[must_use]
    pub fn is_not_json(&self) -> bool {
        self.reason == Reason::Json
    }

    /// Whether the event was a different kind of event: a queue's, a schedule's, an authorizer's.
    #[must_use]
    pub fn is_not_http(&self) -> bool {
        self.reason == Reason::NotHttp
    }
}

impl fmt::Display for EventError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot decode event: {}", self.message)
    }
}

impl Error for EventError {}

/// The response cannot be written as a proxy response.
pub struct ResponseError(String);

impl ResponseError {
    pub(crate) fn too_many_cookies(cookies: usize, limit: usize) -> Self {
        Self(format!(
            "cannot encode response: expected at most {limit} `set-cookie` headers where every header name can stand only once, found {cookies}; turn on multi-value headers for the target group"
        ))
    }

    #[cold]
    pub(crate) fn large_headers(door: &str, bytes: usize, limit: usize) -> Self {
        Self(format!(
            "cannot send response: {door} refuses headers of {bytes} bytes, its limit is {limit} bytes in all values"
        ))
    }

    #[cold]
    pub(crate) fn large_json(by: &str, door: &str, bytes: usize, limit: usize) -> Self {
        let to = if by == door { String::new() } else { format!(" to {door}") };
        Self(format!(
            "cannot send response: {by} refuses a response of {bytes} bytes of JSON{to}, its limit is {limit} bytes; base64 makes binary bodies a third larger"
        ))
    }
}

impl fmt::Display for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Every error is in every function, and this one need not be there in two forms.
impl fmt::Debug for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for ResponseError {}

/// The name of a JSON type, for "found …".
pub(crate) fn found(kind: Kind) -> &'static str {
    match kind {
        Kind::Missing => "nothing",
        Kind::Null => "null",
        Kind::False | Kind::True => "a boolean",
        Kind::Number => "a number",
        Kind::String => "a string",
        Kind::Array => "an array",
        Kind::Object => "an object",
    }
}

/// The JSON path of the value in which the byte `at` stands. Walks the document again, leniently, up to
/// there: only errors pay for paths. Levels that no message shows are counted and not kept: an event may be nothing
/// but brackets.
fn path_at(json: &[u8], at: usize) -> String {
    let mut shown: Vec<Step<'_>> = Vec::with_capacity(MAX_STEPS);
    let mut hidden = 0_usize;
    let mut position = 0;
    while let Some(byte) = json.get(position).filter(|_| position < at) {
        position += 1;
        match byte {
            b'{' | b'[' if shown.len() == MAX_STEPS => hidden += 1,
            b'{' => shown.push(Step::Member(None)),
            b'[' => shown.push(Step::Item(0)),
            b'}' | b']' if hidden > 0 => hidden -= 1,
            b'}' | b']' => drop(shown.pop()),
            b',' if hidden == 0 => match shown.last_mut() {
                Some(Step::Member(name)) => *name = None,
                Some(Step::Item(index)) => *index += 1,
                None => {}
            },
            b'"' => {
                let end = end_of_string(json, position);
                if hidden == 0
                    && end < at
                    && let Some(Step::Member(name @ None)) = shown.last_mut()
                {
                    *name = json.get(position..end);
                }
                position = end + 1;
            }
            _ => {}
        }
    }
    let mut path = String::new();
    for step in shown {
        match step {
            Step::Member(None) => {}
            Step::Member(Some(name)) if path.is_empty() => path = name_for_people(name),
            Step::Member(Some(name)) => path = format!("{path}.{}", name_for_people(name)),
            Step::Item(index) => path = format!("{path}[{index}]"),
        }
    }
    if hidden > 0 {
        path.push('…');
    }
    if path.is_empty() { "$".to_owned() } else { path }
}

enum Step<'a> {
    /// With its name, once that was read.
    Member(Option<&'a [u8]>),
    Item(usize),
}

fn end_of_string(json: &[u8], mut at: usize) -> usize {
    loop {
        match json.get(at) {
            Some(b'"') | None => return at,
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
        }
    }
}

/// A member's name as it can stand in a log line. The clients of a gateway choose some of them (header
/// names, query keys), so neither their length nor their characters can be trusted.
pub(crate) fn name_for_people(name: &[u8]) -> String {
    let shown = name.iter().take(MAX_NAME).map(|byte| match byte {
        b'!'..=b'~' if !matches!(byte, b'`' | b'.') => char::from(*byte),
        _ => '?',
    });
    shown.chain((name.len() > MAX_NAME).then_some('…')).collect()
}

const MAX_STEPS: usize = 8;
const MAX_NAME: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_has_a_json_path() {
        let json = br#"{"a":{"b":[1,{"c d":"x\"y"}]},"e":2}"#;
        let at = |needle: &str| {
            let text = std::str::from_utf8(json).unwrap();
            path_at(json, text.find(needle).unwrap() + 1)
        };
        assert_eq!(at("1"), "a.b[0]");
        assert_eq!(at("x\\"), "a.b[1].c?d");
        assert_eq!(at("2"), "e");
        assert_eq!(path_at(json, 0), "$");
        assert_eq!(path_at(json, 10_000), "$");
    }

    #[test]
    fn a_path_does_not_grow_with_the_document() {
        let deep = "{\"a\":".repeat(5_000);
        assert_eq!(path_at(deep.as_bytes(), deep.len()), "a.a.a.a.a.a.a.a…");
        let long = format!("{{\"{}\":!", "n".repeat(5_000));
        assert!(path_at(long.as_bytes(), long.len()).chars().count() <= MAX_NAME + 1);
        let closed = format!("[{}{},{{\"a\":!", "[".repeat(5_000), "]".repeat(5_000));
        assert_eq!(path_at(closed.as_bytes(), closed.len()), "[1].a");
        let behind = b"[[[[[[[[[1,2],!";
        assert_eq!(path_at(behind, behind.len()), "[0][0][0][0][0][0][0][1]");
    }

    #[test]
    fn a_name_is_shown_without_what_a_path_is_written_with() {
        assert_eq!(name_for_people(b"a.b`c d"), "a?b?c?d");
        assert_eq!(name_for_people("n".repeat(MAX_NAME).as_bytes()), "n".repeat(MAX_NAME));
    }
}

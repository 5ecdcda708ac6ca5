//! Answers without what is different each time: ids and times.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Number, Value};

use crate::certain::Certain;

/// What does not count when answers are compared.
#[derive(Debug)]
pub(super) struct Normal<'a> {
    /// Names of members, or paths of names: `etag`, `headers.etag`, `body.took`.
    pub(super) ignored: &'a [String],
    /// When the answer was recorded.
    pub(super) recorded: SystemTime,
}

impl Normal<'_> {
    pub(super) fn json(&self, json: &mut Value) {
        self.walk(json, "");
    }

    fn walk(&self, value: &mut Value, path: &str) {
        match value {
            Value::Object(members) => {
                let inner = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
                members.retain(|name, _| !self.is_ignored(name, &inner(name)));
                members.iter_mut().for_each(|(name, value)| self.walk(value, &inner(name)));
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.walk(value, path)),
            Value::String(text) => match serde_json::from_str::<Value>(text) {
                // Members of a body can come in any order, and are read more easily apart.
                Ok(mut body @ (Value::Object(_) | Value::Array(_))) if path == "body" => {
                    self.walk(&mut body, path);
                    *value = body;
                }
                _ => *text = self.text(text),
            },
            Value::Number(number) if self.is_time(number) => *value = TIME.into(),
            _ => {}
        }
    }

    fn is_ignored(&self, name: &str, path: &str) -> bool {
        self.ignored.iter().any(|ignored| ignored.eq_ignore_ascii_case(name) || ignored.eq_ignore_ascii_case(path))
    }

    fn is_time(&self, number: &Number) -> bool {
        let text = number.to_string();
        self.epoch(&text) == Some(text.len())
    }

    /// Text with `(id)` and `(time)` in their places.
    pub(super) fn text(&self, text: &str) -> String {
        let mut normal = String::with_capacity(text.len());
        let mut rest = text;
        let mut inside_a_word = false;
        while let Some(c) = rest.chars().next() {
            let found = if inside_a_word { None } else { self.found(rest) };
            let length = match found {
                Some((length, place)) => {
                    normal.push_str(place);
                    length
                }
                None => {
                    normal.push(c);
                    c.len_utf8()
                }
            };
            inside_a_word = found.is_none() && c.is_alphanumeric();
            rest = rest.get(length..).certain();
        }
        normal
    }

    /// The length of an id or a time that begins here and ends with a word.
    fn found(&self, text: &str) -> Option<(usize, &'static str)> {
        let ids = [(UUID, ID), (TRACE, ID), (TRACE_PARENT, ID), (PARENT, "Parent=(id)")].into_iter();
        let ids = ids.filter_map(|(form, place)| Some((matched(form, text)?, place)));
        let times = [ISO, ISO_WITH_BLANK, HTTP_DATE, LOG_DATE].into_iter();
        let times = times.filter_map(|form| {
            let length = matched(form, text)?;
            Some((length + zone(text.get(length..)?), TIME))
        });
        let epoch = self.epoch(text).map(|length| (length, TIME));
        let ends = |(length, _): &(usize, &str)| {
            let next = text.get(*length..).and_then(|rest| rest.chars().next());
            !next.is_some_and(char::is_alphanumeric)
        };
        ids.chain(times).chain(epoch).find(ends)
    }

    /// Seconds, or thousandths and so on, since 1970, with a fraction; within a day of now or of the recording.
    fn epoch(&self, text: &str) -> Option<usize> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let fraction = text.get(digits..)?.strip_prefix('.').map_or(0, |rest| {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 { 0 } else { digits + 1 }
        });
        if ![10, 13, 16, 19].contains(&digits) {
            return None;
        }
        let seconds: u64 = text.get(..10)?.parse().ok()?;
        let near = |time: SystemTime| {
            let time = time.duration_since(UNIX_EPOCH).unwrap_or_default();
            time.abs_diff(Duration::from_secs(seconds)) < DAY
        };
        (near(SystemTime::now()) || near(self.recorded)).then_some(digits + fraction)
    }
}

/// The length of what begins a text and has a form: `h` is a hexadecimal digit, `d` a digit, `a` a letter, anything else itself.
fn matched(form: &str, text: &str) -> Option<usize> {
    let bytes = text.as_bytes().get(..form.len())?;
    let fits = |(form, byte): (u8, &u8)| match form {
        b'h' => byte.is_ascii_hexdigit(),
        b'd' => byte.is_ascii_digit(),
        b'a' => byte.is_ascii_alphabetic(),
        other => *byte == other,
    };
    form.bytes().zip(bytes).all(fits).then_some(form.len())
}

/// The length of a fraction of a second and of a time zone.
fn zone(text: &str) -> usize {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let fraction = text.strip_prefix(['.', ',']).map_or(0, |rest| 1 + digits(rest));
    let rest = text.get(fraction..).certain();
    let zones = ["Z", "+dd:dd", "-dd:dd", "+dddd", "-dddd", " GMT", " UTC", " +dddd", " -dddd"];
    fraction + zones.iter().find_map(|form| matched(form, rest)).unwrap_or(0)
}

const ID: &str = "(id)";
const TIME: &str = "(time)";

const UUID: &str = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
/// Of X-Ray.
const TRACE: &str = "1-hhhhhhhh-hhhhhhhhhhhhhhhhhhhhhhhh";
const PARENT: &str = "Parent=hhhhhhhhhhhhhhhh";
/// Of the W3C's `traceparent`.
const TRACE_PARENT: &str = "hh-hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh-hhhhhhhhhhhhhhhh-hh";

const ISO: &str = "dddd-dd-ddTdd:dd:dd";
const ISO_WITH_BLANK: &str = "dddd-dd-dd dd:dd:dd";
const HTTP_DATE: &str = "aaa, dd aaa dddd dd:dd:dd";
const LOG_DATE: &str = "dd/aaa/dddd:dd:dd:dd";

const DAY: Duration = Duration::from_secs(86_400);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn normal(ignored: &[String]) -> Normal<'_> {
        Normal { ignored, recorded: UNIX_EPOCH + Duration::from_secs(1_700_000_000) }
    }

    #[test]
    fn ids_and_times_are_left_out_of_texts_and_nothing_else() {
        for (text, expected) in [
            ("id=0a1B2c3d-0000-4000-8000-00000000000f.", "id=(id)."),
            ("Root=1-67891233-abcdef012345678912345678;Sampled=0", "Root=(id);Sampled=0"),
            ("Parent=00f067aa0ba902b7;Sampled=0", "Parent=(id);Sampled=0"),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "(id)"),
            ("at 2026-11-26T19:04:05Z, 2026-11-26 19:04:05.123+01:00!", "at (time), (time)!"),
            ("Thu, 26 Nov 2026 19:04:05 GMT", "(time)"),
            ("[26/Nov/2026:19:04:05 +0000]", "[(time)]"),
            (r#"{"exp":1700000123,"ms":1700000123456,"f":1700000123.5}"#, r#"{"exp":(time),"ms":(time),"f":(time)}"#),
            // Far from now and from the recording; no time; part of something longer.
            (
                "1500000000 1700000 x1700000123 1700000123x 17000001234",
                "1500000000 1700000 x1700000123 1700000123x 17000001234",
            ),
            ("2026-11-26 and 19:04", "2026-11-26 and 19:04"),
            ("d41d8cd98f00b204e9800998ecf8427e", "d41d8cd98f00b204e9800998ecf8427e"),
            ("ünïcödé", "ünïcödé"),
        ] {
            assert_eq!(normal(&[]).text(text), expected);
        }
    }

    #[test]
    fn members_are_ignored_by_name_or_by_path_also_in_a_body_of_json() {
        let ignored = ["ETag".to_owned(), "body.took".to_owned()];
        let mut answer = json!({
            "statusCode": 200, "headers": {"etag": "x", "took": "y"}, "at": 1_700_000_123_u64,
            "body": r#"{"took":3,"count":1700000,"inner":{"etag":1,"took":2}}"#,
        });
        normal(&ignored).json(&mut answer);
        assert_eq!(
            answer,
            json!({
                "statusCode": 200, "headers": {"took": "y"}, "at": "(time)", "body": {"count": 1_700_000, "inner": {"took": 2}},
            })
        );
        let mut answer = json!({"body": "[{\"b\":1,  \"a\":2}]", "other": "{\"b\":1,  \"a\":2}"});
        normal(&[]).json(&mut answer);
        assert_eq!(answer, json!({"body": [{"a": 2, "b": 1}], "other": "{\"b\":1,  \"a\":2}"}));
    }
}

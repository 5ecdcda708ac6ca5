//! What the operator of a function is told: through `tracing` where somebody listens, else on stderr, where Lambda
//! writes it into the function's log.

use std::{
    env, fmt,
    io::{self, Write},
    time::{SystemTime, UNIX_EPOCH},
};

use http::StatusCode;
#[cfg(feature = "tracing")]
use tracing::subscriber::NoSubscriber;

use crate::{LambdaContext, failure::Failure, json::object};

/// An invocation has failed.
#[cold]
pub(crate) fn failed(failure: &Failure, context: &LambdaContext) {
    let (error_type, message, request_id) = (failure.error_type.as_str(), &failure.message, context.request_id());
    #[cfg(feature = "tracing")]
    if is_traced() {
        tracing::error!(error_type, requestId = known(request_id), "invocation failed: {message}");
        return;
    }
    // The local gateway writes the failure below the line of the request: here it would be there twice.
    if env::var_os(TELLS_FAILURES).is_none() {
        Line { level: "ERROR", error_type, message: format_args!("{message}"), request_id }.write();
    }
}

/// An invocation has failed, and the client gets an answer all the same.
#[cold]
pub(crate) fn answered(failure: &Failure, status: StatusCode, context: &LambdaContext) {
    let (error_type, message, request_id) = (failure.error_type.as_str(), &failure.message, context.request_id());
    #[cfg(feature = "tracing")]
    if is_traced() {
        tracing::error!(error_type, requestId = known(request_id), "answered {status}: {message}");
        return;
    }
    Line { level: "ERROR", error_type, message: format_args!("{message}; answered {status}"), request_id }.write();
}

/// Something is odd; the function goes on.
#[cold]
pub(crate) fn warn(request_id: &str, message: fmt::Arguments<'_>) {
    #[cfg(feature = "tracing")]
    if is_traced() {
        tracing::warn!(requestId = known(request_id), "{message}");
        return;
    }
    Line { level: "WARN", error_type: "", message, request_id }.write();
}

/// Outside of an invocation there is no id.
#[cfg(feature = "tracing")]
fn known(request_id: &str) -> Option<&str> {
    Some(request_id).filter(|id| !id.is_empty())
}

/// What the operator wants to know once.
#[cold]
pub(crate) fn info(message: fmt::Arguments<'_>) {
    #[cfg(feature = "tracing")]
    if is_traced() {
        tracing::info!("{message}");
        return;
    }
    Line { level: "INFO", error_type: "", message, request_id: "" }.write();
}

/// What helps only somebody who looks for a fault.
#[cold]
pub(crate) fn debug(message: fmt::Arguments<'_>) {
    #[cfg(feature = "tracing")]
    tracing::debug!("{message}");
    #[cfg(not(feature = "tracing"))]
    let _ = message;
}

/// Whether somebody listens here. `has_been_set` would say so for ever after a subscriber that was there only for a while.
#[cfg(feature = "tracing")]
fn is_traced() -> bool {
    tracing::dispatcher::get_default(|dispatch| !dispatch.is::<NoSubscriber>())
}

/// The target of these events.
#[cfg(feature = "logging")]
pub(crate) const TARGET: &str = module_path!();

struct Line<'a> {
    level: &'static str,
    /// Empty where nothing failed.
    error_type: &'static str,
    message: fmt::Arguments<'a>,
    request_id: &'a str,
}

impl Line<'_> {
    fn write(&self) {
        let mut text = match env::var_os("AWS_LAMBDA_LOG_FORMAT") {
            Some(format) if format.eq_ignore_ascii_case("JSON") => self.json(SystemTime::now()),
            _ => self.text(),
        };
        text.push('\n');
        // In one write, so that no other line gets in between. A closed standard error is no reason to stop.
        let _ = io::stderr().write_all(text.as_bytes());
    }

    fn message(&self) -> String {
        let message = self.message.to_string();
        if message.len() <= ENOUGH { message } else { format!("{} […]", cut(&message, ENOUGH)) }
    }

    fn text(&self) -> String {
        let what = if self.error_type.is_empty() { self.level } else { self.error_type };
        let mut text = format!("{what}: {}", escaped(&self.message()));
        if !self.request_id.is_empty() {
            text.extend([" (RequestId: ", self.request_id, ")"]);
        }
        text
    }

    /// With the names of
    /// [Lambda's JSON log format](https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html).
    fn json(&self, now: SystemTime) -> String {
        object(&[
            ("timestamp", &timestamp(now)),
            ("level", self.level),
            ("message", &self.message()),
            ("requestId", self.request_id),
            ("errorType", self.error_type),
        ])
    }
}

/// The beginning of a text: `limit` bytes at most.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    let end = (0..=limit.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    debug_assert!(end.is_some(), "each text begins at a boundary");
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// The text with its control characters escaped, so that it stays one line and does not control a terminal.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character.is_control() {
            true => escaped.extend(character.escape_default()),
            false => escaped.push(character),
        }
    }
    escaped
}

/// As RFC 3339 has it, in UTC, with milliseconds.
pub(crate) fn timestamp(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (days, seconds) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", since.subsec_millis())
}

/// The Gregorian date so many days after 1970-01-01.
///
/// Years begin on 1 March here, so a leap day is the last day of its year, and 400 years have 146,097 days. Day 19,723 is
/// 2024-01-01: that is day 306 of the year that began on 1 March 2023, which was day 0.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // March is month 0. Of these twelve months any five in a row have 153 days, if February is not one of them.
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year_of_era;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}

/// The longest message, in bytes: an escape may turn one byte into six, and CloudWatch may split a line of 64 KiB.
const ENOUGH: usize = 10 * 1024;

const TELLS_FAILURES: &str = "SIPPYCUP_TELLS_FAILURES";

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn timestamps_are_dates_of_the_calendar() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_704_067_199_001, "2023-12-31T23:59:59.001Z"),
            (1_704_067_200_000, "2024-01-01T00:00:00.000Z"),
            (1_795_721_163_123, "2026-11-26T19:26:03.123Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(timestamp(UNIX_EPOCH + Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn a_line_is_one_line_in_both_formats() {
        let line = Line {
            level: "ERROR",
            error_type: "SippyCup.Panic",
            message: format_args!("a \"b\"\nc"),
            request_id: "1-2",
        };
        assert_eq!(line.text(), "SippyCup.Panic: a \"b\"\\nc (RequestId: 1-2)");
        let json = line.json(UNIX_EPOCH);
        assert!(!json.contains('\n'), "{json}");
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        let wanted = serde_json::json!({
            "timestamp": "1970-01-01T00:00:00.000Z", "level": "ERROR", "message": "a \"b\"\nc", "requestId": "1-2",
            "errorType": "SippyCup.Panic",
        });
        assert_eq!(json, wanted);
    }

    #[test]
    fn no_control_character_and_no_length_makes_of_a_line_several() {
        let long = "\u{1}".repeat(100_000);
        for (message, text) in [("a\r\n\u{1b}[31m\u{9b}é", Some("a\\r\\n\\u{1b}[31m\\u{9b}é")), (&long, None)] {
            let line = Line { level: "WARN", error_type: "", message: format_args!("{message}"), request_id: "" };
            assert!(text.is_none_or(|text| line.text() == format!("WARN: {text}")), "{}", line.text());
            for line in [line.text(), line.json(UNIX_EPOCH)] {
                assert!(line.len() < 64 * 1024 && !line.contains(['\n', '\r', '\u{1}', '\u{1b}']));
            }
        }
    }

    #[test]
    fn what_is_not_there_is_left_out() {
        let line = Line { level: "WARN", error_type: "", message: format_args!("gone"), request_id: "" };
        assert_eq!(line.text(), "WARN: gone");
        let json: serde_json::Value = serde_json::from_str(&line.json(UNIX_EPOCH)).unwrap();
        assert_eq!(json.as_object().unwrap().len(), 3);
    }
}

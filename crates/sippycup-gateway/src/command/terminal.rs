//! What the developer reads: one line per request, lines of the function, warnings. All of it on standard error.

use std::io::IsTerminal;
use std::str::FromStr;
use std::time::Duration;

use http::{Method, Response};

use super::UsageError;
use crate::gateway::Sizes;
use crate::{Body, Fault};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Color {
    Always,
    Auto,
    Never,
}

impl FromStr for Color {
    type Err = UsageError;

    fn from_str(text: &str) -> Result<Self, UsageError> {
        match text {
            "always" => Ok(Self::Always),
            "auto" => Ok(Self::Auto),
            "never" => Ok(Self::Never),
            _ => Err(UsageError::new(format!("expected auto, always or never, found `{text}`"))),
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Terminal {
    colored: bool,
}

impl Terminal {
    pub(super) fn new(color: Color) -> Self {
        let wanted = || std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { colored: color == Color::Always || (color == Color::Auto && wanted()) }
    }

    /// A line of the command itself.
    pub(super) fn line(self, line: &str) {
        eprintln!("{}", self.paint(BOLD, line));
    }

    /// A line of the function, or about it.
    pub(super) fn function(self, name: &str, line: &str) {
        eprintln!("{} {line}", self.paint(DIM, &format!("{name} |")));
    }

    pub(super) fn request(self, method: &Method, target: &str, response: &Response<Body>, took: Duration) {
        let status = response.status();
        let color = match status.as_u16() {
            ..400 => GREEN,
            400..500 => YELLOW,
            _ => RED,
        };
        let sizes = match response.extensions().get::<Sizes>() {
            Some(Sizes { event, answer: Some(answer) }) => format!("event {event} B, answer {answer} B"),
            Some(Sizes { event, answer: None }) if response.extensions().get::<Fault>().is_none() => {
                format!("event {event} B, answer streamed")
            }
            Some(Sizes { event, answer: None }) => format!("event {event} B, no answer"),
            None => "no event".to_owned(),
        };
        let status = self.paint(color, status.as_str());
        eprintln!("{method} {target} {status} {} ms, {sizes}", took.as_millis());
        if let Some(fault) = response.extensions().get::<Fault>() {
            eprintln!("  {}", self.paint(color, &fault.to_string()));
        }
    }

    fn paint(self, color: &str, text: &str) -> String {
        if self.colored { format!("\x1b[{color}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

const BOLD: &str = "1";
const DIM: &str = "2";
const GREEN: &str = "32";
const RED: &str = "31";
const YELLOW: &str = "33";

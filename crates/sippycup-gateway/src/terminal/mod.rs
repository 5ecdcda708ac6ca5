//! What the developer reads, on standard error: one line for each request, lines of functions, warnings.

mod logged;
mod queue;
mod text;

use std::borrow::Cow;
use std::io::{self, IsTerminal};
use std::sync::LazyLock;
use std::time::Duration;

use http::Response;

use crate::{Body, BoxError, Fault, Hints, Sizes, Verdict};
pub use logged::Logged;
use logged::milliseconds;
use queue::Queue;

/// Standard error, for lines that a developer reads.
///
/// No request waits for it: lines go through a queue of one megabyte to a thread of their own. What does not fit, because it is not read, is lost, and the number of lost lines is
/// told later. A standard error that is closed loses everything, and nothing fails for it. Every handle writes through the same queue.
///
/// Control characters, escapes and marks that change the direction of text are written as `\u{1b}` and the like, whoever they come from; colours of a function are left out.
///
/// ```
/// use sippycup_gateway::Terminal;
///
/// let terminal = Terminal::stderr();
/// terminal.line("waiting for a function");
/// assert_eq!(Terminal::printable("red: \u{1b}[31mred\u{1b}[0m, bell: \u{7}"), r"red: red, bell: \u{7}");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    colored: bool,
}

impl Terminal {
    /// With colours if standard error is a terminal and the environment has no `NO_COLOR`.
    #[must_use]
    pub fn stderr() -> Self {
        Self { colored: io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none() }
    }

    /// With colours or without, whatever standard error is.
    #[must_use]
    pub const fn colored(self, colored: bool) -> Self {
        Self { colored }
    }

    /// Writes a line of the program itself, or several. It waits a moment for the reader, a quarter of a second at most.
    pub fn line(self, line: &str) {
        for line in lines(line) {
            STDERR.push_patiently(self.paint(BOLD, &line));
        }
    }

    /// Writes a line of a function, or about it, or several, each with the name before it. A function that writes much waits a moment for the reader, a quarter of a second at most.
    pub fn function(self, name: &str, line: &str) {
        let name = self.paint(DIM, &format!("{} |", Self::printable(name)));
        for line in lines(line) {
            STDERR.push_patiently(format!("{name} {line}"));
        }
    }

    /// Writes a line of a function that has no name.
    #[cfg(feature = "function")]
    pub(crate) fn output(line: &str) {
        for line in lines(line) {
            STDERR.push_patiently(line.into_owned());
        }
    }

    /// Writes a line for each request of a service, when the response begins, or when the client goes away before that; and below it the [`Fault`] and the [`Hints`] of the
    /// response. A response that breaks off has one more line.
    pub const fn requests<S>(self, service: S) -> Logged<S> {
        Logged { terminal: self, service }
    }

    /// Waits until all lines are written, but not longer than `patience`. The end of the process does not wait for them.
    pub fn flush(self, patience: Duration) {
        STDERR.flush(patience);
    }

    /// A text without anything that moves the cursor, changes colours or reorders what stands there. Line breaks are no exception, tabs are.
    #[must_use]
    pub fn printable(text: &str) -> Cow<'_, str> {
        text::printable(text)
    }

    pub(crate) fn request(self, asked: &str, response: &Response<Body>, took: Duration) {
        let status = response.status();
        let color = match status.as_u16() {
            ..400 => GREEN,
            400..500 => YELLOW,
            _ => RED,
        };
        let fault = response.extensions().get::<Fault>();
        let sizes = match response.extensions().get::<Sizes>() {
            Some(sizes) => match (sizes.answer(), fault) {
                (Some(answer), _) => format!("event {} B, answer {answer} B", sizes.event()),
                (None, None) => format!("event {} B, answer streamed", sizes.event()),
                (None, Some(_)) => format!("event {} B, no answer", sizes.event()),
            },
            None => "no event".to_owned(),
        };
        let status = self.paint(color, status.as_str());
        let verdict = response.extensions().get::<Verdict>();
        let verdict = verdict.map(|verdict| format!(", {}", Self::printable(&said(verdict)))).unwrap_or_default();
        let mut lines = vec![format!("{asked} {status} {}, {sizes}{verdict}", milliseconds(took))];
        if let Some(fault) = fault {
            lines.extend(excerpt(&fault.to_string()).iter().map(|line| format!("  {}", self.paint(color, line))));
        }
        let hints = response.extensions().get::<Hints>().into_iter().flat_map(Hints::iter);
        lines.extend(hints.map(|hint| format!("  {} {}", self.paint(BOLD, "hint:"), Self::printable(hint))));
        STDERR.push_together(lines);
    }

    /// A response that has begun breaks off, also for the client.
    fn broken(self, asked: &str, took: Duration, bytes: usize, error: &BoxError) {
        let broken = self.paint(RED, "broke off");
        let mut lines = vec![format!("{asked} {broken} after {}, {bytes} B", milliseconds(took))];
        lines.extend(excerpt(&error.to_string()).iter().map(|line| format!("  {}", self.paint(RED, line))));
        STDERR.push_together(lines);
    }

    /// The client has gone before the response.
    fn abandoned(self, asked: &str, took: Duration) {
        STDERR.push(format!("{asked} {} after {}", self.paint(YELLOW, "the client went away"), milliseconds(took)));
    }

    fn paint(self, color: &str, text: &str) -> String {
        if self.colored { format!("\x1b[{color}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// What an authorizer says, in a word: the reason of a refusal stands below.
fn said(verdict: &Verdict) -> String {
    if verdict.is_allowed() { verdict.to_string() } else { format!("{} refuses", verdict.authorizer()) }
}

/// The lines of a text, harmless.
fn lines(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.strip_suffix('\n').unwrap_or(text).split('\n').map(text::printable)
}

/// The beginning of a text of the function or the client, as much as people read.
fn excerpt(text: &str) -> Vec<String> {
    let mut all = lines(text);
    let mut lines: Vec<_> = all.by_ref().take(MOST_LINES).map(|line| text::shortened(line.into_owned())).collect();
    match all.count() {
        0 => {}
        more => lines.push(format!("… and {more} lines more")),
    }
    lines
}

static STDERR: LazyLock<Queue> = LazyLock::new(|| Queue::new(io::stderr()));

/// A trace of a language's own may be long.
const MOST_LINES: usize = 200;

const BOLD: &str = "1";
const DIM: &str = "2";
const GREEN: &str = "32";
const RED: &str = "31";
const YELLOW: &str = "33";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_message_the_beginning_is_shown() {
        assert_eq!(excerpt("one\ntwo\n"), ["one", "two"]);
        let long = excerpt(&format!("{}\n{}", "x".repeat(1 << 20), "y\n".repeat(1000)));
        assert_eq!(long.len(), MOST_LINES + 1);
        assert!(long[0].len() < 3000, "{}", long[0].len());
        assert_eq!(long[MOST_LINES], "… and 801 lines more");
    }
}

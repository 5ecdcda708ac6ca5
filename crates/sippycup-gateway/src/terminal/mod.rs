//! What the developer reads, on standard error: one line for each request, lines of functions, warnings.

mod queue;
mod text;

use std::borrow::Cow;
use std::convert::Infallible;
use std::future::Future;
use std::io::{self, IsTerminal};
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::{Request, Response};
use tower_service::Service;

use crate::{Body, Fault, Sizes};
use queue::Queue;

/// Standard error, for lines that a developer reads.
///
/// Nobody waits for it: lines go through a queue of one megabyte to a thread of their own. What does not fit because nobody reads is lost, and the number of lost lines is
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

    /// Writes a line for each request of a service, when the response begins; and one with the [`Fault`], where the response has one.
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

    fn request(self, asked: &str, response: &Response<Body>, took: Duration) {
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
        STDERR.push(format!("{asked} {status} {} ms, {sizes}", took.as_millis()));
        if let Some(fault) = fault {
            for line in lines(&fault.to_string()) {
                STDERR.push(format!("  {}", self.paint(color, &line)));
            }
        }
    }

    fn paint(self, color: &str, text: &str) -> String {
        if self.colored { format!("\x1b[{color}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// A service of requests with a line for each; made by [`Terminal::requests`].
#[derive(Clone, Debug)]
pub struct Logged<S> {
    terminal: Terminal,
    service: S,
}

impl<S, B> Service<Request<B>> for Logged<S>
where
    S: Service<Request<B>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // A target may have any character that is not ASCII.
        let asked = text::shortened(format!("{} {}", request.method(), request.uri()));
        let asked = text::printable(&asked).into_owned();
        let terminal = self.terminal;
        let began = Instant::now();
        let response = self.service.call(request);
        Box::pin(async move {
            let response = response.await?;
            terminal.request(&asked, &response, began.elapsed());
            Ok(response)
        })
    }
}

/// The lines of a text, harmless.
fn lines(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.strip_suffix('\n').unwrap_or(text).split('\n').map(text::printable)
}

static STDERR: LazyLock<Queue> = LazyLock::new(|| Queue::new(io::stderr()));

const BOLD: &str = "1";
const DIM: &str = "2";
const GREEN: &str = "32";
const RED: &str = "31";
const YELLOW: &str = "33";

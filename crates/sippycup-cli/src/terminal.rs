//! What the developer reads: one line per request, lines of the function, warnings. All of it on standard error.

use std::io::IsTerminal;
use std::time::Duration;

use clap::{Args, ColorChoice};
use http::{Method, Response};
use sippycup_gateway::{Body, Fault, Sizes};

/// How the command writes.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Output")]
pub(crate) struct Output {
    /// Colours; `auto` is on a terminal, unless NO_COLOR is set
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    colored: bool,
}

impl Terminal {
    pub(crate) fn new(color: ColorChoice) -> Self {
        let wanted = || std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { colored: color == ColorChoice::Always || (color == ColorChoice::Auto && wanted()) }
    }

    /// A line of the command itself.
    pub(crate) fn line(self, line: &str) {
        eprintln!("{}", self.paint(BOLD, line));
    }

    /// A line of the function, or about it.
    pub(crate) fn function(self, name: &str, line: &str) {
        eprintln!("{} {line}", self.paint(DIM, &format!("{name} |")));
    }

    pub(crate) fn request(self, method: &Method, target: &str, response: &Response<Body>, took: Duration) {
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
        eprintln!("{method} {target} {status} {} ms, {sizes}", took.as_millis());
        if let Some(fault) = fault {
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

//! How the command writes: warnings, requests and the output of functions on standard error, results on standard output.

use std::borrow::Cow;
use std::io::{self, ErrorKind, IsTerminal, Write};

use clap::{Args, ColorChoice};
use serde_json::Value;
use sippycup_gateway::Terminal;

/// How the command writes.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Output")]
pub(crate) struct Output {
    /// Colours; `auto` is on a terminal, unless NO_COLOR is set
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,
}

impl Output {
    pub(crate) fn terminal(self) -> Terminal {
        let terminal = Terminal::stderr();
        match self.color {
            ColorChoice::Always => terminal.colored(true),
            ColorChoice::Auto => terminal,
            ColorChoice::Never => terminal.colored(false),
        }
    }
}

/// Writes lines to standard output. A reader who has seen enough is no failure.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// JSON to be read, in ASCII where a terminal could take something for a command; anything else as text.
pub(crate) fn pretty(json: &[u8]) -> String {
    let Ok(value) = serde_json::from_slice::<Value>(json) else {
        return text(json);
    };
    // The alternate form is indented.
    let mut pretty = String::new();
    for c in format!("{value:#}").chars() {
        // Only strings can have such a character.
        match Terminal::printable(c.encode_utf8(&mut [0; 4])) {
            Cow::Owned(_) if c != '\n' => pretty.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => pretty.push(c),
        }
    }
    pretty
}

/// Bytes as text, as they are for a file or a program, and harmless for a terminal.
fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    if !io::stdout().is_terminal() {
        return text.into_owned();
    }
    text.split('\n').map(Terminal::printable).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_the_same_json_without_what_a_terminal_obeys() {
        let json = "{\"a\":\"\u{9b}31m\u{202e}\u{7f}ü\\u001b\"}";
        let pretty = pretty(json.as_bytes());
        assert_eq!(pretty, "{\n  \"a\": \"\\u009b31m\\u202e\\u007fü\\u001b\"\n}");
        assert_eq!(serde_json::from_str::<Value>(&pretty).unwrap(), serde_json::from_str::<Value>(json).unwrap());
    }
}

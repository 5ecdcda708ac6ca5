//! Text of others, made harmless for a terminal.

use std::borrow::Cow;
use std::fmt::Write;

/// See [`Terminal::printable`](super::Terminal::printable).
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_active) {
        return Cow::Borrowed(text);
    }
    let mut printable = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let mut characters = rest.chars();
        let Some(c) = characters.next() else { break };
        let behind = characters.as_str();
        rest = match behind_color(rest) {
            Some(behind) => behind,
            None if is_active(c) => {
                let _ = write!(printable, "{}", c.escape_unicode());
                behind
            }
            None => {
                printable.push(c);
                behind
            }
        };
    }
    Cow::Owned(printable)
}

/// The beginning of a text that is too long to be read.
pub(super) fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// C0 and C1 but the tab, separators of lines, and what changes the direction of text (Unicode's Bidi_Control).
fn is_active(c: char) -> bool {
    match c {
        '\t' => false,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        _ => c.is_control(),
    }
}

/// What follows a sequence that does nothing but set colours: `ESC [`, numbers, `m`.
fn behind_color(text: &str) -> Option<&str> {
    let numbers = text.strip_prefix("\x1b[")?;
    let behind = numbers.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, ';' | ':'));
    behind.strip_prefix('m')
}

const LONGEST: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_reorders_or_colours_is_printed_raw() {
        for (text, expected) in [
            ("plain \t ünïcödé 日本", "plain \t ünïcödé 日本"),
            ("\x1b[1;31mred\x1b[0m", "red"),
            ("\x1b[2J\x1b]0;title\x07", r"\u{1b}[2J\u{1b}]0;title\u{7}"),
            ("\u{9b}31m", r"\u{9b}31m"),
            ("\x1b", r"\u{1b}"),
            ("\x1b[31", r"\u{1b}[31"),
            ("a\u{202e}b\u{2066}c\u{200f}d\u{61c}e", r"a\u{202e}b\u{2066}c\u{200f}d\u{61c}e"),
            ("one\ntwo\rthree\u{2028}four\0\u{7f}", r"one\u{a}two\u{d}three\u{2028}four\u{0}\u{7f}"),
        ] {
            assert_eq!(printable(text), expected);
        }
    }

    #[test]
    fn a_long_target_is_cut_between_two_characters() {
        let short = shortened("ü".repeat(LONGEST));
        assert_eq!(short, "ü".repeat(LONGEST));
        assert_eq!(shortened("ü".repeat(LONGEST + 1)), format!("{short}…"));
    }
}

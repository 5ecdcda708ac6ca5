//! The lines in which two texts differ.

use crate::certain::Certain;

/// Lines that went, with `-`, and lines that came, with `+`, in their order.
pub(super) fn difference(before: &str, now: &str) -> String {
    let (before, now): (Vec<_>, Vec<_>) = (before.lines().collect(), now.lines().collect());
    let front = before.iter().zip(&now).take_while(|(a, b)| a == b).count();
    let (before, now) = (before.get(front..).certain(), now.get(front..).certain());
    let back = before.iter().rev().zip(now.iter().rev()).take_while(|(a, b)| a == b).count();
    let before = before.get(..before.len() - back).certain();
    let now = now.get(..now.len() - back).certain();
    let common = Common::of(before, now);
    let mut lines = Vec::new();
    let (mut gone, mut come) = (0, 0);
    loop {
        match (before.get(gone), now.get(come)) {
            (Some(old), Some(new)) if old == new => (gone, come) = (gone + 1, come + 1),
            (Some(old), new) if new.is_none() || common.behind(gone + 1, come) >= common.behind(gone, come + 1) => {
                lines.push(indented('-', old));
                gone += 1;
            }
            (_, Some(new)) => {
                lines.push(indented('+', new));
                come += 1;
            }
            (_, None) => return lines.join("\n"),
        }
    }
}

/// Each line with a sign before it.
pub(super) fn indented(sign: char, text: &str) -> String {
    text.lines().map(|line| format!("  {sign} {line}")).collect::<Vec<_>>().join("\n")
}

/// How many lines two texts can have in common from each pair of their lines on.
struct Common {
    lengths: Vec<u32>,
    width: usize,
}

impl Common {
    /// Of texts too long for a table nothing is common: then all lines of the one come before all of the other.
    fn of(before: &[&str], now: &[&str]) -> Self {
        let width = now.len() + 1;
        if before.len() * width > LARGEST {
            return Self { lengths: Vec::new(), width };
        }
        let mut common = Self { lengths: vec![0; (before.len() + 1) * width], width };
        for (gone, old) in before.iter().enumerate().rev() {
            for (come, new) in now.iter().enumerate().rev() {
                let length = if old == new {
                    common.behind(gone + 1, come + 1) + 1
                } else {
                    common.behind(gone + 1, come).max(common.behind(gone, come + 1))
                };
                if let Some(place) = common.lengths.get_mut(gone * width + come) {
                    *place = length;
                }
            }
        }
        common
    }

    fn behind(&self, gone: usize, come: usize) -> u32 {
        self.lengths.get(gone * self.width + come).copied().unwrap_or(0)
    }
}

const LARGEST: usize = 4_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_that_differ_are_shown_in_their_order() {
        for (before, now, expected) in [
            ("a\nb\nc", "a\nx\nc", "  - b\n  + x"),
            ("a\nb\nc\nd\ne", "a\nB\nc\nD\ne", "  - b\n  + B\n  - d\n  + D"),
            ("a\nb", "a\nb\nc", "  + c"),
            ("a\nb\nc", "c", "  - a\n  - b"),
            ("", "a", "  + a"),
            ("a\na\nb", "a\nb", "  - a"),
            ("same", "same", ""),
        ] {
            assert_eq!(difference(before, now), expected, "{before:?} {now:?}");
        }
    }

    #[test]
    fn texts_too_long_to_be_compared_line_by_line_are_shown_whole() {
        let text = |sign: char| (0..3000).map(|i| format!("{sign}{i}")).collect::<Vec<_>>().join("\n");
        let difference = difference(&text('a'), &text('b'));
        assert_eq!(difference, [indented('-', &text('a')), indented('+', &text('b'))].join("\n"));
    }
}

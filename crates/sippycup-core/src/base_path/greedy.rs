//! What a greedy parameter, `{proxy+}`, took of a path.

use std::ops::Range;

use crate::uri::same_text;

/// The path without what a greedy parameter took of it, and without the slashes in front of that; `None` if the
/// value does not stand at the path's end.
///
/// Either may be decoded and the other not, so that a slash of one is a `%2F` of the other. How many slashes the
/// value has tells where it begins: `a/b/c` has two, and the third from the end of `/shop/a%2Fb/c` is in front of it.
pub(super) fn without_greedy<'a>(path: &'a str, value: &str) -> Option<&'a str> {
    let begin = |path: &str, value: &str| {
        let spellings = [(false, false), (true, true), (true, false), (false, true)];
        let mut looked_at = None;
        spellings.into_iter().find_map(|(escapes, of_value)| {
            let slash = slashes(path, escapes).nth(slashes(value, of_value).count())?;
            // Most paths have no such escape, and all spellings say the same.
            if looked_at.replace(slash.end) == Some(slash.end) {
                return None;
            }
            same_text(path.get(slash.end..)?.as_bytes(), value.as_bytes()).then_some(slash.end)
        })
    };
    // A slash at an end of the value may be missing in it, or be one that was an escape before it was decoded.
    let (trimmed_path, trimmed) = (trim_end(path), trim_start(trim_end(value)));
    let begin = match trimmed {
        "" => path.len(),
        _ if trimmed_path == path && trimmed == value => begin(path, value)?,
        _ => begin(path, value).or_else(|| begin(trimmed_path, trimmed))?,
    };
    let before = path.get(..begin)?;
    let run = trim_end(before).len();
    // Of the slashes that stand there together, only one that is no escape ends a segment.
    match before.get(run..)?.find('/') {
        Some(first) => path.get(..run + first),
        None => (begin == path.len()).then_some(path),
    }
}

/// The text without slashes at its end, also those that are escapes.
fn trim_end(mut text: &str) -> &str {
    while let Some(before) = SLASHES.iter().find_map(|slash| text.strip_suffix(slash)) {
        text = before;
    }
    text
}

/// The same at its beginning.
fn trim_start(mut text: &str) -> &str {
    while let Some(behind) = SLASHES.iter().find_map(|slash| text.strip_prefix(slash)) {
        text = behind;
    }
    text
}

/// Where a text has slashes, from its end; on request those that are escapes too.
fn slashes(text: &str, escapes: bool) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    (0..bytes.len()).rev().filter_map(move |at| match bytes.get(at..)? {
        [b'/', ..] => Some(at..at + 1),
        [b'%', b'2', b'F' | b'f', ..] if escapes => Some(at..at + 3),
        _ => None,
    })
}

/// A slash, and its escapes.
const SLASHES: [&str; 3] = ["/", "%2F", "%2f"];

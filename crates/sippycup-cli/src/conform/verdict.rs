//! What was sent against what was seen. What the front door itself changes is allowed, and nothing else.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use serde_json::Value;

use super::cases::{Answer, Case, Sent, Topic};
use super::doors::{Door, Repeated};
use super::got::{Got, excerpt};
use crate::certain::Certain;

/// How a case went.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    Same,
    /// Another way to do it, which loses nothing that a setting would not bring back.
    Design(String),
    Loss(String),
}

impl Verdict {
    /// The worse of both, and the first of two that are as bad.
    fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Loss(_) => self,
            Self::Same => other(),
            Self::Design(_) => match other() {
                Self::Loss(said) => Self::Loss(said),
                _ => self,
            },
        }
    }

    fn unless(same: bool, loss: impl FnOnce() -> String) -> Self {
        if same { Self::Same } else { Self::Loss(loss()) }
    }
}

pub(crate) fn of_request(door: &Door, case: &Case, seen: &Value) -> Verdict {
    let request = &case.request;
    let (path, query) =
        request.target.split_once('?').map_or((request.target, None), |(path, query)| (path, Some(query)));
    let method = &seen["method"];
    Verdict::unless(method == request.method, || format!("method {method}"))
        // A base path that stays is told once, where paths are what is asked for.
        .and(|| {
            if matches!(case.topic, Topic::Paths | Topic::BasePaths) {
                of_path(door, path, seen)
            } else {
                Verdict::Same
            }
        })
        .and(|| of_query(door, query.unwrap_or_default(), seen["query"].as_str().unwrap_or_default()))
        .and(|| of_headers(door, &request.headers, seen))
        .and(|| {
            let body = seen["body_base64"].as_str().and_then(|body| STANDARD.decode(body).ok());
            Verdict::unless(body.as_deref() == Some(&*request.body), || {
                format!("body of {} bytes: {}", body.as_ref().map_or(0, Vec::len), excerpt(&body.unwrap_or_default()))
            })
        })
        .and(|| if case.topic == Topic::BasePaths { of_base(door, seen) } else { Verdict::Same })
}

/// Whether the app saw another path.
pub(crate) fn is_elsewhere(door: &Door, sent: &Sent, seen: &Value) -> bool {
    matches!(of_path(door, sent.target, seen), Verdict::Loss(_))
}

fn of_path(door: &Door, path: &str, seen: &Value) -> Verdict {
    let expected = door.path(path);
    let with_base = format!("{}{expected}", door.base);
    let kept = || Verdict::Design("the base path stays in the path; a setting may take it off".to_owned());
    if let Some(decoded) = seen["decoded_path"].as_str() {
        let is = |other: &str| {
            let once = decode(other);
            decoded.as_bytes() == once
                || (door.decodes_path() && decoded.as_bytes() == decode(&String::from_utf8_lossy(&once)))
        };
        return match () {
            () if is(&expected) => Verdict::Same,
            () if is(&with_base) => kept(),
            _ => Verdict::Loss(format!("path `{decoded}`, decoded")),
        };
    }
    let found = seen["path"].as_str().unwrap_or_default();
    // What was decoded on the way may be read as if it still were encoded: nobody can tell.
    let decoded = |other: &str| decode(found) == decode(other) || found.as_bytes() == decode(other);
    let is = |other: &str| found == other || (door.decodes_path() && !found.contains(' ') && decoded(other));
    if is(&expected) {
        Verdict::Same
    } else if is(&with_base) {
        kept()
    } else if decode(found) == decode(&expected) && slashes(found) == slashes(&expected) {
        Verdict::Design(format!("path spelled `{found}`"))
    } else if decode(found) == decode(&with_base) && slashes(found) == slashes(&with_base) {
        kept()
    } else {
        Verdict::Loss(format!("path `{found}`"))
    }
}

fn of_query(door: &Door, sent: &str, found: &str) -> Verdict {
    let (expected, seen) = (pairs(sent), pairs(found));
    if door.keeps_query() {
        return if sent == found {
            Verdict::Same
        } else if expected == seen {
            Verdict::Design(format!("query spelled `{found}`"))
        } else {
            Verdict::Loss(format!("query `{found}`"))
        };
    }
    let (mut expected, seen) = (by_name(expected), by_name(seen));
    if door.query_values() == Repeated::Last {
        for values in expected.values_mut() {
            let before_last = values.len().saturating_sub(1);
            values.drain(..before_last);
        }
    }
    Verdict::unless(expected == seen, || format!("query `{found}`"))
}

fn of_headers(door: &Door, sent: &[(&str, &str)], seen: &Value) -> Verdict {
    let found: Vec<(String, &str)> = seen["headers"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|pair| Some((pair.get(0)?.as_str()?.to_ascii_lowercase(), pair.get(1)?.as_str()?)))
        .collect();
    let mut verdict = Verdict::Same;
    for (at, (name, _)) in sent.iter().enumerate() {
        if sent.iter().take(at).any(|(before, _)| before == name) {
            continue;
        }
        let mut expected: Vec<&str> = sent.iter().filter(|(other, _)| other == name).map(|(_, value)| *value).collect();
        if door.header_values() == Repeated::Last {
            expected = expected.pop().into_iter().collect();
        }
        let values: Vec<&str> = found.iter().filter(|(other, _)| other == name).map(|(_, value)| *value).collect();
        verdict = verdict.and(|| {
            let same = if *name == "cookie" {
                crumbs(&expected) == crumbs(&values)
            } else {
                joined(&expected) == joined(&values)
            };
            Verdict::unless(same, || {
                if values.is_empty() { format!("no header {name}") } else { format!("{name}: {}", values.join(" | ")) }
            })
        });
    }
    verdict
}

/// Whether the app can know what stands in front of its paths.
fn of_base(door: &Door, seen: &Value) -> Verdict {
    match seen["base_path"].as_str() {
        None | Some("") => Verdict::Design("the app is not told its base path".to_owned()),
        Some(base) => Verdict::unless(base == door.base, || format!("base path `{base}`")),
    }
}

pub(crate) fn of_answer(door: &Door, answer: &Answer, got: &Got) -> Verdict {
    if let Some(fault) = &got.fault {
        return Verdict::Loss(fault.clone());
    }
    let mut verdict = Verdict::unless(got.status.as_u16() == answer.status, || format!("status {}", got.status));
    for (at, (name, _)) in answer.headers.iter().enumerate() {
        if answer.headers.iter().take(at).any(|(before, _)| before == name) {
            continue;
        }
        let expected: Vec<&str> =
            answer.headers.iter().filter(|(other, _)| other == name).map(|(_, value)| *value).collect();
        verdict = verdict.and(|| of_answered(door, name, &expected, &values(&got.headers, door.answered(name))));
    }
    verdict
        .and(|| {
            Verdict::unless(got.body == answer.body, || {
                format!("body of {} bytes: {}", got.body.len(), excerpt(&got.body))
            })
        })
        .and(|| {
            Verdict::unless(!(door.streams && answer.chunks_ms.is_some()) || got.streamed, || "not streamed".to_owned())
        })
}

fn of_answered(door: &Door, name: &str, expected: &[&str], found: &[String]) -> Verdict {
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    let loss = || {
        Verdict::Loss(if found.is_empty() {
            format!("no header {name}")
        } else {
            format!("{name}: {}", found.join(" | "))
        })
    };
    match name {
        "location" if !door.base.is_empty() => match (expected, found.as_slice()) {
            ([expected], [found]) if **found == format!("{}{expected}", door.base) => Verdict::Same,
            ([expected], [found]) if found == expected => Verdict::Design("a redirect leaves the base path".to_owned()),
            _ => loss(),
        },
        "set-cookie" if expected == found => Verdict::Same,
        // AWS wants multi-value headers for this; two spellings of the name are a trick.
        "set-cookie"
            if door.header_values() == Repeated::Last
                && found.len() == 1
                && expected.contains(&found.first().copied().certain()) =>
        {
            Verdict::Design("one cookie of several: needs multi-value headers".to_owned())
        }
        "set-cookie" => loss(),
        _ if joined(expected) == joined(&found) => Verdict::Same,
        _ => loss(),
    }
}

pub(crate) fn of_status(status: u16, got: &Got) -> Verdict {
    match &got.fault {
        Some(fault) => Verdict::Loss(fault.clone()),
        None => Verdict::unless(got.status.as_u16() == status, || format!("status {}", got.status)),
    }
}

/// A failure of the app is the server's, and costs this request alone.
pub(crate) fn of_failure(got: &Got, after: Option<String>) -> Verdict {
    Verdict::unless(got.status.is_server_error(), || format!("status {}", got.status))
        .and(|| after.map_or(Verdict::Same, |reason| Verdict::Loss(format!("the next request: {reason}"))))
}

fn values(headers: &HeaderMap, name: &str) -> Vec<String> {
    headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
}

/// Values as one, without blanks behind commas: HTTP says that both mean the same.
fn joined(values: &[&str]) -> String {
    values.join(",").split(',').map(str::trim).collect::<Vec<_>>().join(",")
}

/// The pairs of cookies, however lines were joined.
fn crumbs(lines: &[&str]) -> Vec<String> {
    lines.iter().flat_map(|line| line.split([';', ','])).map(|crumb| crumb.trim().to_owned()).collect()
}

/// Name and value, decoded as a form has them.
fn pairs(query: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let part = |text: &str| decode(&text.replace('+', " "));
    let one = |pair: &str| {
        pair.split_once('=').map_or_else(|| (part(pair), Vec::new()), |(name, value)| (part(name), part(value)))
    };
    query.split('&').filter(|pair| !pair.is_empty()).map(one).collect()
}

fn by_name(pairs: Vec<(Vec<u8>, Vec<u8>)>) -> BTreeMap<Vec<u8>, Vec<Vec<u8>>> {
    let mut names: BTreeMap<Vec<u8>, Vec<Vec<u8>>> = BTreeMap::new();
    for (name, value) in pairs {
        names.entry(name).or_default().push(value);
    }
    names
}

fn slashes(path: &str) -> usize {
    path.matches('/').count()
}

/// Percent-decoded; what is no escape stays.
fn decode(text: &str) -> Vec<u8> {
    let mut rest = text.as_bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let [first, behind @ ..] = rest {
        (rest, _) = match behind {
            [high, low, behind @ ..] if *first == b'%' => match escaped(*high, *low) {
                Some(byte) => (behind, decoded.push(byte)),
                None => (rest.split_at(1).1, decoded.push(*first)),
            },
            _ => (behind, decoded.push(*first)),
        };
    }
    decoded
}

fn escaped(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_once_and_what_is_none_stays() {
        assert_eq!(decode("a%20b%2525%zz%4"), b"a b%25%zz%4");
    }

    #[test]
    fn the_worse_of_two_verdicts_counts() {
        let (design, loss) = (|| Verdict::Design("a".to_owned()), || Verdict::Loss("b".to_owned()));
        assert_eq!(design().and(loss), loss());
        assert_eq!(loss().and(design), loss());
        assert_eq!(Verdict::Same.and(design), design());
        assert_eq!(design().and(|| Verdict::Same), design());
    }
}

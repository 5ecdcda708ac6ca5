//! What the suite says in the end: a table, and each loss once.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use serde_json::{Value, json};
use sippycup_gateway::Kind;

use super::cases::{Case, Topic};
use super::doors::ORDER;
use super::verdict::Verdict;

#[derive(Default)]
pub(crate) struct Report {
    cells: BTreeMap<(Topic, &'static str), Cell>,
    /// Why a kind, or one door of it, was not asked.
    absent: BTreeMap<String, String>,
    /// What was lost or done otherwise, in order of appearance, with the doors where it was.
    found: Vec<Found>,
}

#[derive(Clone, Copy, Default)]
struct Cell {
    same: usize,
    design: usize,
    loss: usize,
}

struct Found {
    topic: Topic,
    case: &'static str,
    mark: char,
    said: String,
    doors: Vec<String>,
}

impl Report {
    pub(crate) fn absent(&mut self, door: &str, reason: &str) {
        let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        self.absent.insert(door.to_owned(), reason);
    }

    pub(crate) fn note(&mut self, kind: Kind, case: &Case, door: &str, verdict: Verdict) {
        let cell = self.cells.entry((case.topic, kind.as_str())).or_default();
        let (mark, said) = match verdict {
            Verdict::Same => {
                cell.same += 1;
                return;
            }
            Verdict::Design(said) => {
                cell.design += 1;
                ('~', said)
            }
            Verdict::Loss(said) => {
                cell.loss += 1;
                ('!', said)
            }
        };
        let same = |found: &&mut Found| {
            found.topic == case.topic && found.case == case.name && found.mark == mark && found.said == said
        };
        match self.found.iter_mut().find(same) {
            Some(found) => found.doors.push(door.to_owned()),
            None => {
                self.found.push(Found { topic: case.topic, case: case.name, mark, said, doors: vec![door.to_owned()] })
            }
        }
    }

    /// Whether nothing was lost.
    pub(crate) fn is_whole(&self) -> bool {
        self.cells.values().all(|cell| cell.loss == 0) && !self.cells.is_empty()
    }

    pub(crate) fn json(&self) -> Value {
        let mut doors: BTreeMap<&str, BTreeMap<&str, Value>> = BTreeMap::new();
        for ((topic, kind), cell) in &self.cells {
            let cell = json!({"same": cell.same, "design": cell.design, "loss": cell.loss});
            doors.entry(kind).or_default().insert(topic.as_str(), cell);
        }
        let found: Vec<_> = self
            .found
            .iter()
            .map(|f| json!({"topic": f.topic.as_str(), "case": f.case, "loss": f.mark == '!', "said": f.said, "doors": f.doors}))
            .collect();
        json!({"doors": doors, "absent": self.absent, "found": found})
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: Vec<_> = ORDER.into_iter().map(Kind::as_str).filter(|kind| self.is_there(kind)).collect();
        write!(f, "{:<12}", "")?;
        for kind in &kinds {
            write!(f, "{kind:>12}")?;
        }
        let mut sum = Cell::default();
        for topic in Topic::ALL.into_iter().filter(|topic| self.cells.keys().any(|(there, _)| there == topic)) {
            write!(f, "\n{:<12}", topic.as_str())?;
            for kind in &kinds {
                let mut text = String::new();
                match self.cells.get(&(topic, kind)) {
                    Some(cell) => {
                        sum = Cell {
                            same: sum.same + cell.same,
                            design: sum.design + cell.design,
                            loss: sum.loss + cell.loss,
                        };
                        cell.write(&mut text)?;
                    }
                    None => text.push('-'),
                }
                write!(f, "{text:>12}")?;
            }
        }
        for (at, found) in self.found.iter().enumerate() {
            let like = |other: &&Found| found.is_like(other);
            if self.found.iter().take(at).any(|before| like(&before)) {
                continue;
            }
            let cases: Vec<_> = self.found.iter().filter(like).map(|found| found.case).collect();
            let Found { topic, mark, said, doors, .. } = found;
            write!(f, "\n{mark} {}: {}: {said} ({})", topic.as_str(), list(&cases), list(doors))?;
        }
        for (kind, reason) in &self.absent {
            write!(f, "\n! {kind}: not asked: {reason}")?;
        }
        write!(f, "\n{} the same, {} by design (~), {} lost (!)", sum.same, sum.design, sum.loss)
    }
}

impl Found {
    /// Whether both are one line.
    fn is_like(&self, other: &Self) -> bool {
        (self.topic, self.mark, &self.said, &self.doors) == (other.topic, other.mark, &other.said, &other.doors)
    }
}

/// The first few, and how many more, each once.
fn list(names: &[impl AsRef<str> + PartialEq]) -> String {
    let once: Vec<_> = names
        .iter()
        .enumerate()
        .filter(|(at, name)| !names.iter().take(*at).any(|n| n == *name))
        .map(|(_, n)| n.as_ref())
        .collect();
    match once.split_at_checked(SHOWN) {
        Some((shown, more)) if !more.is_empty() => format!("{} and {} more", shown.join(", "), more.len()),
        _ => once.join(", "),
    }
}

impl Report {
    fn is_there(&self, kind: &str) -> bool {
        self.absent.contains_key(kind) || self.cells.keys().any(|(_, there)| *there == kind)
    }
}

impl Cell {
    fn write(self, text: &mut String) -> fmt::Result {
        write!(text, "{}", self.same)?;
        if self.design > 0 {
            write!(text, " ~{}", self.design)?;
        }
        if self.loss > 0 {
            write!(text, " !{}", self.loss)?;
        }
        Ok(())
    }
}

/// How many names a line has.
const SHOWN: usize = 6;

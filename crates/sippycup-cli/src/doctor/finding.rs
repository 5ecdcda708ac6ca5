//! What is found in a project.

use std::fmt;

/// Something that was found.
#[derive(Debug, PartialEq)]
pub(crate) struct Finding {
    /// Whether it will fail, or only may be better.
    pub(super) is_wrong: bool,
    /// Where it is.
    place: String,
    what: String,
    help: String,
}

impl Finding {
    pub(crate) fn wrong(place: impl Into<String>, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { is_wrong: true, place: place.into(), what: what.into(), help: help.into() }
    }

    pub(crate) fn advice(place: impl Into<String>, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { is_wrong: false, ..Self::wrong(place, what, help) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sort = if self.is_wrong { "wrong" } else { "advice" };
        write!(f, "{sort}: {}: {}\n  help: {}", self.place, self.what, self.help)
    }
}

//! What is passed over: said once, with the reason.

use std::collections::BTreeMap;

use crate::certain::Certain;
use crate::template::document::{Fault, Span};

/// Notes about a template, in two sorts.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// Where something is different from AWS, with its place.
    pub(crate) warnings: Vec<Fault>,
    /// What does not matter to requests: logical id or type, and why, with the names of what it is.
    passed: BTreeMap<(String, String), Vec<String>>,
}

impl Notes {
    pub(crate) fn warn(&mut self, span: Span, message: impl std::fmt::Display) {
        let warning = Fault::new(span, message);
        if !self.warnings.iter().any(|other| (other.span, &other.message) == (warning.span, &warning.message)) {
            self.warnings.push(warning);
        }
    }

    /// `what` of `whom` is passed over because of `why`.
    pub(crate) fn pass(&mut self, whom: &str, what: &str, why: &str) {
        let names = self.passed.entry((whom.to_owned(), why.to_owned())).or_default();
        if !names.iter().any(|name| name == what) {
            names.push(what.to_owned());
        }
    }

    /// Each as `whom: what, what: why`, with `named` for what a resource is called.
    pub(crate) fn passed(&self, named: impl Fn(&str) -> String) -> impl Iterator<Item = String> {
        self.passed.iter().map(move |((whom, why), what)| format!("{}: {}: {why}", named(whom), what.join(", ")))
    }

    /// The same for a reader: of many that are alike the first ones.
    pub(crate) fn shortened(&self, named: impl Fn(&str) -> String) -> impl Iterator<Item = String> {
        self.passed.iter().map(move |((whom, why), what)| match what.len().checked_sub(SHOWN) {
            Some(more @ 1..) => {
                let shown = what.get(..SHOWN).certain().join(", ");
                format!("{}: {shown} and {more} more, which --describe lists: {why}", named(whom))
            }
            _ => format!("{}: {}: {why}", named(whom), what.join(", ")),
        })
    }
}

const SHOWN: usize = 6;

/// Of custom domains, wherever they stand.
pub(crate) const MUTUAL_TLS: &str =
    "its truststore is in S3: `--tls --tls-client-ca FILE` asks clients for certificates";

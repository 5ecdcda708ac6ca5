//! Fields of events and spans.

use std::{error::Error, fmt};

use tracing::field::{Field, Visit};

use crate::failure::chain;

/// Names and values, each name once.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(&'static str, Value)>);

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Value {
    Text(String),
    /// A number or a boolean, as JSON has it.
    Bare(String),
}

impl Fields {
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    /// Adds fields; one that has the same name is replaced.
    pub(super) fn extend(&mut self, others: Self) {
        for (name, value) in others.0 {
            self.set(name, value);
        }
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(known, _)| *known == name)?;
        Some(self.0.remove(at).1)
    }

    pub(super) fn rename(&mut self, from: &str, to: &'static str) {
        if let Some(value) = self.take(from) {
            self.set(to, value);
        }
    }

    fn set(&mut self, name: &'static str, value: Value) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some(known) => known.1 = value,
            None => self.0.push((name, value)),
        }
    }

    fn text(&mut self, field: &Field, value: String) {
        self.set(field.name(), Value::Text(value));
    }

    fn bare(&mut self, field: &Field, value: impl fmt::Display) {
        self.set(field.name(), Value::Bare(value.to_string()));
    }
}

impl Value {
    pub(super) fn as_str(&self) -> &str {
        let (Self::Text(text) | Self::Bare(text)) = self;
        text
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        match value.is_finite() {
            true => self.bare(field, value),
            false => self.text(field, value.to_string()),
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.record_i128(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.record_i128(field, value.into());
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        match value.unsigned_abs() <= EXACT {
            true => self.bare(field, value),
            false => self.text(field, value.to_string()),
        }
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        match value <= EXACT {
            true => self.bare(field, value),
            false => self.text(field, value.to_string()),
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.bare(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value.to_owned());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.text(field, chain(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, format!("{value:?}"));
    }
}

/// 2⁵³. A reader that takes numbers as JavaScript does would read a larger integer as another one.
const EXACT: u128 = 1 << 53;

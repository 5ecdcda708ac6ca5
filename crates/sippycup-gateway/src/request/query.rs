//! The query of a request.

use percent_encoding::percent_decode_str;

use super::Call;
use crate::Kind;

impl Call<'_> {
    pub(crate) fn query(&self) -> &str {
        self.parts.uri.query().unwrap_or_default()
    }

    /// The first value of a key; its case counts.
    pub(crate) fn query_value(&self, name: &str) -> Option<String> {
        self.query_values(name).next()
    }

    pub(crate) fn query_values(&self, name: &str) -> impl Iterator<Item = String> {
        self.query_pairs().filter(move |(key, _)| form_decoded(key) == name).map(|(_, value)| form_decoded(value))
    }

    /// Decoded and grouped per key, in order of the keys' first appearance.
    pub(crate) fn decoded_query(&self) -> Vec<(String, Vec<String>)> {
        grouped(self.query_pairs().map(|(k, v)| (form_decoded(k), form_decoded(v))))
    }

    /// Key and value pairs, still encoded, in order. A key without `=` has an empty value.
    fn query_pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        // API Gateway's known issues: a plain semicolon splits data in a REST API.
        pairs(self.query(), self.kind() == Kind::RestApi)
    }
}

/// As sent, grouped per key.
pub(crate) fn raw_query(query: &str) -> Vec<(String, Vec<String>)> {
    grouped(pairs(query, false).map(|(k, v)| (k.to_owned(), v.to_owned())))
}

fn pairs(query: &str, semicolon: bool) -> impl Iterator<Item = (&str, &str)> {
    query
        .split(move |c| c == '&' || semicolon && c == ';')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

fn grouped(pairs: impl Iterator<Item = (String, String)>) -> Vec<(String, Vec<String>)> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for (key, value) in pairs {
        match groups.iter_mut().find(|(k, _)| *k == key) {
            Some((_, values)) => values.push(value),
            None => groups.push((key, vec![value])),
        }
    }
    groups
}

pub(crate) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn form_decoded(text: &str) -> String {
    decoded(&text.replace('+', " "))
}

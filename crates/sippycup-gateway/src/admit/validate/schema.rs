//! JSON schemas of draft 4: models by their names, and what is checked of them before the first body comes.

use std::collections::BTreeMap;

use regex_lite::Regex;
use serde_json::{Map, Value};

use crate::ConfigError;

/// The models of an API.
#[derive(Clone, Debug, Default)]
pub(super) struct Schema {
    models: BTreeMap<String, Value>,
    /// Patterns by their texts.
    patterns: BTreeMap<String, Regex>,
}

/// A schema in a model.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'s> {
    /// The whole model, in which pointers such as `#/definitions/x` begin.
    pub(super) model: &'s Value,
    pub(super) schema: &'s Value,
}

impl Schema {
    pub(super) fn add(&mut self, name: &str, schema: Value) {
        self.models.insert(name.to_owned(), schema);
    }

    pub(super) fn model(&self, name: &str) -> Option<Place<'_>> {
        self.models.get(name).map(|model| Place { model, schema: model })
    }

    pub(super) fn pattern(&self, text: &str) -> Option<&Regex> {
        self.patterns.get(text)
    }

    /// What a reference means: a part of the same model, or another model.
    pub(super) fn referred<'s>(&'s self, place: Place<'s>, reference: &str) -> Option<Place<'s>> {
        let own = reference.strip_prefix('#').and_then(|pointer| place.model.pointer(pointer));
        let name = || reference.rsplit_once('/').map_or(reference, |(_, name)| name);
        own.map(|schema| Place { schema, ..place }).or_else(|| self.model(name()))
    }

    /// Reads all models.
    ///
    /// # Errors
    ///
    /// If one is no schema of draft 4, has a pattern that is not understood, or refers to nothing.
    pub(super) fn finish(&mut self) -> Result<(), ConfigError> {
        let mut patterns = BTreeMap::new();
        for (name, model) in &self.models {
            let wrong = |pointer: &str, what: &str| {
                ConfigError::new(format!("model `{}`: {what} at `{}`", name.escape_debug(), pointer.escape_debug()))
            };
            let place = Place { model, schema: model };
            self.read(place, &mut String::from("#"), &mut patterns)
                .map_err(|(pointer, what)| wrong(&pointer, &what))?;
        }
        self.patterns = patterns;
        Ok(())
    }

    fn read(
        &self,
        place: Place<'_>,
        at: &mut String,
        patterns: &mut BTreeMap<String, Regex>,
    ) -> Result<(), (String, String)> {
        let Some(schema) = place.schema.as_object() else { return Err(unlike(at, "a schema, which is an object")) };
        if at.len() > DEEPEST {
            return Err(unlike(at, "fewer schemas inside of each other"));
        }
        for (keyword, value) in schema {
            let length = at.len();
            at.push('/');
            at.push_str(keyword);
            self.read_keyword(place, keyword, value, at, patterns)?;
            at.truncate(length);
        }
        for bound in ["Maximum", "Minimum"] {
            let limit = bound.to_ascii_lowercase();
            if schema.contains_key(&format!("exclusive{bound}")) && !schema.contains_key(&limit) {
                return Err(unlike(at, &format!("`{limit}` beside `exclusive{bound}`")));
            }
        }
        Ok(())
    }

    fn read_keyword(
        &self,
        place: Place<'_>,
        keyword: &str,
        value: &Value,
        at: &mut String,
        patterns: &mut BTreeMap<String, Regex>,
    ) -> Result<(), (String, String)> {
        let needs =
            |is_right: bool, expected: &str, at: &str| if is_right { Ok(()) } else { Err(unlike(at, expected)) };
        let inner = |schema| Place { schema, ..place };
        match keyword {
            "$ref" => {
                let reference = value.as_str().ok_or_else(|| unlike(at, "text"))?;
                needs(
                    self.referred(place, reference).is_some(),
                    "a reference to a part of this model or to a model",
                    at,
                )
            }
            "type" => needs(types(value).is_some(), "a type of JSON, or several", at),
            "enum" => needs(value.as_array().is_some_and(|all| !all.is_empty()), "a list of values", at),
            "required" => needs(texts(value).is_some(), "a list of names", at),
            "exclusiveMaximum" | "exclusiveMinimum" | "uniqueItems" => needs(value.is_boolean(), "true or false", at),
            "maximum" | "minimum" => needs(value.is_number(), "a number", at),
            "multipleOf" => needs(value.as_f64().is_some_and(|number| number > 0.0), "a number above 0", at),
            "maxItems" | "maxLength" | "maxProperties" | "minItems" | "minLength" | "minProperties" => {
                needs(count(value).is_some(), "a whole number", at)
            }
            "pattern" => {
                let text = value.as_str().ok_or_else(|| unlike(at, "text"))?;
                compiled(text, at, patterns)
            }
            "not" => self.read(inner(value), at, patterns),
            "additionalItems" | "additionalProperties" if value.is_boolean() => Ok(()),
            "additionalItems" | "additionalProperties" => self.read(inner(value), at, patterns),
            "items" if value.is_object() => self.read(inner(value), at, patterns),
            "allOf" | "anyOf" | "oneOf" | "items" => {
                let all = value.as_array().filter(|all| !all.is_empty() || keyword == "items");
                for (index, schema) in all.ok_or_else(|| unlike(at, "a list of schemas"))?.iter().enumerate() {
                    self.read_part(inner(schema), &index.to_string(), at, patterns)?;
                }
                Ok(())
            }
            "definitions" | "patternProperties" | "properties" | "dependencies" => {
                for (name, schema) in value.as_object().ok_or_else(|| unlike(at, "schemas by names"))? {
                    if keyword == "patternProperties" {
                        compiled(name, at, patterns)?;
                    }
                    if keyword == "dependencies" && texts(schema).is_some() {
                        continue;
                    }
                    self.read_part(inner(schema), name, at, patterns)?;
                }
                Ok(())
            }
            // A keyword that draft 4 does not have means nothing.
            _ => Ok(()),
        }
    }

    fn read_part(
        &self,
        place: Place<'_>,
        name: &str,
        at: &mut String,
        patterns: &mut BTreeMap<String, Regex>,
    ) -> Result<(), (String, String)> {
        let length = at.len();
        at.push('/');
        at.push_str(name);
        self.read(place, at, patterns)?;
        at.truncate(length);
        Ok(())
    }
}

/// The names of the types that a value may have.
pub(super) fn types(value: &Value) -> Option<Vec<&str>> {
    let one = value.as_str().map(|name| vec![name]);
    let all = one.or_else(|| texts(value))?;
    (!all.is_empty() && all.iter().all(|name| TYPES.contains(name))).then_some(all)
}

pub(super) fn texts(value: &Value) -> Option<Vec<&str>> {
    value.as_array()?.iter().map(Value::as_str).collect()
}

/// A whole number, also if it is written `2.0`.
pub(super) fn count(value: &Value) -> Option<u64> {
    let whole = || value.as_f64().filter(|number| number.fract() == 0.0 && *number >= 0.0);
    value.as_u64().or_else(|| whole().and_then(|number| format!("{number:.0}").parse().ok()))
}

/// A member of a schema.
pub(super) fn part<'s>(schema: &'s Map<String, Value>, keyword: &str) -> Option<&'s Map<String, Value>> {
    schema.get(keyword)?.as_object()
}

fn compiled(text: &str, at: &str, patterns: &mut BTreeMap<String, Regex>) -> Result<(), (String, String)> {
    if patterns.contains_key(text) {
        return Ok(());
    }
    let pattern =
        Regex::new(text).map_err(|error| (at.to_owned(), format!("the pattern is not understood: {error}")))?;
    patterns.insert(text.to_owned(), pattern);
    Ok(())
}

fn unlike(at: &str, expected: &str) -> (String, String) {
    (at.to_owned(), format!("expected {expected}"))
}

const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];

/// Bytes of the longest pointer.
const DEEPEST: usize = 4096;

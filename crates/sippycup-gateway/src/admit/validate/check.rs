//! A body against its model.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::equal::{canonical, is_same, is_whole};
use super::schema::{Place, Schema, count, part, texts, types};

/// What is wrong with a body.
#[derive(Debug)]
pub(super) struct Violation {
    /// Where, as a JSON pointer.
    pub(super) pointer: String,
    pub(super) keyword: &'static str,
    /// In the words of the library that API Gateway is said to use.
    pub(super) text: String,
}

/// All that is wrong; nothing if the body fits.
pub(super) fn violations(schema: &Schema, model: &str, body: &Value) -> Vec<Violation> {
    let mut check = Check {
        schema,
        found: Vec::new(),
        pointer: String::new(),
        steps: 0,
        depth: 0,
        asking: 0,
        fails: false,
        is_beyond: false,
    };
    match schema.model(model) {
        Some(place) => check.schema(place, body),
        None => check.add("model", || "the model is not there".to_owned()),
    }
    if check.is_beyond {
        check.add("$ref", || "the schema refers to itself without end, or the body is too large for it".to_owned());
    }
    check.found
}

struct Check<'s> {
    schema: &'s Schema,
    found: Vec<Violation>,
    pointer: String,
    /// Schemas that were looked at.
    steps: usize,
    depth: usize,
    /// Inside of how many schemas of `allOf`, `anyOf`, `oneOf` and `not` the check is. These only ask whether a value fits, so nothing is added to `found`.
    asking: usize,
    /// Whether the value does not fit the innermost of these.
    fails: bool,
    /// Whether a limit is reached: then no result counts, not even that of `not`.
    is_beyond: bool,
}

impl<'s> Check<'s> {
    fn add(&mut self, keyword: &'static str, text: impl FnOnce() -> String) {
        if self.asking > 0 {
            self.fails = true;
        } else if self.found.len() < MOST {
            self.found.push(Violation { pointer: start(&self.pointer), keyword, text: start(&text()) });
        }
    }

    fn schema(&mut self, place: Place<'s>, value: &Value) {
        if self.fails {
            return;
        }
        self.steps += 1;
        self.is_beyond |= self.steps > STEPS || self.depth > DEEPEST;
        if self.is_beyond {
            return;
        }
        self.depth += 1;
        if let Some(schema) = place.schema.as_object() {
            // Draft 4 ignores what stands beside a reference.
            match schema.get("$ref").and_then(Value::as_str) {
                Some(reference) => {
                    if let Some(referred) = self.schema.referred(place, reference) {
                        self.schema(referred, value);
                    }
                }
                None => self.keywords(place, schema, value),
            }
        }
        self.depth -= 1;
    }

    fn keywords(&mut self, place: Place<'s>, schema: &'s Map<String, Value>, value: &Value) {
        if let Some(allowed) = schema.get("type").and_then(types)
            && !allowed.iter().any(|allowed| is_of(value, allowed))
        {
            self.add("type", || {
                let allowed: Vec<_> = allowed.iter().map(|name| format!("{name:?}")).collect();
                let (found, allowed) = (type_of(value), allowed.join(","));
                format!("instance type ({found}) does not match any allowed primitive type (allowed: [{allowed}])")
            });
        }
        if let Some(all) = schema.get("enum").and_then(Value::as_array)
            && !all.iter().any(|one| is_same(one, value))
        {
            self.add("enum", || {
                let all = Value::from(all.clone());
                format!("instance value ({}) not found in enum (possible values: {all})", start(&value.to_string()))
            });
        }
        match value {
            Value::String(text) => self.text(schema, text),
            Value::Number(_) => self.number(schema, value),
            Value::Array(items) => self.array(place, schema, items),
            Value::Object(members) => self.object(place, schema, value, members),
            Value::Bool(_) | Value::Null => {}
        }
        self.combined(place, schema, value);
    }

    fn text(&mut self, schema: &Map<String, Value>, text: &str) {
        let length = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
        if let Some(least) = schema.get("minLength").and_then(count).filter(|least| length < *least) {
            self.add("minLength", || {
                format!("string {:?} is too short (length: {length}, required minimum: {least})", start(text))
            });
        }
        if let Some(most) = schema.get("maxLength").and_then(count).filter(|most| length > *most) {
            self.add("maxLength", || {
                format!("string {:?} is too long (length: {length}, maximum allowed: {most})", start(text))
            });
        }
        if let Some(pattern) = schema.get("pattern").and_then(Value::as_str)
            && self.schema.pattern(pattern).is_some_and(|pattern| !pattern.is_match(text))
        {
            self.add("pattern", || format!("ECMA 262 regex {pattern:?} does not match input string {:?}", start(text)));
        }
    }

    fn number(&mut self, schema: &Map<String, Value>, value: &Value) {
        let limit = |keyword: &str| Some((schema.get(keyword)?.as_f64()?, schema.get(keyword)?.to_string()));
        let is_exclusive = |keyword: &str| schema.get(keyword).and_then(Value::as_bool).unwrap_or(false);
        let Some(number) = value.as_f64() else { return };
        if let Some((least, shown)) = limit("minimum") {
            if number < least {
                self.add("minimum", || {
                    format!("numeric instance is lower than the required minimum (minimum: {shown}, found: {value})")
                });
            } else if is_exclusive("exclusiveMinimum") && number <= least {
                self.add("exclusiveMinimum", || {
                    format!("numeric instance is not strictly greater than the required minimum {shown}")
                });
            }
        }
        if let Some((most, shown)) = limit("maximum") {
            if number > most {
                self.add("maximum", || {
                    format!("numeric instance is greater than the required maximum (maximum: {shown}, found: {value})")
                });
            } else if is_exclusive("exclusiveMaximum") && number >= most {
                self.add("exclusiveMaximum", || {
                    format!("numeric instance is not strictly lower than the required maximum {shown}")
                });
            }
        }
        if let Some((step, shown)) = limit("multipleOf") {
            let whole = value.as_i64().zip(schema.get("multipleOf").and_then(Value::as_i64));
            let times = number / step;
            // Numbers with a fraction are not exact, and so their quotient is not exact.
            let is_multiple = whole.map_or_else(
                || (times - times.round()).abs() <= 4.0 * f64::EPSILON * times.abs(),
                |(number, step)| number.checked_rem(step) == Some(0),
            );
            if !is_multiple {
                self.add("multipleOf", || format!("remainder of division is not zero ({value} / {shown})"));
            }
        }
    }

    fn array(&mut self, place: Place<'s>, schema: &'s Map<String, Value>, items: &[Value]) {
        let length = u64::try_from(items.len()).unwrap_or(u64::MAX);
        if let Some(least) = schema.get("minItems").and_then(count).filter(|least| length < *least) {
            self.add("minItems", || {
                format!("array is too short: must have at least {least} elements but instance has {length} elements")
            });
        }
        if let Some(most) = schema.get("maxItems").and_then(count).filter(|most| length > *most) {
            self.add("maxItems", || {
                format!("array is too long: must have at most {most} elements but instance has {length} elements")
            });
        }
        if schema.get("uniqueItems").and_then(Value::as_bool).unwrap_or(false) {
            let mut seen = BTreeSet::new();
            if !items.iter().all(|item| seen.insert(canonical(item))) {
                self.add("uniqueItems", || "array must not contain duplicate elements".to_owned());
            }
        }
        let (all, listed) = match schema.get("items") {
            Some(all @ Value::Object(_)) => (Some(all), &[][..]),
            Some(Value::Array(listed)) => (None, listed.as_slice()),
            _ => return,
        };
        let more = schema.get("additionalItems").filter(|_| all.is_none());
        if more == Some(&Value::Bool(false)) && items.len() > listed.len() {
            self.add("additionalItems", || {
                format!("array has additional elements, and the schema has {} elements", listed.len())
            });
        }
        for (at, item) in items.iter().enumerate() {
            if let Some(schema) = all.or_else(|| listed.get(at)).or(more) {
                self.inside(&at.to_string(), Place { schema, ..place }, item);
            }
        }
    }

    fn object(
        &mut self,
        place: Place<'s>,
        schema: &'s Map<String, Value>,
        value: &Value,
        members: &Map<String, Value>,
    ) {
        let length = u64::try_from(members.len()).unwrap_or(u64::MAX);
        if let Some(least) = schema.get("minProperties").and_then(count).filter(|least| length < *least) {
            self.add("minProperties", || {
                format!("object has too few properties (found {length} but schema requires at least {least})")
            });
        }
        if let Some(most) = schema.get("maxProperties").and_then(count).filter(|most| length > *most) {
            self.add("maxProperties", || {
                format!("object has too many properties (found {length} but schema requires at most {most})")
            });
        }
        let required = schema.get("required").and_then(texts).unwrap_or_default();
        let missing: BTreeSet<_> = required.into_iter().filter(|name| !members.contains_key(*name)).collect();
        if !missing.is_empty() {
            self.add("required", || format!("object has missing required properties ({})", listed(missing)));
        }
        let (own, patterns) = (part(schema, "properties"), part(schema, "patternProperties"));
        let more = schema.get("additionalProperties");
        let mut unknown = BTreeSet::new();
        for (name, value) in members {
            let mut schemas: Vec<&'s Value> = own.and_then(|own| own.get(name)).into_iter().collect();
            let matching = patterns
                .into_iter()
                .flatten()
                .filter(|(text, _)| self.schema.pattern(text).is_some_and(|pattern| pattern.is_match(name)));
            schemas.extend(matching.map(|(_, schema)| schema));
            if schemas.is_empty() {
                match more {
                    Some(Value::Bool(false)) => {
                        unknown.insert(name.as_str());
                    }
                    Some(more @ Value::Object(_)) => schemas.push(more),
                    _ => {}
                }
            }
            for schema in schemas {
                self.inside(name, Place { schema, ..place }, value);
            }
        }
        if !unknown.is_empty() {
            self.add("additionalProperties", || {
                let unknown = listed(unknown);
                format!("object instance has properties which are not allowed by the schema: {unknown}")
            });
        }
        for (name, needed) in
            part(schema, "dependencies").into_iter().flatten().filter(|(name, _)| members.contains_key(*name))
        {
            match texts(needed) {
                Some(needed) => {
                    let missing: BTreeSet<_> = needed.into_iter().filter(|name| !members.contains_key(*name)).collect();
                    if !missing.is_empty() {
                        self.add("dependencies", || {
                            format!(
                                "property {name:?} of object has missing property dependencies ({})",
                                listed(missing)
                            )
                        });
                    }
                }
                None => self.schema(Place { schema: needed, ..place }, value),
            }
        }
    }

    /// `allOf`, `anyOf`, `oneOf` and `not`.
    fn combined(&mut self, place: Place<'s>, schema: &'s Map<String, Value>, value: &Value) {
        for (keyword, schemas) in
            COMBINED.iter().filter_map(|keyword| Some((*keyword, schema.get(*keyword)?.as_array()?)))
        {
            let fitting = schemas.iter().filter(|schema| self.fits(Place { schema, ..place }, value)).count();
            let all = schemas.len();
            match keyword {
                "allOf" if fitting < all => {
                    self.add("allOf", || {
                        format!("instance failed to match all required schemas (matched only {fitting} out of {all})")
                    });
                }
                "anyOf" if fitting == 0 => {
                    self.add("anyOf", || format!("instance failed to match at least one required schema among {all}"));
                }
                "oneOf" if fitting != 1 => {
                    self.add("oneOf", || {
                        format!("instance failed to match exactly one schema (matched {fitting} out of {all})")
                    });
                }
                _ => {}
            }
        }
        if let Some(schema) = schema.get("not")
            && self.fits(Place { schema, ..place }, value)
        {
            self.add("not", || "instance matched a schema which it should not have".to_owned());
        }
    }

    /// Whether a value fits; `found` stays as it is.
    fn fits(&mut self, place: Place<'s>, value: &Value) -> bool {
        let before = std::mem::take(&mut self.fails);
        self.asking += 1;
        self.schema(place, value);
        self.asking -= 1;
        !std::mem::replace(&mut self.fails, before)
    }

    fn inside(&mut self, name: &str, place: Place<'s>, value: &Value) {
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
        self.schema(place, value);
        self.pointer.truncate(length);
    }
}

fn is_of(value: &Value, name: &str) -> bool {
    match (type_of(value), name) {
        ("integer", "number") => true,
        (found, name) => found == name,
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Array(_) => "array",
        Value::Bool(_) => "boolean",
        Value::Null => "null",
        // Validators of draft 4 differ about 1.0. Here it is an integer, because for `enum` it is the same as 1.
        Value::Number(number) if is_whole(number) => "integer",
        Value::Number(_) => "number",
        Value::Object(_) => "object",
        Value::String(_) => "string",
    }
}

/// The beginning of a text, for a message: a body may have megabytes of text.
fn start(text: &str) -> String {
    let mut start: String = text.chars().take(SHOWN).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    start
}

/// Names as a list of JSON.
fn listed(names: BTreeSet<&str>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| Value::from(name).to_string()).collect();
    format!("[{}]", names.join(","))
}

const COMBINED: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// The most violations of one body that are told.
const MOST: usize = 20;

/// The most characters of a text that are told.
const SHOWN: usize = 1000;

/// The most schemas that are compared with the values of one body.
const STEPS: usize = 1_000_000;
/// The most schemas inside of each other; a body has 128 levels at most.
const DEEPEST: usize = 400;

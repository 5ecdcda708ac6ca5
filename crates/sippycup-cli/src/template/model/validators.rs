//! Request validation of REST APIs: models by their names, and what a method requires.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::plan::ValidatorTable;
use crate::template::document::{Entry, Fault, Node, Shape, Span, yaml};
use crate::template::scope::Scope;

/// The models of an API.
#[derive(Clone, Debug)]
pub(crate) struct Models {
    all: BTreeMap<String, Value>,
}

/// What a method says about its requests.
#[derive(Debug, Default)]
pub(crate) struct Required {
    /// `method.request.querystring.q`.
    pub(crate) parameters: Vec<String>,
    /// Names of models by content types.
    pub(crate) bodies: Vec<(String, String)>,
}

impl Default for Models {
    /// The models that every API has.
    fn default() -> Self {
        let error = json!({"type": "object", "properties": {"message": {"type": "string"}}});
        Self { all: BTreeMap::from([("Empty".to_owned(), json!({"type": "object"})), ("Error".to_owned(), error)]) }
    }
}

impl Models {
    /// Adds a model: its schema is a map, or JSON as text.
    pub(crate) fn add(&mut self, name: &str, schema: &Node) -> Result<(), Fault> {
        let schema = match &schema.shape {
            Shape::Scalar { text, .. } => {
                yaml::read(text, 0).map_err(|fault| schema.fault(fault.message))?.root.to_json()
            }
            _ => schema.to_json(),
        };
        self.all.insert(name.to_owned(), schema);
        Ok(())
    }

    /// Adds schemas by their names: those of a definition, or `Models` of SAM.
    pub(crate) fn add_all(&mut self, scope: &Scope<'_>, node: Option<&Node>) -> Result<(), Fault> {
        let all = node.map(|node| scope.value(node)).transpose()?.flatten();
        for Entry { key, value, .. } in all.as_ref().map(Node::entries).unwrap_or_default() {
            self.add(key, value)?;
        }
        Ok(())
    }

    /// The validator of a method, with the models that it needs. A validator that cannot be made is noted and left out.
    pub(crate) fn validator(&self, scope: &Scope<'_>, span: Span, required: Required) -> Option<Box<ValidatorTable>> {
        let Required { mut parameters, bodies } = required;
        parameters.sort();
        let mut table = ValidatorTable { parameters, ..ValidatorTable::default() };
        let mut needed: Vec<String> = bodies.iter().map(|(_, name)| name.clone()).collect();
        table.named.extend(bodies);
        let mut seen = BTreeSet::new();
        while let Some(name) = needed.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            match self.all.get(&name) {
                Some(schema) => {
                    references(schema, &mut needed);
                    table.schemas.insert(name, schema.clone());
                }
                None if table.named.values().any(|named| *named == name) => {
                    let message = format!("requests are not validated here: there is no model `{name}`");
                    scope.notes.borrow_mut().warn(span, message);
                    return None;
                }
                None => {}
            }
        }
        if table == ValidatorTable::default() {
            return None;
        }
        if let Err(error) = table.check() {
            scope.notes.borrow_mut().warn(span, format_args!("requests are not validated here: {error}"));
            return None;
        }
        Some(Box::new(table))
    }
}

/// The names at the ends of all references.
fn references(schema: &Value, names: &mut Vec<String>) {
    match schema {
        Value::Object(members) => {
            for (key, value) in members {
                match value.as_str().filter(|_| key == "$ref") {
                    Some(reference) => names.extend(reference.rsplit('/').next().map(str::to_owned)),
                    None => references(value, names),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, names)),
        _ => {}
    }
}

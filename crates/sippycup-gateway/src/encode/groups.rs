//! Names with all their values, as the formats show them.

use serde_json::{Map, Value};

pub(super) fn lasts(groups: &[(String, Vec<String>)]) -> Value {
    groups.iter().filter_map(|(k, v)| Some((k.clone(), Value::from(v.last()?.as_str())))).collect::<Map<_, _>>().into()
}

pub(super) fn lists(groups: &[(String, Vec<String>)]) -> Value {
    groups.iter().map(|(k, v)| (k.clone(), Value::from(v.clone()))).collect::<Map<_, _>>().into()
}

pub(super) fn joined(groups: &[(String, Vec<String>)], separator: &str) -> Value {
    groups.iter().map(|(k, v)| (k.clone(), Value::from(v.join(separator)))).collect::<Map<_, _>>().into()
}

//! `--env-vars`: environment variables in the file that `sam local` takes.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::error::UsageError;
use crate::plan::{Pair, Said};

/// Variables by functions; those of `Parameters` are for all.
#[derive(Debug, Default)]
pub(super) struct Variables {
    functions: BTreeMap<String, BTreeMap<String, Value>>,
}

/// # Errors
///
/// If the file cannot be read, or is no object of objects.
pub(super) fn read(path: Option<&Path>) -> Result<Variables, UsageError> {
    let Some(path) = path else { return Ok(Variables::default()) };
    let wrong = |error: String| UsageError::new(format!("--env-vars: {}: {error}", path.display()));
    let text = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let functions = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
    Ok(Variables { functions })
}

impl Variables {
    /// Sets those of a function of these names, as `sam local` does: only what its template has already.
    pub(super) fn set(&self, names: &[&str], env: &mut [Said<Pair>]) {
        let own = names.iter().find_map(|name| self.functions.get(*name));
        for Pair { name, value } in env.iter_mut().map(|said| &mut said.value) {
            let said = own.and_then(|own| own.get(name)).or_else(|| self.functions.get(ALL)?.get(name));
            match said {
                Some(Value::String(text)) => value.clone_from(text),
                Some(other) => *value = other.to_string(),
                None => {}
            }
        }
    }
}

/// What no function is called, for logical ids are in the same place.
const ALL: &str = "Parameters";

//! What a REST API checks of a request.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use sippycup_gateway::{Gateway, Kind, RequestValidator};

/// Required parameters, and the models of bodies.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ValidatorTable {
    /// `method.request.querystring.q`.
    pub(crate) parameters: Vec<String>,
    /// Files with JSON schemas by content types.
    pub(crate) models: BTreeMap<String, String>,

    // In templates only.
    /// Names of schemas by content types.
    #[serde(skip)]
    pub(crate) named: BTreeMap<String, String>,
    #[serde(skip)]
    pub(crate) schemas: BTreeMap<String, Value>,
}

impl ValidatorTable {
    pub(crate) fn validator(&self) -> Result<RequestValidator, String> {
        let mut validator =
            self.parameters.iter().fold(RequestValidator::new(), |all, name| all.required_parameter(name));
        for (sort, file) in &self.models {
            let mut text = Vec::new();
            let read = File::open(file).and_then(|open| open.take(LARGEST).read_to_end(&mut text));
            read.map_err(|error| format!("cannot read the schema {file}: {error}"))?;
            let schema = serde_json::from_slice(&text).map_err(|error| format!("the schema {file}: {error}"))?;
            validator = validator.model(sort, file, schema);
        }
        for (sort, name) in &self.named {
            validator = validator.model(sort, name, self.schemas.get(name).cloned().unwrap_or_default());
        }
        Ok(self.schemas.iter().fold(validator, |all, (name, schema)| all.named(name, schema.clone())))
    }

    /// What is wrong with it.
    pub(crate) fn check(&self) -> Result<(), String> {
        let built = Gateway::builder(Kind::RestApi).request_validator(self.validator()?).build(());
        built.map(drop).map_err(|error| error.to_string())
    }

    /// Relative paths start in the directory of the configuration file.
    pub(crate) fn rooted(&mut self, root: &Path) {
        for file in self.models.values_mut() {
            *file = root.join(&*file).to_string_lossy().into_owned();
        }
    }
}

/// The most bytes of a schema: more than AWS takes, and an end where the file is a device that has none.
const LARGEST: u64 = 4 << 20;

//! What the user can mend.

use std::error::Error;
use std::fmt;

use sippycup_gateway::ConfigError;

/// Flags or a configuration that cannot be meant: the command ends with 2.
#[derive(Debug)]
pub(crate) struct UsageError {
    message: String,
}

impl UsageError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for UsageError {}

impl From<ConfigError> for UsageError {
    fn from(error: ConfigError) -> Self {
        Self::new(error.to_string())
    }
}

//! Patterns of files, as git has them.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::error::UsageError;

/// Patterns as in a `.gitignore` of the directory.
pub(crate) fn read_patterns(directory: &Path, patterns: &[&str]) -> Result<Gitignore, UsageError> {
    let mut builder = GitignoreBuilder::new(directory);
    for pattern in patterns {
        builder.add_line(None, pattern).map_err(|error| UsageError::new(error.to_string()))?;
    }
    builder.build().map_err(|error| UsageError::new(error.to_string()))
}

//! `samconfig.toml`, the settings of SAM's own command: which template it means, and the values of its parameters.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::error::UsageError;

/// The settings of a folder; those of nobody where there is no file.
#[derive(Debug, Default)]
pub(super) struct Settings {
    file: PathBuf,
    /// Of each command that has something to say here, the nearest one first.
    commands: Vec<Table>,
}

impl Settings {
    /// # Errors
    ///
    /// If the file is there and is no TOML.
    pub(super) fn read(folder: &Path) -> Result<Self, UsageError> {
        let file = folder.join(NAME);
        if !file.is_file() {
            return Ok(Self::default());
        }
        let wrong = |error: String| UsageError::new(format!("{}: {}", file.display(), error.trim_end()));
        let text = std::fs::read_to_string(&file).map_err(|error| wrong(error.to_string()))?;
        let whole: Table = text.parse().map_err(|error: toml::de::Error| wrong(error.to_string()))?;
        let parameters = |command: &&str| whole.get("default")?.get(*command)?.get("parameters")?.as_table().cloned();
        let commands = COMMANDS.iter().filter_map(parameters).collect();
        Ok(Self { file, commands })
    }

    /// The template that is meant.
    pub(super) fn template(&self) -> Option<PathBuf> {
        let named = |command: &Table| {
            ["template_file", "template"].iter().find_map(|key| Some(command.get(*key)?.as_str()?.to_owned()))
        };
        let path = self.commands.iter().find_map(named)?;
        Some(self.file.with_file_name(path)).filter(|path| path.is_file())
    }

    /// Values of parameters, those of the nearest command.
    pub(super) fn parameters(&self) -> BTreeMap<String, String> {
        let given = self.commands.iter().rev().filter_map(|command| command.get("parameter_overrides"));
        given.flat_map(overrides).collect()
    }

    /// The file with environment variables.
    pub(super) fn variables(&self) -> Option<PathBuf> {
        let path = self.commands.iter().find_map(|command| command.get("env_vars")?.as_str())?;
        Some(self.file.with_file_name(path))
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }
}

/// `"A=1 B='two words'"`, `"ParameterKey=A,ParameterValue=1"`, or a list of such.
fn overrides(value: &Value) -> Vec<(String, String)> {
    match value {
        Value::String(line) => words(line).iter().filter_map(|word| pair(word)).collect(),
        Value::Array(items) => items.iter().flat_map(overrides).collect(),
        Value::Table(table) => {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            table.iter().map(|(name, value)| (name.clone(), text(value))).collect()
        }
        _ => Vec::new(),
    }
}

fn pair(word: &str) -> Option<(String, String)> {
    let (name, value) = match word.strip_prefix("ParameterKey=") {
        Some(rest) => rest.split_once(",ParameterValue=")?,
        None => word.split_once('=')?,
    };
    Some((name.to_owned(), value.to_owned()))
}

/// The words of a line, as a shell takes them apart: quotes keep blanks, and a backslash keeps a quote.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut is_word) = (Vec::new(), String::new(), None, false);
    let mut signs = line.chars();
    while let Some(sign) = signs.next() {
        match (sign, quote) {
            ('\\', Some('"') | None) => word.extend(signs.next()),
            (sign, Some(open)) if sign == open => quote = None,
            ('"' | '\'', None) => (quote, is_word) = (Some(sign), true),
            (sign, None) if sign.is_whitespace() => {
                if is_word {
                    words.push(std::mem::take(&mut word));
                }
                is_word = false;
            }
            (sign, _) => {
                word.push(sign);
                is_word = true;
            }
        }
    }
    if is_word {
        words.push(word);
    }
    words
}

const NAME: &str = "samconfig.toml";

/// Whose settings are read, the nearest first: of `sam local start-api`, of `sam deploy`, which writes them, and of all.
const COMMANDS: &[&str] = &["local_start_api", "deploy", "build", "global"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_are_read_in_every_form() {
        let read = |text: &str| {
            let table: Table = text.parse().unwrap();
            let pairs = overrides(table.get("p").unwrap());
            pairs.into_iter().map(|(name, value)| format!("{name}:{value}")).collect::<Vec<_>>().join("|")
        };
        assert_eq!(read(r#"p = "A=1 B=\"two words\" C='' D=a=b""#), "A:1|B:two words|C:|D:a=b");
        assert_eq!(read(r#"p = "ParameterKey=A,ParameterValue=1 ParameterKey=B,ParameterValue='x y'""#), "A:1|B:x y");
        assert_eq!(read(r#"p = ["A=1", "B=2 C=3"]"#), "A:1|B:2|C:3");
        assert_eq!(read(r#"p = {A = "1", B = 2}"#), "A:1|B:2");
        assert_eq!(read(r#"p = "A=\\\"q\\\" nothing""#), "A:\"q\"");
        assert_eq!(read("p = 1"), "");
    }
}

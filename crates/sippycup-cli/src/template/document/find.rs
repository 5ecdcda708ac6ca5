//! Which file is meant, and what sort of file it is.

use std::path::{Path, PathBuf};

use super::node::Node;
use crate::error::UsageError;
use crate::template::samconfig::Settings;

/// The template in the current directory, if there is one.
pub(crate) fn found() -> Option<PathBuf> {
    // The source of a function is more useful than what SAM has built of it: it can be built again.
    let names = ["template.yaml", "template.yml", "template.json", ".aws-sam/build/template.yaml"];
    let named = Settings::read(Path::new("")).ok().and_then(|settings| settings.template());
    let assembly = || Some(PathBuf::from("cdk.out")).filter(|directory| directory.join("manifest.json").is_file());
    named.or_else(|| names.iter().map(PathBuf::from).find(|path| path.is_file())).or_else(assembly)
}

/// The text of a template.
pub(crate) fn text(path: &Path) -> Result<String, UsageError> {
    let wrong = |message: &str| UsageError::new(format!("--template: {}: {message}", path.display()));
    let bytes = std::fs::read(path).map_err(|error| wrong(&error.to_string()))?;
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(wrong(
            "this is an archive; of a plan of Terraform `terraform show -json` prints the JSON, which is read here",
        ));
    }
    String::from_utf8(bytes).map_err(|_| wrong("this is no text in UTF-8"))
}

/// Whether this is a sort of file that is read here; others are told by name.
pub(crate) fn check(root: &Node, path: &Path) -> Result<(), UsageError> {
    let has = |key: &str| root.get(key).is_some();
    let wrong = |message: &str| Err(UsageError::new(format!("--template: {}: {message}", path.display())));
    if root.get("Resources").is_some_and(Node::is_map) {
        Ok(())
    } else if has("service") && has("provider") {
        wrong(
            "this is of the Serverless Framework; `serverless package` writes a template of CloudFormation into .serverless",
        )
    } else {
        wrong(
            "expected a template of SAM or CloudFormation, with a map `Resources`, or an OpenAPI definition with `paths`, or the JSON of `terraform show -json`",
        )
    }
}

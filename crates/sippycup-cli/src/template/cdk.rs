//! What `cdk synth` writes: a manifest that names the templates, and for each one a list of assets.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::document::Node;
use crate::error::UsageError;

/// A file, and the name of its stack if there are others.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) file: PathBuf,
    pub(super) label: String,
    /// The account and the region of the stack, as the manifest writes them: `aws://123456789012/eu-west-1`.
    pub(super) environment: String,
}

/// The templates of a cloud assembly and of those in it; a file is one itself.
pub(super) fn templates(path: &Path) -> Result<Vec<Template>, UsageError> {
    if !path.is_dir() {
        return Ok(vec![Template { file: path.to_owned(), label: String::new(), environment: String::new() }]);
    }
    let mut templates = Vec::new();
    collect(path, 0, &mut templates)?;
    if templates.is_empty() {
        return Err(UsageError::new(format!("--template: {}: the manifest names no stack", path.display())));
    }
    Ok(templates)
}

fn collect(directory: &Path, depth: usize, templates: &mut Vec<Template>) -> Result<(), UsageError> {
    let manifest: Manifest = json(&directory.join("manifest.json"))?;
    for (id, artifact) in manifest.artifacts {
        match (artifact.kind.as_str(), artifact.properties) {
            ("aws:cloudformation:stack", Properties { template_file: Some(file), .. }) => {
                // `Stage/Stack`, as the commands of CDK take it.
                let label = artifact.display_name.unwrap_or(id);
                templates.push(Template { file: directory.join(file), label, environment: artifact.environment });
            }
            ("cdk:cloud-assembly", Properties { directory_name: Some(name), .. }) if depth < DEPTH => {
                collect(&directory.join(name), depth + 1, templates)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// The template of a stack that is a resource of another one, if it is a file of this machine.
pub(super) fn nested(template: &Path, resource: &Node, assets: &BTreeMap<String, PathBuf>) -> Option<PathBuf> {
    let url = match resource.get("Type").and_then(Node::as_text)? {
        "AWS::CloudFormation::Stack" => resource.at(&["Properties", "TemplateURL"]),
        "AWS::Serverless::Application" => resource.at(&["Properties", "Location"]),
        _ => return None,
    };
    let named = resource.at(&["Metadata", "aws:asset:path"]).or(url).and_then(Node::as_text);
    let path = match named {
        Some(path) => template.parent()?.join(path),
        // The address of a bucket, put together, with the hash at its end.
        None => assets.get(last_text(url?)?.rsplit('/').next()?.strip_suffix(".json")?)?.clone(),
    };
    path.is_file().then_some(path)
}

/// What stands last in a value, however deep.
fn last_text(node: &Node) -> Option<&str> {
    match (node.entries().last(), node.as_text()) {
        (Some(entry), _) => last_text(&entry.value),
        (None, Some(text)) => Some(text),
        (None, None) => node.items().last().filter(|last| !std::ptr::eq(*last, node)).and_then(last_text),
    }
}

/// The files of code beside a template, by the hash in the key of a bucket.
pub(super) fn assets(template: &Path) -> Result<BTreeMap<String, PathBuf>, UsageError> {
    let stack =
        template.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".template.json"));
    let Some(stack) = stack else { return Ok(BTreeMap::new()) };
    let list = template.with_file_name(format!("{stack}.assets.json"));
    if !list.is_file() {
        return Ok(BTreeMap::new());
    }
    let Assets { files } = json(&list)?;
    let place = |(hash, asset): (String, Asset)| (hash, template.with_file_name(asset.source.path));
    Ok(files.into_iter().map(place).collect())
}

fn json<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, UsageError> {
    let wrong = |message: String| UsageError::new(format!("--template: {}: {message}", path.display()));
    let text = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    artifacts: BTreeMap<String, Artifact>,
}

#[derive(Deserialize)]
struct Artifact {
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "displayName")]
    display_name: Option<String>,
    #[serde(default)]
    environment: String,
    #[serde(default)]
    properties: Properties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    template_file: Option<String>,
    directory_name: Option<String>,
}

#[derive(Deserialize)]
struct Assets {
    #[serde(default)]
    files: BTreeMap<String, Asset>,
}

#[derive(Deserialize)]
struct Asset {
    source: Source,
}

#[derive(Deserialize)]
struct Source {
    path: PathBuf,
}

/// Assemblies inside of each other.
const DEPTH: usize = 8;

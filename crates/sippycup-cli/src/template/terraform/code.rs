//! Functions: what they are called, where their code is, and what is in their environment.

use super::nodes::{entry, invented};
use super::plan::{Instance, Plan};
use crate::template::document::{Entry, Node, yaml};

/// The name of a function; before an apply that makes one up, its address in letters that a name may have.
pub(super) fn function_name(instance: &Instance<'_>) -> String {
    let named = instance.text("function_name").filter(|name| !name.is_empty());
    named.map_or_else(
        || instance.address.replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "-").trim_matches('-').to_owned(),
        str::to_owned,
    )
}

/// Name, code and environment of a function.
pub(super) fn properties(plan: &Plan<'_>, instance: &Instance<'_>) -> Vec<Entry> {
    let mut properties = vec![entry("FunctionName", Node::text(instance.span, function_name(instance)))];
    properties.extend(code(plan, instance).map(|code| entry("Code", code)));
    let variables = variables(instance);
    if !variables.is_empty() {
        let variables = entry("Variables", Node::map(instance.span, variables));
        properties.push(entry("Environment", Node::map(instance.span, vec![variables])));
    }
    properties
}

fn variables(instance: &Instance<'_>) -> Vec<Entry> {
    let block = |values: &'_ Node| values.get("environment").and_then(|blocks| blocks.items().first()).cloned();
    let of = |values: Option<&Node>| values.and_then(block).and_then(|block| block.get("variables").cloned());
    let (known, unknown) = (of(Some(instance.values)), of(instance.unknown));
    let mut variables: Vec<Entry> = known.iter().flat_map(Node::entries).cloned().collect();
    for Entry { key, value, .. } in unknown.iter().flat_map(Node::entries) {
        if value.as_text() == Some("true") && !variables.iter().any(|variable| variable.key == *key) {
            let attribute = format!("environment.{key}");
            variables.push(entry(&**key, invented(instance, instance.span, &attribute)));
        }
    }
    variables
}

/// The directory or the file of the code, as Terraform names it: from the directory of the plan.
fn code(plan: &Plan<'_>, instance: &Instance<'_>) -> Option<Node> {
    if let Some(source) = described(plan, instance) {
        return Some(source);
    }
    let Some(file) = instance.text("filename").filter(|file| !file.is_empty()) else {
        let bucket = instance.values.get("s3_bucket").filter(|bucket| !bucket.is_null())?;
        return Some(Node::map(bucket.span, vec![entry("S3Bucket", bucket.clone())]));
    };
    let archives = plan.data.iter().chain(plan.of("archive_file"));
    let archive = archives
        .filter(|archive| archive.kind == "archive_file" && archive.text("output_path") == Some(file))
        .find_map(|archive| {
            let source = ["source_dir", "source_file"].into_iter().find_map(|key| archive.values.get(key))?;
            source.as_text().is_some_and(|source| !source.is_empty()).then(|| source.clone())
        });
    archive.or_else(|| instance.values.get("filename").cloned())
}

/// What the modules of terraform-aws-modules tell SAM about the code: a resource beside the function, with the path of its source.
fn described(plan: &Plan<'_>, instance: &Instance<'_>) -> Option<Node> {
    let own = format!("{}.{}{}", instance.kind, instance.name, instance.key);
    let mut beside = plan.of("null_resource").filter(|other| other.module == instance.module);
    let triggers = beside.find_map(|other| {
        let triggers = other.values.get("triggers")?;
        (triggers.get("resource_name")?.as_text()? == own).then_some(triggers)
    })?;
    let source = triggers.get("original_source_code")?;
    let text = source.as_text()?;
    // A path, or what a module has been told in JSON, with the path in it.
    let path = match yaml::read(text, 0) {
        Ok(read) if read.root.is_map() => {
            let property = triggers.get("source_code_property").and_then(Node::as_text).unwrap_or("path");
            read.root.get(property)?.as_text()?.to_owned()
        }
        Ok(read) => read.root.items().first()?.as_text()?.to_owned(),
        Err(_) => text.to_owned(),
    };
    Some(Node::text(source.span, path))
}

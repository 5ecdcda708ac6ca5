//! Terraform: a plan or a state, in the JSON of `terraform show -json`, as a template of CloudFormation.
//!
//! ```text
//! plan ──► instances ──► rows: attribute by attribute ──► resources with the names of CloudFormation
//!              │                    ▲
//!        configuration ──► links ───┘     what an apply would make known
//! ```
//!
//! Resources keep their addresses as logical ids. What is behind them is written down once, for all templates.

mod code;
mod joined;
mod links;
mod nodes;
mod plan;
mod rows;
mod translate;

use std::collections::BTreeMap;

use super::document::{Entry, Fault, Node, Span};
use nodes::entry;
use plan::Plan;
use translate::Translator;

/// A plan as a template.
#[derive(Debug)]
pub(super) struct Translated {
    pub(super) root: Node,
    /// The same with Terraform's words, for places in messages.
    pub(super) shown: Node,
    pub(super) warnings: Vec<Fault>,
    /// What is marked as sensitive: no message has it.
    pub(super) secrets: Vec<String>,
}

/// `None` if the file is no plan and no state.
///
/// # Errors
///
/// If the format is one of another age, or a definition inside is neither JSON nor YAML.
pub(super) fn translated(root: &Node, given: &BTreeMap<String, String>) -> Result<Option<Translated>, Fault> {
    let Some(plan) = Plan::read(root) else { return Ok(None) };
    // Minor versions only add to the format; the drafts before 1.0 have the same shape.
    if let Some(version) = root.get("format_version")
        && !version.as_text().is_some_and(|version| version.starts_with("0.") || version.starts_with("1."))
    {
        return Err(version.unlike("a plan of format 1"));
    }
    let mut secrets = Vec::new();
    for instance in plan.instances.iter().chain(&plan.data) {
        if let Some(sensitive) = instance.sensitive {
            collect(instance.values, sensitive, &mut secrets);
        }
    }
    let variables = root.at(&["configuration", "root_module", "variables"]).map(Node::entries).unwrap_or_default();
    for Entry { key, value: variable, .. } in variables {
        let is_sensitive = variable.get("sensitive").is_some_and(|flag| flag.boolean().unwrap_or(false));
        if let Some(value) = root.at(&["variables", key, "value"]).filter(|_| is_sensitive) {
            collect(value, &Node::text(value.span, "true"), &mut secrets);
        }
    }
    let shown = shown(&plan, root.span);
    let mut translator = Translator::new(plan, given);
    let (resources, parameters) = translator.template()?;
    let sections = [("Resources", resources), ("Parameters", parameters)];
    let sections = sections.into_iter().map(|(key, entries)| entry(key, Node::map(root.span, entries)));
    let root = Node::map(root.span, sections.collect());
    Ok(Some(Translated { root, shown, warnings: translator.warnings, secrets }))
}

/// The texts that `sensitive_values` marks with `true`, or whole of what is in them.
fn collect(value: &Node, sensitive: &Node, secrets: &mut Vec<String>) {
    if sensitive.as_text() == Some("true") {
        match value.as_text() {
            Some(text) if text.len() >= SHORTEST => secrets.push(text.to_owned()),
            Some(_) => {}
            None => {
                let inner = value.entries().iter().map(|entry| &entry.value);
                let items = value.items().iter().filter(|item| !std::ptr::eq(*item, value));
                inner.chain(items).for_each(|inner| collect(inner, sensitive, secrets));
            }
        }
        return;
    }
    for marked in sensitive.entries() {
        if let Some(value) = value.get(&marked.key) {
            collect(value, &marked.value, secrets);
        }
    }
    let marked = sensitive.items().iter().filter(|item| !std::ptr::eq(*item, sensitive));
    value.items().iter().zip(marked).for_each(|(value, marked)| collect(value, marked, secrets));
}

fn shown(plan: &Plan<'_>, whole: Span) -> Node {
    let instances = plan.instances.iter().map(|instance| Entry {
        key: instance.address.to_owned(),
        key_span: Span { start: instance.span.start, end: instance.span.start },
        value: Node::map(instance.span, vec![entry("Properties", instance.values.clone())]),
    });
    Node::map(whole, vec![entry("Resources", Node::map(whole, instances.collect()))])
}

/// Shorter texts are in every message.
const SHORTEST: usize = 4;

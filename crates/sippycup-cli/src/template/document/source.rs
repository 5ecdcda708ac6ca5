//! The files of a template, and where something stands in them.

use std::path::{Path, PathBuf};

use super::fault::{Fault, Span};
use super::node::{Node, Shape};
use crate::certain::Certain;

/// What was read: the template, and the files that it names.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    files: Vec<File>,
}

#[derive(Debug)]
struct File {
    path: PathBuf,
    text: String,
    base: usize,
}

impl Sources {
    /// Adds a file; its place is where its spans begin.
    pub(crate) fn add(&mut self, path: &Path, text: String) -> usize {
        // One byte between two files, so that the end of one is not the beginning of the next.
        let base = self.files.last().map_or(0, |last| last.base + last.text.len() + 1);
        self.files.push(File { path: path.to_owned(), text, base });
        base
    }

    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        self.files.iter().map(|file| file.path.clone()).collect()
    }

    /// `template.yaml:33:17`, in lines and characters, both from 1.
    pub(crate) fn place(&self, span: Span) -> String {
        let Some(file) = self.files.iter().rev().find(|file| file.base <= span.start) else {
            return String::new();
        };
        let before = file.text.get(..span.start - file.base);
        debug_assert!(before.is_some(), "a place is in its file");
        let before = before.unwrap_or(&file.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().certain().chars().count() + 1;
        format!("{}:{line}:{column}", file.path.display())
    }

    /// A fault as one line: `template.yaml:33:17: resource `Shop`: property `Events.Get.Path`: expected a string, found a map`.
    pub(crate) fn describe(&self, roots: &[&Node], fault: &Fault) -> String {
        let mut line = self.place(fault.span);
        let root = roots.iter().find(|root| root.span.start <= fault.span.start && fault.span.end <= root.span.end);
        let context = root.map(|root| context(root, fault.span)).unwrap_or_default();
        for part in [context, fault.message.clone()].iter().filter(|part| !part.is_empty()) {
            if !line.is_empty() {
                line.push_str(": ");
            }
            line.push_str(part);
        }
        line
    }
}

/// The resource, the parameter or the output that a place is in, and the property.
fn context(root: &Node, span: Span) -> String {
    let mut path: Vec<&str> = Vec::new();
    let mut node = root;
    while let Shape::Map(entries) = &node.shape {
        // A map begins where its first key does, and is not meant to be that.
        if node.span == span {
            break;
        }
        let around = |entry: &&super::node::Entry| {
            entry.key_span.start <= span.start && span.start <= entry.value.span.end.max(entry.key_span.end)
        };
        // Of two neighbours the later one: a place at the end of one is the beginning of the next.
        let Some(entry) = entries.iter().rfind(around) else { break };
        path.push(&entry.key);
        node = &entry.value;
    }
    let mut path = path.into_iter().filter(|key| !key.starts_with("Fn::") && *key != "Ref");
    let section = path.next().unwrap_or_default();
    let id = path.next();
    let rest: Vec<&str> = path.skip_while(|key| section == "Resources" && *key == "Properties").collect();
    let property = if rest.is_empty() { String::new() } else { format!(": property `{}`", rest.join(".")) };
    match (section, id) {
        ("Resources", Some(id)) => format!("resource `{id}`{property}"),
        ("Parameters", Some(id)) => format!("parameter `{id}`{property}"),
        ("Globals", Some(id)) => format!("globals of `{id}`{property}"),
        ("", _) => String::new(),
        (section, Some(id)) => format!("`{section}.{id}`{property}"),
        (section, None) => format!("`{section}`"),
    }
}

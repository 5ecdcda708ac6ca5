//! Nodes as a template of CloudFormation has them.

use super::plan::Instance;
use crate::template::document::{Entry, Node, Span};

/// A member that stands where its value does.
pub(super) fn entry(key: impl Into<String>, value: Node) -> Entry {
    Entry { key: key.into(), key_span: Span { start: value.span.start, end: value.span.start }, value }
}

/// A value that stands for itself, unless `--parameter` says another.
pub(super) fn invented(instance: &Instance<'_>, span: Span, attribute: &str) -> Node {
    let names = [instance.address, attribute].map(|name| Node::text(span, name));
    call("Fn::GetAtt", Node::list(span, names.into()))
}

pub(super) fn call(function: &str, argument: Node) -> Node {
    Node::map(argument.span, vec![entry(function, argument)])
}

//! A resource of a template.

use super::Scope;
use crate::template::document::{Entry, Fault, Node, Span};

/// A resource that is there.
pub(crate) struct Resource<'t> {
    pub(crate) id: &'t str,
    pub(crate) kind: &'t str,
    pub(crate) span: Span,
    pub(crate) properties: &'t Node,
}

impl<'t> Resource<'t> {
    pub(crate) fn all(scope: &Scope<'t>) -> Result<Vec<Self>, Fault> {
        let resources = scope.root.get("Resources").map(Node::entries).unwrap_or_default();
        let mut there = Vec::new();
        for Entry { key, key_span, value } in resources {
            let kind = value.get("Type").and_then(Node::as_text).unwrap_or_default();
            if kind.starts_with("AWS::") && scope.is_there(value)? {
                let properties = value.get("Properties").unwrap_or(value);
                there.push(Self { id: key, kind, span: *key_span, properties });
            }
        }
        Ok(there)
    }

    /// Those of a type that belong to an API.
    pub(crate) fn of_api(scope: &Scope<'t>, kind: &str, key: &str, api: &str) -> Result<Vec<Self>, Fault> {
        let mut found = Vec::new();
        for resource in Self::all(scope)? {
            if resource.kind == kind && resource.text(scope, key)?.as_deref() == Some(&*scope.api_id(api)) {
                found.push(resource);
            }
        }
        Ok(found)
    }

    pub(crate) fn value(&self, scope: &Scope<'_>, key: &str) -> Result<Option<Node>, Fault> {
        self.properties.get(key).map(|node| scope.value(node)).transpose().map(Option::flatten)
    }

    pub(crate) fn text(&self, scope: &Scope<'_>, key: &str) -> Result<Option<String>, Fault> {
        self.properties.get(key).map(|node| scope.text(node)).transpose().map(Option::flatten)
    }

    pub(crate) fn need(&self, scope: &Scope<'_>, key: &str) -> Result<Node, Fault> {
        self.value(scope, key)?.ok_or_else(|| Fault::new(self.span, format_args!("expected `{key}`")))
    }

    /// Where a property stands; the resource itself if it has none.
    pub(crate) fn place(&self, key: &str) -> Span {
        self.properties.get(key).map_or(self.span, |node| node.span)
    }
}

//! Which function a URI or an ARN names, in any of the stacks.

use super::node::Node;
use super::references::FUNCTION;
use super::scope::Scope;
use super::source::Fault;
use crate::certain::Certain;

/// A function by its stack and its logical id.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Function {
    pub(super) stack: usize,
    pub(super) id: String,
}

/// The names of all functions that are there.
#[derive(Debug, Default)]
pub(super) struct Names {
    names: Vec<(String, Function)>,
}

impl Names {
    /// Adds the functions of a stack.
    pub(super) fn add(&mut self, scope: &Scope<'_>) -> Result<(), Fault> {
        let resources = scope.root.get("Resources").map(Node::entries).unwrap_or_default();
        for entry in resources.iter().filter(|entry| scope.kind(&entry.key) == Some(FUNCTION)) {
            if scope.is_there(&entry.value)? {
                let function = Function { stack: scope.index, id: entry.key.clone() };
                self.names.push((scope.function_name(&entry.key)?, function));
            }
        }
        Ok(())
    }

    /// The function of a stack, by its logical id.
    pub(super) fn of(&self, function: &Function) -> Option<&str> {
        self.names.iter().find(|(_, known)| known == function).map(|(name, _)| &**name)
    }

    /// The function that a URI or an ARN names: by its name alone, for account and region may be those of another place. That of the stack itself comes first.
    pub(super) fn find(&self, stack: usize, uri: &str) -> Option<&Function> {
        let inner = match uri.split_once("/functions/") {
            Some((_, inner)) => inner.split('/').next().certain(),
            None => uri,
        };
        let name = match inner.split_once(":function:") {
            Some((_, name)) => name.split(':').next().certain(),
            None if inner.contains([':', '/']) => return None,
            None => inner,
        };
        let named = |(known, function): &&(String, Function)| known == name || function.id == name;
        let own = self.names.iter().find(|entry| entry.1.stack == stack && named(entry));
        own.or_else(|| self.names.iter().find(|(known, _)| known == name)).map(|(_, function)| function)
    }
}

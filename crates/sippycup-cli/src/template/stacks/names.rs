//! Which function a URI or an ARN names, in any of the stacks.

use crate::certain::Certain;
use crate::template::document::{Fault, Node};
use crate::template::scope::Scope;
use crate::template::scope::references::FUNCTION;

/// A function by its stack and its logical id.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Function {
    pub(crate) stack: usize,
    pub(crate) id: String,
}

/// The names of all functions that are there.
#[derive(Debug, Default)]
pub(crate) struct Names {
    names: Vec<Name>,
}

#[derive(Debug)]
struct Name {
    /// On AWS, as far as the template says it.
    there: String,
    /// The same, unless another function of this machine has it.
    here: String,
    function: Function,
}

impl Names {
    /// Adds the functions of a stack.
    pub(crate) fn add(&mut self, scope: &Scope<'_>) -> Result<(), Fault> {
        let resources = scope.root.get("Resources").map(Node::entries).unwrap_or_default();
        for entry in resources.iter().filter(|entry| scope.kind(&entry.key) == Some(FUNCTION)) {
            if scope.is_there(&entry.value)? {
                let function = Function { stack: scope.index, id: entry.key.clone() };
                let there = scope.function_name(&entry.key)?;
                self.names.push(Name { here: there.clone(), there, function });
            }
        }
        Ok(())
    }

    /// Tells functions apart that stacks in different accounts or regions give the same name: there it is free in each. In the same account and region AWS refuses the second one.
    pub(crate) fn tell_apart(&mut self, stacks: &[Scope<'_>]) {
        let stack = |name: &Name| stacks.get(name.function.stack);
        let is_elsewhere = |one: &Name, other: &Name| match (stack(one), stack(other)) {
            (Some(one), Some(other)) => one.environment != other.environment,
            _ => false,
        };
        let is_shared = |at: usize, name: &Name| {
            let others =
                self.names.iter().enumerate().filter(|(other, known)| *other != at && known.there == name.there);
            let elsewhere: Vec<bool> = others.map(|(_, other)| is_elsewhere(name, other)).collect();
            !elsewhere.is_empty() && elsewhere.iter().all(|is| *is)
        };
        let renamed: Vec<_> = self
            .names
            .iter()
            .enumerate()
            .filter(|(at, name)| is_shared(*at, name))
            .filter_map(|(at, name)| Some((at, stack(name)?.function_of_stack(&name.there))))
            .collect();
        for (at, here) in renamed {
            let Some(name) = self.names.get_mut(at) else { continue };
            if let Some(scope) = stacks.get(name.function.stack) {
                let why = format!(
                    "it is `{here}` here, for a stack of another account or region has a function of this name too"
                );
                scope.notes.borrow_mut().pass(&name.function.id, "FunctionName", &why);
            }
            name.here = here;
        }
    }

    /// What a function is called here.
    pub(crate) fn of(&self, function: &Function) -> Option<&str> {
        self.names.iter().find(|name| name.function == *function).map(|name| &*name.here)
    }

    /// The function that a URI or an ARN names: by its name alone, for account and region may be those of another place. That of the stack itself comes first.
    pub(crate) fn find(&self, stack: usize, uri: &str) -> Option<&Function> {
        let inner = match uri.split_once("/functions/") {
            Some((_, inner)) => inner.split('/').next().certain(),
            None => uri,
        };
        let name = match inner.split_once(":function:") {
            Some((_, name)) => name.split(':').next().certain(),
            None if inner.contains([':', '/']) => return None,
            None => inner,
        };
        let named = |known: &&Name| known.there == name || known.function.id == name;
        let own = self.names.iter().find(|known| known.function.stack == stack && named(known));
        own.or_else(|| self.names.iter().find(|known| known.there == name)).map(|known| &known.function)
    }
}

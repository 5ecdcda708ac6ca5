//! Names of resources where several stacks have the same: `Shop/Function` and `News/Function`.

use std::collections::BTreeSet;

use super::Scope;
use super::references::{api_id, function_name};
use crate::template::document::Node;
use crate::template::sam;

impl Scope<'_> {
    /// What a resource is called in flags and messages: its logical id, behind the name of the stack if another stack has that id too.
    pub(crate) fn name_of(&self, id: &str) -> String {
        if self.is_shared(id) { self.qualified(id) } else { id.to_owned() }
    }

    /// The logical id behind the name of the stack, if that has one.
    pub(crate) fn qualified(&self, id: &str) -> String {
        if self.label.is_empty() { id.to_owned() } else { format!("{}/{id}", self.label) }
    }

    /// The name of a function behind that of the stack, in the letters that a name may have.
    pub(crate) fn function_of_stack(&self, name: &str) -> String {
        function_name(&self.qualified(name))
    }

    /// The id of an API or a function URL, another one for each stack.
    pub(crate) fn api_id(&self, id: &str) -> String {
        api_id(&self.name_of(id))
    }

    /// Whether another stack has the logical id too, or that of the resource for which SAM makes this one.
    fn is_shared(&self, id: &str) -> bool {
        self.shared.contains(id) || self.made.get(id).is_some_and(|made| self.shared.contains(&made.of))
    }
}

/// Tells each stack which of its logical ids are those of others too; those that are absent have none.
pub(crate) fn compare(stacks: &mut [Scope<'_>], absent: &[usize]) {
    let (mut seen, mut shared) = (BTreeSet::new(), BTreeSet::new());
    for scope in stacks.iter().filter(|scope| !absent.contains(&scope.index)) {
        let resources = scope.root.get("Resources").map(Node::entries).unwrap_or_default();
        let own: BTreeSet<_> = resources.iter().map(|entry| &*entry.key).chain(sam::implicit(scope.root)).collect();
        shared.extend(own.intersection(&seen).map(|id| (*id).to_owned()));
        seen.extend(own);
    }
    for scope in stacks {
        scope.shared.clone_from(&shared);
    }
}

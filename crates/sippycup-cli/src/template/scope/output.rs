//! An output of a stack.

use crate::template::document::Node;

/// An output that has a value.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub(crate) name: String,
    pub(crate) value: Node,
    /// The name under which other stacks import it.
    pub(crate) export: Option<String>,
    /// References in it whose values stand for what is not here.
    pub(crate) invented: Vec<String>,
}

impl Output {
    /// Name and text.
    pub(crate) fn told(self) -> Option<(String, String)> {
        let text = self.value.as_text()?.to_owned();
        Some((self.name, text))
    }
}

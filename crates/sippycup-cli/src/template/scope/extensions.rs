//! What is done to a template before it means anything: `Fn::ForEach` of `AWS::LanguageExtensions`, and files in the place of `AWS::Include`.

use std::cell::Cell;

use super::Scope;
use crate::template::document::{Entry, Fault, Node, Shape};

/// The template with its loops written out and its files in their places.
///
/// # Errors
///
/// If a loop is no loop, makes a key twice, or goes over values that are not known; if a file that is there cannot be read.
pub(crate) fn expanded(scope: &Scope<'_>) -> Result<Node, Fault> {
    let transforms = scope.root.get("Transform").map(Node::items).unwrap_or_default();
    let loops = transforms.iter().any(|transform| transform.as_text() == Some("AWS::LanguageExtensions"));
    let expansion = Expansion { scope, loops, made: Cell::new(0), files: Cell::new(0) };
    let expanded = expansion.node(scope.root, &[])?;
    if loops {
        scope.check_asked()?;
    }
    Ok(expanded)
}

struct Expansion<'a, 't> {
    scope: &'a Scope<'t>,
    loops: bool,
    /// Values by now, for a loop in a loop in a loop must come to an end.
    made: Cell<usize>,
    /// Files inside of each other.
    files: Cell<usize>,
}

/// A variable of a loop, and its value this time.
#[derive(Clone)]
struct Variable {
    name: String,
    value: String,
}

impl Expansion<'_, '_> {
    fn node(&self, node: &Node, variables: &[Variable]) -> Result<Node, Fault> {
        self.made.set(self.made.get() + 1);
        if self.made.get() > VALUES {
            return Err(node.fault(format_args!("the template becomes more than {VALUES} values")));
        }
        if let Some(("Ref", name)) = node.as_intrinsic()
            && let Some(variable) = variables.iter().rev().find(|variable| name.as_text() == Some(&*variable.name))
        {
            return Ok(Node::text(node.span, &*variable.value));
        }
        Ok(match &node.shape {
            Shape::Scalar { text, plain } => {
                Node { span: node.span, shape: Shape::Scalar { text: filled(text, variables), plain: *plain } }
            }
            Shape::List(items) => {
                let items = items.iter().map(|item| self.node(item, variables));
                Node::list(node.span, items.collect::<Result<_, _>>()?)
            }
            Shape::Map(entries) => {
                if let [Entry { key, value, .. }] = entries.as_slice()
                    && key == "Fn::Transform"
                    && let Some(file) = self.included(value, variables)?
                {
                    return Ok(file);
                }
                let mut made = Vec::new();
                for entry in entries {
                    self.entry(entry, variables, &mut made)?;
                }
                Node::map(node.span, made)
            }
        })
    }

    fn entry(&self, entry: &Entry, variables: &[Variable], made: &mut Vec<Entry>) -> Result<(), Fault> {
        let Entry { key, key_span, value } = entry;
        if self.loops && key.starts_with("Fn::ForEach::") {
            return self.repeat(entry, variables, made);
        }
        // Definitions of APIs are read where they are needed, with what is wrong about them.
        if ["Body", "DefinitionBody"].contains(&&**key) && variables.is_empty() {
            made.push(entry.clone());
            return Ok(());
        }
        if key == "Fn::Transform"
            && let Some(file) = self.included(value, variables)?
        {
            made.extend(file.entries().iter().cloned());
            return Ok(());
        }
        let key = filled(key, variables);
        if made.iter().any(|other| other.key == key) {
            return Err(Fault::new(*key_span, format_args!("`{key}` is made twice")));
        }
        made.push(Entry { key, key_span: *key_span, value: self.node(value, variables)? });
        Ok(())
    }

    /// `Fn::ForEach::Name: [Variable, [a, b], {Key${Variable}: …}]`.
    fn repeat(&self, entry: &Entry, variables: &[Variable], made: &mut Vec<Entry>) -> Result<(), Fault> {
        let wrong = || entry.value.unlike("the name of a variable, a list of its values, and a map");
        let [name, values, body] = entry.value.items() else { return Err(wrong()) };
        let (name, true) = (name.string()?, body.is_map()) else { return Err(wrong()) };
        let values = self.scope.value(&self.node(values, variables)?)?.ok_or_else(wrong)?;
        for value in values.items() {
            let mut inner = variables.to_vec();
            inner.push(Variable { name: name.to_owned(), value: value.string()?.to_owned() });
            for entry in body.entries() {
                self.entry(entry, &inner, made)?;
            }
        }
        Ok(())
    }

    /// The file of `AWS::Include`, if it is one of this machine.
    fn included(&self, transform: &Node, variables: &[Variable]) -> Result<Option<Node>, Fault> {
        if transform.get("Name").and_then(Node::as_text) != Some("AWS::Include") {
            return Ok(None);
        }
        let Some(location) = transform.at(&["Parameters", "Location"]) else { return Ok(None) };
        // What cannot be known yet stays, for whoever needs it.
        let Ok(Some(path)) = self.scope.text(&self.node(location, variables)?) else { return Ok(None) };
        if !self.scope.folder.join(&path).is_file() {
            return Ok(None);
        }
        if self.files.get() > FILES {
            return Err(location.fault(format_args!("more than {FILES} files include each other")));
        }
        self.files.set(self.files.get() + 1);
        let read = self.scope.read(&path, location.span)?;
        let expanded = self.node(&read, variables);
        self.files.set(self.files.get() - 1);
        expanded.map(Some)
    }
}

/// The text with the values of variables: `${Name}`, and `&{Name}` with only letters and digits of them.
fn filled(text: &str, variables: &[Variable]) -> String {
    if !text.contains('{') {
        return text.to_owned();
    }
    variables.iter().rev().fold(text.to_owned(), |text, Variable { name, value }| {
        let plain: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
        text.replace(&format!("${{{name}}}"), value).replace(&format!("&{{{name}}}"), &plain)
    })
}

/// Values that a template may become.
const VALUES: usize = 500_000;

/// Files that may be included inside of each other.
const FILES: usize = 16;

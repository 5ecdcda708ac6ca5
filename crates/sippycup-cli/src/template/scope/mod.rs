//! What names mean in a template: parameters, pseudo parameters, conditions, mappings, and what somebody has said on the command line.
//!
//! ```text
//! extensions: loops ──► intrinsics ──► references: what a resource is called on AWS
//!                                └───► outputs of other stacks
//! qualified: the same name in several stacks             notes: what is passed over
//! ```

pub(crate) mod cidr;
pub(crate) mod extensions;
pub(crate) mod intrinsics;
pub(crate) mod notes;
pub(crate) mod output;
pub(crate) mod outputs;
pub(crate) mod qualified;
pub(crate) mod references;
pub(crate) mod resource;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::document::{Fault, Node, Sources, Span, yaml};
use crate::certain::Certain;
use notes::Notes;

pub(crate) use output::Output;
pub(crate) use references::{HTTP, REST};
pub(crate) use resource::Resource;

/// Evaluates what a template says. Values that nobody can know are collected, and asked for all at once.
pub(super) struct Scope<'t> {
    pub(super) root: &'t Node,
    /// Name of the stack on AWS.
    stack: String,
    /// What stands before a logical id that another stack has too; nothing in a template that is alone.
    pub(super) label: String,
    /// The account and the region of the stack, as CDK names them; nothing where nobody does.
    pub(super) environment: String,
    /// The logical ids that other stacks have too.
    pub(super) shared: BTreeSet<String>,
    /// Where the template is.
    pub(super) folder: PathBuf,
    sources: &'t RefCell<Sources>,
    /// `--parameter`, by names.
    given: &'t BTreeMap<String, String>,
    /// Resources that SAM makes beside those of the template: logical id, type, and that of the resource they are made for.
    pub(super) made: BTreeMap<String, Made>,
    /// Its place among all stacks.
    pub(super) index: usize,
    /// What the stack around it gives for parameters.
    pub(super) inherited: BTreeMap<String, Node>,
    /// Outputs of nested stacks, as `Stack.Outputs.Name`.
    pub(super) outputs: BTreeMap<String, Output>,
    /// What other stacks of the same run export.
    pub(super) exports: BTreeMap<String, Output>,
    /// Files of code by the hash in their key.
    pub(super) assets: BTreeMap<String, PathBuf>,
    used: RefCell<BTreeSet<String>>,
    asked: RefCell<BTreeMap<String, (Span, String)>>,
    /// References whose values were invented since somebody asked.
    invented: RefCell<Vec<String>>,
    pub(super) notes: RefCell<Notes>,
    depth: Cell<usize>,
}

#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) kind: &'static str,
    pub(super) of: String,
    /// The name of a stage or an alias.
    pub(super) name: String,
}

impl<'t> Scope<'t> {
    pub(super) fn new(
        root: &'t Node,
        path: &Path,
        label: &str,
        sources: &'t RefCell<Sources>,
        given: &'t BTreeMap<String, String>,
    ) -> Self {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let whole = folder.canonicalize().ok();
        let around = whole.as_deref().and_then(Path::file_name);
        let stack = match around {
            _ if !label.is_empty() => label.into(),
            Some(name) => name.to_string_lossy(),
            None => "stack".into(),
        };
        Self {
            root,
            label: label.to_owned(),
            environment: String::new(),
            shared: BTreeSet::new(),
            stack: stack.replace(|c: char| !c.is_ascii_alphanumeric(), "-"),
            folder,
            sources,
            given,
            made: BTreeMap::new(),
            index: 0,
            inherited: BTreeMap::new(),
            outputs: BTreeMap::new(),
            exports: BTreeMap::new(),
            assets: BTreeMap::new(),
            used: RefCell::default(),
            asked: RefCell::default(),
            invented: RefCell::default(),
            notes: RefCell::default(),
            depth: Cell::new(0),
        }
    }

    /// Reads another file of the template, from its folder.
    pub(super) fn read(&self, path: &str, span: Span) -> Result<Node, Fault> {
        let place = self.folder.join(path);
        let text = std::fs::read_to_string(&place)
            .map_err(|error| Fault::new(span, format_args!("cannot read {}: {error}", place.display())))?;
        let base = self.sources.borrow_mut().add(&place, text.clone());
        let read = yaml::read(&text, base)?;
        self.notes.borrow_mut().warnings.extend(read.warnings);
        Ok(read.root)
    }

    /// The code that a key in a bucket stands for.
    pub(super) fn asset(&self, code: &Node) -> Option<PathBuf> {
        let key = code.get("S3Key")?.as_text()?;
        self.assets.get(key.strip_suffix(".zip").unwrap_or(key)).cloned()
    }

    /// What `--parameter` says about a name, of this stack before all stacks.
    pub(super) fn given(&self, name: &str) -> Option<&'t str> {
        self.given_here(name).or_else(|| self.used(name))
    }

    /// What `--parameter` says about a name of this stack alone.
    fn given_here(&self, name: &str) -> Option<&'t str> {
        self.used(&self.qualified(name))
    }

    fn used(&self, name: &str) -> Option<&'t str> {
        let (name, value) = self.given.get_key_value(name)?;
        self.used.borrow_mut().insert(name.clone());
        Some(value)
    }

    /// Asks for a value that cannot be known. What goes on with the empty text ends before anything is started.
    pub(super) fn ask(&self, name: &str, span: Span, why: &str) -> Node {
        self.asked.borrow_mut().entry(name.to_owned()).or_insert_with(|| (span, why.to_owned()));
        Node::text(span, "")
    }

    /// Remembers that a value stands for something that is not here.
    pub(super) fn invent(&self, name: String, span: Span, value: String) -> Node {
        self.invented.borrow_mut().push(name);
        Node::text(span, value)
    }

    /// The value of an output, with what in it was invented.
    pub(super) fn output(&self, output: &Output, span: Span) -> Node {
        self.invented.borrow_mut().extend(output.invented.iter().cloned());
        Node { span, ..output.value.clone() }
    }

    pub(super) fn take_invented(&self) -> Vec<String> {
        std::mem::take(&mut self.invented.borrow_mut())
    }

    /// Evaluates something that may not be needed: `None` if it asks for a value, and nothing is asked.
    pub(super) fn attempt<T>(&self, evaluate: impl FnOnce() -> T) -> Option<T> {
        let before = self.asked.borrow().clone();
        let value = evaluate();
        let asks = self.asked.borrow().len() > before.len();
        *self.asked.borrow_mut() = before;
        (!asks).then_some(value)
    }

    /// What must be said with `--parameter`, as one fault.
    pub(super) fn check_asked(&self) -> Result<(), Fault> {
        let asked = self.asked.borrow();
        let Some((_, (span, _))) = asked.first_key_value() else { return Ok(()) };
        let mut message = "these values cannot be known here:".to_owned();
        for (name, (_, why)) in asked.iter() {
            let _ = write!(message, "\n  --parameter {name}=…  ({why})");
        }
        Err(Fault::new(*span, message))
    }

    /// What `--parameter` says in vain.
    pub(super) fn check_given(stacks: &[Self]) -> Result<(), Fault> {
        let knows = |scope: &Self, name: &str| {
            let own = name.strip_prefix(&*scope.label).and_then(|rest| rest.strip_prefix('/'));
            let name = own.filter(|_| !scope.label.is_empty()).unwrap_or(name);
            let of = name.split('.').next().certain();
            scope.used.borrow().contains(name)
                || scope.section("Parameters", name).is_some()
                || scope.section("Resources", of).is_some()
        };
        let given = stacks.first().map(|scope| scope.given);
        let unknown = given.and_then(|given| given.keys().find(|name| !stacks.iter().any(|scope| knows(scope, name))));
        let (Some(name), Some(first)) = (unknown, stacks.first()) else { return Ok(()) };
        let parameters = stacks.iter().filter_map(|scope| scope.root.get("Parameters")).flat_map(Node::entries);
        let names: Vec<_> = parameters.map(|entry| entry.key.as_str()).collect();
        let known = if names.is_empty() { "it has none".to_owned() } else { format!("it has {}", names.join(", ")) };
        let message = format!("--parameter: nothing in the template asks for `{name}`; of parameters {known}");
        Err(Fault::new(first.root.span, message))
    }

    /// Goes one reference deeper; a chain that does not end refers to itself.
    pub(super) fn deeper<T>(&self, span: Span, inner: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        if self.depth.get() > DEPTH {
            return Err(Fault::new(span, "this refers to itself"));
        }
        self.depth.set(self.depth.get() + 1);
        let done = inner();
        self.depth.set(self.depth.get() - 1);
        done
    }

    pub(super) fn section(&self, section: &str, name: &str) -> Option<&'t Node> {
        self.root.get(section)?.get(name)
    }

    /// The value of a parameter or a pseudo parameter.
    pub(super) fn parameter(&self, name: &str, span: Span) -> Result<Option<Node>, Fault> {
        if let Some(value) = self.pseudo(name) {
            return Ok(Some(Node::text(span, self.given(name).unwrap_or(&value))));
        }
        let Some(parameter) = self.section("Parameters", name) else { return Ok(None) };
        if let Some(inherited) = self.inherited.get(name).filter(|_| self.given_here(name).is_none()) {
            return Ok(Some(Node { span, ..inherited.clone() }));
        }
        let kind = parameter.get("Type").and_then(Node::as_text).unwrap_or("String");
        let text = match (self.given(name), parameter.get("Default").and_then(Node::as_text)) {
            (Some(given), _) => given,
            // What stands there is the name of a value that only the account has.
            (None, _) if kind.starts_with("AWS::SSM::Parameter::Value") => {
                return Ok(Some(self.ask(name, span, "its value is in the Parameter Store of an account")));
            }
            (None, _) if kind == UNKNOWN => {
                let why = parameter.get("Description").and_then(Node::as_text).unwrap_or(UNKNOWN);
                return Ok(Some(self.ask(name, span, why)));
            }
            (None, Some(default)) => default,
            (None, None) if parameter.get("Default").is_some() => "",
            (None, None) => return Ok(Some(self.ask(name, span, "a parameter without a default"))),
        };
        if let Some(allowed) = parameter.get("AllowedValues")
            && !allowed.items().iter().any(|value| value.as_text().unwrap_or_default() == text)
        {
            let values: Vec<_> = allowed.items().iter().filter_map(Node::as_text).collect();
            return Err(Fault::new(span, format_args!("parameter `{name}` allows only {}", values.join(", "))));
        }
        let is_list = kind == "CommaDelimitedList" || kind.contains("List<");
        Ok(Some(if is_list {
            Node::list(span, text.split(',').map(|item| Node::text(span, item.trim())).collect())
        } else {
            Node::text(span, text)
        }))
    }

    fn pseudo(&self, name: &str) -> Option<String> {
        Some(match name {
            "AWS::AccountId" => ACCOUNT.to_owned(),
            "AWS::Partition" => "aws".to_owned(),
            "AWS::Region" => REGION.to_owned(),
            "AWS::StackId" => {
                format!(
                    "arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{}/00000000-0000-0000-0000-000000000000",
                    self.stack
                )
            }
            "AWS::StackName" => self.stack.clone(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            _ => return None,
        })
    }

    /// Whether a resource is there: it has no condition, or one that holds.
    pub(super) fn is_there(&self, resource: &Node) -> Result<bool, Fault> {
        match resource.get("Condition") {
            Some(name) => self.condition(name.string()?, name.span),
            None => Ok(true),
        }
    }

    pub(super) fn condition(&self, name: &str, span: Span) -> Result<bool, Fault> {
        let Some(condition) = self.section("Conditions", name) else {
            return Err(Fault::new(span, format_args!("there is no condition `{name}`")));
        };
        self.deeper(span, || self.holds(condition))
    }

    /// `Fn::Equals`, `Fn::And`, `Fn::Or`, `Fn::Not` and `Condition`.
    fn holds(&self, node: &Node) -> Result<bool, Fault> {
        let Some((function, argument)) = node.as_intrinsic() else {
            return node.boolean().map_err(|_| node.unlike("a condition function"));
        };
        let all = || argument.items().iter().map(|item| self.holds(item)).collect::<Result<Vec<_>, _>>();
        match function {
            "Condition" => self.condition(argument.string()?, argument.span),
            "Fn::And" => Ok(all()?.into_iter().all(|holds| holds)),
            "Fn::Or" => Ok(all()?.into_iter().any(|holds| holds)),
            "Fn::Not" => match argument.items() {
                [item] => Ok(!self.holds(item)?),
                _ => Err(argument.unlike("a list of one condition")),
            },
            "Fn::Equals" => match argument.items() {
                [left, right] => {
                    let value = |node: &Node| Ok(self.text(node)?.unwrap_or_default());
                    Ok(value(left)? == value(right)?)
                }
                _ => Err(argument.unlike("a list of two values")),
            },
            _ => Err(node.unlike("a condition function")),
        }
    }
}

/// The values of parameters that no message should have.
pub(super) fn secrets(root: &Node, given: &BTreeMap<String, String>) -> Vec<String> {
    let parameters = root.get("Parameters").map(Node::entries).unwrap_or_default();
    let hidden =
        parameters.iter().filter(|entry| entry.value.get("NoEcho").is_some_and(|flag| flag.boolean().unwrap_or(false)));
    let values = hidden.flat_map(|entry| {
        let default = entry.value.get("Default").and_then(Node::as_text);
        let is_meant = |name: &str| name.strip_suffix(&*entry.key).is_some_and(|of| of.is_empty() || of.ends_with('/'));
        given.iter().filter(move |(name, _)| is_meant(name)).map(|(_, value)| &**value).chain(default)
    });
    // Shorter texts are in every message.
    values.filter(|value| value.len() >= 4).map(str::to_owned).collect()
}

pub(super) const ACCOUNT: &str = "123456789012";
pub(super) const REGION: &str = "us-east-1";

/// The type of a parameter that stands for what a plan of Terraform does not know.
pub(super) const UNKNOWN: &str = "only an apply makes it known";

/// References behind each other.
const DEPTH: usize = 64;

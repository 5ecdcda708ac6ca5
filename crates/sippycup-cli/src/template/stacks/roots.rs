//! All templates that one leads to: those that CDK has written beside it, and the stacks inside of each.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

use crate::error::UsageError;
use crate::template::document::{Fault, Node, Sources, find, yaml};
use crate::template::scope::{self, Scope, extensions};
use crate::template::{cdk, openapi, sam, terraform};

/// Templates as they are read.
pub(crate) struct Roots<'a> {
    pub(crate) all: Vec<Root>,
    /// Values by the names of parameters.
    pub(crate) given: BTreeMap<String, String>,
    /// The names of those that nobody has given and a file of settings has.
    pub(crate) overrides: Vec<String>,
    settings: BTreeMap<String, String>,
    sources: &'a RefCell<Sources>,
    secrets: &'a mut Vec<String>,
}

/// A template as it was read.
pub(crate) struct Root {
    file: PathBuf,
    label: String,
    environment: String,
    root: Node,
    /// What messages say about places, if that is not the template itself.
    shown: Option<Node>,
    warnings: Vec<Fault>,
    pub(crate) nested: Option<Nested>,
    assets: BTreeMap<String, PathBuf>,
}

/// The resource of another stack that a stack is.
pub(crate) struct Nested {
    pub(crate) stack: usize,
    pub(crate) id: String,
}

impl<'a> Roots<'a> {
    /// None yet. `settings` are values of parameters that nobody has given; `secrets` get the values that no message should have.
    pub(crate) const fn new(
        sources: &'a RefCell<Sources>,
        given: BTreeMap<String, String>,
        settings: BTreeMap<String, String>,
        secrets: &'a mut Vec<String>,
    ) -> Self {
        Self { all: Vec::new(), given, overrides: Vec::new(), settings, sources, secrets }
    }

    /// Reads the template, and all that it leads to. `run` has the functions that somebody has named.
    pub(crate) fn read(&mut self, path: &Path, run: &BTreeMap<String, String>) -> Result<(), UsageError> {
        let mut files: VecDeque<(cdk::Template, Option<Nested>)> =
            cdk::templates(path)?.into_iter().map(|template| (template, None)).collect();
        while let Some((template, nested)) = files.pop_front() {
            let root = self.root(template, nested, run)?;
            let resources = root.root.get("Resources").map(Node::entries).unwrap_or_default();
            for entry in resources {
                let Some(file) = cdk::nested(&root.file, &entry.value, &root.assets) else { continue };
                if self.all.len() + files.len() > STACKS {
                    return Err(UsageError::new(format!(
                        "--template: {}: more than {STACKS} stacks inside of each other",
                        path.display()
                    )));
                }
                let id = entry.key.clone();
                let label = if root.label.is_empty() { id.clone() } else { format!("{}/{id}", root.label) };
                let nested = Nested { stack: self.all.len(), id };
                files.push_back((cdk::Template { file, label, environment: root.environment.clone() }, Some(nested)));
            }
            self.all.push(root);
        }
        Ok(())
    }

    fn root(
        &mut self,
        template: cdk::Template,
        nested: Option<Nested>,
        run: &BTreeMap<String, String>,
    ) -> Result<Root, UsageError> {
        let cdk::Template { file, label, environment } = template;
        let sources = self.sources;
        let wrong = |roots: &[&Node], fault: &Fault| UsageError::new(sources.borrow().describe(roots, fault));
        let text = find::text(&file)?;
        let base = sources.borrow_mut().add(&file, text.clone());
        let yaml::Read { root, mut warnings } = yaml::read(&text, base).map_err(|fault| wrong(&[], &fault))?;
        let planned = terraform::translated(&root, &self.given).map_err(|fault| wrong(&[], &fault))?;
        let (root, shown) = match planned {
            Some(terraform::Translated { root, shown, warnings: more, secrets }) => {
                warnings.extend(more);
                self.secrets.extend(secrets);
                (root, Some(shown))
            }
            None => (openapi::wrapped(root, run.keys()), None),
        };
        find::check(&root, &file)?;
        self.override_parameters(&root);
        self.secrets.extend(scope::secrets(&root, &self.given));
        let root = {
            let scope = Scope::new(&root, &file, &label, sources, &self.given);
            let expanded = extensions::expanded(&scope).map_err(|fault| wrong(&[&root], &fault))?;
            warnings.append(&mut scope.notes.borrow_mut().warnings);
            expanded
        };
        let root = sam::merged(&root).map_err(|fault| wrong(&[&root], &fault))?;
        // The code of a nested stack is in the list of the one around it.
        let around = nested.as_ref().and_then(|nested| self.all.get(nested.stack));
        let mut assets = around.map(|around| around.assets.clone()).unwrap_or_default();
        assets.extend(cdk::assets(&file)?);
        Ok(Root { file, label, environment, root, shown, warnings, nested, assets })
    }

    fn override_parameters(&mut self, root: &Node) {
        let declared = root.get("Parameters").map(Node::entries).unwrap_or_default();
        for (name, value) in self.settings.iter().filter(|(name, _)| declared.iter().any(|entry| entry.key == **name)) {
            if !self.given.contains_key(name) {
                self.given.insert(name.clone(), value.clone());
                self.overrides.push(name.clone());
            }
        }
    }
}

impl Root {
    /// What messages say about places.
    pub(crate) fn shown(&self) -> &Node {
        self.shown.as_ref().unwrap_or(&self.root)
    }

    pub(crate) fn scope<'t>(
        &'t self,
        index: usize,
        sources: &'t RefCell<Sources>,
        given: &'t BTreeMap<String, String>,
    ) -> Scope<'t> {
        let mut scope = Scope::new(&self.root, &self.file, &self.label, sources, given);
        scope.index = index;
        scope.environment.clone_from(&self.environment);
        scope.assets.clone_from(&self.assets);
        scope.notes.borrow_mut().warnings.clone_from(&self.warnings);
        scope
    }
}

/// Templates that name each other must come to an end.
const STACKS: usize = 64;

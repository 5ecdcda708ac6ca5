//! `--template`: what a template of SAM or CloudFormation describes, all that CDK has written, or a plan of Terraform, as a plan of ours.
//!
//! ```text
//! document ──► sam, cloudformation, openapi ──► model ──► stacks: functions, gateways ──► plan
//!    ▲                        │
//! terraform      scope: parameters, conditions, intrinsic functions, references
//! ```
//!
//! What cannot be known is asked for, and what is not done is listed: nothing is guessed.

mod cdk;
mod cloudformation;
mod document;
mod model;
mod openapi;
mod sam;
mod samconfig;
mod scope;
mod stacks;
mod terraform;
mod variables;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

pub(crate) use document::find::found;
pub(crate) use scope::outputs::local;
pub(crate) use stacks::web::WebPlan;

use crate::error::UsageError;
use crate::plan::{Listener, Pair, Plan};
use document::{Fault, Node, Sources, find, yaml};
use samconfig::Settings;
use scope::Scope;
pub(crate) use stacks::Flags;
use stacks::functions::Wishes;
use stacks::roots::{Root, Roots};

/// A template, and what the command line says about it.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Template")]
pub(crate) struct TemplateArguments {
    /// Serve the APIs and function URLs of a template of SAM or CloudFormation, of a cdk.out, of a plan of Terraform as JSON, or an OpenAPI definition [default: template.yaml or cdk.out, where no command is given]
    ///
    /// Functions in Rust are built and run by cargo, from their CodeUri. What of the template is not served as on AWS is listed at the start.
    #[arg(long, value_name = "FILE", conflicts_with = "config")]
    pub(crate) template: Option<PathBuf>,

    /// Value of a parameter of the template, of `Ref` or `GetAtt` of a resource that is not here, or of an import; repeatable
    #[arg(long = "parameter", value_name = "NAME=VALUE")]
    parameters: Vec<Pair>,

    /// How a function of the template is started, by its logical id (Stack/Function where several stacks have it), in the directory of its code; repeatable
    #[arg(long, value_name = "FUNCTION=COMMAND")]
    run: Vec<Pair>,

    /// Environment variables of functions instead of those in the template, as JSON like that of `sam local`: {"Function": {"NAME": "value"}, "Parameters": {"NAME": "value"}}
    #[arg(long, value_name = "FILE")]
    env_vars: Option<PathBuf>,
}

/// What a template makes of the flags.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) plan: Plan,
    pub(crate) listeners: Vec<Listener>,
    /// What is told before anything is started.
    pub(crate) lines: Vec<String>,
    /// What was passed over, for `--describe`.
    pub(crate) passed: Vec<String>,
    /// What the template says about itself, by names.
    pub(crate) outputs: Vec<(String, String)>,
    pub(crate) webs: Vec<WebPlan>,
    /// What was read.
    pub(crate) files: Vec<PathBuf>,
}

/// A template as JSON, `Globals` merged into its functions, nothing else resolved.
///
/// # Errors
///
/// As [`TemplateArguments::read`], as far as that looks at the text alone.
pub(crate) fn as_json(path: &Path) -> Result<serde_json::Value, UsageError> {
    let mut sources = Sources::default();
    let text = find::text(path)?;
    let base = sources.add(path, text.clone());
    let wrong = |fault: &Fault| UsageError::new(sources.describe(&[], fault));
    let root = yaml::read(&text, base).map_err(|fault| wrong(&fault))?.root;
    find::check(&root, path)?;
    Ok(sam::merged(&root).map_err(|fault| wrong(&fault))?.to_json())
}

impl TemplateArguments {
    /// Whether something is said about a template.
    pub(crate) const fn is_about_template(&self) -> bool {
        !self.parameters.is_empty() || !self.run.is_empty() || self.env_vars.is_some()
    }

    /// Reads a template, or all of a directory that CDK has written.
    ///
    /// # Errors
    ///
    /// With file, line, logical id and property, if the template says what cannot be meant; if a value must be said, or how a function is started.
    pub(crate) fn read(&self, path: &Path, flags: &Flags<'_>) -> Result<Read, UsageError> {
        let mut secrets = Vec::new();
        let read = self.read_all(path, flags, &mut secrets);
        let masked = |text: &mut String| {
            for secret in &secrets {
                *text = text.replace(secret, "(sensitive)");
            }
        };
        match read {
            Ok(mut read) => {
                let outputs = read.outputs.iter_mut().map(|(_, value)| value);
                read.lines.iter_mut().chain(&mut read.passed).chain(outputs).for_each(masked);
                Ok(read)
            }
            Err(error) => {
                let mut message = error.to_string();
                masked(&mut message);
                Err(UsageError::new(message))
            }
        }
    }

    /// `secrets` are values that no message should have.
    fn read_all(&self, path: &Path, flags: &Flags<'_>, secrets: &mut Vec<String>) -> Result<Read, UsageError> {
        let given = named("--parameter", &self.parameters)?;
        let settings = Settings::read(path.parent().unwrap_or(Path::new("")))?;
        let variables = variables::read(self.env_vars.as_deref().or(settings.variables().as_deref()))?;
        let run = named("--run", &self.run)?;
        let sources = RefCell::new(Sources::default());
        let mut roots = Roots::new(&sources, given, settings.parameters(), secrets);
        roots.read(path, &run)?;
        let Roots { all: roots, given, overrides, .. } = roots;
        let mut stacks: Vec<Scope<'_>> = Vec::new();
        for root in &roots {
            stacks.push(root.scope(stacks.len(), &sources, &given));
        }
        let nested: Vec<_> = roots.iter().map(|root| root.nested.as_ref()).collect();
        let shown: Vec<&Node> = roots.iter().map(Root::shown).collect();
        let describe = |fault: &Fault| sources.borrow().describe(&shown, fault);
        let wishes = Wishes { settings: flags.function, run: &run, variables: &variables, used: RefCell::default() };
        let planned = stacks::plan(&mut stacks, &nested, flags, &wishes);
        let stacks::Planned { plan, listeners, outputs, webs } =
            planned.map_err(|fault| UsageError::new(describe(&fault)))?;
        let files = sources.borrow().paths();
        let mut read = Read { plan, listeners, lines: Vec::new(), passed: Vec::new(), outputs, webs, files };
        if !overrides.is_empty() {
            read.files.push(settings.file().to_owned());
            read.lines.push(format!("parameters of {}: {}", settings.file().display(), overrides.join(", ")));
        }
        read.tell(&stacks, describe);
        Ok(read)
    }
}

impl Read {
    /// Warnings, and what is passed over.
    fn tell(&mut self, stacks: &[Scope<'_>], describe: impl Fn(&Fault) -> String) {
        for scope in stacks {
            let notes = scope.notes.borrow();
            self.lines.extend(notes.warnings.iter().map(|fault| format!("warning: {}", describe(fault))));
            self.passed.extend(notes.passed(|id| scope.name_of(id)));
        }
        if self.passed.is_empty() {
            return;
        }
        self.lines.push("passed over:".to_owned());
        for scope in stacks {
            let notes = scope.notes.borrow();
            self.lines.extend(notes.shortened(|id| scope.name_of(id)).map(|line| format!("  {line}")));
        }
    }
}

/// `NAME=VALUE` by names.
fn named(flag: &str, pairs: &[Pair]) -> Result<BTreeMap<String, String>, UsageError> {
    let mut named = BTreeMap::new();
    for Pair { name, value } in pairs {
        if named.insert(name.clone(), value.clone()).is_some() {
            return Err(UsageError::new(format!("{flag}: `{name}` is there twice")));
        }
    }
    Ok(named)
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;
    use proptest::prelude::*;

    use super::*;
    use crate::plan::{FunctionPlan, GatewayPlan};

    fn plan() -> Plan {
        let command = Plan::augment_args(clap::Command::new("sippycup"));
        Plan::from_arg_matches(&command.get_matches_from(["sippycup"])).unwrap()
    }

    /// The templates that the command is tested with.
    fn templates() -> Vec<PathBuf> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/template/templates");
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    proptest! {
        #[test]
        fn a_template_is_read_or_refused_with_its_place_whatever_stands_in_it(
            which in any::<prop::sample::Index>(),
            changes in prop::collection::vec((any::<prop::sample::Index>(), 0..12_usize, "\\PC{0,5}|[\\[\\]{}!&*|>'\":#\n, .0-9a-z$-]{0,6}"), 1..5)
        ) {
            let templates = templates();
            let mut text = std::fs::read_to_string(which.get(&templates)).unwrap();
            for (at, length, with) in changes {
                let from = at.index(text.len());
                let end = (from + length).min(text.len());
                if text.is_char_boundary(from) && text.is_char_boundary(end) {
                    text.replace_range(from..end, &with);
                }
            }
            let path = std::env::temp_dir().join(format!("sippycup-template-{}.yaml", std::process::id()));
            std::fs::write(&path, &text).unwrap();
            let run = ["Shop", "Cart", "Stream"].map(|name| Pair { name: name.to_owned(), value: "true".to_owned() });
            let arguments = TemplateArguments { template: None, parameters: Vec::new(), run: run.into(), env_vars: None };
            let (plan, gateway, function) = (plan(), GatewayPlan::default(), FunctionPlan::default());
            let read = arguments.read(&path, &Flags { plan: &plan, gateway: &gateway, function: &function });
            std::fs::remove_file(&path).unwrap();
            if let Err(error) = read {
                let message = error.to_string();
                prop_assert!(message.contains("sippycup-template") || message.starts_with("--"), "{message}\n{text}");
            }
        }
    }
}

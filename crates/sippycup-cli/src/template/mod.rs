//! `--template`: what a template of SAM or CloudFormation describes, as a plan.
//!
//! ```text
//! yaml ──► nodes ──► sam, cloudformation, openapi ──► model ──► functions, doors ──► plan
//!                          │
//!                    scope: parameters, conditions, intrinsic functions, references
//! ```
//!
//! What cannot be known is asked for, what is not done is told: nothing is guessed in silence.

mod cargo;
mod cloudformation;
mod doors;
mod find;
mod functions;
mod intrinsics;
mod model;
mod node;
mod notes;
mod openapi;
mod references;
mod sam;
mod scope;
mod source;
mod yaml;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

pub(crate) use find::found;

use crate::error::UsageError;
use crate::plan::{FunctionPlan, GatewayPlan, Listener, Pair, Plan, Said};
use doors::Doors;
use functions::Wishes;
use model::Model;
use node::{Entry, Node};
use scope::Scope;
use source::{Fault, Sources, Span};

/// A template, and what the command line says about it.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Template")]
pub(crate) struct TemplateArguments {
    /// Serve the APIs and function URLs of a SAM or CloudFormation template [default: template.yaml, where no command is given]
    ///
    /// Functions in Rust are built and run by cargo, from their CodeUri. What the template has and this does not do is listed at the start.
    #[arg(long, value_name = "FILE", conflicts_with = "config")]
    pub(crate) template: Option<PathBuf>,

    /// Value of a parameter of the template, of `Ref` or `GetAtt` of a resource that is not here, or of an import; repeatable
    #[arg(long = "parameter", value_name = "NAME=VALUE")]
    parameters: Vec<Pair>,

    /// How a function of the template is started, by its logical id, in the directory of its code; repeatable
    #[arg(long, value_name = "FUNCTION=COMMAND")]
    run: Vec<Pair>,
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
}

/// What the flags beside a template say about every front door and every function.
#[derive(Debug)]
pub(crate) struct Flags<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) gateway: &'a GatewayPlan,
    pub(crate) function: &'a FunctionPlan,
}

impl TemplateArguments {
    /// Whether something is said about a template.
    pub(crate) const fn is_about_template(&self) -> bool {
        !self.parameters.is_empty() || !self.run.is_empty()
    }

    /// Reads a template.
    ///
    /// # Errors
    ///
    /// With file, line, logical id and property, if the template says what cannot be meant; if a value must be said, or how a function is started.
    pub(crate) fn read(&self, path: &Path, flags: &Flags<'_>) -> Result<Read, UsageError> {
        let given = named("--parameter", &self.parameters)?;
        let run = named("--run", &self.run)?;
        let text = find::text(path)?;
        let mut sources = Sources::default();
        let base = sources.add(path, text.clone());
        let nothing = Node::text(Span::default(), "");
        let wrong = |sources: &Sources, root: &Node, fault: &Fault| UsageError::new(sources.describe(root, fault));
        let read = yaml::read(&text, base).map_err(|fault| wrong(&sources, &nothing, &fault))?;
        find::check(&read.root, path)?;
        let root = sam::merged(&read.root).map_err(|fault| wrong(&sources, &read.root, &fault))?;
        let mut scope = Scope::new(&root, path, sources, &given);
        scope.notes.borrow_mut().warnings = read.warnings;
        let made = plan(&mut scope, flags, &run);
        let made = made.map_err(|fault| wrong(&scope.sources.borrow(), &root, &fault))?;
        Ok(told(&scope, made))
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

fn plan(
    scope: &mut Scope<'_>,
    flags: &Flags<'_>,
    run: &BTreeMap<String, String>,
) -> Result<(Plan, Vec<Listener>), Fault> {
    scope.made = sam::made(scope)?;
    let scope = &*scope;
    let mut model = Model::default();
    sam::read(scope, &mut model)?;
    cloudformation::read(scope, &mut model)?;
    let doors = Doors::of(scope, &model, flags.gateway)?;
    let wishes = Wishes { settings: flags.function, run };
    let mut functions = Vec::new();
    let mut reasons = Vec::new();
    for id in &doors.functions {
        match functions::plan(scope, id, &wishes)? {
            Ok(function) => functions.push(Said::from(function)),
            Err(why) => reasons.push(format!("`{id}`: {why}")),
        }
    }
    if let Some(id) = run.keys().find(|id| !doors.functions.contains(id)) {
        let message =
            format!("--run: no front door leads to a function `{id}`; there is {}", doors.functions.join(", "));
        return Err(Fault::new(scope.root.span, message));
    }
    scope.finish()?;
    if let [first, ..] = reasons.as_slice() {
        let id = first.split('`').nth(1).unwrap_or_default();
        let span = scope.section("Resources", id).map_or(scope.root.span, |resource| resource.span);
        return Err(Fault::new(span, format_args!("these functions cannot be started:\n  {}", reasons.join("\n  "))));
    }
    if doors.gateways.is_empty() {
        pass_others(scope, &doors)?;
        let passed: Vec<String> = scope.notes.borrow().passed().map(|line| format!("\n  {line}")).collect();
        let message = format!("the template has no API and no function URL that can be served{}", passed.concat());
        return Err(Fault::new(scope.root.span, message));
    }
    pass_others(scope, &doors)?;
    let mut plan = flags.plan.clone();
    plan.functions = functions;
    plan.gateways = doors.gateways.into();
    let listeners = plan.checked().map_err(|wrong| {
        let place = wrong.span.map_or(scope.root.span, |span| Span { start: span.start, end: span.end });
        Fault::new(place, wrong.message)
    })?;
    Ok((plan, listeners))
}

/// Notes the resources that are no front door, and functions behind none.
fn pass_others(scope: &Scope<'_>, doors: &Doors) -> Result<(), Fault> {
    let resources = scope.root.get("Resources").map(Node::entries).unwrap_or_default();
    for Entry { key: id, value: resource, .. } in resources {
        let kind = resource.get("Type").and_then(Node::as_text).unwrap_or("no type");
        let mut notes = scope.notes.borrow_mut();
        if !scope.is_there(resource)? {
            notes.pass(id, "the resource", "its condition does not hold");
        } else if scope.kind(id) == Some(references::FUNCTION) {
            if !doors.functions.contains(id) {
                notes.pass(id, "the function", "no front door leads to it, and so it is not started");
            }
        } else if NOT_YET.contains(&kind) {
            notes.pass(kind, id, "front doors of this sort do not run here yet");
        } else if !READ.contains(&kind) {
            notes.pass(kind, id, "not made here");
        }
    }
    Ok(())
}

/// What is told of a plan before it is served.
fn told(scope: &Scope<'_>, (plan, listeners): (Plan, Vec<Listener>)) -> Read {
    let notes = scope.notes.borrow();
    let sources = scope.sources.borrow();
    let mut lines: Vec<String> =
        notes.warnings.iter().map(|fault| format!("warning: {}", sources.describe(scope.root, fault))).collect();
    let passed: Vec<String> = notes.passed().collect();
    if !passed.is_empty() {
        lines.push("passed over:".to_owned());
        lines.extend(passed.iter().map(|line| format!("  {line}")));
    }
    Read { plan, listeners, lines, passed }
}

/// Types of resources that front doors are made of.
const READ: &[&str] = &[
    "AWS::ApiGateway::BasePathMapping",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::DomainName",
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::Resource",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::ApiMapping",
    "AWS::ApiGatewayV2::Deployment",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::Lambda::Url",
    "AWS::Serverless::Api",
    "AWS::Serverless::HttpApi",
];

const NOT_YET: &[&str] = &[
    "AWS::ApiGatewayV2::RoutingRule",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::ListenerRule",
    "AWS::Lambda::WebFunction",
    "AWS::Serverless::WebFunction",
    "AWS::Serverless::WebSocketApi",
    "AWS::VpcLattice::Listener",
    "AWS::VpcLattice::Rule",
    "AWS::VpcLattice::Service",
];

//! All stacks as one plan: their functions, and the gateways before them.
//!
//! ```text
//! roots: files ──► scopes ──► models ──► gateways ──► functions, web ──► cargo
//! ```

pub(crate) mod cargo;
pub(crate) mod functions;
mod gateways;
mod names;
pub(crate) mod roots;
pub(crate) mod web;

use std::collections::BTreeMap;

use self::roots::Nested;
use super::document::{Entry, Fault, Node, Span};
use super::model::Model;
use super::scope::{Output, Scope, outputs, qualified, references};
use super::{cloudformation, sam};
use crate::plan::{FunctionPlan, GatewayPlan, Listener, Plan, Said};
use functions::Wishes;
use gateways::Gateways;
use names::{Function, Names};
use web::WebPlan;

/// What the flags beside a template say about every front door and every function.
#[derive(Debug)]
pub(crate) struct Flags<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) gateway: &'a GatewayPlan,
    pub(crate) function: &'a FunctionPlan,
}

/// All stacks together.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) plan: Plan,
    pub(super) listeners: Vec<Listener>,
    /// By names.
    pub(super) outputs: Vec<(String, String)>,
    pub(super) webs: Vec<WebPlan>,
}

/// The plan of all stacks, with what each address serves, and with the outputs of those that are in no other. `nested` says which of them are resources of others, which come before them.
pub(super) fn plan(
    stacks: &mut [Scope<'_>],
    nested: &[Option<&Nested>],
    flags: &Flags<'_>,
    wishes: &Wishes<'_>,
) -> Result<Planned, Fault> {
    let gone = absent(stacks, nested);
    qualified::compare(stacks, &gone);
    let Inherited { absent, told } = inherit(stacks, nested)?;
    let there = |scope: &&Scope<'_>| !absent.contains(&scope.index);
    let mut names = Names::default();
    stacks.iter().filter(there).try_for_each(|scope| names.add(scope))?;
    names.tell_apart(stacks);
    let mut gateways = Gateways::before(names);
    for scope in stacks.iter().filter(there) {
        let mut model = Model::default();
        sam::read(scope, &mut model)?;
        cloudformation::read(scope, &mut model)?;
        gateways.add(scope, &model, flags.gateway)?;
    }
    let mut functions = Vec::new();
    for scope in stacks.iter().filter(there) {
        let own = gateways.functions.iter().filter(|function| function.stack == scope.index);
        let needed: Vec<&str> = own.map(|function| function.id.as_str()).collect();
        functions.extend(started(scope, &needed, wishes, &gateways.names)?);
        pass_others(scope, &needed, nested)?;
    }
    let mut webs = Vec::new();
    for scope in stacks.iter().filter(there) {
        webs.extend(web::read(scope, wishes)?);
    }
    let whole = stacks.first().map_or(Span::default(), |scope| scope.root.span);
    let known: Vec<_> = functions
        .iter()
        .filter_map(|function| function.value.logical_id.as_deref())
        .chain(webs.iter().map(|web| &*web.id))
        .collect();
    check_run(&known, wishes).map_err(|message| Fault::new(whole, message))?;
    if gateways.plans.is_empty() && webs.is_empty() {
        let passed = stacks.iter().flat_map(|scope| {
            let passed = scope.notes.borrow().passed(|id| scope.name_of(id)).collect::<Vec<_>>();
            passed.into_iter().map(|line| format!("\n  {line}"))
        });
        let passed: String = passed.collect();
        return Err(Fault::new(whole, format_args!("there is no API and no function URL that can be served{passed}")));
    }
    Scope::check_given(stacks)?;
    let outputs = named(stacks, &told);
    let mut plan = flags.plan.clone();
    plan.functions = functions;
    plan.gateways = gateways.plans.into();
    if plan.gateways.value.is_empty() {
        return Ok(Planned { plan, listeners: Vec::new(), outputs, webs });
    }
    let listeners = plan.checked().map_err(|wrong| {
        let place = wrong.span.map_or(whole, |span| Span { start: span.start, end: span.end });
        Fault::new(place, wrong.message)
    })?;
    Ok(Planned { plan, listeners, outputs, webs })
}

/// What stacks say to each other.
struct Inherited {
    /// Those that are not there.
    absent: Vec<usize>,
    /// The outputs of those that are in no other, with the stack of each.
    told: Vec<(usize, (String, String))>,
}

/// Gives nested stacks their parameters, the stacks around them their outputs, and all of them what is exported.
fn inherit(stacks: &mut [Scope<'_>], nested: &[Option<&Nested>]) -> Result<Inherited, Fault> {
    let (mut absent, mut told, mut exports) = (Vec::new(), Vec::new(), BTreeMap::new());
    for (at, nested) in nested.iter().enumerate() {
        let inherited = match nested {
            Some(nested) => inherited(stacks, nested, &absent)?,
            None => Some(BTreeMap::new()),
        };
        let Some(scope) = stacks.get_mut(at) else { continue };
        let Some(inherited) = inherited else {
            absent.push(at);
            continue;
        };
        scope.inherited = inherited;
        warn_of_macros(scope);
        scope.made = sam::made(scope)?;
        let outputs = outputs::read(scope);
        exports.extend(outputs.iter().filter_map(|output| Some((output.export.clone()?, output.clone()))));
        match nested.and_then(|nested| Some((stacks.get_mut(nested.stack)?, nested))) {
            Some((around, nested)) => {
                let named = |output: Output| (format!("{}.Outputs.{}", nested.id, output.name), output);
                around.outputs.extend(outputs.into_iter().map(named));
            }
            None => told.extend(outputs.into_iter().filter_map(Output::told).map(|told| (at, told))),
        }
    }
    for scope in stacks.iter_mut().filter(|scope| !absent.contains(&scope.index)) {
        scope.exports.clone_from(&exports);
    }
    Ok(Inherited { absent, told })
}

/// Outputs by their names, with that of the stack where several have one.
fn named(stacks: &[Scope<'_>], told: &[(usize, (String, String))]) -> Vec<(String, String)> {
    let is_shared = |name: &str| told.iter().filter(|(_, (other, _))| other == name).count() > 1;
    let named = |(at, (name, value)): &(usize, (String, String))| {
        let stack = stacks.get(*at).filter(|_| is_shared(name));
        (stack.map_or_else(|| name.clone(), |stack| stack.qualified(name)), value.clone())
    };
    told.iter().map(named).collect()
}

/// Whether each `--run` was for a function; `known` are those that are started.
fn check_run(known: &[&str], wishes: &Wishes<'_>) -> Result<(), String> {
    let used = wishes.used.borrow();
    let Some(name) = wishes.run.keys().find(|name| !used.contains(*name)) else { return Ok(()) };
    let same: Vec<_> = known.iter().filter(|known| known.rsplit('/').next() == Some(name)).copied().collect();
    Err(match same.as_slice() {
        [] => format!("--run: no front door leads to a function `{name}`; there is {}", known.join(", ")),
        same => format!("--run: `{name}` is in several stacks; say which one: {}", same.join(", ")),
    })
}

/// Macros that nobody here knows would have changed the template.
fn warn_of_macros(scope: &Scope<'_>) {
    let transforms = scope.root.get("Transform").map(Node::items).unwrap_or_default();
    for transform in transforms {
        let name = transform.as_text().or_else(|| transform.get("Name").and_then(Node::as_text)).unwrap_or_default();
        if !MACROS.contains(&name) {
            let message = format!("the macro `{name}` is not here: the template is read as it is without it");
            scope.notes.borrow_mut().warn(transform.span, message);
        }
    }
}

/// Stacks that a condition takes away. What their names change is not known yet: values alone decide.
fn absent(stacks: &mut [Scope<'_>], nested: &[Option<&Nested>]) -> Vec<usize> {
    let mut absent = Vec::new();
    for (at, nested) in nested.iter().enumerate() {
        let Some(nested) = nested else { continue };
        let known = stacks.get(nested.stack).and_then(|around| around.attempt(|| inherited(stacks, nested, &absent)));
        match (known, stacks.get_mut(at)) {
            (Some(Ok(None)), _) => absent.push(at),
            (Some(Ok(Some(inherited))), Some(scope)) => scope.inherited = inherited,
            // Whoever reads it for good says what is wrong.
            _ => {}
        }
    }
    stacks.iter().for_each(|scope| drop(scope.take_invented()));
    absent
}

/// What the stack around a nested one gives for its parameters; `None` if the nested one is not there.
fn inherited(stacks: &[Scope<'_>], nested: &Nested, absent: &[usize]) -> Result<Option<BTreeMap<String, Node>>, Fault> {
    let Some(around) = stacks.get(nested.stack).filter(|scope| !absent.contains(&scope.index)) else { return Ok(None) };
    let Some(resource) = around.section("Resources", &nested.id) else { return Ok(None) };
    if !around.is_there(resource)? {
        return Ok(None);
    }
    let parameters = resource.at(&["Properties", "Parameters"]).map(Node::entries).unwrap_or_default();
    let given = parameters.iter().filter_map(|entry| {
        let value = around.value(&entry.value).transpose()?;
        Some(value.map(|value| (entry.key.clone(), value)))
    });
    Ok(Some(given.collect::<Result<_, _>>()?))
}

/// The functions that are needed, or why some cannot be started.
fn started(
    scope: &Scope<'_>,
    needed: &[&str],
    wishes: &Wishes<'_>,
    names: &Names,
) -> Result<Vec<Said<FunctionPlan>>, Fault> {
    let mut functions = Vec::new();
    let mut reasons = Vec::new();
    for id in needed {
        match functions::plan(scope, id, wishes)? {
            Ok(mut function) => {
                if let Some(name) = names.of(&Function { stack: scope.index, id: (*id).to_owned() }) {
                    name.clone_into(&mut function.name.value);
                }
                functions.push(Said::from(function));
            }
            Err(why) => reasons.push((*id, why)),
        }
    }
    // A value that is missing comes first: it may be the reason.
    scope.check_asked()?;
    let Some((first, _)) = reasons.first() else { return Ok(functions) };
    let span = scope.section("Resources", first).map_or(scope.root.span, |resource| resource.span);
    let reasons: String = reasons.iter().map(|(id, why)| format!("\n  `{}`: {why}", scope.name_of(id))).collect();
    Err(Fault::new(span, format_args!("these functions cannot be started:{reasons}")))
}

/// Notes the resources that are no front door, and functions behind none.
fn pass_others(scope: &Scope<'_>, needed: &[&str], nested: &[Option<&Nested>]) -> Result<(), Fault> {
    let resources = scope.root.get("Resources").map(Node::entries).unwrap_or_default();
    for Entry { key: id, value: resource, .. } in resources {
        let kind = resource.get("Type").and_then(Node::as_text).unwrap_or("no type");
        let is_there = scope.is_there(resource)?;
        let mut notes = scope.notes.borrow_mut();
        if !is_there {
            notes.pass(id, "the resource", "its condition does not hold");
        } else if scope.kind(id) == Some(references::FUNCTION) {
            if !needed.contains(&id.as_str()) {
                notes.pass(id, "the function", "no front door leads to it, and so it is not started");
            }
        } else if kind == "AWS::CloudFormation::Stack" || kind == "AWS::Serverless::Application" {
            let is_read = |nested: &&Nested| nested.stack == scope.index && nested.id == *id;
            if !nested.iter().flatten().any(is_read) {
                notes.pass(kind, id, "its template is no file of this machine");
            }
        } else if kind == "AWS::Lambda::Permission" || kind.starts_with("AWS::IAM::") {
            notes.pass(kind, id, "permissions are not checked here");
        } else if !READ.contains(&kind) && !web::is_one(resource) {
            notes.pass(kind, id, "not made here");
        }
    }
    Ok(())
}

/// Types of resources that front doors are made of.
const READ: &[&str] = &[
    "AWS::ApiGateway::ApiKey",
    "AWS::ApiGateway::Authorizer",
    "AWS::ApiGateway::BasePathMapping",
    "AWS::ApiGateway::BasePathMappingV2",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::DomainName",
    "AWS::ApiGateway::DomainNameV2",
    "AWS::ApiGateway::GatewayResponse",
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::Model",
    "AWS::ApiGateway::RequestValidator",
    "AWS::ApiGateway::Resource",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGateway::UsagePlan",
    "AWS::ApiGateway::UsagePlanKey",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::ApiMapping",
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Deployment",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::RouteResponse",
    "AWS::ApiGatewayV2::RoutingRule",
    "AWS::ApiGatewayV2::Stage",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::ListenerRule",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::Lambda::Alias",
    "AWS::Lambda::Url",
    "AWS::Lambda::Version",
    "AWS::Serverless::Api",
    "AWS::Serverless::HttpApi",
    "AWS::VpcLattice::Listener",
    "AWS::VpcLattice::Rule",
    "AWS::VpcLattice::Service",
    "AWS::VpcLattice::TargetGroup",
    "AWS::Serverless::WebSocketApi",
];

/// Macros of AWS: those that are done here, and those that change no front door.
const MACROS: &[&str] = &[
    "AWS::CodeDeployBlueGreen",
    "AWS::Include",
    "AWS::LanguageExtensions",
    "AWS::SecretsManager-2020-07-23",
    "AWS::SecretsManager-2024-09-16",
    "AWS::Serverless-2016-10-31",
];

//! All stacks as one plan: their functions, and the gateways before them.

use std::collections::BTreeMap;

use super::doors::Doors;
use super::functions::{self, Wishes};
use super::model::Model;
use super::node::{Entry, Node};
use super::scope::Scope;
use super::source::{Fault, Span};
use super::{Flags, cloudformation, references, sam};
use crate::plan::{Listener, Plan, Said};

/// The plan of all stacks, with what each address serves.
pub(super) fn plan(
    stacks: &mut [Scope<'_>],
    flags: &Flags<'_>,
    run: &BTreeMap<String, String>,
) -> Result<(Plan, Vec<Listener>), Fault> {
    let wishes = Wishes { settings: flags.function, run };
    let mut doors = Doors::default();
    let mut functions = Vec::new();
    let mut known: Vec<String> = Vec::new();
    for scope in stacks.iter_mut() {
        scope.made = sam::made(scope)?;
        let scope = &*scope;
        let mut model = Model::default();
        sam::read(scope, &mut model)?;
        cloudformation::read(scope, &mut model)?;
        let needed = doors.add(scope, &model, flags.gateway)?;
        functions.extend(started(scope, &needed, &wishes)?);
        pass_others(scope, &needed)?;
        known.extend(needed);
    }
    let whole = stacks.first().map_or(Span::default(), |scope| scope.root.span);
    if let Some(id) = run.keys().find(|id| !known.contains(id)) {
        let message = format!("--run: no front door leads to a function `{id}`; there is {}", known.join(", "));
        return Err(Fault::new(whole, message));
    }
    if doors.gateways.is_empty() {
        let passed: Vec<String> =
            stacks.iter().flat_map(|scope| scope.notes.borrow().passed().collect::<Vec<_>>()).collect();
        let passed: String = passed.iter().map(|line| format!("\n  {line}")).collect();
        return Err(Fault::new(whole, format_args!("there is no API and no function URL that can be served{passed}")));
    }
    Scope::check_given(stacks)?;
    let mut plan = flags.plan.clone();
    plan.functions = functions;
    plan.gateways = doors.gateways.into();
    let listeners = plan.checked().map_err(|wrong| {
        let place = wrong.span.map_or(whole, |span| Span { start: span.start, end: span.end });
        Fault::new(place, wrong.message)
    })?;
    Ok((plan, listeners))
}

/// The functions that are needed, or why some cannot be started.
fn started(
    scope: &Scope<'_>,
    needed: &[String],
    wishes: &Wishes<'_>,
) -> Result<Vec<Said<crate::plan::FunctionPlan>>, Fault> {
    let mut functions = Vec::new();
    let mut reasons = Vec::new();
    for id in needed {
        match functions::plan(scope, id, wishes)? {
            Ok(function) => functions.push(Said::from(function)),
            Err(why) => reasons.push((id, why)),
        }
    }
    // A value that is missing comes first: it may be the reason.
    scope.check_asked()?;
    let Some((first, _)) = reasons.first() else { return Ok(functions) };
    let span = scope.section("Resources", first).map_or(scope.root.span, |resource| resource.span);
    let reasons: String = reasons.iter().map(|(id, why)| format!("\n  `{id}`: {why}")).collect();
    Err(Fault::new(span, format_args!("these functions cannot be started:{reasons}")))
}

/// Notes the resources that are no front door, and functions behind none.
fn pass_others(scope: &Scope<'_>, needed: &[String]) -> Result<(), Fault> {
    let resources = scope.root.get("Resources").map(Node::entries).unwrap_or_default();
    for Entry { key: id, value: resource, .. } in resources {
        let kind = resource.get("Type").and_then(Node::as_text).unwrap_or("no type");
        let is_there = scope.is_there(resource)?;
        let mut notes = scope.notes.borrow_mut();
        if !is_there {
            notes.pass(id, "the resource", "its condition does not hold");
        } else if scope.kind(id) == Some(references::FUNCTION) {
            if !needed.contains(id) {
                notes.pass(id, "the function", "no front door leads to it, and so it is not started");
            }
        } else if kind == "AWS::CloudFormation::Stack" || kind == "AWS::Serverless::Application" {
            notes.pass(kind, id, "what is in a stack of its own is not read here yet");
        } else if kind == "AWS::Lambda::Permission" || kind.starts_with("AWS::IAM::") {
            notes.pass(kind, id, "permissions are not checked here");
        } else if NOT_YET.contains(&kind) {
            notes.pass(kind, id, "front doors of this sort do not run here yet");
        } else if !READ.contains(&kind) {
            notes.pass(kind, id, "not made here");
        }
    }
    Ok(())
}

/// Types of resources that front doors are made of.
const READ: &[&str] = &[
    "AWS::ApiGateway::Authorizer",
    "AWS::ApiGateway::BasePathMapping",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::DomainName",
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::Resource",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::ApiMapping",
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Deployment",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::Lambda::Alias",
    "AWS::Lambda::Url",
    "AWS::Lambda::Version",
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

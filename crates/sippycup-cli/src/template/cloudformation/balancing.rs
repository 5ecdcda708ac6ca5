//! Load balancers and services of VPC Lattice: the default action of each listener.

use std::collections::BTreeMap;

use sippycup_gateway::Kind;

use super::Resource;
use crate::template::model::{Balancer, Reply, Target};
use crate::template::node::Node;
use crate::template::scope::Scope;
use crate::template::source::Fault;

/// A listener of a load balancer.
pub(super) fn balancer(scope: &Scope<'_>, listener: &Resource<'_>) -> Result<Option<Balancer>, Fault> {
    pass_rules(scope, listener, "AWS::ElasticLoadBalancingV2::ListenerRule", "ListenerArn")?;
    let actions = listener.need(scope, "DefaultActions")?;
    let mut multi_value = false;
    let mut target = Target::Missing("a default action that is not done here".to_owned());
    for action in actions.items() {
        let kind = action.get("Type").and_then(Node::as_text).unwrap_or_default();
        let single = action.get("TargetGroupArn").cloned();
        let several = action.at(&["ForwardConfig", "TargetGroups"]).map(Node::items).unwrap_or_default();
        match kind {
            "forward" => {
                let Some(group) = single.or_else(|| heaviest(scope, listener, several, "TargetGroupArn")) else {
                    return Err(action.unlike("a target group"));
                };
                let Some(group) = group_of(scope, &group, "AWS::ElasticLoadBalancingV2::TargetGroup")? else {
                    return Ok(not_here(scope, listener));
                };
                if group.text(scope, "TargetType")?.as_deref() != Some("lambda") {
                    return Ok(not_here(scope, listener));
                }
                multi_value = has_multi_value(group.value(scope, "TargetGroupAttributes")?.as_ref());
                target = function(scope, &group)?;
            }
            "fixed-response" => {
                let part = |key: &str| action.at(&["FixedResponseConfig", key]).and_then(Node::as_text);
                let status = part("StatusCode").and_then(|status| status.parse().ok()).unwrap_or(503);
                let kind = part("ContentType").unwrap_or("text/plain; charset=utf-8");
                let headers = BTreeMap::from([("Content-Type".to_owned(), kind.to_owned())]);
                target =
                    Target::Answer(Reply { status, headers, body: part("MessageBody").unwrap_or_default().to_owned() });
            }
            other => target = Target::Missing(format!("a default action of type `{other}`")),
        }
    }
    let kind = if multi_value { Kind::LoadBalancerMultiValue } else { Kind::LoadBalancer };
    Ok(Some(Balancer { id: listener.id.to_owned(), span: listener.span, kind, target }))
}

/// A listener of a service of VPC Lattice.
pub(super) fn lattice(scope: &Scope<'_>, listener: &Resource<'_>) -> Result<Option<Balancer>, Fault> {
    pass_rules(scope, listener, "AWS::VpcLattice::Rule", "ListenerIdentifier")?;
    let action = listener.need(scope, "DefaultAction")?;
    let mut kind = Kind::VpcLatticeV2;
    let fixed =
        action.at(&["FixedResponse", "StatusCode"]).and_then(Node::as_text).and_then(|status| status.parse().ok());
    let target = match (fixed, action.at(&["Forward", "TargetGroups"])) {
        (Some(status), _) => Target::Answer(Reply { status, ..Reply::default() }),
        (None, Some(groups)) => {
            let Some(group) = heaviest(scope, listener, groups.items(), "TargetGroupIdentifier") else {
                return Err(groups.unlike("a target group"));
            };
            let Some(group) = group_of(scope, &group, "AWS::VpcLattice::TargetGroup")? else {
                return Ok(not_here(scope, listener));
            };
            if group.text(scope, "Type")?.as_deref() != Some("LAMBDA") {
                return Ok(not_here(scope, listener));
            }
            let config = group.value(scope, "Config")?;
            let version = config.as_ref().and_then(|config| config.get("LambdaEventStructureVersion"));
            if version.and_then(Node::as_text) != Some("V2") {
                kind = Kind::VpcLatticeV1;
            }
            function(scope, &group)?
        }
        (None, None) => return Err(action.unlike("`Forward` or `FixedResponse`")),
    };
    Ok(Some(Balancer { id: listener.id.to_owned(), span: listener.span, kind, target }))
}

/// The function of a target group, which has one.
fn function(scope: &Scope<'_>, group: &Resource<'_>) -> Result<Target, Fault> {
    let targets = group.value(scope, "Targets")?;
    let id = targets.as_ref().and_then(|targets| targets.items().first()).and_then(|target| target.get("Id"));
    Ok(match id {
        Some(id) => Target::Uri { uri: id.string()?.to_owned(), stream: false },
        None => Target::Missing("a target group without a target".to_owned()),
    })
}

/// Of several target groups the one that most requests go to.
fn heaviest(scope: &Scope<'_>, listener: &Resource<'_>, groups: &[Node], key: &str) -> Option<Node> {
    let weight = |group: &Node| group.get("Weight").and_then(|weight| weight.number().ok()).unwrap_or(1.0);
    let mut heaviest = groups.first()?;
    for group in groups {
        if weight(group) > weight(heaviest) {
            heaviest = group;
        }
    }
    if groups.iter().filter(|group| weight(group) > 0.0).count() > 1 {
        scope.notes.borrow_mut().pass(listener.id, "the weights", "all requests go to the target group of the highest");
    }
    heaviest.get(key).cloned()
}

/// The target group that a value names: by its logical id, or by what `GetAtt` makes of that.
fn group_of<'t>(scope: &Scope<'t>, value: &Node, kind: &str) -> Result<Option<Resource<'t>>, Fault> {
    let name = value.string()?;
    let is_named = |group: &Resource<'_>| {
        let rest = name.strip_suffix(group.id).or_else(|| name.strip_suffix(".Id")?.strip_suffix(group.id));
        group.kind == kind && rest.is_some_and(|rest| rest.is_empty() || rest.ends_with(':'))
    };
    Ok(Resource::all(scope)?.into_iter().find(is_named))
}

fn not_here(scope: &Scope<'_>, listener: &Resource<'_>) -> Option<Balancer> {
    scope.notes.borrow_mut().pass(listener.id, "the listener", "its target is no function of this template");
    None
}

/// Rules are told: what they lead to is not what the default action does.
fn pass_rules(scope: &Scope<'_>, listener: &Resource<'_>, kind: &str, key: &str) -> Result<(), Fault> {
    for rule in Resource::all(scope)?.iter().filter(|rule| rule.kind == kind) {
        let of = rule.text(scope, key)?.unwrap_or_default();
        if of == listener.id || of.ends_with(&format!(":{}", listener.id)) || of == format!("{}.Id", listener.id) {
            let message = "rules of listeners are not done here yet: every request gets the default action";
            scope.notes.borrow_mut().warn(rule.span, message);
        }
    }
    Ok(())
}

/// `lambda.multi_value_headers.enabled`.
fn has_multi_value(attributes: Option<&Node>) -> bool {
    attributes.map(Node::items).unwrap_or_default().iter().any(|attribute| {
        let text = |key: &str| attribute.get(key).and_then(Node::as_text);
        (text("Key"), text("Value")) == (Some("lambda.multi_value_headers.enabled"), Some("true"))
    })
}

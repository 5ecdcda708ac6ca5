//! Load balancers and services of VPC Lattice: listeners with their rules and target groups.

mod actions;

use sippycup_gateway::Kind;

use super::rules;
use crate::error::UsageError;
use crate::plan::{ActionPlan, FixedTable, HealthCheckPlan, RulePlan, Said};
use crate::template::document::{Fault, Node};
use crate::template::model::{Balancer, Group, Target};
use crate::template::scope::{Resource, Scope};

/// A listener of a load balancer.
pub(super) fn balancer(scope: &Scope<'_>, listener: &Resource<'_>) -> Result<Option<Balancer>, Fault> {
    let mut reader = Reader { scope, groups: Vec::new(), is_lattice: false };
    let actions = listener.need(scope, "DefaultActions")?;
    let default_action = said(&actions, reader.action("the default action", &actions)?);
    let mut all = Vec::new();
    for rule in of_listener(scope, listener, "AWS::ElasticLoadBalancingV2::ListenerRule", "ListenerArn")? {
        let actions = rule.need(scope, "Actions")?;
        let action = reader.action(rule.id, &actions)?;
        all.push(Said { value: rules::of_balancer(scope, &rule, action)?, span: Some(rule.span.start..rule.span.end) });
    }
    let reads_tokens = |action: &ActionPlan| action.authorizer.is_some();
    let in_rules = all.iter().any(|rule: &Said<RulePlan>| reads_tokens(&rule.value.action));
    if (in_rules || reads_tokens(&default_action.value)) && listener.text(scope, "Protocol")?.as_deref() == Some("HTTP")
    {
        let message = "AWS takes actions of type `jwt-validation` in listeners for HTTPS only";
        scope.notes.borrow_mut().warn(listener.span, message);
    }
    Ok(reader.finish(listener, Kind::LoadBalancer, default_action, all))
}

/// A listener of a service of VPC Lattice.
pub(super) fn lattice(scope: &Scope<'_>, listener: &Resource<'_>) -> Result<Option<Balancer>, Fault> {
    let mut reader = Reader { scope, groups: Vec::new(), is_lattice: true };
    let action = listener.need(scope, "DefaultAction")?;
    let default_action = said(&action, reader.lattice_action(&action)?);
    let mut all = Vec::new();
    for rule in of_listener(scope, listener, "AWS::VpcLattice::Rule", "ListenerIdentifier")? {
        let action = rule.need(scope, "Action")?;
        let action = reader.lattice_action(&action)?;
        all.push(Said { value: rules::of_lattice(scope, &rule, action)?, span: Some(rule.span.start..rule.span.end) });
    }
    Ok(reader.finish(listener, Kind::VpcLatticeV2, default_action, all))
}

/// Reads actions, and the target groups that they name.
struct Reader<'a, 't> {
    scope: &'a Scope<'t>,
    groups: Vec<Group>,
    is_lattice: bool,
}

impl Reader<'_, '_> {
    /// An action for which nobody passes.
    fn refused(&mut self, what: String) -> ActionPlan {
        let name = format!("{REFUSED}{}", self.groups.len());
        let target = Target::Missing(what);
        self.groups.push(Group { name: name.clone(), kind: Kind::LoadBalancer, target, health_check: None });
        ActionPlan::to(name)
    }

    fn lattice_action(&mut self, action: &Node) -> Result<ActionPlan, Fault> {
        if let Some(status) = action.at(&["FixedResponse", "StatusCode"]) {
            let status_code = status.as_text().and_then(|status| status.parse().ok());
            let status_code = status_code.ok_or_else(|| status.unlike("a status"))?;
            let fixed_response = Some(FixedTable { status_code, ..FixedTable::default() });
            return Ok(ActionPlan { fixed_response, ..ActionPlan::default() });
        }
        match action.at(&["Forward", "TargetGroups"]) {
            Some(groups) => self.forward(groups, weighted(groups.items(), "TargetGroupIdentifier")?),
            None => Err(action.unlike("`Forward` or `FixedResponse`")),
        }
    }

    fn forward(&mut self, place: &Node, groups: Vec<(&Node, u16)>) -> Result<ActionPlan, Fault> {
        let mut action = ActionPlan::default();
        for (group, weight) in groups {
            let name = self.group(group)?;
            action.forward.insert(name, weight);
        }
        if action.forward.is_empty() { Err(place.unlike("a target group")) } else { Ok(action) }
    }

    /// The name of a target group, which is noted as needed.
    fn group(&mut self, value: &Node) -> Result<String, Fault> {
        let sort =
            if self.is_lattice { "AWS::VpcLattice::TargetGroup" } else { "AWS::ElasticLoadBalancingV2::TargetGroup" };
        let named = value.string()?;
        let Some(group) = group_of(self.scope, value, sort)? else {
            let name = format!("Absent{}", self.groups.len());
            let target = Target::Missing(format!("`{named}`, which is no target group of this template"));
            self.groups.push(Group { name: name.clone(), kind: self.kind(), target, health_check: None });
            return Ok(name);
        };
        let name: String = group.id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        if self.groups.iter().any(|there| there.name == name) {
            return Ok(name);
        }
        let mut kind = self.kind();
        let (key, lambda) = if self.is_lattice { ("Type", "LAMBDA") } else { ("TargetType", "lambda") };
        let target = if group.text(self.scope, key)?.as_deref() == Some(lambda) {
            if self.is_lattice {
                let config = group.value(self.scope, "Config")?;
                let version = config.as_ref().and_then(|config| config.get("LambdaEventStructureVersion"));
                if version.and_then(Node::as_text) != Some("V2") {
                    kind = Kind::VpcLatticeV1;
                }
            } else if has_multi_value(group.value(self.scope, "TargetGroupAttributes")?.as_ref()) {
                kind = Kind::LoadBalancerMultiValue;
            }
            function(self.scope, &group)?
        } else {
            Target::Missing(format!("the target group `{}`, whose targets are no functions", group.id))
        };
        let health_check = if self.is_lattice { None } else { health_check(self.scope, &group)? };
        self.groups.push(Group { name: name.clone(), kind, target, health_check });
        Ok(name)
    }

    const fn kind(&self) -> Kind {
        if self.is_lattice { Kind::VpcLatticeV2 } else { Kind::LoadBalancer }
    }

    fn finish(
        self,
        listener: &Resource<'_>,
        kind: Kind,
        default_action: Said<ActionPlan>,
        rules: Vec<Said<RulePlan>>,
    ) -> Option<Balancer> {
        let is_elsewhere =
            |group: &Group| matches!(&group.target, Target::Missing(_) if !group.name.starts_with(REFUSED));
        if !self.groups.is_empty() && self.groups.iter().all(is_elsewhere) {
            let why = "its target is no function of this template";
            self.scope.notes.borrow_mut().pass(listener.id, "the listener", why);
            return None;
        }
        let (id, groups) = (listener.id.to_owned(), self.groups);
        Some(Balancer { id, span: listener.span, kind, groups, default_action, rules })
    }
}

/// Target groups with their weights.
fn weighted<'n>(groups: &'n [Node], key: &str) -> Result<Vec<(&'n Node, u16)>, Fault> {
    let weight = |group: &Node| match group.get("Weight") {
        Some(weight) => {
            let parsed = weight.as_text().and_then(|weight| weight.parse::<u16>().ok());
            parsed.ok_or_else(|| weight.unlike("a weight from 0 to 999"))
        }
        None => Ok(1),
    };
    let of = |group: &'n Node| Ok((group.get(key).ok_or_else(|| group.unlike("a target group"))?, weight(group)?));
    groups.iter().map(of).collect()
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

/// The health check of a target group of functions, which has one only if it says so.
fn health_check(scope: &Scope<'_>, group: &Resource<'_>) -> Result<Option<Said<HealthCheckPlan>>, Fault> {
    let Some(enabled) = group.value(scope, "HealthCheckEnabled")? else { return Ok(None) };
    if !enabled.boolean()? {
        return Ok(None);
    }
    let seconds = |key: &str| {
        let node = group.value(scope, key)?;
        let read = |node: Node| node.number()?.try_into().map_err(|error: UsageError| node.fault(error));
        node.map(read).transpose()
    };
    let count = |key: &str| {
        let read =
            |node: Node| node.as_text().and_then(|text| text.parse().ok()).ok_or_else(|| node.unlike("a number"));
        group.value(scope, key)?.map(read).transpose()
    };
    let matcher = group.value(scope, "Matcher")?;
    let plan = HealthCheckPlan {
        path: group.text(scope, "HealthCheckPath")?,
        interval: seconds("HealthCheckIntervalSeconds")?,
        timeout: seconds("HealthCheckTimeoutSeconds")?,
        healthy_threshold: count("HealthyThresholdCount")?,
        unhealthy_threshold: count("UnhealthyThresholdCount")?,
        matcher: matcher
            .as_ref()
            .and_then(|matcher| matcher.get("HttpCode"))
            .and_then(Node::as_text)
            .map(str::to_owned),
    };
    Ok(Some(said(&enabled, plan)))
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

/// The rules of a listener.
fn of_listener<'t>(
    scope: &Scope<'t>,
    listener: &Resource<'_>,
    kind: &str,
    key: &str,
) -> Result<Vec<Resource<'t>>, Fault> {
    let mut rules = Vec::new();
    for rule in Resource::all(scope)?.into_iter().filter(|rule| rule.kind == kind) {
        let of = rule.text(scope, key)?.unwrap_or_default();
        if of == listener.id || of.ends_with(&format!(":{}", listener.id)) || of == format!("{}.Id", listener.id) {
            rules.push(rule);
        }
    }
    Ok(rules)
}

/// `lambda.multi_value_headers.enabled`.
fn has_multi_value(attributes: Option<&Node>) -> bool {
    attributes.map(Node::items).unwrap_or_default().iter().any(|attribute| {
        let text = |key: &str| attribute.get(key).and_then(Node::as_text);
        (text("Key"), text("Value")) == (Some("lambda.multi_value_headers.enabled"), Some("true"))
    })
}

fn said<T>(node: &Node, value: T) -> Said<T> {
    Said { value, span: Some(node.span.start..node.span.end) }
}

/// The beginning of the names of target groups that stand for actions which do not run here. No logical id has a hyphen.
const REFUSED: &str = "Refused-";

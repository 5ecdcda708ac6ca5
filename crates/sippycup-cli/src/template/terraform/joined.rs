//! What Terraform has in several resources and CloudFormation in one: integrations of methods, targets of target groups.

use super::nodes::entry;
use super::plan::Instance;
use super::rows::{
    LAMBDA, LATTICE_TARGETS, METHOD_SETTINGS, REST, REST_INTEGRATION, REST_PARENT, REST_RESPONSE, STAGE, TARGETS,
};
use super::translate::{Attribute, Part, Translator, UNLINKED, unlinked};
use crate::template::document::{Entry, Fault, Node, Shape, Span};

/// Adds to the properties of an instance what other instances say about it.
pub(super) fn complete<'p>(
    translator: &mut Translator<'p>,
    instance: &Instance<'p>,
    properties: &mut Vec<Entry>,
) -> Result<(), Fault> {
    match instance.kind {
        "aws_api_gateway_method" => {
            let integration = integration(translator, instance)?;
            properties.push(entry("Integration", Node::map(instance.span, integration)));
        }
        "aws_api_gateway_deployment" => {
            let mut description: Vec<_> = method_settings(translator, instance)?.into_iter().collect();
            if let Some(at) = properties.iter().position(|property| property.key == "Variables") {
                description.push(properties.remove(at));
            }
            properties.push(entry("StageDescription", Node::map(instance.span, description)));
        }
        "aws_api_gateway_stage" => properties.extend(method_settings(translator, instance)?),
        "aws_api_gateway_usage_plan" => {
            for stage in properties.iter_mut().filter(|property| property.key == "ApiStages") {
                let Shape::List(stages) = &mut stage.value.shape else { continue };
                stages.iter_mut().for_each(|stage| by_key(stage, "Throttle", "Path"));
            }
        }
        "aws_apigatewayv2_stage" => {
            let mut stage = Node::map(instance.span, std::mem::take(properties));
            by_key(&mut stage, "RouteSettings", "RouteKey");
            properties.extend(stage.entries().iter().cloned());
        }
        "aws_apigatewayv2_integration" => told_unlinked(properties, "IntegrationUri", "IntegrationType"),
        "aws_lb_target_group" | "aws_alb_target_group" => balanced(translator, instance, properties),
        "aws_vpclattice_target_group" => {
            let targets = lattice_targets(translator, instance);
            properties.push(entry("Targets", Node::list(instance.span, targets)));
        }
        "aws_lb_listener_rule" | "aws_alb_listener_rule" => fields(properties),
        _ => {}
    }
    Ok(())
}

/// The integration of a method, with its responses.
fn integration<'p>(translator: &mut Translator<'p>, method: &Instance<'p>) -> Result<Vec<Entry>, Fault> {
    let of = of_method(translator, method, "aws_api_gateway_integration");
    let Some(found) = of.first() else {
        let why = "there is no `aws_api_gateway_integration` of this method";
        return Ok(unlinked("Type", "Uri", method.address, why, method.span));
    };
    let mut integration = translator.properties(found, REST_INTEGRATION)?;
    told_unlinked(&mut integration, "Uri", "Type");
    let mut responses = Vec::new();
    for response in of_method(translator, method, "aws_api_gateway_integration_response") {
        responses.push(Node::map(response.span, translator.properties(&response, REST_RESPONSE)?));
    }
    if !responses.is_empty() {
        integration.push(entry("IntegrationResponses", Node::list(found.span, responses)));
    }
    Ok(integration)
}

/// `MethodSettings` of a stage, if there are any.
fn method_settings<'p>(translator: &mut Translator<'p>, stage: &Instance<'p>) -> Result<Option<Entry>, Fault> {
    let candidates: Vec<_> = translator.plan.of("aws_api_gateway_method_settings").copied().collect();
    let (api, name) = (linked(translator, stage, "rest_api_id", "", REST), stage.text("stage_name"));
    let mut settings = Vec::new();
    for other in candidates {
        let named = linked(translator, &other, "stage_name", "Stage", STAGE);
        let is_own = named.as_deref() == Some(stage.address) || named.is_some() && named.as_deref() == name;
        if is_own && linked(translator, &other, "rest_api_id", "", REST) == api {
            settings.push(method_setting(other.span, &translator.properties(&other, METHOD_SETTINGS)?));
        }
    }
    Ok((!settings.is_empty()).then(|| entry("MethodSettings", Node::list(stage.span, settings))))
}

/// One of them: `items/{id}/GET` are a path and a method.
fn method_setting(span: Span, properties: &[Entry]) -> Node {
    let of = |key: &str| properties.iter().find(|property| property.key == key).map(|property| &property.value);
    let named = of("ResourcePath").and_then(Node::as_text).unwrap_or("*/*");
    let (path, method) = named.rsplit_once('/').unwrap_or((named, "*"));
    let text = |text: &str| Node::text(span, text);
    let mut setting = vec![entry("ResourcePath", text(path)), entry("HttpMethod", text(method))];
    setting.extend(of("Settings").map(Node::entries).unwrap_or_default().iter().cloned());
    Node::map(span, setting)
}

/// Makes a map of a list of maps, by what each says that it is about.
fn by_key(node: &mut Node, property: &str, name: &str) {
    let Shape::Map(entries) = &mut node.shape else { return };
    let Some(found) = entries.iter_mut().find(|entry| entry.key == property) else { return };
    let keyed = found.value.items().iter().filter_map(|item| {
        let rest = item.entries().iter().filter(|entry| entry.key != name).cloned().collect();
        Some(entry(item.get(name)?.as_text()?, Node::map(item.span, rest)))
    });
    found.value = Node::map(found.value.span, keyed.collect());
}

/// Those of a type that are about the same API, resource and HTTP method.
fn of_method<'p>(translator: &mut Translator<'p>, method: &Instance<'p>, kind: &str) -> Vec<Instance<'p>> {
    let wanted = place(translator, method);
    let candidates: Vec<_> = translator.plan.of(kind).copied().collect();
    candidates.into_iter().filter(|other| place(translator, other) == wanted).collect()
}

fn place<'p>(translator: &mut Translator<'p>, instance: &Instance<'p>) -> (Option<String>, Option<String>, &'p str) {
    let api = linked(translator, instance, "rest_api_id", "", REST);
    let resource = linked(translator, instance, "resource_id", "ResourceId", REST_PARENT);
    (api, resource, instance.text("http_method").unwrap_or_default())
}

/// What an attribute leads to, as a text.
fn linked<'p>(
    translator: &mut Translator<'p>,
    instance: &Instance<'p>,
    attribute: &str,
    property: &str,
    kinds: &[&str],
) -> Option<String> {
    translator.link(instance, property, kinds, &Attribute::of(instance, attribute)).map(|node| written(&node))
}

/// The texts of a reference, one behind the other.
fn written(node: &Node) -> String {
    match &node.shape {
        Shape::Scalar { text, .. } => text.clone(),
        Shape::List(items) => items.iter().map(written).collect::<Vec<_>>().join("."),
        Shape::Map(entries) => entries.iter().map(|entry| written(&entry.value)).collect(),
    }
}

/// An integration whose URI only an apply makes known is none of its type.
fn told_unlinked(properties: &mut Vec<Entry>, uri: &str, kind: &str) {
    let is_unlinked =
        |entry: &Entry| entry.key == uri && entry.value.as_text().is_some_and(|uri| uri.starts_with(UNLINKED));
    let Some(found) = properties.iter().find(|entry| is_unlinked(entry)) else { return };
    let span = found.value.span;
    properties.retain(|entry| entry.key != kind);
    properties.push(entry(kind, Node::text(span, "unlinked")));
}

/// Targets and attributes of a target group of a load balancer.
fn balanced<'p>(translator: &mut Translator<'p>, group: &Instance<'p>, properties: &mut Vec<Entry>) {
    let span = group.span;
    let text = |text: &str| Node::text(span, text);
    let mut targets = Vec::new();
    for kind in ["aws_lb_target_group_attachment", "aws_alb_target_group_attachment"] {
        let attached = attached(translator, group, kind, "target_group_arn", TARGETS);
        for attachment in attached {
            targets.extend(translator.link(&attachment, "Id", LAMBDA, &Attribute::of(&attachment, "target_id")));
        }
    }
    let targets = targets.into_iter().map(|id| Node::map(id.span, vec![entry("Id", id)]));
    properties.push(entry("Targets", Node::list(span, targets.collect())));
    if let Some(at) = properties.iter().position(|property| property.key == "LambdaMultiValueHeadersEnabled") {
        let value = properties.remove(at).value;
        let value = Node::text(value.span, value.as_text().unwrap_or_default());
        let attribute = vec![entry("Key", text("lambda.multi_value_headers.enabled")), entry("Value", value)];
        properties.push(entry("TargetGroupAttributes", Node::list(span, vec![Node::map(span, attribute)])));
    }
    if let Some(at) = properties.iter().position(|property| property.key == "HealthCheck") {
        let check = properties.remove(at).value;
        // The matcher is a table of its own.
        properties.push(entry("Matcher", check.clone()));
        properties.extend(check.entries().iter().filter(|part| part.key != "HttpCode").cloned());
    }
}

fn lattice_targets<'p>(translator: &mut Translator<'p>, group: &Instance<'p>) -> Vec<Node> {
    let kind = "aws_vpclattice_target_group_attachment";
    let mut targets = Vec::new();
    for attachment in attached(translator, group, kind, "target_group_identifier", LATTICE_TARGETS) {
        let blocks = attachment.values.get("target").map(Node::items).unwrap_or_default();
        let expressions =
            attachment.expressions().and_then(|all| all.get("target")).map(Node::items).unwrap_or_default();
        for (at, values) in blocks.iter().enumerate() {
            let part = Part { values, expressions: expressions.get(at) };
            let name = format!("{}.target.id", attachment.address);
            let expression = part.expressions.and_then(|expressions| expressions.get("id"));
            let id = translator.link(
                &attachment,
                "Id",
                LAMBDA,
                &Attribute { value: part.values.get("id"), expression, name },
            );
            targets.extend(id.map(|id| Node::map(id.span, vec![entry("Id", id)])));
        }
    }
    targets
}

/// The attachments of a group.
fn attached<'p>(
    translator: &mut Translator<'p>,
    group: &Instance<'p>,
    kind: &str,
    attribute: &str,
    kinds: &[&str],
) -> Vec<Instance<'p>> {
    let candidates: Vec<_> = translator.plan.of(kind).copied().collect();
    let is_own = |attachment: &Instance<'p>| {
        linked(translator, attachment, attribute, "", kinds).as_deref() == Some(group.address)
    };
    candidates.into_iter().filter(is_own).collect()
}

/// Conditions of CloudFormation say which field they are about.
fn fields(properties: &mut [Entry]) {
    let conditions = properties.iter_mut().find(|property| property.key == "Conditions");
    let Some(Shape::List(conditions)) = conditions.map(|conditions| &mut conditions.value.shape) else { return };
    for condition in conditions {
        let span = condition.span;
        let Shape::Map(entries) = &mut condition.shape else { continue };
        let named = FIELDS.iter().find(|(config, _)| entries.iter().any(|entry| entry.key == *config));
        if let Some((_, field)) = named {
            entries.push(entry("Field", Node::text(span, *field)));
        }
    }
}

const FIELDS: &[(&str, &str)] = &[
    ("HostHeaderConfig", "host-header"),
    ("HttpHeaderConfig", "http-header"),
    ("HttpRequestMethodConfig", "http-request-method"),
    ("PathPatternConfig", "path-pattern"),
    ("QueryStringConfig", "query-string"),
    ("SourceIpConfig", "source-ip"),
];

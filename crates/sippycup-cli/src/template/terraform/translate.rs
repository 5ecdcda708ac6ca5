//! Instances of resources as resources of a template.

use std::collections::BTreeMap;

use super::links::Link;
use super::nodes::{call, entry, invented};
use super::plan::{Instance, Plan};
use super::rows::{self, How, Row};
use super::{code, joined};
use crate::template::document::{Entry, Fault, Node, Shape, Span, yaml};
use crate::template::scope::references::arn;
use crate::template::scope::{REGION, UNKNOWN};

pub(super) struct Translator<'p> {
    pub(super) plan: Plan<'p>,
    /// `--parameter`, by names.
    given: &'p BTreeMap<String, String>,
    pub(super) warnings: Vec<Fault>,
    /// What is asked for where somebody needs it.
    parameters: Vec<Entry>,
    /// Resources that stand for what is not known.
    unlinked: Vec<Entry>,
}

/// An attribute: what it is, what the configuration says it is, and its address.
pub(super) struct Attribute<'p> {
    pub(super) value: Option<&'p Node>,
    pub(super) expression: Option<&'p Node>,
    pub(super) name: String,
}

impl<'p> Attribute<'p> {
    /// That of an instance itself, and of none of its blocks.
    pub(super) fn of(instance: &Instance<'p>, name: &str) -> Self {
        let expression = instance.expressions().and_then(|all| all.get(name));
        Self { value: instance.values.get(name), expression, name: format!("{}.{name}", instance.address) }
    }
}

/// The values of a resource, or of a block in it, and what the configuration says about them.
#[derive(Clone, Copy)]
pub(super) struct Part<'p> {
    pub(super) values: &'p Node,
    pub(super) expressions: Option<&'p Node>,
}

impl<'p> Translator<'p> {
    pub(super) fn new(plan: Plan<'p>, given: &'p BTreeMap<String, String>) -> Self {
        Self { plan, given, warnings: Vec::new(), parameters: Vec::new(), unlinked: Vec::new() }
    }

    /// All resources, and the parameters that stand for what is not known.
    pub(super) fn template(&mut self) -> Result<(Vec<Entry>, Vec<Entry>), Fault> {
        let mut resources = Vec::new();
        for at in 0..self.plan.instances.len() {
            let Some(instance) = self.plan.instances.get(at).copied() else { continue };
            if rows::PARTS.contains(&instance.kind) {
                continue;
            }
            let (kind, properties) = match rows::sort(instance.kind) {
                Some(sort) => {
                    let mut properties = self.properties(&instance, sort.rows)?;
                    properties.extend(passed_over(&instance, sort.rows));
                    if instance.kind == "aws_lambda_function" {
                        properties.extend(code::properties(&self.plan, &instance));
                    }
                    joined::complete(self, &instance, &mut properties)?;
                    (sort.to, properties)
                }
                None => (instance.kind, Vec::new()),
            };
            resources.push(resource(instance.address, kind, instance.span, properties));
        }
        resources.append(&mut self.unlinked);
        Ok((resources, std::mem::take(&mut self.parameters)))
    }

    /// The properties that the attributes of an instance are.
    pub(super) fn properties(&mut self, instance: &Instance<'p>, rows: &'static [Row]) -> Result<Vec<Entry>, Fault> {
        let part = Part { values: instance.values, expressions: instance.expressions() };
        self.part(instance, rows, part, instance.address)
    }

    pub(super) fn part(
        &mut self,
        instance: &Instance<'p>,
        rows: &'static [Row],
        part: Part<'p>,
        name: &str,
    ) -> Result<Vec<Entry>, Fault> {
        let mut properties = Vec::new();
        for row in rows {
            let value = part.values.get(row.from);
            let expression = part.expressions.and_then(|expressions| expressions.get(row.from));
            let attribute = Attribute { value, expression, name: format!("{name}.{}", row.from) };
            let made = match &row.how {
                How::Rest => {
                    properties.extend(unread(part, rows, instance.span));
                    None
                }
                How::Plain | How::Needed => self.plain(instance, row, &attribute),
                How::Link(kinds) => self.link(instance, row.to, kinds, &attribute),
                How::Text => self.definition(instance, value, expression)?,
                How::Told => value.filter(|value| says(value)).map(|value| Node::text(value.span, "")),
                How::Block(rows) | How::Blocks(rows) | How::Values(rows) => {
                    let blocks = self.blocks(instance, rows, &attribute)?;
                    let span = value.map_or(instance.span, |value| value.span);
                    match &row.how {
                        _ if blocks.is_empty() => None,
                        How::Block(_) => blocks.into_iter().next(),
                        How::Values(_) => Some(Node::map(span, vec![entry("Values", Node::list(span, blocks))])),
                        _ => Some(Node::list(span, blocks)),
                    }
                }
            };
            properties.extend(made.map(|made| entry(row.to, made)));
        }
        Ok(properties)
    }

    fn blocks(
        &mut self,
        instance: &Instance<'p>,
        rows: &'static [Row],
        attribute: &Attribute<'p>,
    ) -> Result<Vec<Node>, Fault> {
        let Attribute { value, expression, name } = attribute;
        let mut blocks = Vec::new();
        let items = value.filter(|value| !value.is_null()).map(Node::items).unwrap_or_default();
        for (at, values) in items.iter().enumerate() {
            // Where blocks are made by a loop, the configuration has one for all or none.
            let expressions = expression.map(Node::items).unwrap_or_default();
            let expressions = expressions.get(at).or_else(|| expressions.first().filter(|_| expressions.len() == 1));
            let name = if items.len() > 1 { format!("{name}.{at}") } else { name.clone() };
            let part = self.part(instance, rows, Part { values, expressions }, &name)?;
            blocks.push(Node::map(values.span, part));
        }
        Ok(blocks)
    }

    fn plain(&mut self, instance: &Instance<'p>, row: &Row, attribute: &Attribute<'p>) -> Option<Node> {
        let Attribute { value, expression, name } = attribute;
        if let Some(value) = value {
            let Shape::List(items) = &value.shape else { return says(value).then(|| (*value).clone()) };
            let item = |(at, item): (usize, &Node)| {
                let own = format!("{}.{at}", own_part(instance, name));
                if item.is_null() { invented(instance, item.span, &own) } else { item.clone() }
            };
            return Some(Node::list(value.span, items.iter().enumerate().map(item).collect()))
                .filter(|_| !items.is_empty());
        }
        (*expression)?.get("references")?;
        Some(match row.how {
            How::Needed => self.asked(name, instance.span, UNKNOWN),
            _ => invented(instance, instance.span, own_part(instance, name)),
        })
    }

    /// Another resource, as CloudFormation refers to it.
    pub(super) fn link(
        &mut self,
        instance: &Instance<'p>,
        property: &str,
        kinds: &[&str],
        attribute: &Attribute<'p>,
    ) -> Option<Node> {
        let Attribute { value, expression, name } = attribute;
        let span = value.map_or(instance.span, |value| value.span);
        if let Some(given) = self.given.get(&**name) {
            // What is used is known.
            self.asked(name, span, "");
            let named = |other: &Instance<'_>| other.address == given && kinds.contains(&other.kind);
            return match self.plan.instances.iter().position(named) {
                Some(target) => self.reference(target, "", property, span),
                None => Some(Node::text(span, given.clone())),
            };
        }
        match self.plan.link(instance, *value, *expression, kinds) {
            Link::To { target, attribute } => self.reference(target, attribute, property, span),
            Link::Text(text) => {
                if ["ApiId", "RestApiId"].contains(&property) {
                    let message = "its API is not in this file, and so nothing serves it";
                    self.warnings.push(Fault::new(span, message));
                }
                Some(text.clone())
            }
            Link::Nothing => None,
            Link::Unknown(candidates) => {
                let addresses = candidates.iter().filter_map(|at| self.plan.instances.get(*at));
                let addresses: Vec<_> = addresses.map(|candidate| format!("`{}`", candidate.address)).collect();
                let among =
                    if addresses.is_empty() { String::new() } else { format!("; it may be {}", addresses.join(", ")) };
                let why = format!("{UNKNOWN}{among}");
                match property {
                    "Target" if kinds == rows::HTTP_INTEGRATION => {
                        let id = format!("{}.target", instance.address);
                        let unlinked = unlinked("IntegrationType", "IntegrationUri", name, &why, span);
                        self.unlinked.push(resource(&id, "AWS::ApiGatewayV2::Integration", span, unlinked));
                        Some(Node::text(span, format!("integrations/{id}")))
                    }
                    // The route is there, and says what is missing.
                    "IntegrationUri" | "Uri" => Some(Node::text(span, format!("{UNLINKED}{name}: {why}"))),
                    _ => Some(self.asked(name, span, &why)),
                }
            }
        }
    }

    fn reference(&self, target: usize, attribute: &str, property: &str, span: Span) -> Option<Node> {
        let target = self.plan.instances.get(target)?;
        let text = |text: String| Node::text(span, text);
        Some(match (target.kind, attribute) {
            (kind, _) if rows::LAMBDA.contains(&kind) => text(self.function(target, attribute)),
            (kind, _) if rows::HTTP_INTEGRATION.contains(&kind) && property == "Target" => {
                text(format!("integrations/{}", target.address))
            }
            ("aws_api_gateway_rest_api", _) if property == "ParentId" || property == "ResourceId" => call(
                "Fn::GetAtt",
                Node::list(span, vec![text(target.address.to_owned()), text("RootResourceId".to_owned())]),
            ),
            _ => call("Ref", text(target.address.to_owned())),
        })
    }

    /// The URI by which an integration calls a function or an alias of it.
    fn function(&self, target: &Instance<'p>, attribute: &str) -> String {
        let name = match target.kind {
            "aws_lambda_alias" => {
                let value = target.values.get("function_name");
                let expression = target.expressions().and_then(|all| all.get("function_name"));
                let of = match self.plan.link(target, value, expression, &["aws_lambda_function"]) {
                    Link::To { target, .. } => self.plan.instances.get(target).map(code::function_name),
                    Link::Text(text) => {
                        text.as_text().and_then(|text| text.rsplit(":function:").next()).map(str::to_owned)
                    }
                    Link::Unknown(_) | Link::Nothing => None,
                };
                format!("{}:{}", of.unwrap_or_default(), target.text("name").unwrap_or_default())
            }
            _ => code::function_name(target),
        };
        let (version, call) = if attribute.starts_with("response_streaming") {
            ("2021-11-15", "response-streaming-invocations")
        } else {
            ("2015-03-31", "invocations")
        };
        let function = arn("lambda", &format!("function:{name}"));
        format!("arn:aws:apigateway:{REGION}:lambda:path/{version}/functions/{function}/{call}")
    }

    /// A definition inside of a text.
    fn definition(
        &mut self,
        instance: &Instance<'p>,
        value: Option<&'p Node>,
        expression: Option<&'p Node>,
    ) -> Result<Option<Node>, Fault> {
        let Some(value) = value else {
            if expression.is_some_and(|expression| expression.get("references").is_some()) {
                let message =
                    "only an apply makes the definition known: make the plan of what is applied, or show the state";
                self.warnings.push(Fault::new(instance.span, message));
            }
            return Ok(None);
        };
        let Some(text) = value.as_text().filter(|text| !text.is_empty()) else { return Ok(None) };
        let mut read = yaml::read(text, 0).map_err(|fault| value.fault(fault.message))?.root;
        place(&mut read, value.span);
        Ok(Some(read))
    }

    /// A value that is asked for, if somebody needs it.
    fn asked(&mut self, name: &str, span: Span, why: &str) -> Node {
        let text = |text: &str| Node::text(span, text);
        if !self.parameters.iter().any(|entry| entry.key == name) {
            let parameter = vec![entry("Type", text(UNKNOWN)), entry("Description", text(why))];
            self.parameters.push(entry(name, Node::map(span, parameter)));
        }
        call("Ref", text(name))
    }
}

pub(super) fn resource(address: &str, kind: &str, span: Span, properties: Vec<Entry>) -> Entry {
    let start = Span { start: span.start, end: span.start };
    let parts = vec![entry("Type", Node::text(start, kind)), entry("Properties", Node::map(span, properties))];
    entry(address, Node::map(span, parts))
}

/// An integration that nobody knows: its route says so.
pub(super) fn unlinked(kind: &str, uri: &str, name: &str, why: &str, span: Span) -> Vec<Entry> {
    let text = |text: String| Node::text(span, text);
    vec![entry(kind, text("unlinked".to_owned())), entry(uri, text(format!("{UNLINKED}{name}: {why}")))]
}

/// Gives every node the same place.
fn place(node: &mut Node, span: Span) {
    node.span = span;
    match &mut node.shape {
        Shape::Scalar { .. } => {}
        Shape::List(items) => items.iter_mut().for_each(|item| place(item, span)),
        Shape::Map(entries) => {
            for entry in entries {
                entry.key_span = span;
                place(&mut entry.value, span);
            }
        }
    }
}

/// The attribute in a name that begins with the address.
fn own_part<'n>(instance: &Instance<'_>, name: &'n str) -> &'n str {
    name.strip_prefix(instance.address).unwrap_or(name).trim_start_matches('.')
}

/// Whether a value is more than what Terraform writes for none.
fn says(value: &Node) -> bool {
    match &value.shape {
        Shape::Scalar { text, .. } => !value.is_null() && !text.is_empty() && text != "-1",
        Shape::List(items) => !items.is_empty(),
        Shape::Map(entries) => !entries.is_empty(),
    }
}

/// What a block says and no row reads, and blocks of which only an apply makes known how many there are; by their own names.
fn unread(part: Part<'_>, rows: &[Row], span: Span) -> Vec<Entry> {
    let row = |key: &str| rows.iter().find(|row| row.from == key);
    let set = part.values.entries().iter().filter(|set| row(&set.key).is_none() && says(&set.value));
    let expressions = part.expressions.map(Node::entries).unwrap_or_default();
    let is_unknown = |key: &str| part.values.get(key).is_none_or(Node::is_null);
    let unknown = expressions
        .iter()
        .filter(|set| is_unknown(&set.key) && row(&set.key).is_none_or(|row| matches!(row.how, How::Blocks(_))));
    let keys = set.chain(unknown).map(|set| set.key.as_str());
    keys.map(|key| entry(key, Node::text(span, ""))).collect()
}

/// Attributes that the configuration sets and nobody looks at, by their own names.
fn passed_over(instance: &Instance<'_>, rows: &[Row]) -> Vec<Entry> {
    let expressions = instance.expressions().map(Node::entries).unwrap_or_default();
    let known = |key: &str| rows.iter().any(|row| row.from == key) || IGNORED.contains(&key);
    let unknown = expressions.iter().filter(|attribute| !known(&attribute.key));
    unknown.map(|attribute| entry(&*attribute.key, Node::text(instance.span, ""))).collect()
}

pub(super) const UNLINKED: &str = "an integration that only an apply links; --parameter says which: ";

/// What names and describes, and what `code` and `joined` read.
const IGNORED: &[&str] = &[
    "depends_on",
    "deployment_id",
    "description",
    "environment",
    "filename",
    "function_name",
    "name",
    "rest_api_id",
    "s3_bucket",
    "s3_key",
    "s3_object_version",
    "source_code_hash",
    "tags",
    "triggers",
];

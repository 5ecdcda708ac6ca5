//! `Events` of functions: routes of APIs, and what is no front door.

use super::api::Apis;
use crate::plan::ValidatorTable;
use crate::template::document::{Entry, Fault, Node, Span};
use crate::template::model::validators::{Models, Required};
use crate::template::model::{Family, Route, Target};
use crate::template::scope::Scope;

/// Reads the events of one function.
pub(super) fn read(scope: &Scope<'_>, apis: &mut Apis, function: &str, events: &Node) -> Result<(), Fault> {
    if !events.is_map() || events.as_intrinsic().is_some() {
        return Err(events.unlike("a map of events"));
    }
    for event in events.entries() {
        let kind = event.value.get("Type").ok_or_else(|| event.value.unlike("an event with `Type`"))?;
        match kind.string()? {
            "Api" => route(scope, apis, function, event, Family::Rest)?,
            "HttpApi" => route(scope, apis, function, event, Family::Http)?,
            other => {
                let Some((_, sent)) = OTHERS.iter().find(|(name, _)| *name == other) else {
                    return Err(kind.fault(format_args!("there is no event of type `{other}`")));
                };
                let why = match *sent {
                    "" => "no front door, and nothing here sends it".to_owned(),
                    sent => format!("no front door; `sippycup send {sent}` sends one"),
                };
                scope.notes.borrow_mut().pass(function, &format!("event {} ({other})", event.key), &why);
            }
        }
    }
    Ok(())
}

fn route(scope: &Scope<'_>, apis: &mut Apis, function: &str, event: &Entry, family: Family) -> Result<(), Fault> {
    let properties = event.value.get("Properties").unwrap_or(&event.value);
    let properties = scope.chosen(properties)?.unwrap_or(&event.value);
    let (known, reference): (&[&str], _) = match family {
        Family::Http | Family::WebSocket => (HTTP, "ApiId"),
        Family::Rest => (REST, "RestApiId"),
    };
    let has_properties = event.value.get("Properties").is_some();
    for entry in properties.entries().iter().filter(|_| has_properties) {
        if !known.contains(&&*entry.key) {
            let message = format!("an event has no property `{}`; it has {}", entry.key, known.join(", "));
            return Err(Fault::new(entry.key_span, message));
        }
    }
    let own = |key: &str| properties.get(key).filter(|_| has_properties);
    if own("Auth").is_some_and(|auth| auth.get("ResourcePolicy").is_some()) {
        scope.notes.borrow_mut().pass(function, "Auth.ResourcePolicy", "resource policies are not checked here");
    }
    let literal =
        |key: &str| own(key).map(|node| node.as_text().ok_or_else(|| node.unlike("a literal string"))).transpose();
    let (path, method) = match (literal("Path")?, literal("Method")?) {
        (Some(path), Some(method)) => (path, method),
        (None, None) if family == Family::Http => ("$default", "any"),
        (None, _) => return Err(properties.fault("expected `Path` beside `Method`")),
        (_, None) => return Err(properties.fault("expected `Method` beside `Path`")),
    };
    let span = own("Path").or(own("Method")).map_or(event.key_span, |node| node.span);
    let method = match method.to_ascii_uppercase() {
        method if method == "X-AMAZON-APIGATEWAY-ANY-METHOD" => "ANY".to_owned(),
        method if method.bytes().all(|byte| byte.is_ascii_uppercase()) => method,
        method => return Err(Fault::new(span, format_args!("`{method}` is no method; all of them are `ANY`"))),
    };
    let Some(api) = apis.of_event(scope, own(reference), family, event)? else { return Ok(()) };
    let timeout = own("TimeoutInMillis").map(|node| scope.value(node)).transpose()?.flatten();
    let stream = own("ResponseTransferMode").map(|node| scope.text(node)).transpose()?.flatten();
    let version = own("PayloadFormatVersion").map(|node| scope.text(node)).transpose()?.flatten();
    let settings = own("RouteSettings").map(|node| scope.value(node)).transpose()?.flatten();
    let access = api.auth.of_event(scope, family, own("Auth"))?;
    let validator = validator(scope, &api.models, span, own("RequestModel"), own("RequestParameters"))?;
    let is_default = path == "$default";
    let route = Route {
        method: if is_default { String::new() } else { method },
        path: path.to_owned(),
        span,
        target: Target::Function { id: function.to_owned(), stream: stream.as_deref() == Some("RESPONSE_STREAM") },
        access,
        timeout: timeout.map(|node| node.number()).transpose()?.map(|millis| millis / 1000.0),
        tenant: None,
        is_version_1: version.as_deref() == Some("1.0"),
        validator,
    };
    if let Some(settings) = settings {
        api.throttle(&route.key(), &settings)?;
    }
    api.add_event(scope, route, function, event)
}

/// What an event requires of its requests. SAM makes a validator of `RequestModel` alone.
fn validator(
    scope: &Scope<'_>,
    models: &Models,
    span: Span,
    model: Option<&Node>,
    parameters: Option<&Node>,
) -> Result<Option<Box<ValidatorTable>>, Fault> {
    let Some(model) = model.map(|node| scope.value(node)).transpose()?.flatten() else { return Ok(None) };
    let flag = |key: &str| model.get(key).is_some_and(|flag| flag.boolean().is_ok_and(|flag| flag));
    let name = model.get("Model").ok_or_else(|| model.unlike("a model by `Model`"))?;
    let mut required = Required::default();
    if flag("ValidateBody") {
        required.bodies.push(("application/json".to_owned(), name.string()?.to_owned()));
    }
    let parameters =
        parameters.filter(|_| flag("ValidateParameters")).map(|node| scope.value(node)).transpose()?.flatten();
    // Each is a name, which is not required, or a name with what is said about it.
    for parameter in parameters.as_ref().map(Node::items).unwrap_or_default().iter().flat_map(Node::entries) {
        if parameter.value.get("Required").is_some_and(|flag| flag.boolean().is_ok_and(|flag| flag)) {
            required.parameters.push(parameter.key.clone());
        }
    }
    Ok(models.validator(scope, span, required))
}

const HTTP: &[&str] =
    &["ApiId", "Auth", "Method", "Path", "PayloadFormatVersion", "RouteSettings", "Stage", "TimeoutInMillis"];
const REST: &[&str] = &[
    "Auth",
    "Method",
    "Path",
    "RequestModel",
    "RequestParameters",
    "ResponseTransferMode",
    "RestApiId",
    "Stage",
    "TimeoutInMillis",
];

/// Events that are no request, and which service of `sippycup send` sends their like.
const OTHERS: &[(&str, &str)] = &[
    ("AlexaSkill", ""),
    ("CloudWatchEvent", "eventbridge"),
    ("CloudWatchLogs", ""),
    ("Cognito", "cognito"),
    ("DocumentDB", ""),
    ("DynamoDB", "dynamodb"),
    ("EventBridgeRule", "eventbridge"),
    ("IoTRule", ""),
    ("Kinesis", "kinesis"),
    ("MQ", ""),
    ("MSK", ""),
    ("S3", "s3"),
    ("SNS", "sns"),
    ("SQS", "sqs"),
    ("Schedule", "schedule"),
    ("ScheduleV2", "schedule"),
    ("SelfManagedKafka", ""),
];

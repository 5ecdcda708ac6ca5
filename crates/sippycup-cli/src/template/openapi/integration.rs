//! Integrations: what is behind a route. OpenAPI and CloudFormation spell the same properties differently.

use std::collections::BTreeMap;

use crate::template::document::{Entry, Fault, Node};
use crate::template::model::cors::unquoted;
use crate::template::model::{Reply, Target};

/// An integration, whoever describes it.
#[derive(Debug, Default)]
pub(in crate::template) struct Asked {
    /// `aws_proxy`, `aws`, `http`, `http_proxy` or `mock`.
    pub(in crate::template) kind: String,
    pub(in crate::template) uri: String,
    pub(in crate::template) stream: bool,
    pub(in crate::template) subtype: Option<String>,
    /// Payload format.
    pub(in crate::template) version: Option<String>,
    /// Seconds.
    pub(in crate::template) timeout: Option<f64>,
    /// What `integration.request.header.X-Amz-Tenant-Id` is.
    pub(in crate::template) tenant: Option<String>,
    requested: Option<String>,
    responses: Vec<Mocked>,
}

/// A response of a mock integration.
#[derive(Debug)]
struct Mocked {
    status: String,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Asked {
    /// Reads an evaluated integration: `uri` of OpenAPI is `Uri` of a method, and `IntegrationUri` of an HTTP API.
    pub(in crate::template) fn read(node: &Node) -> Result<Self, Fault> {
        let any = |keys: &[&str]| keys.iter().find_map(|key| node.get(key)).filter(|value| !value.is_null());
        let text = |keys: &[&str]| any(keys).map(|value| value.string().map(str::to_owned)).transpose();
        let uri = text(&["uri", "Uri", "IntegrationUri"])?.unwrap_or_default();
        let mode = text(&["responseTransferMode", "ResponseTransferMode"])?;
        let timeout = any(&["timeoutInMillis", "TimeoutInMillis"]).map(Node::number).transpose()?;
        Ok(Self {
            kind: text(&["type", "Type", "IntegrationType"])?.unwrap_or_default().to_ascii_lowercase(),
            stream: mode.as_deref() == Some("STREAM") || uri.ends_with("/response-streaming-invocations"),
            uri,
            subtype: text(&["integrationSubtype", "IntegrationSubtype"])?,
            version: text(&["payloadFormatVersion", "PayloadFormatVersion"])?,
            timeout: timeout.map(|millis| millis / 1000.0),
            tenant: any(&["requestParameters", "RequestParameters"])
                .and_then(|mapped| mapped.entries().iter().find(|entry| entry.key.eq_ignore_ascii_case(TENANT)))
                .map(|entry| entry.value.string().map(str::to_owned))
                .transpose()?,
            requested: any(&["requestTemplates", "RequestTemplates"])
                .and_then(|templates| templates.entries().first())
                .and_then(|entry| entry.value.as_text().map(str::to_owned)),
            responses: responses(node)?,
        })
    }

    /// What a mock integration answers: the response for the status of the request template, else the default one.
    fn reply(&self) -> Option<Reply> {
        let status: String = match &self.requested {
            Some(template) => {
                let (_, behind) = template.split_once("statusCode")?;
                behind.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect()
            }
            None => String::new(),
        };
        let by = |wanted: &str| self.responses.iter().find(|response| response.status == wanted);
        let mocked = by(&status).or_else(|| by("default")).or(self.responses.first())?;
        let status = match mocked.status.parse() {
            Ok(status) => status,
            Err(_) => status.parse().ok()?,
        };
        // What is left of a template is text only if it has no expression.
        let is_text =
            !mocked.body.contains(['$', '#']) && mocked.headers.values().all(|value| !value.contains("integration."));
        let mut headers = mocked.headers.clone();
        headers.entry("Content-Type".to_owned()).or_insert_with(|| "application/json".to_owned());
        is_text.then(|| Reply { status, headers, body: mocked.body.clone() })
    }
}

/// What a route with an integration does.
pub(in crate::template) fn target(asked: &Asked, node: &Node) -> Result<Target, Fault> {
    let missing = |what: String| Ok(Target::Missing(what));
    match (asked.kind.as_str(), &asked.subtype) {
        ("aws_proxy", Some(subtype)) => missing(format!("an integration of a service, {subtype}")),
        ("aws_proxy", None) if asked.uri.is_empty() => Err(node.unlike("an integration with a URI")),
        ("aws_proxy", None) => Ok(Target::Uri { uri: asked.uri.clone(), stream: asked.stream }),
        ("aws", _) if asked.uri.contains(":lambda:path/") => {
            missing("a Lambda integration that is no proxy, with mapping templates".to_owned())
        }
        ("aws", _) => missing(format!("an integration of a service, {}", service(&asked.uri))),
        ("http" | "http_proxy", _) => missing(format!("an integration that asks {}", asked.uri)),
        ("mock", _) => match asked.reply() {
            Some(reply) => Ok(Target::Answer(reply)),
            None => missing("a mock integration with mapping templates".to_owned()),
        },
        // What only an apply of Terraform links.
        ("unlinked", _) => missing(asked.uri.clone()),
        (other, _) => Err(node.fault(format_args!(
            "expected an integration of type aws_proxy, aws, http, http_proxy or mock, found `{other}`"
        ))),
    }
}

/// `arn:aws:apigateway:us-east-1:states:action/StartExecution` is `states:action/StartExecution`.
fn service(uri: &str) -> &str {
    uri.splitn(5, ':').nth(4).unwrap_or(uri)
}

const TENANT: &str = "integration.request.header.X-Amz-Tenant-Id";

/// `responses` of OpenAPI, or the list `IntegrationResponses`.
fn responses(node: &Node) -> Result<Vec<Mocked>, Fault> {
    let mut read = Vec::new();
    let mapped = node.get("responses").map(Node::entries).unwrap_or_default().iter().map(|entry| &entry.value);
    let listed = node.get("IntegrationResponses").map(Node::items).unwrap_or_default();
    for response in mapped.chain(listed) {
        let get = |keys: [&str; 2]| keys.iter().find_map(|key| response.get(key));
        let status = get(["statusCode", "StatusCode"]).map(Node::string).transpose()?.unwrap_or("default");
        let parameters = get(["responseParameters", "ResponseParameters"]).map(Node::entries).unwrap_or_default();
        let header = |entry: &Entry| {
            let name = entry.key.strip_prefix("method.response.header.")?;
            Some((name.to_owned(), unquoted(entry.value.as_text()?)))
        };
        let templates = get(["responseTemplates", "ResponseTemplates"]).map(Node::entries).unwrap_or_default();
        let body = templates.first().and_then(|entry| entry.value.as_text()).unwrap_or_default();
        read.push(Mocked {
            status: status.to_owned(),
            headers: parameters.iter().filter_map(header).collect(),
            body: body.to_owned(),
        });
    }
    Ok(read)
}

//! OpenAPI definitions with the extensions of API Gateway: which routes they make.

mod alone;
mod integration;
mod requests;
mod security;

use super::document::{Entry, Fault, Node};
use super::model::cors;
use super::model::{Access, Family, Route, Routes, said};
use super::scope::Scope;
use crate::plan::{CorsTable, Said};
pub(super) use alone::wrapped;
pub(super) use integration::{Asked, target};

/// A definition, its functions not yet evaluated: a path whose condition does not hold may refer to what is not there.
#[derive(Debug)]
pub(super) struct Body {
    root: Node,
}

impl Body {
    /// The definition that a resource has inline, by `AWS::Include`, or in a file.
    pub(super) fn of(scope: &Scope<'_>, properties: &Node, inline: &str, uri: &str) -> Result<Option<Self>, Fault> {
        if let Some(body) = properties.get(inline).map(|body| scope.chosen(body)).transpose()?.flatten() {
            let included = match body.as_intrinsic() {
                Some(("Fn::Transform", transform)) => Some(include(scope, transform)?),
                Some(_) => scope.value(body)?,
                None => Some(body.clone()),
            };
            return Ok(included.map(|root| Self { root }));
        }
        let Some(place) = properties.get(uri).map(|place| scope.value(place)).transpose()?.flatten() else {
            return Ok(None);
        };
        match place.as_text() {
            Some(path) if !path.starts_with("s3://") => Ok(Some(Self { root: scope.read(path, place.span)? })),
            _ => Err(place.fault("the definition is in S3: name a file of this machine here")),
        }
    }

    pub(super) fn binary_media_types(&self) -> Vec<Said<String>> {
        let types = self.root.get("x-amazon-apigateway-binary-media-types").map(Node::items).unwrap_or_default();
        types.iter().filter_map(|node| Some(said(node.span, node.as_text()?))).collect()
    }

    /// Where the API keys of a REST API come from.
    pub(super) fn key_source(&self) -> Option<String> {
        self.root.get("x-amazon-apigateway-api-key-source").and_then(Node::as_text).map(str::to_owned)
    }

    /// The gateway responses of a REST API.
    pub(super) fn gateway_responses(&self) -> Option<&Node> {
        self.root.get("x-amazon-apigateway-gateway-responses")
    }

    /// `x-amazon-apigateway-cors` of an HTTP API.
    pub(super) fn cors(&self, scope: &Scope<'_>) -> Result<Option<Said<CorsTable>>, Fault> {
        cors::read(scope, self.root.get("x-amazon-apigateway-cors"))
    }

    /// What comes before all paths: the base path of the definition, if somebody wishes it there. API Gateway ignores it otherwise.
    pub(super) fn base_path(&self, wish: Option<&str>) -> String {
        if wish != Some("prepend") {
            return String::new();
        }
        let server = self.root.get("servers").and_then(|servers| servers.items().first());
        let of_server = server.and_then(|server| {
            let url = server.get("url")?.as_text()?;
            let path =
                url.split_once("://").map_or(url, |(_, rest)| rest.find('/').map_or("", |at| rest.split_at(at).1));
            let variable = server.at(&["variables", "basePath", "default"]).and_then(Node::as_text).unwrap_or_default();
            Some(path.replace("{basePath}", variable.trim_matches('/')))
        });
        let path =
            self.root.get("basePath").and_then(Node::as_text).map(str::to_owned).or(of_server).unwrap_or_default();
        match path.trim_matches('/') {
            "" => String::new(),
            path => format!("/{path}"),
        }
    }

    /// Every method of every path that has an integration. `default` guards what says nothing about it.
    pub(super) fn routes(
        &self,
        scope: &Scope<'_>,
        id: &str,
        family: Family,
        default: &Access,
    ) -> Result<Routes, Fault> {
        for (key, why) in PASSED {
            if self.root.get(key).is_some() {
                scope.notes.borrow_mut().pass(id, key, why);
            }
        }
        let models = requests::models(&self.root, scope)?;
        let mut routes = Routes::default();
        let Some(paths) = self.root.get("paths").map(|paths| scope.chosen(paths)).transpose()?.flatten() else {
            return Err(self.root.unlike("a definition with `paths`"));
        };
        for Entry { key: path, value: item, .. } in paths.entries() {
            let Some(item) = scope.chosen(item)? else { continue };
            for Entry { key: method, key_span, value: operation } in item.entries() {
                let method = match method.to_ascii_lowercase() {
                    any if any == "x-amazon-apigateway-any-method" => "ANY".to_owned(),
                    method if METHODS.contains(&&*method) => method.to_ascii_uppercase(),
                    _ => continue,
                };
                let Some(operation) = scope.chosen(operation)? else { continue };
                let Some(integration) = self.integration(scope, operation)? else {
                    let message = format!("`{method} {path}` has no `{INTEGRATION}`: no such route is served");
                    scope.notes.borrow_mut().warn(*key_span, message);
                    continue;
                };
                let is_default = family == Family::Http && matches!(path.as_str(), "$default" | "/$default");
                let asked = Asked::read(&integration)?;
                let parts = (item, operation);
                let validator = match family {
                    Family::Rest => requests::validator(&self.root, scope, &models, parts, *key_span)?,
                    Family::Http | Family::WebSocket => None,
                };
                let access = security::access(&self.root, scope, family, operation, default)?;
                let route = Route {
                    method: if is_default { String::new() } else { method },
                    path: if is_default { "$default".to_owned() } else { path.clone() },
                    span: *key_span,
                    target: target(&asked, &integration)?,
                    access,
                    timeout: asked.timeout,
                    // An HTTP API cannot write this header.
                    tenant: asked.tenant.filter(|_| family == Family::Rest),
                    is_version_1: family == Family::Http && asked.version.as_deref() != Some("2.0"),
                    validator,
                };
                routes.add(route, id)?;
            }
        }
        Ok(routes)
    }

    /// The integration of an operation, evaluated.
    fn integration(&self, scope: &Scope<'_>, operation: &Node) -> Result<Option<Node>, Fault> {
        let Some(integration) = operation.get(INTEGRATION).map(|node| scope.chosen(node)).transpose()?.flatten() else {
            return Ok(None);
        };
        let reference = integration.get("$ref").and_then(Node::as_text);
        let named = reference.and_then(|reference| reference.rsplit('/').next());
        let shared = named.and_then(|name| self.root.at(&["components", "x-amazon-apigateway-integrations", name]));
        scope.value(shared.unwrap_or(integration))
    }
}

/// `Fn::Transform` of `AWS::Include`: the file that stands in its place.
fn include(scope: &Scope<'_>, transform: &Node) -> Result<Node, Fault> {
    let location =
        transform.at(&["Parameters", "Location"]).map(|location| scope.value(location)).transpose()?.flatten();
    match (transform.get("Name").and_then(Node::as_text), location) {
        (Some("AWS::Include"), Some(location)) => {
            let path = location.string()?;
            if path.starts_with("s3://") {
                return Err(location.fault("the definition is in S3: name a file of this machine here"));
            }
            scope.read(path, location.span)
        }
        _ => Err(transform.unlike("`AWS::Include` with `Location`")),
    }
}

/// `$default` stands for any route, and so is listed nowhere else.
const METHODS: &[&str] = &["delete", "get", "head", "options", "patch", "post", "put", "trace"];

const INTEGRATION: &str = "x-amazon-apigateway-integration";

const PASSED: &[(&str, &str)] = &[
    ("x-amazon-apigateway-minimum-compression-size", "nothing is compressed here"),
    ("x-amazon-apigateway-policy", "resource policies are not checked here"),
];

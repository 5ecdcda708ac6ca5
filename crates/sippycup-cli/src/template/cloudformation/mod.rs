//! Plain resources of CloudFormation: REST, HTTP and WebSocket APIs and function URLs, without what SAM makes of less.

mod balancing;
mod domains;
mod http;
mod rest;
mod rules;
mod web_socket;

pub(super) use http::variables;

use super::authorizers::of_plain;
use super::gateway_responses::Responses;
use super::keys;
use super::model::{Family, Guard, Model, Sort, Target};
use super::node::{Entry, Node};
use super::notes::MUTUAL_TLS;
use super::references::{HTTP, REST};
use super::sam;
use super::scope::Scope;
use super::source::{Fault, Span};
use super::throttles;
use crate::plan::AuthorizerPlan;

/// Reads all plain resources, and what maps domains to APIs, those of SAM too.
pub(super) fn read(scope: &Scope<'_>, model: &mut Model) -> Result<(), Fault> {
    // Somebody may add plain routes and gateway responses to an API of SAM.
    for api in model.apis.iter_mut().filter(|api| api.family == Family::Http) {
        for (route, _) in http::routes(scope, &api.id)? {
            if !api.routes.iter().any(|other| other.key() == route.key()) {
                api.routes.push(route);
            }
        }
    }
    for api in model.apis.iter_mut().filter(|api| api.family == Family::Rest) {
        let mut responses = Responses { all: std::mem::take(&mut api.gateway_responses) };
        rest::add_responses(scope, &api.id, &mut responses)?;
        api.gateway_responses = responses.all;
    }
    let plans = keys::of_resources(scope)?;
    for resource in Resource::all(scope)? {
        pass(scope, &resource);
        match resource.kind {
            REST => model.apis.push(rest::read(scope, &resource)?),
            HTTP if resource.text(scope, "ProtocolType")?.as_deref() == Some("WEBSOCKET") => {
                model.apis.push(web_socket::read(scope, &resource)?);
            }
            HTTP => model.apis.push(http::read(scope, &resource)?),
            "AWS::ElasticLoadBalancingV2::Listener" => model.balancers.extend(balancing::balancer(scope, &resource)?),
            "AWS::VpcLattice::Listener" => model.balancers.extend(balancing::lattice(scope, &resource)?),
            "AWS::Lambda::Url" => {
                let uri = resource.need(scope, "TargetFunctionArn")?.string()?.to_owned();
                let target = Target::Uri { uri, stream: false };
                model.urls.push(sam::url(scope, resource.id, target, resource.properties)?);
            }
            _ => {}
        }
    }
    for api in &mut model.apis {
        api.usage.extend(keys::of_api(&plans, &scope.api_id(&api.id)));
    }
    domains::map(scope, model)
}

/// Notes the properties of a front door that are not looked at.
fn pass(scope: &Scope<'_>, resource: &Resource<'_>) {
    if !resource.kind.starts_with("AWS::ApiGateway") {
        return;
    }
    for Entry { key, value, .. } in resource.properties.entries() {
        let why = match key.as_str() {
            "AccessLogSetting" | "AccessLogSettings" | "TracingEnabled" => "the lines of this command are the log",
            "CacheClusterEnabled" | "CacheClusterSize" => "answers are not cached here",
            "ClientCertificateId" => "it is shown to HTTP endpoints, and no function is one",
            "MutualTlsAuthentication" => MUTUAL_TLS,
            "DefaultRouteSettings" | "MethodSettings" | "RouteSettings" if throttles::say_more(value) => {
                "only its throttles are looked at here"
            }
            "MinimumCompressionSize" => "nothing is compressed here",
            "Policy" => "resource policies are not checked here",
            // An attribute of Terraform that is no property here.
            key if key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') => "not looked at here",
            _ => continue,
        };
        scope.notes.borrow_mut().pass(resource.id, key, why);
    }
}

/// How the authorizer of a logical id runs here.
fn authorizer(scope: &Scope<'_>, family: Family, id: &str) -> Result<Option<AuthorizerPlan>, Fault> {
    let Some(properties) = scope.section("Resources", id).and_then(|resource| resource.get("Properties")) else {
        return Ok(None);
    };
    match scope.value(properties)? {
        Some(properties) => of_plain(family, id, &properties),
        None => Ok(None),
    }
}

/// A resource that is there.
pub(super) struct Resource<'t> {
    pub(super) id: &'t str,
    pub(super) kind: &'t str,
    pub(super) span: Span,
    pub(super) properties: &'t Node,
}

impl<'t> Resource<'t> {
    pub(super) fn all(scope: &Scope<'t>) -> Result<Vec<Self>, Fault> {
        let resources = scope.root.get("Resources").map(Node::entries).unwrap_or_default();
        let mut there = Vec::new();
        for Entry { key, key_span, value } in resources {
            let kind = value.get("Type").and_then(Node::as_text).unwrap_or_default();
            if kind.starts_with("AWS::") && scope.is_there(value)? {
                let properties = value.get("Properties").unwrap_or(value);
                there.push(Self { id: key, kind, span: *key_span, properties });
            }
        }
        Ok(there)
    }

    /// Those of a type that belong to an API.
    fn of_api(scope: &Scope<'t>, kind: &str, key: &str, api: &str) -> Result<Vec<Self>, Fault> {
        let mut found = Vec::new();
        for resource in Self::all(scope)? {
            if resource.kind == kind && resource.text(scope, key)?.as_deref() == Some(&*scope.api_id(api)) {
                found.push(resource);
            }
        }
        Ok(found)
    }

    fn value(&self, scope: &Scope<'_>, key: &str) -> Result<Option<Node>, Fault> {
        self.properties.get(key).map(|node| scope.value(node)).transpose().map(Option::flatten)
    }

    fn text(&self, scope: &Scope<'_>, key: &str) -> Result<Option<String>, Fault> {
        self.properties.get(key).map(|node| scope.text(node)).transpose().map(Option::flatten)
    }

    fn need(&self, scope: &Scope<'_>, key: &str) -> Result<Node, Fault> {
        self.value(scope, key)?.ok_or_else(|| Fault::new(self.span, format_args!("expected `{key}`")))
    }

    /// Where a property stands; the resource itself if it has none.
    fn place(&self, key: &str) -> Span {
        self.properties.get(key).map_or(self.span, |node| node.span)
    }

    /// The authorizer of a method or a route.
    fn guard(&self, scope: &Scope<'_>, family: Family) -> Result<Option<Guard>, Fault> {
        let kind = self.text(scope, "AuthorizationType")?;
        let name = self.text(scope, "AuthorizerId")?;
        let sort = match kind.as_deref() {
            None | Some("NONE") => return Ok(None),
            Some("AWS_IAM") => Sort::Iam,
            Some("COGNITO_USER_POOLS") => Sort::Cognito,
            Some("CUSTOM") => Sort::Lambda,
            Some("JWT") => Sort::Jwt,
            Some(other) => {
                let place = self.place("AuthorizationType");
                return Err(Fault::new(
                    place,
                    format_args!("expected NONE, AWS_IAM, CUSTOM, COGNITO_USER_POOLS or JWT, found `{other}`"),
                ));
            }
        };
        let scopes = self.value(scope, "AuthorizationScopes")?;
        let scopes = scopes.iter().flat_map(Node::items).filter_map(Node::as_text).map(str::to_owned);
        let plan = match &name {
            Some(id) => authorizer(scope, family, id)?.map(Box::new),
            None => None,
        };
        Ok(Some(Guard {
            name: name.unwrap_or_else(|| "AWS_IAM".to_owned()),
            sort,
            scopes: scopes.collect(),
            key: false,
            plan,
        }))
    }
}

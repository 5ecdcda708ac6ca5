//! Plain resources of CloudFormation: REST, HTTP and WebSocket APIs and function URLs, without what SAM makes of less.

mod balancing;
mod domains;
mod guard;
mod http;
mod rest;
mod rules;
mod web_socket;

use super::document::{Entry, Fault};
use super::model::gateway_responses::Responses;
use super::model::keys;
use super::model::{Family, Model, Target};
use super::model::{throttles, url};
use super::scope::notes::MUTUAL_TLS;
use super::scope::{HTTP, REST, Resource, Scope};

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
                model.urls.push(url::read(scope, resource.id, target, resource.properties)?);
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

//! The `AWS::ApiGatewayV2` family: HTTP APIs.

use crate::template::document::{Fault, Node};
use crate::template::model::cors;
use crate::template::model::throttles;
use crate::template::model::{Access, Api, Family, Route, Routes, Stage, Target, said, stage_variables};
use crate::template::openapi::{Asked, Body, target};
use crate::template::scope::{Resource, Scope};

/// An HTTP API with its routes and stages.
pub(super) fn read(scope: &Scope<'_>, api: &Resource<'_>) -> Result<Api, Fault> {
    let body = Body::of(scope, api.properties, "Body", "BodyS3Location")?;
    let cors = body.as_ref().map(|body| body.cors(scope)).transpose()?.flatten();
    let mut routes = match body {
        Some(body) => body
            .routes(scope, api.id, Family::Http, &Access::Open)?
            .under(&body.base_path(api.text(scope, "BasePath")?.as_deref())),
        None => Routes::default(),
    };
    for (route, owner) in self::routes(scope, api.id)? {
        routes.add(route, owner)?;
    }
    let mut stages = stages(scope, api)?;
    if let Some(quick) = api.value(scope, "Target")? {
        routes.add(quick_route(scope, api, &quick)?, api.id)?;
        if stages.is_empty() {
            stages.push(Stage::named(said(quick.span, "$default")));
        }
    }
    if stages.is_empty() {
        scope
            .notes
            .borrow_mut()
            .warn(api.span, "the API has no stage, and so no URL on AWS; it is served as `$default` here");
        stages.push(Stage::named(said(api.span, "$default")));
    }
    let of_body = cors;
    let cors = cors::read(scope, api.properties.get("CorsConfiguration"))?.or(of_body);
    Ok(Api {
        id: api.id.to_owned(),
        span: api.span,
        family: Family::Http,
        stages,
        routes: routes.routes,
        binary: Vec::new(),
        gateway_responses: Vec::new(),
        usage: Vec::new(),
        key_of_authorizer: false,
        mappings: Vec::new(),
        socket: None,
        cors,
    })
}

/// The routes that are resources of their own, with their logical ids.
pub(super) fn routes<'t>(scope: &Scope<'t>, api: &str) -> Result<Vec<(Route, &'t str)>, Fault> {
    let resources = Resource::of_api(scope, "AWS::ApiGatewayV2::Route", "ApiId", api)?;
    resources.iter().map(|resource| Ok((route(scope, resource)?, resource.id))).collect()
}

pub(super) fn stages(scope: &Scope<'_>, api: &Resource<'_>) -> Result<Vec<Stage>, Fault> {
    let mut stages = Vec::new();
    for stage in Resource::of_api(scope, "AWS::ApiGatewayV2::Stage", "ApiId", api.id)? {
        let name = stage.need(scope, "StageName")?;
        let variables = stage_variables(stage.value(scope, "StageVariables")?.as_ref())?;
        let (default, own) = (stage.value(scope, "DefaultRouteSettings")?, stage.value(scope, "RouteSettings")?);
        let throttles = throttles::of_routes(default.as_ref(), own.as_ref())?;
        stages.push(Stage { name: said(name.span, name.string()?), variables, throttles });
    }
    Ok(stages)
}

fn route(scope: &Scope<'_>, route: &Resource<'_>) -> Result<Route, Fault> {
    let key = route.need(scope, "RouteKey")?;
    let (method, path) = match key.string()?.split_once(' ') {
        Some((method, path)) => (method.to_owned(), path.trim().to_owned()),
        None => (String::new(), key.string()?.to_owned()),
    };
    let integrated = route.need(scope, "Target")?;
    let id = integrated.string()?.strip_prefix("integrations/").unwrap_or_default();
    let Some(integration) = scope.section("Resources", id).and_then(|integration| integration.get("Properties")) else {
        return Err(integrated.unlike("`integrations/` and the `Ref` of an integration"));
    };
    let integration = scope.value(integration)?.unwrap_or_else(|| integration.clone());
    let asked = Asked::read(&integration)?;
    Ok(Route {
        method,
        path,
        span: key.span,
        target: target(&asked, &integration)?,
        access: route.guard(scope, Family::Http)?.map_or(Access::Open, Access::Guarded),
        timeout: asked.timeout,
        tenant: None,
        is_version_1: asked.version.as_deref() != Some("2.0"),
        validator: None,
    })
}

/// Quick create: `Target` of the API itself, and `RouteKey` beside it.
fn quick_route(scope: &Scope<'_>, api: &Resource<'_>, quick: &Node) -> Result<Route, Fault> {
    let key = api.text(scope, "RouteKey")?.unwrap_or_else(|| "$default".to_owned());
    let (method, path) = key.split_once(' ').unwrap_or(("", &key));
    Ok(Route {
        method: method.to_owned(),
        path: path.to_owned(),
        span: quick.span,
        target: Target::Uri { uri: quick.string()?.to_owned(), stream: false },
        access: Access::Open,
        timeout: None,
        tenant: None,
        is_version_1: false,
        validator: None,
    })
}

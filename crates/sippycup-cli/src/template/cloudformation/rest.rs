//! The `AWS::ApiGateway` family: REST APIs.

use crate::plan::ValidatorTable;
use crate::template::document::{Entry, Fault, Node};
use crate::template::model::gateway_responses::Responses;
use crate::template::model::throttles;
use crate::template::model::validators::{Models, Required};
use crate::template::model::{
    Access, Api, Family, Guard, Route, Routes, Stage, binary_media_types, said, stage_variables,
};
use crate::template::openapi::{Asked, Body, target};
use crate::template::scope::{Resource, Scope};

/// A REST API with its methods and stages.
pub(super) fn read(scope: &Scope<'_>, api: &Resource<'_>) -> Result<Api, Fault> {
    if api.properties.get("CloneFrom").is_some() {
        return Err(Fault::new(api.place("CloneFrom"), "what is cloned is not here"));
    }
    let mut binary = binary_media_types(api.value(scope, "BinaryMediaTypes")?.as_ref())?;
    let mut routes = Routes::default();
    let mut responses = Responses::default();
    let mut source = api.text(scope, "ApiKeySourceType")?;
    if let Some(body) = Body::of(scope, api.properties, "Body", "BodyS3Location")? {
        let parameters = api.value(scope, "Parameters")?;
        let wish = parameters.as_ref().and_then(|parameters| parameters.get("basepath").or(parameters.get("basePath")));
        binary.extend(body.binary_media_types());
        responses.add_all(scope, api.id, body.gateway_responses())?;
        source = source.or(body.key_source());
        routes = body
            .routes(scope, api.id, Family::Rest, &Access::Open)?
            .under(&body.base_path(wish.and_then(Node::as_text)));
    }
    let models = models(scope, api.id)?;
    for method in Resource::of_api(scope, "AWS::ApiGateway::Method", "RestApiId", api.id)? {
        routes.add(route(scope, &models, &method)?, method.id)?;
    }
    add_responses(scope, api.id, &mut responses)?;
    Ok(Api {
        id: api.id.to_owned(),
        span: api.span,
        family: Family::Rest,
        stages: stages(scope, api)?,
        routes: routes.routes,
        binary,
        gateway_responses: responses.all,
        usage: Vec::new(),
        key_of_authorizer: source.is_some_and(|source| source == "AUTHORIZER"),
        mappings: Vec::new(),
        socket: None,
        cors: None,
    })
}

/// Adds the gateway responses that are resources of their own.
pub(super) fn add_responses(scope: &Scope<'_>, api: &str, responses: &mut Responses) -> Result<(), Fault> {
    for response in Resource::of_api(scope, "AWS::ApiGateway::GatewayResponse", "RestApiId", api)? {
        let kind = response.need(scope, "ResponseType")?;
        if let Some(properties) = scope.value(response.properties)? {
            responses.add(scope, response.id, &kind, &properties)?;
        }
    }
    Ok(())
}

/// Stages, of which a deployment may have one without a resource.
fn stages(scope: &Scope<'_>, api: &Resource<'_>) -> Result<Vec<Stage>, Fault> {
    let mut stages = Vec::new();
    for stage in Resource::of_api(scope, "AWS::ApiGateway::Stage", "RestApiId", api.id)? {
        let name = stage.need(scope, "StageName")?;
        let variables = stage_variables(stage.value(scope, "Variables")?.as_ref())?;
        let throttles = throttles::of_methods(stage.value(scope, "MethodSettings")?.as_ref())?;
        stages.push(Stage { name: said(name.span, name.string()?), variables, throttles });
    }
    for deployment in Resource::of_api(scope, "AWS::ApiGateway::Deployment", "RestApiId", api.id)? {
        let Some(name) = deployment.value(scope, "StageName")? else { continue };
        let description = deployment.value(scope, "StageDescription")?;
        let part = |key: &str| description.as_ref().and_then(|description| description.get(key));
        let variables = stage_variables(part("Variables"))?;
        // What the description itself says is about all methods.
        let mut throttles = throttles::of_routes(description.as_ref(), None)?;
        throttles.extend(throttles::of_methods(part("MethodSettings"))?);
        stages.push(Stage { name: said(name.span, name.string()?), variables, throttles });
    }
    Ok(stages)
}

/// The models that are resources of their own.
fn models(scope: &Scope<'_>, api: &str) -> Result<Models, Fault> {
    let mut models = Models::default();
    for model in Resource::of_api(scope, "AWS::ApiGateway::Model", "RestApiId", api)? {
        if let Some(schema) = model.value(scope, "Schema")? {
            let name = model.text(scope, "Name")?;
            models.add(name.as_deref().unwrap_or(model.id), &schema)?;
        }
    }
    Ok(models)
}

/// What a method with a validator requires.
fn validator(scope: &Scope<'_>, models: &Models, method: &Resource<'_>) -> Result<Option<Box<ValidatorTable>>, Fault> {
    let Some(id) = method.text(scope, "RequestValidatorId")? else { return Ok(None) };
    let properties = scope.section("Resources", &id).and_then(|resource| resource.get("Properties"));
    let flag = |key: &str| match properties
        .and_then(|all| all.get(key))
        .map(|node| scope.value(node))
        .transpose()?
        .flatten()
    {
        Some(flag) => flag.boolean(),
        None => Ok(false),
    };
    let mut required = Required::default();
    if flag("ValidateRequestParameters")? {
        let parameters = method.value(scope, "RequestParameters")?;
        let parameters = parameters.as_ref().map(Node::entries).unwrap_or_default().iter();
        let is_required = |entry: &&Entry| entry.value.boolean().is_ok_and(|flag| flag);
        required.parameters = parameters.filter(is_required).map(|entry| entry.key.clone()).collect();
    }
    if flag("ValidateRequestBody")? {
        let bodies = method.value(scope, "RequestModels")?;
        for Entry { key, value, .. } in bodies.as_ref().map(Node::entries).unwrap_or_default() {
            required.bodies.push((key.clone(), value.string()?.to_owned()));
        }
    }
    Ok(models.validator(scope, method.span, required))
}

fn route(scope: &Scope<'_>, models: &Models, method: &Resource<'_>) -> Result<Route, Fault> {
    let name = method.need(scope, "HttpMethod")?.string()?.to_ascii_uppercase();
    let resource = method.need(scope, "ResourceId")?;
    let path = path(scope, resource.string()?, &resource)?;
    let integration =
        method.value(scope, "Integration")?.ok_or_else(|| Fault::new(method.span, "expected `Integration`"))?;
    let asked = Asked::read(&integration)?;
    let key = match method.value(scope, "ApiKeyRequired")? {
        Some(flag) => flag.boolean()?,
        None => false,
    };
    Ok(Route {
        method: name,
        path: if path.is_empty() { "/".to_owned() } else { path },
        span: method.place("HttpMethod"),
        target: target(&asked, &integration)?,
        access: Guard::access(method.guard(scope, Family::Rest)?, key),
        timeout: asked.timeout,
        tenant: asked.tenant,
        is_version_1: false,
        validator: validator(scope, models, method)?,
    })
}

/// The path of a resource: those of its parents before it. The root has none.
fn path(scope: &Scope<'_>, id: &str, from: &Node) -> Result<String, Fault> {
    if id.ends_with(".RootResourceId") {
        return Ok(String::new());
    }
    let Some(properties) = scope.section("Resources", id).and_then(|resource| resource.get("Properties")) else {
        return Err(from.unlike("a resource of this API"));
    };
    let get = |key: &str| properties.get(key).ok_or_else(|| properties.fault(format_args!("expected `{key}`")));
    scope.deeper(from.span, || {
        let parent = scope.text(get("ParentId")?)?.unwrap_or_default();
        let part = scope.text(get("PathPart")?)?.unwrap_or_default();
        Ok(format!("{}/{part}", path(scope, &parent, from)?))
    })
}

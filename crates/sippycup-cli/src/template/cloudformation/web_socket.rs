//! The `AWS::ApiGatewayV2` family: WebSocket APIs.

use super::http;
use crate::template::document::Fault;
use crate::template::model::{Api, Family, Socket, Stage, said};
use crate::template::scope::{Resource, Scope};

/// A WebSocket API with its routes, route responses and stages.
pub(super) fn read(scope: &Scope<'_>, api: &Resource<'_>) -> Result<Api, Fault> {
    let routes = http::routes(scope, api.id)?.into_iter().map(|(route, _)| route).collect();
    let mut stages = http::stages(scope, api)?;
    for stage in stages.iter_mut().filter(|stage| !stage.throttles.is_empty()) {
        stage.throttles.clear();
        scope.notes.borrow_mut().pass(api.id, "throttles of the stage", "a WebSocket API is not throttled here");
    }
    if stages.is_empty() {
        let message = "the API has no stage, and so no URL on AWS; it is served as `prod` here";
        scope.notes.borrow_mut().warn(api.span, message);
        stages.push(Stage::named(said(api.span, "prod")));
    }
    let selection = api.need(scope, "RouteSelectionExpression")?;
    let socket =
        Socket { selection: Some(said(selection.span, selection.string()?)), responses: responses(scope, api)? };
    Ok(Api {
        id: api.id.to_owned(),
        span: api.span,
        family: Family::WebSocket,
        stages,
        routes,
        binary: Vec::new(),
        gateway_responses: Vec::new(),
        usage: Vec::new(),
        key_of_authorizer: false,
        mappings: Vec::new(),
        cors: None,
        socket: Some(socket),
    })
}

/// The routes that answer: it takes an expression of the route, and a route response that is a resource of its own.
fn responses(scope: &Scope<'_>, api: &Resource<'_>) -> Result<Vec<crate::plan::Said<String>>, Fault> {
    let mut responses = Vec::new();
    let resources = Resource::of_api(scope, "AWS::ApiGatewayV2::RouteResponse", "ApiId", api.id)?;
    for route in Resource::of_api(scope, "AWS::ApiGatewayV2::Route", "ApiId", api.id)? {
        let mut has_response = false;
        for resource in &resources {
            has_response |= resource.text(scope, "RouteId")?.as_deref() == Some(route.id);
        }
        let key = route.need(scope, "RouteKey")?;
        let selects = route.text(scope, "RouteResponseSelectionExpression")?.is_some();
        match (selects, has_response) {
            (true, true) => responses.push(said(key.span, key.string()?)),
            (false, false) => {}
            (true, false) => scope.notes.borrow_mut().warn(
                route.place("RouteResponseSelectionExpression"),
                "the route has no `AWS::ApiGatewayV2::RouteResponse`, and so clients get no answer",
            ),
            (false, true) => scope
                .notes
                .borrow_mut()
                .warn(route.span, "the route has no `RouteResponseSelectionExpression`, and so clients get no answer"),
        }
    }
    Ok(responses)
}

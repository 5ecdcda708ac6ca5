//! `AWS::Serverless::WebSocketApi`.

use super::api::mappings;
use crate::plan::{self, AuthorizerPlan};
use crate::template::document::{Entry, Fault, Node};
use crate::template::model::{Access, Api, Family, Guard, Route, Socket, Sort, Stage, Target, said, stage_variables};
use crate::template::scope::Scope;

/// The API that a resource describes.
pub(super) fn read(scope: &Scope<'_>, id: &str, resource: &Node) -> Result<Api, Fault> {
    let empty = Node::map(resource.span, Vec::new());
    let properties = resource.get("Properties").unwrap_or(&empty);
    let own = |key: &str| properties.get(key).map(|node| scope.value(node)).transpose().map(Option::flatten);
    let need = |key: &str| own(key)?.ok_or_else(|| properties.fault(format_args!("expected `{key}`")));
    let selection = need("RouteSelectionExpression")?;
    let access = access(scope, own("Auth")?.as_ref())?;
    let routes = need("Routes")?;
    let mut read = Vec::new();
    for Entry { key, key_span, value } in routes.entries() {
        if !["$connect", "$default", "$disconnect"].contains(&&**key) && !key.bytes().all(|b| b.is_ascii_alphanumeric())
        {
            let message = format_args!("expected a key of letters and digits, as SAM does, found `{key}`");
            return Err(Fault::new(*key_span, message));
        }
        let function = value.get("FunctionArn").ok_or_else(|| value.fault("expected `FunctionArn`"))?;
        if let Some(expression) = value.get("RouteResponseSelectionExpression") {
            let message = "SAM writes no route response beside it, and so clients get no answer";
            scope.notes.borrow_mut().warn(expression.span, message);
        }
        let timeout = value.get("IntegrationTimeout").map(Node::number).transpose()?;
        read.push(Route {
            method: String::new(),
            path: key.clone(),
            span: *key_span,
            target: Target::Uri { uri: function.string()?.to_owned(), stream: false },
            access: if key == "$connect" { access.clone() } else { Access::Open },
            timeout: timeout.map(|millis| millis / 1000.0),
            tenant: None,
            is_version_1: true,
            validator: None,
        });
    }
    let stage = match own("StageName")? {
        Some(name) => said(name.span, name.string()?),
        None => said(resource.span, "default"),
    };
    for key in ["DefaultRouteSettings", "RouteSettings"] {
        if properties.get(key).is_some() {
            scope.notes.borrow_mut().pass(id, key, "a WebSocket API is not throttled here");
        }
    }
    let mappings = mappings(scope, properties.get("Domain"), Family::WebSocket, &stage.value)?;
    let socket = Socket { selection: Some(said(selection.span, selection.string()?)), responses: Vec::new() };
    Ok(Api {
        id: id.to_owned(),
        span: resource.span,
        family: Family::WebSocket,
        stages: vec![Stage { variables: stage_variables(own("StageVariables")?.as_ref())?, ..Stage::named(stage) }],
        routes: read,
        binary: Vec::new(),
        mappings,
        gateway_responses: Vec::new(),
        usage: Vec::new(),
        key_of_authorizer: false,
        cors: None,
        socket: Some(socket),
    })
}

/// `Auth`, which is about `$connect` alone.
fn access(scope: &Scope<'_>, auth: Option<&Node>) -> Result<Access, Fault> {
    let Some(auth) = auth else { return Ok(Access::Open) };
    let text = |key: &str| auth.get(key).map(|node| scope.text(node)).transpose().map(Option::flatten);
    let sort = match text("AuthType")?.as_deref() {
        None | Some("NONE") => return Ok(Access::Open),
        Some("AWS_IAM") => Sort::Iam,
        Some("CUSTOM") => Sort::Lambda,
        Some(_) => return Err(auth.get("AuthType").unwrap_or(auth).unlike("NONE, AWS_IAM or CUSTOM")),
    };
    let function = text("AuthArn")?.filter(|_| sort == Sort::Lambda);
    let name = function.clone().unwrap_or_else(|| "AWS_IAM".to_owned());
    let mut plan = function.map(|function| AuthorizerPlan {
        sort: plan::Sort::Request,
        name: Some("Auth".to_owned()),
        function: Some(function),
        ..AuthorizerPlan::default()
    });
    let sources = auth.get("IdentitySource").map(|sources| scope.value(sources)).transpose()?.flatten();
    for source in sources.iter().flat_map(Node::items) {
        if let Some(plan) = &mut plan {
            plan.identity_source.push(source.string()?.to_owned());
        }
    }
    Ok(Access::Guarded(Guard { name, sort, scopes: Vec::new(), key: false, plan: plan.map(Box::new) }))
}

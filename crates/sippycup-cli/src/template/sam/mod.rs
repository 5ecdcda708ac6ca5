//! SAM: what `AWS::Serverless-2016-10-31` makes of a template, as far as requests meet it.
//!
//! Written from AWS's documentation, and from what the transform itself makes of templates: a test compares the two.

mod access;
mod api;
mod cors;
mod events;
mod globals;
mod web_socket;

use std::collections::BTreeMap;

pub(super) use globals::merged;

use super::document::{Entry, Fault, Node};
use super::model::{Family, Model, Target, url};
use super::scope::{HTTP, Made, REST, Scope};
use api::{Apis, implicit_id};

/// Reads all resources of SAM.
pub(super) fn read(scope: &Scope<'_>, model: &mut Model) -> Result<(), Fault> {
    let resources = scope.root.get("Resources").map(Node::entries).unwrap_or_default();
    let implicit = implicit(scope.root);
    let mut apis = Apis::default();
    for Entry { key: id, key_span, value: resource } in resources {
        let family = match resource.get("Type").and_then(Node::as_text) {
            Some("AWS::Serverless::Api") => Family::Rest,
            Some("AWS::Serverless::HttpApi") => Family::Http,
            Some("AWS::Serverless::WebSocketApi") if scope.is_there(resource)? => {
                model.apis.push(web_socket::read(scope, id, resource)?);
                continue;
            }
            _ => continue,
        };
        if implicit.contains(&&**id) {
            let message = format!(
                "SAM makes an API of the name `{id}` itself, for events that name none, and takes it instead of this one"
            );
            scope.notes.borrow_mut().warn(*key_span, message);
        } else if scope.is_there(resource)? {
            apis.add(scope, id, resource, family)?;
        }
    }
    for (id, resource) in functions(scope)? {
        let Some(properties) = resource.get("Properties") else { continue };
        if properties.as_intrinsic().is_some() {
            return Err(properties.unlike("a map of properties"));
        }
        if let Some(events) = properties.get("Events") {
            events::read(scope, &mut apis, id, events)?;
        }
        if let Some(config) =
            properties.get("FunctionUrlConfig").map(|config| scope.chosen(config)).transpose()?.flatten()
        {
            let target = Target::Function { id: id.to_owned(), stream: false };
            model.urls.push(url::read(scope, &format!("{id}Url"), target, config)?);
        }
    }
    model.apis.extend(apis.finish(scope)?);
    Ok(())
}

/// The functions that are there, by their logical ids.
fn functions<'t>(scope: &Scope<'t>) -> Result<Vec<(&'t str, &'t Node)>, Fault> {
    let resources = scope.root.get("Resources").map(Node::entries).unwrap_or_default();
    let mut functions = Vec::new();
    for entry in resources
        .iter()
        .filter(|entry| entry.value.get("Type").and_then(Node::as_text) == Some("AWS::Serverless::Function"))
    {
        if scope.is_there(&entry.value)? {
            functions.push((&*entry.key, &entry.value));
        }
    }
    Ok(functions)
}

/// The logical ids of the APIs that SAM makes for events that name none.
pub(super) fn implicit(root: &Node) -> Vec<&'static str> {
    let made = [Family::Http, Family::Rest].into_iter().filter(|family| has_implicit(root, *family));
    made.map(implicit_id).collect()
}

/// Whether an event names no API of its own.
fn has_implicit(root: &Node, family: Family) -> bool {
    let (kind, reference) = if family == Family::Rest { ("Api", "RestApiId") } else { ("HttpApi", "ApiId") };
    let resources = root.get("Resources").map(Node::entries).unwrap_or_default();
    let functions = resources
        .iter()
        .filter(|entry| entry.value.get("Type").and_then(Node::as_text) == Some("AWS::Serverless::Function"));
    let mut events = functions.filter_map(|entry| entry.value.at(&["Properties", "Events"])).flat_map(Node::entries);
    events.any(|event| {
        event.value.get("Type").and_then(Node::as_text) == Some(kind)
            && event.value.at(&["Properties", reference]).is_none()
    })
}

/// What SAM adds to the resources, as far as somebody may refer to it.
pub(super) fn made(scope: &Scope<'_>) -> Result<BTreeMap<String, Made>, Fault> {
    let mut made = BTreeMap::new();
    let mut add = |id: String, kind, of: &str, name: &str| {
        made.insert(id, Made { kind, of: of.to_owned(), name: name.to_owned() });
    };
    if has_implicit(scope.root, Family::Rest) {
        add("ServerlessRestApi".to_owned(), REST, "", "");
        add("ServerlessRestApiProdStage".to_owned(), "AWS::ApiGateway::Stage", "ServerlessRestApi", "Prod");
    }
    if has_implicit(scope.root, Family::Http) {
        add("ServerlessHttpApi".to_owned(), HTTP, "", "");
        add(
            "ServerlessHttpApiApiGatewayDefaultStage".to_owned(),
            "AWS::ApiGatewayV2::Stage",
            "ServerlessHttpApi",
            "$default",
        );
    }
    let resources = scope.root.get("Resources").map(Node::entries).unwrap_or_default();
    for Entry { key: id, value: resource, .. } in resources {
        let own = |key: &str| resource.at(&["Properties", key]);
        match resource.get("Type").and_then(Node::as_text) {
            Some("AWS::Serverless::Function") if scope.is_there(resource)? => {
                add(format!("{id}Role"), "AWS::IAM::Role", id, "");
                add(format!("{id}Url"), "AWS::Lambda::Url", id, "");
                if let Some(alias) = own("AutoPublishAlias").map(|alias| scope.text(alias)).transpose()?.flatten() {
                    add(format!("{id}Alias{alias}"), "AWS::Lambda::Alias", id, &alias);
                }
            }
            Some("AWS::Serverless::Api") if scope.is_there(resource)? => {
                let literal = own("StageName").and_then(Node::as_text).unwrap_or_default();
                let name = own("StageName").map(|name| scope.text(name)).transpose()?.flatten().unwrap_or_default();
                add(format!("{id}{literal}Stage"), "AWS::ApiGateway::Stage", id, &name);
            }
            Some("AWS::Serverless::HttpApi") if scope.is_there(resource)? => {
                match own("StageName").map(|name| scope.text(name)).transpose()?.flatten() {
                    Some(name) => add(format!("{id}{name}Stage"), "AWS::ApiGatewayV2::Stage", id, &name),
                    None => add(format!("{id}ApiGatewayDefaultStage"), "AWS::ApiGatewayV2::Stage", id, "$default"),
                }
            }
            Some("AWS::Serverless::WebSocketApi") if scope.is_there(resource)? => {
                let name = own("StageName").map(|name| scope.text(name)).transpose()?.flatten();
                let written = name.as_deref().unwrap_or("Default");
                let stage = name.as_deref().unwrap_or("default");
                add(format!("{id}{written}Stage"), "AWS::ApiGatewayV2::Stage", id, stage);
            }
            _ => {}
        }
    }
    Ok(made)
}

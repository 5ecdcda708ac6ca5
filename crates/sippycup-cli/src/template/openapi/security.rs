//! `security` of an operation: which authorizer guards it.

use crate::plan::AuthorizerPlan;
use crate::template::document::{Fault, Node};
use crate::template::model::authorizers::of_plain;
use crate::template::model::{Access, Family, Guard, Sort};
use crate::template::scope::Scope;

/// Who may ask. Of several requirements API Gateway takes the first authorizer, and a REST API the key too.
pub(super) fn access(
    root: &Node,
    scope: &Scope<'_>,
    family: Family,
    operation: &Node,
    default: &Access,
) -> Result<Access, Fault> {
    if operation.at(&["x-amazon-apigateway-auth", "type"]).and_then(Node::as_text) == Some("AWS_IAM") {
        return Ok(Access::Guarded(Guard {
            name: "AWS_IAM".to_owned(),
            sort: Sort::Iam,
            scopes: Vec::new(),
            key: false,
            plan: None,
        }));
    }
    let security = operation.get("security").or_else(|| root.get("security"));
    let Some(security) = security.map(|security| scope.value(security)).transpose()?.flatten() else {
        return Ok(default.clone());
    };
    let mut guards = Vec::new();
    for scheme in security.items().iter().flat_map(Node::entries) {
        // SAM writes it where no authorizer is wished.
        if scheme.key == "NONE" {
            continue;
        }
        let scopes = scheme.value.items().iter().filter_map(|item| item.as_text().map(str::to_owned));
        let sort = sort(root, scope, &scheme.key)?;
        guards.push(Guard {
            name: scheme.key.clone(),
            sort,
            scopes: scopes.collect(),
            key: sort == Sort::Key,
            plan: plan(root, scope, family, &scheme.key)?.map(Box::new),
        });
    }
    let key = guards.iter().find(|guard| guard.sort == Sort::Key);
    let strongest = guards.iter().find(|guard| guard.sort != Sort::Key).or(key).cloned();
    // HTTP APIs have no keys.
    Ok(Guard::access(strongest, key.is_some() && family == Family::Rest))
}

fn scheme<'n>(root: &'n Node, scope: &Scope<'_>, name: &str) -> Result<Option<&'n Node>, Fault> {
    let places = [root.at(&["components", "securitySchemes", name]), root.at(&["securityDefinitions", name])];
    Ok(places.into_iter().flatten().next().map(|scheme| scope.chosen(scheme)).transpose()?.flatten())
}

/// How the authorizer of a scheme runs here.
fn plan(root: &Node, scope: &Scope<'_>, family: Family, name: &str) -> Result<Option<AuthorizerPlan>, Fault> {
    let Some(scheme) = scheme(root, scope, name)? else { return Ok(None) };
    let Some(authorizer) = scheme.get("x-amazon-apigateway-authorizer") else { return Ok(None) };
    let Some(authorizer) = scope.value(authorizer)? else { return Ok(None) };
    let mut plan = of_plain(family, name, &authorizer)?;
    // The scheme itself says where its key is.
    let header = scheme.get("name").and_then(Node::as_text).filter(|header| *header != "Unused");
    if let (Some(plan), Some(header), Some("header")) = (&mut plan, header, scheme.get("in").and_then(Node::as_text))
        && plan.identity_source.is_empty()
        && plan.sort != crate::plan::Sort::Request
    {
        plan.identity_source.push(format!("method.request.header.{header}"));
    }
    Ok(plan)
}

fn sort(root: &Node, scope: &Scope<'_>, name: &str) -> Result<Sort, Fault> {
    let Some(scheme) = scheme(root, scope, name)? else {
        // Nobody can say what it would let through.
        return Ok(Sort::Lambda);
    };
    let text = |path: &[&str]| scheme.at(path).and_then(Node::as_text);
    Ok(match (text(&["x-amazon-apigateway-authtype"]), text(&["x-amazon-apigateway-authorizer", "type"])) {
        (Some("awsSigv4"), _) => Sort::Iam,
        (Some("cognito_user_pools"), _) | (_, Some("cognito_user_pools")) => Sort::Cognito,
        (_, Some("jwt")) => Sort::Jwt,
        (None, None) if text(&["type"]) == Some("apiKey") => Sort::Key,
        _ => Sort::Lambda,
    })
}

//! `security` of an operation: which authorizer guards it.

use crate::template::model::{Access, Guard, Sort};
use crate::template::node::Node;
use crate::template::scope::Scope;
use crate::template::source::Fault;

/// Who may ask. Of several requirements API Gateway takes the first authorizer; an API key alone is the weakest.
pub(super) fn access(root: &Node, scope: &Scope<'_>, operation: &Node, default: &Access) -> Result<Access, Fault> {
    if operation.at(&["x-amazon-apigateway-auth", "type"]).and_then(Node::as_text) == Some("AWS_IAM") {
        return Ok(Access::Guarded(Guard { name: "AWS_IAM".to_owned(), sort: Sort::Iam, scopes: Vec::new() }));
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
        guards.push(Guard {
            name: scheme.key.clone(),
            sort: sort(root, scope, &scheme.key)?,
            scopes: scopes.collect(),
        });
    }
    let strongest = guards.iter().find(|guard| guard.sort != Sort::Key).or(guards.first()).cloned();
    Ok(strongest.map_or(Access::Open, Access::Guarded))
}

fn sort(root: &Node, scope: &Scope<'_>, name: &str) -> Result<Sort, Fault> {
    let places = [root.at(&["components", "securitySchemes", name]), root.at(&["securityDefinitions", name])];
    let Some(scheme) = places.into_iter().flatten().next().map(|scheme| scope.chosen(scheme)).transpose()?.flatten()
    else {
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

//! What an operation requires of its requests.

use crate::plan::ValidatorTable;
use crate::template::document::{Entry, Fault, Node, Span};
use crate::template::model::validators::{Models, Required};
use crate::template::scope::Scope;

/// The models of a definition: all of its schemas.
pub(super) fn models(root: &Node, scope: &Scope<'_>) -> Result<Models, Fault> {
    let mut models = Models::default();
    models.add_all(scope, root.get("definitions"))?;
    models.add_all(scope, root.at(&["components", "schemas"]))?;
    Ok(models)
}

/// The validator of an operation, if it has one and is held to something.
pub(super) fn validator(
    root: &Node,
    scope: &Scope<'_>,
    models: &Models,
    (item, operation): (&Node, &Node),
    span: Span,
) -> Result<Option<Box<ValidatorTable>>, Fault> {
    let Some(named) =
        operation.get(VALIDATOR).or(root.get(VALIDATOR)).map(|node| scope.value(node)).transpose()?.flatten()
    else {
        return Ok(None);
    };
    let Some(validator) = root.at(&["x-amazon-apigateway-request-validators", named.string()?]) else {
        let message =
            format!("expected a validator of `x-amazon-apigateway-request-validators`, found `{}`", named.string()?);
        return Err(named.fault(message));
    };
    let flag = |key: &str| match validator.get(key).map(|node| scope.value(node)).transpose()?.flatten() {
        Some(flag) => flag.boolean(),
        None => Ok(false),
    };
    let (of_body, of_parameters) = (flag("validateRequestBody")?, flag("validateRequestParameters")?);
    let mut required = Required::default();
    let mut models = models.clone();
    let mut inline = |required: &mut Required, sort: &str, schema: &Node| {
        let reference = schema.get("$ref").and_then(Node::as_text);
        let name = match reference.and_then(|reference| reference.rsplit('/').next()) {
            Some(name) => name.to_owned(),
            None => {
                let name = format!("of {sort}");
                models.add(&name, schema)?;
                name
            }
        };
        required.bodies.push((sort.to_owned(), name));
        Ok::<_, Fault>(())
    };
    for parameters in [item.get("parameters"), operation.get("parameters")].into_iter().flatten() {
        let Some(parameters) = scope.value(parameters)? else { continue };
        for parameter in parameters.items() {
            let parameter = referred(root, parameter);
            let text = |key: &str| parameter.get(key).and_then(Node::as_text);
            let is_required = parameter.get("required").is_some_and(|flag| flag.boolean().is_ok_and(|flag| flag));
            let place = match text("in") {
                Some("header") => "header",
                Some("path") => "path",
                Some("query") => "querystring",
                Some("body") if of_body => {
                    for sort in consumed(root, operation) {
                        parameter.get("schema").map(|schema| inline(&mut required, &sort, schema)).transpose()?;
                    }
                    continue;
                }
                _ => continue,
            };
            if let (true, true, Some(name)) = (of_parameters, is_required, text("name")) {
                required.parameters.push(format!("method.request.{place}.{name}"));
            }
        }
    }
    let body = operation.get("requestBody").filter(|_| of_body).map(|body| scope.value(body)).transpose()?.flatten();
    if let Some(body) = &body {
        let content = referred(root, body).get("content").map(Node::entries).unwrap_or_default();
        for Entry { key, value, .. } in content {
            value.get("schema").map(|schema| inline(&mut required, key, schema)).transpose()?;
        }
    }
    Ok(models.validator(scope, span, required))
}

/// What stands at the end of a reference to a part of the definition.
fn referred<'n>(root: &'n Node, node: &'n Node) -> &'n Node {
    let reference = node.get("$ref").and_then(Node::as_text).and_then(|reference| reference.strip_prefix("#/"));
    let path: Vec<&str> = reference.map(|path| path.split('/').collect()).unwrap_or_default();
    if path.is_empty() { node } else { root.at(&path).unwrap_or(node) }
}

/// The content types of bodies in a definition of version 2.
fn consumed(root: &Node, operation: &Node) -> Vec<String> {
    let all = operation.get("consumes").or(root.get("consumes")).map(Node::items).unwrap_or_default();
    let all: Vec<_> = all.iter().filter_map(Node::as_text).map(str::to_owned).collect();
    if all.is_empty() { vec!["application/json".to_owned()] } else { all }
}

const VALIDATOR: &str = "x-amazon-apigateway-request-validator";

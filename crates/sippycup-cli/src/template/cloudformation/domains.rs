//! What leads from custom domains to APIs: mappings, and routing rules.

use std::collections::BTreeMap;

use crate::certain::Certain;
use crate::plan::RoutingRuleTable;
use crate::template::document::{Fault, Node};
use crate::template::model::{Api, Family, Mapping, Model};
use crate::template::scope::{Resource, Scope};

/// `BasePathMapping`, `ApiMapping` and `RoutingRule`.
pub(super) fn map(scope: &Scope<'_>, model: &mut Model) -> Result<(), Fault> {
    for resource in Resource::all(scope)? {
        let (family, api, path) = match resource.kind {
            "AWS::ApiGateway::BasePathMapping" => (Family::Rest, "RestApiId", "BasePath"),
            "AWS::ApiGateway::BasePathMappingV2" => (Family::Rest, "RestApiId", "BasePath"),
            "AWS::ApiGatewayV2::ApiMapping" => (Family::Http, "ApiId", "ApiMappingKey"),
            "AWS::ApiGatewayV2::RoutingRule" => {
                rule(scope, model, &resource)?;
                continue;
            }
            _ => continue,
        };
        let id = resource.text(scope, api)?;
        let Some(api) = api_of(scope, model, id.as_deref()) else {
            scope.notes.borrow_mut().pass(resource.id, "the mapping", "its API is not served here");
            continue;
        };
        let stage = resource.text(scope, "Stage")?;
        if stage.is_none() && family == Family::Http {
            return Err(Fault::new(resource.span, "expected `Stage`"));
        }
        let path = resource.text(scope, path)?.filter(|path| path != "(none)").unwrap_or_default();
        let domain = domain_of(scope, &resource)?;
        api.mappings.push(Mapping { domain, path, stage, rule: None, span: resource.span });
    }
    follow_modes(scope, model)
}

/// A routing rule, which is one of the API that it invokes.
fn rule(scope: &Scope<'_>, model: &mut Model, resource: &Resource<'_>) -> Result<(), Fault> {
    let actions = resource.need(scope, "Actions")?;
    let invoked = actions.items().first().and_then(|action| action.get("InvokeApi"));
    let invoked = invoked.ok_or_else(|| actions.unlike("an action with `InvokeApi`"))?;
    let Some(api) = api_of(scope, model, invoked.get("ApiId").and_then(Node::as_text)) else {
        scope.notes.borrow_mut().pass(resource.id, "the routing rule", "its API is not served here");
        return Ok(());
    };
    let priority = resource.need(scope, "Priority")?;
    let number = priority.as_text().and_then(|text| text.parse().ok());
    let strip = invoked.get("StripBasePath").map(Node::boolean).transpose()?;
    let mut table = RoutingRuleTable {
        priority: number.ok_or_else(|| priority.unlike("a priority from 1 to 1000000"))?,
        strip_base_path: strip.unwrap_or_default(),
        ..RoutingRuleTable::default()
    };
    let conditions = resource.value(scope, "Conditions")?;
    for condition in conditions.iter().flat_map(Node::items) {
        for path in condition.at(&["MatchBasePaths", "AnyOf"]).map(Node::items).unwrap_or_default() {
            if table.base_path.replace(path.string()?.to_owned()).is_some() {
                return Err(path.unlike("one base path in all conditions"));
            }
        }
        for header in condition.at(&["MatchHeaders", "AnyOf"]).map(Node::items).unwrap_or_default() {
            let text = |key: &str| header.get(key).ok_or_else(|| header.unlike("`Header` and `ValueGlob`"))?.string();
            if table.headers.insert(text("Header")?.to_owned(), text("ValueGlob")?.to_owned()).is_some() {
                return Err(header.unlike("one condition for each header"));
            }
        }
    }
    let stage = invoked.get("Stage").ok_or_else(|| invoked.unlike("`Stage`"))?.string()?.to_owned();
    let domain = domain_of(scope, resource)?;
    let path = table.base_path.clone().unwrap_or_default();
    api.mappings.push(Mapping { domain, path, stage: Some(stage), rule: Some(table), span: resource.span });
    Ok(())
}

/// Removes the mappings or the rules that the routing mode of a domain does not use.
fn follow_modes(scope: &Scope<'_>, model: &mut Model) -> Result<(), Fault> {
    let mut modes = BTreeMap::new();
    for resource in Resource::all(scope)? {
        let name = match resource.kind {
            "AWS::ApiGateway::DomainName" | "AWS::ApiGateway::DomainNameV2" | "AWS::ApiGatewayV2::DomainName" => {
                resource.text(scope, "DomainName")?
            }
            _ => continue,
        };
        if let Some(name) = name {
            modes.insert(name, (resource.id, resource.text(scope, "RoutingMode")?));
        }
    }
    for (name, (id, mode)) in modes {
        // The old API calls API mappings base path mappings.
        let only_rules = match mode.as_deref() {
            Some("ROUTING_RULE_THEN_API_MAPPING" | "ROUTING_RULE_THEN_BASE_PATH_MAPPING") => continue,
            mode => mode == Some("ROUTING_RULE_ONLY"),
        };
        let is_left = |mapping: &Mapping| mapping.domain != name || mapping.rule.is_some() == only_rules;
        for api in &mut model.apis {
            if !api.mappings.iter().all(is_left) {
                let (what, mode) = if only_rules {
                    ("its mappings", "ROUTING_RULE_ONLY")
                } else {
                    ("its routing rules", "API_MAPPING_ONLY, the default")
                };
                let why = format!("`RoutingMode` is {mode}: they do nothing, and so it is here");
                scope.notes.borrow_mut().pass(id, what, &why);
            }
            api.mappings.retain(is_left);
        }
    }
    Ok(())
}

fn api_of<'m>(scope: &Scope<'_>, model: &'m mut Model, id: Option<&str>) -> Option<&'m mut Api> {
    model.apis.iter_mut().find(|candidate| id == Some(&*scope.api_id(&candidate.id)))
}

fn domain_of(scope: &Scope<'_>, resource: &Resource<'_>) -> Result<String, Fault> {
    match resource.value(scope, "DomainNameArn")? {
        // `arn:aws:apigateway:us-east-1:123456789012:/domainnames/api.example.com+id`
        Some(arn) => {
            let (_, name) = arn.string()?.rsplit_once('/').unwrap_or(("", arn.string()?));
            Ok(name.split('+').next().certain().to_owned())
        }
        None => Ok(resource.need(scope, "DomainName")?.string()?.to_owned()),
    }
}

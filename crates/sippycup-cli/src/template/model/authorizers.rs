//! Authorizers of templates: SAM, OpenAPI and CloudFormation spell the same properties differently.

use super::Family;
use crate::certain::Certain;
use crate::plan::{AuthorizerPlan, PayloadFormat, Sort};
use crate::template::document::{Fault, Node};
use crate::template::scope::{REGION, Scope};

/// `Authorizers.NAME` of SAM's `Auth`. The function is named by its ARN here.
pub(crate) fn of_sam(
    scope: &Scope<'_>,
    family: Family,
    name: &str,
    node: &Node,
) -> Result<Option<AuthorizerPlan>, Fault> {
    let Some(node) = scope.value(node)? else { return Ok(None) };
    let identity = node.get("Identity");
    let part = |key: &str| identity.and_then(|identity| identity.get(key)).filter(|part| !part.is_null());
    let mut plan = AuthorizerPlan { name: Some(name.to_owned()), ..AuthorizerPlan::default() };
    let (header, query) = match family {
        Family::Http => ("$request.header.", "$request.querystring."),
        Family::WebSocket => ("route.request.header.", "route.request.querystring."),
        Family::Rest => ("method.request.header.", "method.request.querystring."),
    };
    let signs = if family == Family::Http { "$" } else { "" };
    let prefixes = [
        ("Headers", header.to_owned()),
        ("QueryStrings", query.to_owned()),
        ("StageVariables", format!("{signs}stageVariables.")),
        ("Context", format!("{signs}context.")),
    ];
    for (key, prefix) in prefixes {
        for source in part(key).map(Node::items).unwrap_or_default() {
            plan.identity_source.push(format!("{prefix}{}", source.string()?));
        }
    }
    if let Some(one) = part("Header") {
        plan.identity_source = vec![format!("{header}{}", one.string()?)];
    }
    plan.ttl = seconds(part("ReauthorizeEvery"))?;
    plan.validation = part("ValidationExpression").map(Node::string).transpose()?.map(str::to_owned);
    if let Some(pools) = node.get("UserPoolArn") {
        plan.sort = Sort::Cognito;
        (plan.ttl, plan.validation) = (None, None);
        return with_pools(plan, pools);
    }
    if let Some(jwt) = node.get("JwtConfiguration") {
        if let Some(source) = node.get("IdentitySource") {
            plan.identity_source = vec![source.string()?.to_owned()];
        }
        (plan.ttl, plan.validation) = (None, None);
        return Ok(Some(with_issuer(plan, jwt)?));
    }
    let Some(function) = node.get("FunctionArn") else { return Ok(None) };
    plan.function = Some(function.string()?.to_owned());
    let kind = node.get("FunctionPayloadType").map(Node::string).transpose()?;
    let is_token = family == Family::Rest && !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("REQUEST"));
    plan.sort = if is_token { Sort::Token } else { Sort::Request };
    with_format(&mut plan, family, &node)?;
    Ok(Some(plan))
}

/// `AWS::ApiGateway::Authorizer`, `AWS::ApiGatewayV2::Authorizer`, and a security scheme with `x-amazon-apigateway-authorizer`, all evaluated.
pub(crate) fn of_plain(family: Family, name: &str, node: &Node) -> Result<Option<AuthorizerPlan>, Fault> {
    let any = |keys: &[&str]| keys.iter().find_map(|key| node.get(key)).filter(|value| !value.is_null());
    let mut plan = AuthorizerPlan { name: Some(name.to_owned()), ..AuthorizerPlan::default() };
    for sources in any(&["identitySource", "IdentitySource"]).map(Node::items).unwrap_or_default() {
        let sources = sources.string()?.split(',').map(str::trim).filter(|source| !source.is_empty());
        plan.identity_source.extend(sources.map(str::to_owned));
    }
    let kind = any(&["type", "AuthorizerType", "Type"]).map(Node::string).transpose()?.unwrap_or_default();
    match kind.to_ascii_lowercase().as_str() {
        "cognito_user_pools" => {
            plan.sort = Sort::Cognito;
            let Some(pools) = any(&["providerARNs", "ProviderARNs"]) else { return Ok(None) };
            return with_pools(plan, pools);
        }
        "jwt" => {
            let Some(jwt) = any(&["jwtConfiguration", "JwtConfiguration"]) else { return Ok(None) };
            return Ok(Some(with_issuer(plan, jwt)?));
        }
        "token" if family == Family::Rest => plan.sort = Sort::Token,
        "request" => plan.sort = Sort::Request,
        _ => return Ok(None),
    }
    let Some(uri) = any(&["authorizerUri", "AuthorizerUri"]) else { return Ok(None) };
    plan.function = Some(uri.string()?.to_owned());
    plan.ttl = seconds(any(&["authorizerResultTtlInSeconds", "AuthorizerResultTtlInSeconds"]))?;
    if plan.sort == Sort::Token {
        let expression = any(&["identityValidationExpression", "IdentityValidationExpression"]);
        plan.validation = expression.map(Node::string).transpose()?.map(str::to_owned);
    }
    with_format(&mut plan, family, node)?;
    Ok(Some(plan))
}

fn with_format(plan: &mut AuthorizerPlan, family: Family, node: &Node) -> Result<(), Fault> {
    let any = |keys: &[&str]| keys.iter().find_map(|key| node.get(key)).filter(|value| !value.is_null());
    if family == Family::Rest {
        return Ok(());
    }
    let format = any(&["authorizerPayloadFormatVersion", "AuthorizerPayloadFormatVersion"]);
    if let Some(format) = format {
        plan.payload_format = match format.string()? {
            "1.0" | "1" => PayloadFormat::One,
            "2.0" | "2" => PayloadFormat::Two,
            _ => return Err(format.unlike("1.0 or 2.0")),
        };
    }
    let simple = any(&["enableSimpleResponses", "EnableSimpleResponses"]).map(Node::boolean).transpose()?;
    plan.simple_responses = simple.unwrap_or(false);
    Ok(())
}

/// User pools by their ARNs: what stands behind the last slash is the pool, and part of the issuer.
fn with_pools(mut plan: AuthorizerPlan, pools: &Node) -> Result<Option<AuthorizerPlan>, Fault> {
    let mut issuers = Vec::new();
    for pool in pools.items() {
        let arn = pool.string()?;
        let region = arn.split(':').nth(3).filter(|region| !region.is_empty()).unwrap_or(REGION);
        let id = arn.rsplit(['/', ':']).next().certain();
        issuers.push(format!("https://cognito-idp.{region}.amazonaws.com/{id}"));
    }
    let mut issuers = issuers.into_iter();
    plan.issuer = issuers.next();
    plan.more_issuers = issuers.map(|issuer| (issuer, Vec::new())).collect();
    Ok(plan.issuer.is_some().then_some(plan))
}

fn with_issuer(mut plan: AuthorizerPlan, jwt: &Node) -> Result<AuthorizerPlan, Fault> {
    let any = |keys: &[&str]| keys.iter().find_map(|key| jwt.get(key)).filter(|value| !value.is_null());
    let issuer = any(&["issuer", "Issuer"]).ok_or_else(|| jwt.unlike("a configuration with `issuer`"))?;
    plan.issuer = Some(issuer.string()?.to_owned());
    let audiences = any(&["audience", "Audience"]).map(Node::items).unwrap_or_default();
    plan.audience = audiences.iter().map(|node| node.string().map(str::to_owned)).collect::<Result<_, _>>()?;
    Ok(plan)
}

fn seconds(node: Option<&Node>) -> Result<Option<u64>, Fault> {
    let Some(node) = node else { return Ok(None) };
    let whole = node.as_text().and_then(|text| text.trim().parse::<u64>().ok());
    whole.map(Some).ok_or_else(|| node.unlike("a whole number of seconds"))
}

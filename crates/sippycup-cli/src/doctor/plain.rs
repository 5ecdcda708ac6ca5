//! Resources of CloudFormation as they are, which say themselves what SAM would add: permissions above all.

use serde_json::Value;

use super::finding::Finding;
use super::resources::{BASE, DEFAULT_TIMEOUT, DOORS, NO_BASE, Resources, STREAMS, late, number, text};

impl Resources<'_> {
    /// A function that waits longer than what is before it, or streams where that does not.
    pub(super) fn behind(&self, id: &str, function: &Value) -> Vec<Finding> {
        let timeout = number(function, "/Properties/Timeout").unwrap_or(DEFAULT_TIMEOUT);
        let mut findings: Vec<_> = self.refused(id).into_iter().collect();
        for (kinds, (_, door, most)) in ROUTES.into_iter().zip(DOORS) {
            let all = kinds.into_iter().flat_map(|kind| self.of_type(kind)).map(|(_, route)| route);
            let mut own = all.filter(|route| mentions(route, id) && !self.is_web_socket(route));
            let Some(first) = own.next() else { continue };
            if self.package.streams() {
                let is_whole = !streams(first) || own.any(|route| !streams(route));
                let help = "no `.streaming()`; or a front door that streams";
                findings.extend(is_whole.then(|| Finding::wrong(id, STREAMS, help)));
                continue;
            }
            let said = |route: &Value| {
                let millis = number(route, "/Properties/TimeoutInMillis")
                    .or_else(|| number(route, "/Properties/Integration/TimeoutInMillis"));
                millis.map_or(most, |millis| millis / 1000.0)
            };
            let shortest = own.map(said).fold(said(first), f64::min);
            findings.extend(late(id, timeout, door, shortest));
        }
        findings
    }

    /// The first route of an API that may not call the function.
    fn refused(&self, function: &str) -> Option<Finding> {
        if self.allows(function, |permission| text(permission, "/Properties/Principal") == GATEWAY) {
            return None;
        }
        let mut routes = ROUTES.into_iter().flatten().flat_map(|kind| self.of_type(kind));
        let (id, _) = routes.find(|(_, route)| calls(route, function))?;
        let what = format!("no permission for API Gateway to call `{function}`: every request gets 500");
        let help = format!("`AWS::Lambda::Permission` with `Action: lambda:InvokeFunction` and `Principal: {GATEWAY}`");
        Some(Finding::wrong(id, what, help))
    }

    /// A base path that no event of payload format 2.0 has.
    pub(super) fn key(&self, id: &str, mapping: &Value) -> Option<Finding> {
        let is_root = matches!(mapping.pointer("/Properties/ApiMappingKey"), None | Some(Value::Null))
            || matches!(mapping.pointer("/Properties/ApiMappingKey").and_then(Value::as_str), Some("" | "(none)"));
        let api = mapping.pointer("/Properties/ApiId").and_then(referred)?;
        let is_http = self.iter().any(|(other, resource)| {
            let is_plain = text(resource, "/Type") == "AWS::ApiGatewayV2::Api"
                && text(resource, "/Properties/ProtocolType") == "HTTP";
            other == api && (is_plain || text(resource, "/Type") == "AWS::Serverless::HttpApi")
        });
        let is_stated = self.states_base_path()
            || self
                .iter()
                .any(|(_, stage)| stage.pointer("/Properties/StageVariables/SIPPYCUP_SCRIPT_NAME_BASE").is_some());
        (!is_root && is_http && !is_stated).then(|| Finding::wrong(id, NO_BASE, BASE))
    }

    pub(super) fn url(&self, id: &str, url: &Value) -> Vec<Finding> {
        let mut findings: Vec<_> = self.streaming(id, text(url, "/Properties/InvokeMode")).into_iter().collect();
        let function = url.pointer("/Properties/TargetFunctionArn").and_then(referred).unwrap_or_default();
        let allows = |action: &str| {
            self.allows(function, |permission| {
                text(permission, "/Properties/Action").eq_ignore_ascii_case(action)
                    && text(permission, "/Properties/Principal") == "*"
            })
        };
        let missing: Vec<_> = ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"]
            .into_iter()
            .filter(|action| !allows(action))
            .collect();
        if text(url, "/Properties/AuthType") == "NONE" && !missing.is_empty() {
            let what = format!("no permission for `{}`: everybody gets 403", missing.join("` and `"));
            let help = "two `AWS::Lambda::Permission`: `lambda:InvokeFunctionUrl` with `FunctionUrlAuthType: NONE`, and `lambda:InvokeFunction` with `InvokedViaFunctionUrl: true`";
            findings.push(Finding::wrong(id, what, help));
        }
        findings
    }

    pub(super) fn target(&self, id: &str, group: &Value) -> Option<Finding> {
        if text(group, "/Properties/TargetType") != "lambda" {
            return None;
        }
        let attributes =
            group.pointer("/Properties/TargetGroupAttributes").and_then(Value::as_array).into_iter().flatten();
        let is_on = attributes
            .filter(|attribute| text(attribute, "/Key") == "lambda.multi_value_headers.enabled")
            .any(|attribute| text(attribute, "/Value") == "true" || attribute.get("Value") == Some(&Value::Bool(true)));
        if self.package.streams() {
            return Some(Finding::wrong(
                id,
                STREAMS,
                "no `.streaming()`; or a function URL with `InvokeMode: RESPONSE_STREAM`",
            ));
        }
        let function = group.pointer("/Properties/Targets/0/Id").and_then(referred).unwrap_or_default();
        if !self.allows(function, |permission| text(permission, "/Properties/Principal") == BALANCER) {
            let what = "no permission for the load balancer: it cannot register the function";
            return Some(Finding::wrong(id, what, format!("`AWS::Lambda::Permission` with `Principal: {BALANCER}`")));
        }
        (!is_on).then(|| {
            let what = "without multi-value headers only the last of repeated headers and query keys arrives, and one cookie of several";
            Finding::advice(id, what, "`TargetGroupAttributes: [{Key: lambda.multi_value_headers.enabled, Value: 'true'}]`")
        })
    }

    /// Whether a permission of this sort is there. One whose function is not known may be for this one.
    fn allows(&self, function: &str, is_meant: impl Fn(&Value) -> bool) -> bool {
        self.of_type("AWS::Lambda::Permission").filter(|(_, permission)| is_meant(permission)).any(|(_, permission)| {
            let named = permission.pointer("/Properties/FunctionName").and_then(referred);
            function.is_empty() || named.is_none_or(|named| named == function || self.leads_to(named, function))
        })
    }

    /// Whether an alias or a version is that of a function.
    fn leads_to(&self, named: &str, function: &str) -> bool {
        self.iter().any(|(id, resource)| {
            id == named && resource.pointer("/Properties/FunctionName").and_then(referred) == Some(function)
        })
    }

    /// Whether an integration is one of a WebSocket API, which waits for no answer of a request.
    fn is_web_socket(&self, integration: &Value) -> bool {
        if text(integration, "/Properties/ProtocolType") == "WEBSOCKET" {
            return true;
        }
        let api = integration.pointer("/Properties/ApiId").and_then(referred);
        self.iter().any(|(id, resource)| Some(id) == api && text(resource, "/Properties/ProtocolType") == "WEBSOCKET")
    }
}

/// The logical id that `Ref` or `GetAtt` names.
fn referred(value: &Value) -> Option<&str> {
    if let Some(id) = value.get("Ref") {
        return id.as_str();
    }
    match value.get("Fn::GetAtt")? {
        Value::String(path) => path.split('.').next(),
        path => path.get(0)?.as_str(),
    }
}

/// Whether a route calls a function in its own name: with a role it needs no permission.
fn calls(route: &Value, function: &str) -> bool {
    let Some(properties) = route.get("Properties") else { return false };
    let integration = properties.get("Integration").unwrap_or(properties);
    let mut kinds = ["/Type", "/IntegrationType"].into_iter().map(|key| text(integration, key));
    let mut roles = ["Credentials", "CredentialsArn"].into_iter().map(|key| integration.get(key));
    let mut uris = ["Uri", "IntegrationUri", "Target", "Body"].into_iter().filter_map(|key| integration.get(key));
    kinds.all(|kind| matches!(kind, "" | "AWS_PROXY"))
        && roles.all(|role| role.is_none())
        && uris.any(|uri| mentions(uri, function) && !has_key(uri, "credentials"))
}

/// Whether a route hands on what a function streams.
fn streams(route: &Value) -> bool {
    match route {
        Value::String(text) => text == "STREAM",
        Value::Array(items) => items.iter().any(streams),
        Value::Object(members) => members.values().any(streams),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn has_key(value: &Value, key: &str) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| has_key(item, key)),
        Value::Object(members) => members.iter().any(|(name, member)| name == key || has_key(member, key)),
        _ => false,
    }
}

/// Whether a resource is named somewhere in a value.
fn mentions(value: &Value, id: &str) -> bool {
    if referred(value) == Some(id) {
        return true;
    }
    match value {
        // In a text only `Fn::Sub` has names.
        Value::String(text) => text.split("${").skip(1).any(|rest| rest.split(['.', '}']).next() == Some(id)),
        Value::Array(items) => items.iter().any(|item| mentions(item, id)),
        Value::Object(members) => members.values().any(|member| mentions(member, id)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Where a REST API and an HTTP API name their functions.
const ROUTES: [[&str; 2]; 2] = [
    ["AWS::ApiGateway::Method", "AWS::ApiGateway::RestApi"],
    ["AWS::ApiGatewayV2::Integration", "AWS::ApiGatewayV2::Api"],
];
const BALANCER: &str = "elasticloadbalancing.amazonaws.com";
const GATEWAY: &str = "apigateway.amazonaws.com";

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "`json!` makes values")]
mod tests {
    use serde_json::json;

    use super::super::resources::tests::{one, said};
    use super::*;

    fn permission(function: &str, principal: &str, action: &str) -> Value {
        json!({"Type": "AWS::Lambda::Permission",
            "Properties": {"FunctionName": {"Ref": function}, "Principal": principal, "Action": action}})
    }

    fn function(timeout: u32) -> Value {
        json!({"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "provided.al2023", "Timeout": timeout}})
    }

    fn integration(uri: Value) -> Value {
        json!({"Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {"ApiId": {"Ref": "Api"}, "IntegrationType": "AWS_PROXY", "IntegrationUri": uri}})
    }

    fn api(protocol: &str) -> Value {
        json!({"Type": "AWS::ApiGatewayV2::Api", "Properties": {"ProtocolType": protocol}})
    }

    #[test]
    fn an_api_that_may_not_call_its_function_is_told() {
        let arn = json!({"Fn::GetAtt": ["F", "Arn"]});
        let mut all = json!({"F": function(20), "I": integration(arn), "Api": api("HTTP")});
        one(said(all.clone(), ""), "wrong: I: no permission for API Gateway to call `F`");
        all["P"] = permission("Other", GATEWAY, "lambda:InvokeFunction");
        one(said(all.clone(), ""), "wrong: I: no permission");
        all["P"] = permission("F", GATEWAY, "lambda:InvokeFunction");
        assert!(said(all.clone(), "").is_empty());
        // CDK allows an alias what it calls; a role needs no permission.
        all["P"] = permission("Live", GATEWAY, "lambda:InvokeFunction");
        all["Live"] = json!({"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "F"}}});
        assert!(said(all, "").is_empty());
        let uri = json!({"Fn::Sub": "arn:aws:apigateway:x:lambda:path/2015-03-31/functions/${F.Arn}/invocations"});
        let mut method = json!({"Type": "AWS::ApiGateway::Method", "Properties": {"Integration": {"Type": "AWS_PROXY", "Uri": uri}}});
        one(said(json!({"F": function(20), "M": method}), ""), "wrong: M: no permission for API Gateway");
        method["Properties"]["Integration"]["Credentials"] = "arn".into();
        assert!(said(json!({"F": function(20), "M": method}), "").is_empty());
        let quick = json!({"Type": "AWS::ApiGatewayV2::Api", "Properties": {"ProtocolType": "HTTP", "Target": {"Fn::GetAtt": "F.Arn"}}});
        one(said(json!({"F": function(20), "Api": quick}), ""), "wrong: Api: no permission for API Gateway");
        let mut rest = json!({"Type": "AWS::ApiGateway::RestApi", "Properties": {"BinaryMediaTypes": ["*/*"],
            "Body": {"paths": {"/": {"get": {"x-amazon-apigateway-integration": {"uri": {"Fn::Sub": "${F.Arn}"}}}}}}}});
        one(said(json!({"F": function(20), "Api": rest}), ""), "wrong: Api: no permission for API Gateway");
        rest["Properties"]["Body"]["paths"]["/"]["get"]["x-amazon-apigateway-integration"]["credentials"] =
            "arn".into();
        assert!(said(json!({"F": function(20), "Api": rest}), "").is_empty());
    }

    #[test]
    fn a_function_that_does_not_fit_the_api_before_it_is_told() {
        let all = |timeout: u32, protocol: &str| {
            json!({"F": function(timeout), "Api": api(protocol), "I": integration(json!({"Fn::GetAtt": "F.Arn"})),
                "P": permission("F", GATEWAY, "lambda:InvokeFunction")})
        };
        one(said(all(60, "HTTP"), ""), "wrong: F: `Timeout: 60`, and an HTTP API gives up after 30 s");
        one(said(all(20, "HTTP"), "serve(app).streaming()"), "wrong: F: the app streams");
        assert!(said(all(20, "HTTP"), "").is_empty());
        assert!(said(all(60, "WEBSOCKET"), "").is_empty());
        let rest = json!({"Type": "AWS::ApiGateway::RestApi", "Properties": {"BinaryMediaTypes": ["*/*"],
            "Body": {"credentials": "arn", "uri": {"Fn::Sub": "${F.Arn}"}}}});
        one(
            said(json!({"F": function(60), "Api": rest}), ""),
            "wrong: F: `Timeout: 60`, and a REST API gives up after 29 s",
        );
    }

    #[test]
    fn a_mapping_of_an_http_api_without_a_stated_base_path_is_told() {
        let mapping = json!({"Type": "AWS::ApiGatewayV2::ApiMapping", "Properties": {"ApiId": {"Ref": "Api"}, "ApiMappingKey": "shop"}});
        one(said(json!({"M": mapping, "Api": api("HTTP")}), ""), "wrong: M: behind an HTTP API the base path");
        assert!(said(json!({"M": mapping, "Api": api("WEBSOCKET")}), "").is_empty());
        let stage = json!({"Type": "AWS::ApiGatewayV2::Stage", "Properties": {"StageVariables": {"SIPPYCUP_SCRIPT_NAME_BASE": "/shop"}}});
        assert!(said(json!({"M": mapping, "Api": api("HTTP"), "S": stage}), "").is_empty());
        let root = json!({"Type": "AWS::ApiGatewayV2::ApiMapping", "Properties": {"ApiId": {"Ref": "Api"}}});
        assert!(said(json!({"M": root, "Api": api("HTTP")}), "").is_empty());
    }

    #[test]
    fn a_url_without_both_permissions_is_told() {
        let url =
            json!({"Type": "AWS::Lambda::Url", "Properties": {"AuthType": "NONE", "TargetFunctionArn": {"Ref": "F"}}});
        let mut all = json!({"Url": url, "P": permission("F", "*", "lambda:InvokeFunctionUrl")});
        one(said(all.clone(), ""), "wrong: Url: no permission for `lambda:InvokeFunction`");
        // That of another front door, or of another function, is not meant.
        all["Q"] = permission("F", GATEWAY, "lambda:InvokeFunction");
        one(said(all.clone(), ""), "wrong: Url: no permission for `lambda:InvokeFunction`");
        all["Q"] = permission("G", "*", "lambda:InvokeFunction");
        one(said(all.clone(), ""), "wrong: Url: no permission for `lambda:InvokeFunction`");
        all["Q"] = permission("F", "*", "lambda:InvokeFunction");
        assert!(said(all, "").is_empty());
    }

    #[test]
    fn a_target_of_a_load_balancer_is_told_what_it_lacks() {
        let group = |attributes: Value| {
            json!({"Type": "AWS::ElasticLoadBalancingV2::TargetGroup",
                "Properties": {"TargetType": "lambda", "TargetGroupAttributes": attributes}})
        };
        let permission = permission("F", BALANCER, "lambda:InvokeFunction");
        let on = json!([{"Key": "lambda.multi_value_headers.enabled", "Value": "true"}]);
        one(said(json!({"T": group(on.clone())}), ""), "wrong: T: no permission for the load balancer");
        one(said(json!({"T": group(json!([])), "P": permission}), ""), "advice: T: without multi-value headers");
        one(
            said(json!({"T": group(on.clone()), "P": permission}), "serve(app).streaming()"),
            "wrong: T: the app streams",
        );
        assert!(said(json!({"T": group(on), "P": permission}), "").is_empty());
    }
}

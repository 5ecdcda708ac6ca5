//! The template.

use serde_json::Value;

use super::Finding;
use super::package::Package;

/// What of the template will fail, with this package.
pub(crate) fn findings(template: &Value, package: &Package) -> Vec<Finding> {
    let resources = Resources { all: template.get("Resources").unwrap_or(&Value::Null), package };
    let mut findings = Vec::new();
    for (id, resource) in resources.iter() {
        match text(resource, "/Type") {
            "AWS::Serverless::Api" | "AWS::ApiGateway::RestApi" => findings.extend(binary(id, resource)),
            "AWS::Serverless::HttpApi" => findings.extend(resources.mapping(id, resource)),
            "AWS::Serverless::Function" => findings.extend(resources.function(id, resource)),
            "AWS::Lambda::Function" => findings.extend(runtime(id, resource)),
            "AWS::Lambda::Url" => findings.extend(resources.url(id, resource)),
            "AWS::ElasticLoadBalancingV2::TargetGroup" => findings.extend(resources.target(id, resource)),
            _ => {}
        }
    }
    findings.extend(resources.implicit());
    findings
}

struct Resources<'t> {
    all: &'t Value,
    package: &'t Package,
}

impl<'t> Resources<'t> {
    fn iter(&self) -> impl Iterator<Item = (&'t str, &'t Value)> + use<'t> {
        self.all.as_object().into_iter().flatten().map(|(id, resource)| (&**id, resource))
    }

    fn of_type(&self, wanted: &'static str) -> impl Iterator<Item = (&'t str, &'t Value)> + use<'t> {
        self.iter().filter(move |(_, resource)| text(resource, "/Type") == wanted)
    }

    /// An API that SAM makes itself.
    fn implicit(&self) -> Option<Finding> {
        let is_there = self.events("Api").any(|(_, event)| event.pointer("/Properties/RestApiId").is_none());
        is_there.then(|| {
            let help = "name an API: `Type: AWS::Serverless::Api` with `BinaryMediaTypes: ['*~1*']`, and `RestApiId` at the events";
            Finding::wrong("ServerlessRestApi", NO_BINARY, help)
        })
    }

    /// A base path that no event of payload format 2.0 has.
    fn mapping(&self, id: &str, api: &Value) -> Option<Finding> {
        let paths = api.pointer("/Properties/Domain/BasePath")?;
        let paths: Vec<_> = paths.as_array().map_or_else(|| vec![paths], |paths| paths.iter().collect());
        let has_path = paths.iter().any(|path| !matches!(path.as_str(), None | Some("" | "/" | "(none)")));
        let is_stated = self.package.states_base_path()
            || api.pointer("/Properties/StageVariables/SIPPYCUP_SCRIPT_NAME_BASE").is_some()
            || self.of_type("AWS::Serverless::Function").any(|(_, f)| f.pointer(VARIABLE).is_some());
        (has_path && !is_stated).then(|| {
            let what =
                "behind an HTTP API the base path of a custom domain is not in the event: links and redirects lack it";
            Finding::wrong(id, what, "`StageVariables: {SIPPYCUP_SCRIPT_NAME_BASE: /shop}`")
        })
    }

    fn function(&self, id: &str, function: &Value) -> Vec<Finding> {
        let mut findings: Vec<_> = runtime(id, function).into_iter().collect();
        let timeout = number(function, "/Properties/Timeout").unwrap_or(DEFAULT_TIMEOUT);
        let has = |kind: &str| self.events(kind).any(|(owner, _)| owner == id);
        for (kind, door, most) in [("Api", "a REST API", 29.0), ("HttpApi", "an HTTP API", 30.0)] {
            if has(kind) && timeout > most && !self.package.streams() {
                let what = format!(
                    "`Timeout: {timeout}`, and {door} gives up after {most} s: the client gets its 503 or 504, and the function continues"
                );
                findings.push(Finding::wrong(
                    id,
                    what,
                    format!("`Timeout: {}` or less; a queue for what takes longer", most - 1.0),
                ));
            }
        }
        if function.pointer("/Properties/FunctionUrlConfig").is_some() {
            findings.extend(self.streaming(id, text(function, "/Properties/FunctionUrlConfig/InvokeMode")));
        } else if self.package.streams() && (has("HttpApi") || has("Api") && !self.streams_rest(id)) {
            findings.push(Finding::wrong(id, STREAMS, "no `.streaming()`; or a function URL with `InvokeMode: RESPONSE_STREAM`, or `ResponseTransferMode: RESPONSE_STREAM` at the events of a REST API"));
        }
        findings
    }

    fn streams_rest(&self, id: &str) -> bool {
        self.events("Api")
            .filter(|(owner, _)| *owner == id)
            .all(|(_, event)| text(event, "/Properties/ResponseTransferMode") == "RESPONSE_STREAM")
    }

    fn url(&self, id: &str, url: &Value) -> Vec<Finding> {
        let mut findings: Vec<_> = self.streaming(id, text(url, "/Properties/InvokeMode")).into_iter().collect();
        let allows = |action: &str| {
            let mut permissions = self.of_type("AWS::Lambda::Permission");
            permissions.any(|(_, permission)| text(permission, "/Properties/Action").eq_ignore_ascii_case(action))
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

    /// Whether the app and its function URL agree about streaming.
    fn streaming(&self, id: &str, mode: &str) -> Option<Finding> {
        match (self.package.streams(), mode == "RESPONSE_STREAM") {
            (true, false) => Some(Finding::wrong(id, STREAMS, "`InvokeMode: RESPONSE_STREAM`, or no `.streaming()`")),
            (false, true) => {
                let what = "`InvokeMode: RESPONSE_STREAM`, and the app does not stream: answers arrive in one piece";
                Some(Finding::advice(id, what, "`sippycup::serve(app).streaming().await`"))
            }
            _ => None,
        }
    }

    fn target(&self, id: &str, group: &Value) -> Option<Finding> {
        if text(group, "/Properties/TargetType") != "lambda" {
            return None;
        }
        let attributes =
            group.pointer("/Properties/TargetGroupAttributes").and_then(Value::as_array).into_iter().flatten();
        let is_on = attributes
            .filter(|attribute| text(attribute, "/Key") == "lambda.multi_value_headers.enabled")
            .any(|attribute| text(attribute, "/Value") == "true" || attribute.get("Value") == Some(&Value::Bool(true)));
        let allowed =
            self.of_type("AWS::Lambda::Permission").any(|(_, p)| text(p, "/Properties/Principal") == BALANCER);
        if !allowed {
            let what = "no permission for the load balancer: it cannot register the function";
            return Some(Finding::wrong(id, what, format!("`AWS::Lambda::Permission` with `Principal: {BALANCER}`")));
        }
        (!is_on).then(|| {
            let what = "without multi-value headers only the last of repeated headers and query keys arrives, and one cookie of several";
            Finding::advice(id, what, "`TargetGroupAttributes: [{Key: lambda.multi_value_headers.enabled, Value: 'true'}]`")
        })
    }

    /// The events of a kind, with the functions that have them.
    fn events(&self, kind: &str) -> impl Iterator<Item = (&'t str, &'t Value)> {
        self.of_type("AWS::Serverless::Function")
            .flat_map(|(id, function)| {
                let events = function.pointer("/Properties/Events").and_then(Value::as_object).into_iter().flatten();
                events.map(move |(_, event)| (id, event))
            })
            .filter(move |(_, event)| text(event, "/Type") == kind)
    }
}

fn binary(id: &str, api: &Value) -> Option<Finding> {
    let is_there = api.pointer("/Properties/BinaryMediaTypes").is_some()
        || api.pointer("/Properties/Body/x-amazon-apigateway-binary-media-types").is_some()
        || api.pointer("/Properties/DefinitionBody/x-amazon-apigateway-binary-media-types").is_some()
        // What a definition elsewhere has is not known here.
        || api.pointer("/Properties/DefinitionUri").is_some()
        || api.pointer("/Properties/BodyS3Location").is_some();
    (!is_there).then(|| Finding::wrong(id, NO_BINARY, "`BinaryMediaTypes: ['*~1*']`, in CloudFormation `['*/*']`"))
}

fn runtime(id: &str, function: &Value) -> Option<Finding> {
    let old = text(function, "/Properties/Runtime");
    matches!(old, "provided" | "provided.al2").then(|| {
        Finding::advice(
            id,
            format!("`Runtime: {old}` is an old system with an old C library"),
            "`Runtime: provided.al2023`",
        )
    })
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn number(value: &Value, pointer: &str) -> Option<f64> {
    value.pointer(pointer)?.as_f64().or_else(|| text(value, pointer).parse().ok())
}

const BALANCER: &str = "elasticloadbalancing.amazonaws.com";
const DEFAULT_TIMEOUT: f64 = 3.0;
const NO_BINARY: &str = "a REST API without binary media types: images arrive as base64 text, and uploads are broken";
const STREAMS: &str = "the app streams, and this front door does not: clients see the stream's prelude";
const VARIABLE: &str = "/Properties/Environment/Variables/SIPPYCUP_SCRIPT_NAME_BASE";

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "`json!` makes values")]
mod tests {
    use serde_json::json;

    use super::*;

    /// What is said of resources, with an app that streams or not.
    fn said(resources: Value, code: &str) -> Vec<String> {
        let package = Package::of_code(code);
        findings(&json!({"Resources": resources}), &package).iter().map(|finding| finding.to_string()).collect()
    }

    fn function(properties: Value) -> Value {
        json!({"Type": "AWS::Serverless::Function", "Properties": properties})
    }

    #[track_caller]
    fn one(found: Vec<String>, start: &str) {
        assert!(found.len() == 1 && found[0].starts_with(start), "{found:#?}");
    }

    #[test]
    fn a_rest_api_without_binary_media_types_is_told() {
        let api = |properties: Value| json!({"Api": {"Type": "AWS::Serverless::Api", "Properties": properties}});
        one(said(api(json!({"StageName": "prod"})), ""), "wrong: Api: a REST API without binary media types");
        assert!(said(api(json!({"BinaryMediaTypes": ["*~1*"]})), "").is_empty());
        let events = json!({"All": {"Type": "Api", "Properties": {"Path": "/", "Method": "ANY"}}});
        one(said(json!({"F": function(json!({"Events": events}))}), ""), "wrong: ServerlessRestApi: ");
    }

    #[test]
    fn a_timeout_above_the_doors_is_told() {
        let f =
            |timeout: &str| json!({"F": function(json!({"Timeout": timeout, "Events": {"H": {"Type": "HttpApi"}}}))});
        one(said(f("60"), ""), "wrong: F: `Timeout: 60`, and an HTTP API gives up after 30 s");
        assert!(said(f("29"), "").is_empty());
    }

    #[test]
    fn an_app_and_a_door_that_do_not_agree_about_streams_are_told() {
        let f = |config: Value| json!({"F": function(json!({"FunctionUrlConfig": config}))});
        one(said(f(json!({"AuthType": "NONE"})), "serve(app).streaming()"), "wrong: F: the app streams");
        let streamed = json!({"AuthType": "NONE", "InvokeMode": "RESPONSE_STREAM"});
        one(said(f(streamed.clone()), ""), "advice: F: `InvokeMode: RESPONSE_STREAM`");
        assert!(said(f(streamed), "serve(app).streaming()").is_empty());
        let http = json!({"F": function(json!({"Events": {"H": {"Type": "HttpApi"}}}))});
        one(said(http, "serve(app).streaming()"), "wrong: F: the app streams");
    }

    #[test]
    fn a_url_without_both_permissions_is_told() {
        let url = json!({"Type": "AWS::Lambda::Url", "Properties": {"AuthType": "NONE"}});
        let permission = |action: &str| json!({"Type": "AWS::Lambda::Permission", "Properties": {"Action": action}});
        let one_of_two = json!({"Url": url, "P": permission("lambda:InvokeFunctionUrl")});
        one(said(one_of_two, ""), "wrong: Url: no permission for `lambda:InvokeFunction`");
        let both =
            json!({"Url": url, "P": permission("lambda:InvokeFunctionUrl"), "Q": permission("lambda:InvokeFunction")});
        assert!(said(both, "").is_empty());
    }

    #[test]
    fn a_base_path_that_no_event_has_is_told() {
        let api = |properties: Value| json!({"Api": {"Type": "AWS::Serverless::HttpApi", "Properties": properties}});
        let domain = json!({"DomainName": "x.example", "BasePath": ["shop"]});
        one(said(api(json!({"Domain": domain})), ""), "wrong: Api: behind an HTTP API the base path");
        assert!(said(api(json!({"Domain": domain})), "layer.base_path(x)").is_empty());
        let variables = json!({"SIPPYCUP_SCRIPT_NAME_BASE": "/shop"});
        assert!(said(api(json!({"Domain": domain, "StageVariables": variables})), "").is_empty());
    }

    #[test]
    fn a_target_of_a_load_balancer_is_told_what_it_lacks() {
        let group = |attributes: Value| {
            json!({"Type": "AWS::ElasticLoadBalancingV2::TargetGroup",
                "Properties": {"TargetType": "lambda", "TargetGroupAttributes": attributes}})
        };
        let permission = json!({"Type": "AWS::Lambda::Permission", "Properties": {"Principal": BALANCER}});
        let on = json!([{"Key": "lambda.multi_value_headers.enabled", "Value": "true"}]);
        one(said(json!({"T": group(on.clone())}), ""), "wrong: T: no permission for the load balancer");
        one(said(json!({"T": group(json!([])), "P": permission}), ""), "advice: T: without multi-value headers");
        assert!(said(json!({"T": group(on), "P": permission}), "").is_empty());
    }

    #[test]
    fn an_old_runtime_is_told() {
        one(said(json!({"F": function(json!({"Runtime": "provided.al2"}))}), ""), "advice: F: `Runtime: provided.al2`");
    }
}

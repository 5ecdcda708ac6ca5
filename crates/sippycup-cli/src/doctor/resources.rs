//! The template.

use serde_json::Value;

use super::finding::Finding;
use super::package::Package;

/// What of the template will fail, with this package.
pub(crate) fn findings(template: &Value, package: &Package) -> Vec<Finding> {
    let template = &resolved(template, template.get("Parameters"));
    let resources = Resources { template, all: template.get("Resources").unwrap_or(&Value::Null), package };
    let mut findings = Vec::new();
    for (id, resource) in resources.iter() {
        match text(resource, "/Type") {
            "AWS::Serverless::Api" | "AWS::ApiGateway::RestApi" => findings.extend(binary(id, resource)),
            "AWS::Serverless::HttpApi" => findings.extend(resources.mapping(id, resource)),
            "AWS::Serverless::Function" => {
                findings.extend(resources.function(id, resource));
                findings.extend(resources.behind(id, resource));
            }
            "AWS::Lambda::Function" => {
                findings.extend(runtime(id, resource));
                findings.extend(resources.behind(id, resource));
            }
            "AWS::ApiGatewayV2::ApiMapping" => findings.extend(resources.key(id, resource)),
            "AWS::Lambda::Url" => findings.extend(resources.url(id, resource)),
            "AWS::ElasticLoadBalancingV2::TargetGroup" => findings.extend(resources.target(id, resource)),
            _ => {}
        }
    }
    findings.extend(resources.implicit());
    findings.extend(resources.implicit_http());
    findings
}

pub(super) struct Resources<'t> {
    template: &'t Value,
    all: &'t Value,
    pub(super) package: &'t Package,
}

impl<'t> Resources<'t> {
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'t str, &'t Value)> + use<'t> {
        self.all.as_object().into_iter().flatten().map(|(id, resource)| (&**id, resource))
    }

    pub(super) fn of_type(&self, wanted: &'static str) -> impl Iterator<Item = (&'t str, &'t Value)> + use<'t> {
        self.iter().filter(move |(_, resource)| text(resource, "/Type") == wanted)
    }

    /// An API that SAM makes itself.
    fn implicit(&self) -> Option<Finding> {
        let is_there = self.events("Api").any(|(_, event)| event.pointer("/Properties/RestApiId").is_none());
        let is_global = self.template.pointer("/Globals/Api/BinaryMediaTypes").is_some();
        (is_there && !is_global).then(|| {
            let help = "name an API: `Type: AWS::Serverless::Api` with `BinaryMediaTypes: ['*~1*']`, and `RestApiId` at the events";
            Finding::wrong("ServerlessRestApi", NO_BINARY, help)
        })
    }

    fn implicit_http(&self) -> Option<Finding> {
        let is_there = self.events("HttpApi").any(|(_, event)| event.pointer("/Properties/ApiId").is_none());
        let globals = self.template.pointer("/Globals/HttpApi").filter(|_| is_there)?;
        self.mapping("ServerlessHttpApi", &serde_json::json!({ "Properties": globals }))
    }

    /// A base path that no event of payload format 2.0 has.
    fn mapping(&self, id: &str, api: &Value) -> Option<Finding> {
        let paths = api.pointer("/Properties/Domain/BasePath")?;
        let paths: Vec<_> = paths.as_array().map_or_else(|| vec![paths], |paths| paths.iter().collect());
        let has_path = paths.iter().any(|path| !matches!(path.as_str(), None | Some("" | "/" | "(none)")));
        let is_stated =
            self.states_base_path() || api.pointer("/Properties/StageVariables/SIPPYCUP_SCRIPT_NAME_BASE").is_some();
        (has_path && !is_stated).then(|| Finding::wrong(id, NO_BASE, BASE))
    }

    /// Whether the code or a function says where the app is.
    pub(super) fn states_base_path(&self) -> bool {
        self.package.states_base_path() || self.iter().any(|(_, resource)| resource.pointer(VARIABLE).is_some())
    }

    fn function(&self, id: &str, function: &Value) -> Vec<Finding> {
        let mut findings: Vec<_> = runtime(id, function).into_iter().collect();
        let timeout = number(function, "/Properties/Timeout").unwrap_or(DEFAULT_TIMEOUT);
        let has = |kind: &str| self.events(kind).any(|(owner, _)| owner == id);
        for (kind, door, most) in DOORS {
            let own = self.events(kind).filter(|(owner, _)| *owner == id);
            // One route may wait less, or, of a REST API, more.
            let said =
                |event: &Value| number(event, "/Properties/TimeoutInMillis").map_or(most, |millis| millis / 1000.0);
            let shortest = own.map(|(_, event)| said(event)).min_by(f64::total_cmp);
            findings
                .extend(shortest.filter(|_| !self.package.streams()).and_then(|most| late(id, timeout, door, most)));
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

    /// Whether the app and its function URL agree about streaming.
    pub(super) fn streaming(&self, id: &str, mode: &str) -> Option<Finding> {
        match (self.package.streams(), mode == "RESPONSE_STREAM") {
            (true, false) => Some(Finding::wrong(id, STREAMS, "`InvokeMode: RESPONSE_STREAM`, or no `.streaming()`")),
            (false, true) => {
                let what = "`InvokeMode: RESPONSE_STREAM`, and the app does not stream: answers arrive in one piece";
                Some(Finding::advice(id, what, "`sippycup::serve(app).streaming().await`"))
            }
            _ => None,
        }
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

/// The template with the defaults of parameters in the place of their names.
fn resolved(value: &Value, parameters: Option<&Value>) -> Value {
    let default = |name: &Value| parameters?.get(name.as_str()?)?.get("Default").cloned();
    match value {
        Value::Object(members) if members.len() == 1 && members.contains_key("Ref") => {
            members.get("Ref").and_then(default).unwrap_or_else(|| value.clone())
        }
        Value::Object(members) => {
            members.iter().map(|(key, member)| (key.clone(), resolved(member, parameters))).collect()
        }
        Value::Array(items) => items.iter().map(|item| resolved(item, parameters)).collect(),
        _ => value.clone(),
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

pub(super) fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn number(value: &Value, pointer: &str) -> Option<f64> {
    value.pointer(pointer)?.as_f64().or_else(|| text(value, pointer).parse().ok())
}

/// A function that works on when the front door has given up.
pub(super) fn late(id: &str, timeout: f64, door: &str, most: f64) -> Option<Finding> {
    (timeout > most).then(|| {
        let what = format!(
            "`Timeout: {timeout}`, and {door} gives up after {most} s: the client gets its 503 or 504, and the function works on"
        );
        let help = format!("`Timeout: {}` or less; a queue for what takes longer", (most - 1.0).max(1.0));
        Finding::wrong(id, what, help)
    })
}

/// Events of SAM, what they are of, and how many seconds that waits.
pub(super) const DOORS: [(&str, &str, f64); 2] = [("Api", "a REST API", 29.0), ("HttpApi", "an HTTP API", 30.0)];
pub(super) const BASE: &str = "`StageVariables: {SIPPYCUP_SCRIPT_NAME_BASE: /shop}`";
pub(super) const NO_BASE: &str =
    "behind an HTTP API the base path of a custom domain is not in the event: links and redirects lack it";
pub(super) const DEFAULT_TIMEOUT: f64 = 3.0;
const NO_BINARY: &str = "a REST API without binary media types: images arrive as base64 text, and uploads are broken";
pub(super) const STREAMS: &str = "the app streams, and this front door does not: clients see the stream's prelude";
const VARIABLE: &str = "/Properties/Environment/Variables/SIPPYCUP_SCRIPT_NAME_BASE";

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "`json!` makes values")]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    /// What is said of resources, with an app that streams or not.
    pub(crate) fn said(resources: Value, code: &str) -> Vec<String> {
        let package = Package::of_code(code);
        findings(&json!({"Resources": resources}), &package).iter().map(|finding| finding.to_string()).collect()
    }

    fn function(properties: Value) -> Value {
        json!({"Type": "AWS::Serverless::Function", "Properties": properties})
    }

    #[track_caller]
    pub(crate) fn one(found: Vec<String>, start: &str) {
        assert!(found.len() == 1 && found[0].starts_with(start), "{found:#?}");
    }

    #[test]
    fn a_rest_api_without_binary_media_types_is_told() {
        let api = |properties: Value| json!({"Api": {"Type": "AWS::Serverless::Api", "Properties": properties}});
        one(said(api(json!({"StageName": "prod"})), ""), "wrong: Api: a REST API without binary media types");
        assert!(said(api(json!({"BinaryMediaTypes": ["*~1*"]})), "").is_empty());
        let events = json!({"All": {"Type": "Api", "Properties": {"Path": "/", "Method": "ANY"}}});
        let implicit = json!({"F": function(json!({"Events": events}))});
        one(said(implicit.clone(), ""), "wrong: ServerlessRestApi: ");
        let globals = json!({"Api": {"BinaryMediaTypes": ["*~1*"]}});
        let template = json!({"Globals": globals, "Resources": implicit});
        assert_eq!(findings(&template, &Package::of_code("")), []);
    }

    #[test]
    fn a_timeout_above_the_doors_is_told() {
        let f =
            |timeout: &str| json!({"F": function(json!({"Timeout": timeout, "Events": {"H": {"Type": "HttpApi"}}}))});
        one(said(f("60"), ""), "wrong: F: `Timeout: 60`, and an HTTP API gives up after 30 s");
        assert!(said(f("29"), "").is_empty());
        let function = function(json!({"Timeout": {"Ref": "T"}, "Events": {"H": {"Type": "HttpApi"}}}));
        let template = |default: &str| json!({"Parameters": {"T": {"Default": default}}, "Resources": {"F": function}});
        let of = |default: &str| findings(&template(default), &Package::of_code("")).len();
        assert_eq!((of("60"), of("20")), (1, 0));
        let shorter =
            json!({"H": {"Type": "HttpApi", "Properties": {"TimeoutInMillis": 5000}}, "I": {"Type": "HttpApi"}});
        let f = json!({"F": {"Type": "AWS::Serverless::Function", "Properties": {"Timeout": 20, "Events": shorter}}});
        one(said(f, ""), "wrong: F: `Timeout: 20`, and an HTTP API gives up after 5 s");
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
    fn a_base_path_that_no_event_has_is_told() {
        let api = |properties: Value| json!({"Api": {"Type": "AWS::Serverless::HttpApi", "Properties": properties}});
        let domain = json!({"DomainName": "x.example", "BasePath": ["shop"]});
        let implicit = json!({"F": function(json!({"Events": {"H": {"Type": "HttpApi"}}}))});
        let template = json!({"Globals": {"HttpApi": {"Domain": domain}}, "Resources": implicit});
        assert_eq!(findings(&template, &Package::of_code("")).len(), 1);
        one(said(api(json!({"Domain": domain})), ""), "wrong: Api: behind an HTTP API the base path");
        assert!(said(api(json!({"Domain": domain})), "layer.base_path(x)").is_empty());
        let variables = json!({"SIPPYCUP_SCRIPT_NAME_BASE": "/shop"});
        assert!(said(api(json!({"Domain": domain, "StageVariables": variables})), "").is_empty());
    }

    #[test]
    fn an_old_runtime_is_told() {
        one(said(json!({"F": function(json!({"Runtime": "provided.al2"}))}), ""), "advice: F: `Runtime: provided.al2`");
    }
}

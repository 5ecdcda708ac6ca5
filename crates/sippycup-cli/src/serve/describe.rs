//! `--describe`: what is served, as JSON, for scripts and tests that should not read the terminal.

use std::io;
use std::path::Path;

use serde_json::{Map, Value, json};
use sippycup_gateway::{Gateway, RouteEntry, TargetHealth};

use super::served::Served;
use crate::plan::{FunctionPlan, Origin, Said};
use crate::template;

/// Front doors as they begin to listen.
#[derive(Debug, Default)]
pub(crate) struct Description {
    /// By what makes several gateways one front door.
    doors: Vec<(Key, Value)>,
    /// Whose target groups are one front door, with its place.
    listener: Option<(Gateway<Served>, usize)>,
    /// Of a template, by names.
    outputs: Vec<(String, String)>,
    /// Those of them that are addresses of this machine.
    local: Vec<String>,
    /// The URL of the Invoke API, if it is served.
    pub(crate) invoke_api: Option<String>,
    /// The certificate, if front doors speak TLS.
    pub(crate) tls: Option<Value>,
}

#[derive(Debug, PartialEq)]
struct Key {
    id: Option<String>,
    stage: Option<String>,
    urls: Vec<String>,
}

impl Description {
    /// Those of a template, with the addresses that AWS would give.
    pub(crate) fn with_outputs(outputs: Vec<(String, String)>) -> Self {
        Self { outputs, ..Self::default() }
    }

    /// The outputs that are addresses of this machine.
    pub(crate) fn local_outputs(&self) -> impl Iterator<Item = &(String, String)> {
        self.outputs.iter().filter(|(name, _)| self.local.contains(name))
    }

    /// Adds a Web Function.
    pub(crate) fn add_web(&mut self, id: &str, endpoint: &str, url: String) {
        let door = json!({ "logicalId": id, "kind": "web-function", "stage": null, "endpoint": endpoint, "urls": [&url], "routes": [] });
        self.doors.push((Key { id: Some(id.to_owned()), stage: None, urls: vec![url] }, door));
    }

    /// Adds a gateway, to the front door that it is a part of if that is there. Gives the place of the health of its target group, as a JSON Pointer.
    pub(crate) fn add(
        &mut self,
        gateway: &Gateway<Served>,
        origin: Option<&Origin>,
        authorizer: Option<&str>,
        urls: Vec<String>,
    ) -> String {
        let key = Key { id: origin.map(|origin| origin.id.clone()), stage: gateway.stage().map(str::to_owned), urls };
        let routes = gateway.route_entries().into_iter().map(|entry| route(gateway, &entry, authorizer));
        let of_listener = self.listener.as_ref().filter(|(other, _)| other.shares_listener(gateway)).map(|(_, at)| *at);
        let shared = self.doors.iter_mut().enumerate().find(|(at, (other, _))| {
            of_listener == Some(*at) || key.id.is_some() && other.id == key.id && other.stage == key.stage
        });
        let groups = group(gateway);
        if let Some((at, (_, door))) = shared {
            if let Some(Value::Array(there)) = door.get_mut("routes") {
                there.extend(routes);
            }
            let Some(Value::Array(there)) = door.get_mut("targetGroups") else { return place(at, 0) };
            there.extend(groups);
            return place(at, there.len().saturating_sub(1));
        }
        for (name, value) in &mut self.outputs {
            if let (Some(id), Some(url)) = (&key.id, key.urls.first())
                && let Some(local) = template::local(value, id, key.stage.as_deref(), url)
            {
                *value = local;
                self.local.push(name.clone());
            }
        }
        let mut door = json!({
            "logicalId": key.id,
            "kind": gateway.kind().as_str(),
            "stage": key.stage,
            "urls": key.urls,
            "hosts": gateway.host_paths().into_iter().map(|(host, base)| json!({"host": host, "basePath": base})).collect::<Vec<_>>(),
            "routes": routes.collect::<Vec<_>>(),
        });
        if let (rules @ [_, ..], Value::Object(door)) = (&*gateway.routing_rules(), &mut door) {
            door.insert("routingRules".to_owned(), json!(rules));
        }
        if let (Some(group), Value::Object(door)) = (groups, &mut door) {
            door.insert("targetGroups".to_owned(), json!([group]));
        }
        let responses: Vec<_> = gateway.gateway_responses().collect();
        if let (false, Value::Object(door)) = (responses.is_empty(), &mut door) {
            door.insert("gatewayResponses".to_owned(), responses.into());
        }
        self.listener = gateway.shares_listener(gateway).then(|| (gateway.clone(), self.doors.len()));
        self.doors.push((key, door));
        place(self.doors.len() - 1, 0)
    }

    /// All of it, as it is written.
    pub(crate) fn into_json(self, functions: &[Said<FunctionPlan>], passed: &[String]) -> Value {
        let function = |said: &Said<FunctionPlan>| {
            let command = said.value.command.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>();
            let timeout = said.value.timeout.0.as_secs_f64();
            json!({
                "logicalId": said.value.logical_id,
                "name": said.value.name.value,
                "command": command,
                "timeout": timeout,
                "memory": said.value.memory(),
            })
        };
        let doors: Vec<Value> = self.doors.into_iter().map(|(_, door)| door).collect();
        let mut described = Map::new();
        described.insert("frontDoors".to_owned(), doors.into());
        described.insert("functions".to_owned(), functions.iter().map(function).collect());
        described.insert(
            "outputs".to_owned(),
            self.outputs.into_iter().map(|(name, value)| (name, value.into())).collect::<Map<_, _>>().into(),
        );
        if let Some(url) = self.invoke_api {
            described.insert("invokeApi".to_owned(), url.into());
        }
        if let Some(tls) = self.tls {
            described.insert("tls".to_owned(), tls);
        }
        described.insert("passedOver".to_owned(), passed.into());
        Value::Object(described)
    }
}

/// A route, or a rule of a listener.
fn route(gateway: &Gateway<Served>, entry: &RouteEntry, authorizer: Option<&str>) -> Value {
    // The rules of a listener may have authorizers of their own.
    let of_rule = gateway.shares_listener(gateway).then(|| entry.authorizer().map(|name| format!("{name}: runs here")));
    let authorizer = of_rule.unwrap_or_else(|| authorizer.map(str::to_owned));
    let mut route = json!({
        "route": entry.key(),
        "function": gateway.get_ref().name().filter(|_| entry.answer().is_none()),
        "authorizer": authorizer,
        "payloadFormat": gateway.kind().as_str(),
    });
    if let (Some(answer), Value::Object(route)) = (entry.answer(), &mut route) {
        route.insert("answer".to_owned(), answer.into());
    }
    route
}

/// A target group of a load balancer or of VPC Lattice.
fn group(gateway: &Gateway<Served>) -> Option<Value> {
    let target = gateway.health();
    let is_group = gateway.target_group().is_some() || target.is_some();
    is_group.then(|| {
        json!({
            "name": gateway.target_group(),
            "function": gateway.get_ref().name(),
            "health": target.as_ref().map(health),
        })
    })
}

fn place(door: usize, group: usize) -> String {
    format!("/frontDoors/{door}/targetGroups/{group}/health")
}

/// Writes the file at once, so that who waits for it never reads a part.
pub(crate) fn write(path: &Path, described: &Value) -> io::Result<()> {
    let beside = path.with_extension(format!("{}.part", std::process::id()));
    std::fs::write(&beside, format!("{described:#}\n"))?;
    std::fs::rename(&beside, path).inspect_err(|_| drop(std::fs::remove_file(&beside)))
}

/// As AWS describes the health of a target.
pub(crate) fn health(health: &TargetHealth) -> Value {
    let description = match health {
        TargetHealth::Unhealthy(failure) => Some(failure.to_string()),
        _ => None,
    };
    json!({ "state": health.state(), "reason": health.reason(), "description": description })
}

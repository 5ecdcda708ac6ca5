//! Recorded events, and fixtures of other projects, that do not live in this repository.
//!
//! What is expected is computed here, from the event, by the rules of FIELD.md.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::Request;
use serde_json::{Map, Value, json};
use sippycup::{BasePath, EventOptions, EventSource};

use crate::support::{base, decoded, form_decoded, pairs, recorded::each_recorded, try_request, values};

type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

#[test]
#[cfg_attr(not(shared), ignore = "needs ../shared")]
fn recorded_events_are_the_requests_that_were_sent() {
    each_recorded("gold/aws_recorded.json", "/events", |record| {
        let id = record["id"].as_str().unwrap();
        let event = match record.get("event") {
            Some(event) => event.clone(),
            None => function_url_event(&record["observed"], record["sent_target"].as_str().unwrap()),
        };
        let request = try_request(event.to_string(), &EventOptions::default()).unwrap();
        let sent = record["sent_target"].as_str().unwrap();
        let (sent_path, sent_query) = sent.split_once('?').map_or((sent, None), |(path, query)| (path, Some(query)));
        // API Gateway collapses slashes behind the stage before it writes `path`; nothing can bring them back.
        let sent_path = if sent_path.starts_with("//") { &sent_path[1..] } else { sent_path };
        assert!(is_like(sent_path, request.uri().path()), "{id}: {sent_path} {}", request.uri().path());
        assert_eq!(by_key(pairs(sent_query)), by_key(pairs(request.uri().query())), "{id}");
        let rest = record["kind"] == "rest-v1";
        let stage = event["requestContext"]["stage"].as_str().unwrap_or_default();
        let public = if rest { format!("/{stage}") } else { String::new() };
        assert_eq!(base(&request), public, "{id}");
        check(id, &event, &request);
    });
}

/// What the echo function behind a function URL reported, as the event that it must have had.
fn function_url_event(observed: &Value, sent: &str) -> Value {
    let query = sent.split_once('?').map_or("", |(_, query)| query);
    let (body, base64) = match &observed["data"] {
        Value::String(text) => (text.clone(), true),
        data => (data.to_string(), false),
    };
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": observed["path"], "rawQueryString": query,
        "headers": observed["headers"], "queryStringParameters": observed["args"], "body": body,
        "isBase64Encoded": base64,
        "requestContext": {
            "domainName": "x.lambda-url.us-east-1.on.aws", "stage": "$default", "http": {"method": observed["method"]}
        },
    })
}

#[test]
#[cfg_attr(not(shared), ignore = "needs ../shared")]
fn fixtures_of_other_projects_are_the_requests_they_say() {
    for file in ["gold/fixture_sample.json", "gold/websocket_authorizer_lattice.json"] {
        each_recorded(file, "", |record| {
            let id = record["id"].as_str().unwrap();
            let event = &record["event"];
            let result = try_request(event.to_string(), &EventOptions::default());
            if event.get("methodArn").is_some() || event.get("routeArn").is_some() {
                let error = result.unwrap_err();
                assert!(error.is_not_http(), "{id}");
                assert!(error.to_string().ends_with("found an API Gateway authorizer event"), "{id}: {error}");
                return;
            }
            let request = result.unwrap_or_else(|error| panic!("{id}: {error}"));
            check(id, event, &request);
            for assertion in record.get("asserted").and_then(Value::as_array).into_iter().flatten() {
                check_assertion(id, event, &request, assertion);
            }
        });
    }
}

/// Everything that the event itself says.
fn check(id: &str, event: &Value, request: &Request<Bytes>) {
    let context = &event["requestContext"];
    let source = source(event);
    assert_eq!(request.extensions().get::<EventSource>(), Some(&source), "{id}");

    let event_type = context["eventType"].as_str().unwrap_or_default();
    let of_type = match event_type {
        "CONNECT" => "GET",
        "DISCONNECT" => "DELETE",
        _ => "POST",
    };
    let method =
        [&context["http"]["method"], &event["httpMethod"], &event["method"]].into_iter().find_map(Value::as_str);
    assert_eq!(request.method(), method.unwrap_or(of_type), "{id}");

    let raw = if context["http"].is_object() { &event["rawPath"] } else { &Value::Null };
    let written = [raw, &event["path"], &event["raw_path"], &context["routeKey"]].into_iter().find_map(Value::as_str);
    // One hand-made event has no path at all.
    let written = written.unwrap_or("/");
    let written = written.split_once('?').map_or(written, |(path, _)| path);
    let slash = if written.starts_with('/') { "" } else { "/" };
    let whole = format!("{slash}{written}");
    // None of these events came through a mapping or a named stage of an HTTP API. Whatever was encoded on the
    // way, the text behind it is the same.
    assert_eq!(decoded(request.uri().path()), decoded(&whole), "{id}");

    let wanted = query(event, source);
    assert_eq!(by_key(pairs(request.uri().query())), by_key(wanted), "{id}");

    let mut wanted = headers(event);
    if !request.body().is_empty() || wanted.contains_key("content-length") {
        wanted.insert("content-length".to_owned(), vec![request.body().len().to_string()]);
    }
    let names: Vec<_> = wanted.keys().map(String::as_str).collect();
    let mut got: Vec<_> = request.headers().keys().map(|name| name.as_str()).collect();
    got.sort_unstable();
    assert_eq!(got, names, "{id}");
    for (name, wanted) in &wanted {
        assert_eq!(&values(request.headers(), name), wanted, "{id} {name}");
    }

    let flag = event.get("isBase64Encoded").or(event.get("is_base64_encoded"));
    let body = match &event["body"] {
        Value::Null => Vec::new(),
        Value::String(text) if flag == Some(&Value::Bool(true)) => STANDARD.decode(text).unwrap(),
        Value::String(text) => text.clone().into_bytes(),
        other => other.to_string().into_bytes(),
    };
    assert_eq!(request.body(), &body, "{id}");
}

/// FIELD §1.1, its recommended order.
fn source(event: &Value) -> EventSource {
    let context = &event["requestContext"];
    let there = |value: &Value| !value.is_null();
    match () {
        () if there(&context["elb"]) => EventSource::LoadBalancer,
        () if there(&event["raw_path"]) => EventSource::VpcLattice,
        () if there(&context["serviceNetworkArn"]) || there(&context["serviceArn"]) => EventSource::VpcLattice,
        () if there(&context["connectionId"]) && there(&context["eventType"]) => EventSource::WebSocket,
        () if there(&context["http"]) && context["domainName"].to_string().contains(".lambda-url.") => {
            EventSource::FunctionUrl
        }
        () if there(&context["http"]) => EventSource::HttpApi,
        () if event["version"] == "1.0" && may_be_route_key(&context["resourceId"]) => EventSource::HttpApi,
        () => EventSource::RestApi,
    }
}

/// `version` 1.0 alone does not prove an HTTP API: emulators write it into REST events, whose `resourceId` is
/// an opaque id.
fn may_be_route_key(resource_id: &Value) -> bool {
    resource_id.as_str().is_none_or(|id| id == "$default" || id.contains(' '))
}

fn query(event: &Value, source: EventSource) -> Pairs {
    if let Some(raw) = event["rawQueryString"].as_str() {
        return pairs(Some(raw.trim_start_matches('?')));
    }
    if let Some((_, query)) = event["raw_path"].as_str().and_then(|path| path.split_once('?')) {
        return pairs(Some(query));
    }
    let verbatim = matches!(source, EventSource::LoadBalancer | EventSource::VpcLattice);
    let text = |text: &str| if verbatim { form_decoded(text) } else { text.as_bytes().to_vec() };
    let mut out = Vec::new();
    let empty = Map::new();
    let map = |name: &str| event[name].as_object().unwrap_or(&empty).clone();
    let multi = map("multiValueQueryStringParameters");
    let mut singles = map("queryStringParameters");
    singles.extend(map("query_string_parameters"));
    let singles = singles.into_iter().filter(|(name, _)| !multi.contains_key(name)).collect::<Vec<_>>();
    for (name, value) in multi.into_iter().chain(singles) {
        let values = match value {
            Value::Array(values) => values,
            value => vec![value],
        };
        out.extend(values.iter().filter_map(Value::as_str).map(|value| (text(&name), text(value))));
    }
    out
}

fn headers(event: &Value) -> BTreeMap<String, Vec<String>> {
    let mut out: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let plain = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    };
    let mut add = |map: &Value, known: &[String]| {
        for (name, value) in map.as_object().into_iter().flatten() {
            let name = name.to_ascii_lowercase();
            if known.contains(&name) {
                continue;
            }
            let values = match value {
                Value::Array(values) => values.iter().filter_map(plain).collect(),
                value => Vec::from_iter(plain(value)),
            };
            out.entry(name).or_default().extend(values);
        }
        out.keys().cloned().collect::<Vec<_>>()
    };
    let known = add(&event["multiValueHeaders"], &[]);
    add(&event["headers"], &known);
    let cookies: Vec<_> = event["cookies"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !cookies.is_empty() {
        out.entry("cookie".to_owned()).or_insert_with(|| vec![cookies.join("; ")]);
    }
    out.retain(|_, values| !values.is_empty());
    out
}

/// The order between the keys of a map is the writer's own; the order of the values of one key is not.
fn by_key(pairs: Pairs) -> BTreeMap<Vec<u8>, Vec<Vec<u8>>> {
    let mut out: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (key, value) in pairs {
        out.entry(key).or_default().push(value);
    }
    out
}

/// What the other project's own test asserted, where it is about HTTP.
fn check_assertion(id: &str, event: &Value, request: &Request<Bytes>, assertion: &Value) {
    let (field, value) = (assertion["field"].as_str().unwrap(), &assertion["value"]);
    let query = pairs(request.uri().query());
    match field {
        "Method" | "method" => assert_eq!(request.method(), value.as_str().unwrap(), "{id}"),
        "cookie header" => assert_eq!(values(request.headers(), "cookie"), [value.as_str().unwrap()], "{id}"),
        "sent_target" => assert!(is_like(value.as_str().unwrap(), &request.uri().to_string()), "{id}"),
        "request" => check_request(id, event, request, value),
        field if field.starts_with("query ") => {
            let key = field.strip_prefix("query ").unwrap().as_bytes();
            let got: Vec<_> = query.iter().filter(|(name, _)| name == key).map(|(_, value)| value.clone()).collect();
            let wanted: Vec<_> =
                value.as_array().unwrap().iter().map(|v| v.as_str().unwrap().as_bytes().to_vec()).collect();
            assert_eq!(got, wanted, "{id}");
        }
        field if field.starts_with("uri ") => {
            let (_, target) = value.as_str().unwrap().split_once("//").unwrap().1.split_once('/').unwrap();
            assert_eq!(request.uri().to_string(), format!("/{target}"), "{id}");
        }
        // DIFFERENCE: ASP.NET's adapter takes the greedy parameter for the whole path. This event was edited by
        // hand: on an API's own domain nothing stands in front of it.
        field if field.starts_with("aspnet_path") => assert!(request.uri().path().ends_with(value.as_str().unwrap())),
        // PHP's own reading of cookies and of `a[]=…` keys, and what somebody's app answered.
        "Cookies" | "QueryParameters" | "QueryString" | "Uri" | "app_response_body (controller echo)" => {}
        other => panic!("{id}: nobody looks at `{other}`"),
    }
}

fn check_request(id: &str, event: &Value, request: &Request<Bytes>, wanted: &Value) {
    assert_eq!(request.method(), wanted["method"].as_str().unwrap(), "{id}");
    if let Some(path) = wanted["path_decoded"].as_str() {
        // That test runs once as it is, and once with the base path stated.
        let stated = EventOptions::default().base_path(BasePath::from_static("/test"));
        let based = try_request(event.to_string(), &stated).unwrap();
        let paths = [decoded(request.uri().path()), decoded(based.uri().path())];
        assert!(paths.contains(&path.as_bytes().to_vec()), "{id}: {path}");
    }
    if let Some(target) = wanted["target"].as_str() {
        assert_eq!(request.uri(), target, "{id}");
    }
    if let Some(query) = wanted["query"].as_str() {
        assert_eq!(by_key(pairs(request.uri().query())), by_key(pairs(Some(query))), "{id}");
    }
    // Adapters add some headers of their own; what was in the event counts.
    let in_event = headers(event);
    for header in wanted["headers"].as_array().unwrap() {
        let (name, value) = (header[0].as_str().unwrap(), header[1].as_str().unwrap());
        if in_event.contains_key(name) {
            assert_eq!(values(request.headers(), name).join(", "), value, "{id} {name}");
        }
    }
    assert_eq!(STANDARD.encode(request.body()), wanted["body_b64"].as_str().unwrap(), "{id}");
}

/// Whether `text` is `pattern`, in which `*` stands for something that was masked.
fn is_like(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(behind) = text.strip_prefix(start) else { return false };
    behind.char_indices().map(|(at, _)| at).chain([behind.len()]).any(|at| is_like(rest, &behind[at..]))
}

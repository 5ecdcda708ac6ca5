//! AWS's own answers and events, replayed, without a line of the crates under test.

use std::{collections::BTreeMap, convert::Infallible};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use serde_json::{Map, Value, json};
use sippycup_gateway::{Body, Gateway, GatewayBuilder, HeaderNames, Kind};
use tower::ServiceExt;

use crate::support::{block_on, recorded::each_recorded};

#[test]
#[cfg_attr(not(shared), ignore = "needs ../shared")]
fn recorded_answers_give_awss_response() {
    each_recorded("gold/aws_recorded.json", "/responses", |recording| {
        let id = recording["id"].as_str().unwrap();
        let (kind, path) = match recording["kind"].as_str().unwrap() {
            "rest" => (Kind::RestApi, "/prod/"),
            "httpapi-v1" => (Kind::HttpApiV1, "/"),
            "httpapi-v2" => (Kind::HttpApiV2, "/"),
            "furl" => (Kind::FunctionUrl, "/"),
            other => panic!("{id}: {other}"),
        };
        let answer = match recording.get("function_payload_raw") {
            Some(raw) => raw.as_str().unwrap().to_owned(),
            None => recording["function_result"].to_string(),
        };
        let (parts, body) = respond(kind, path, answer).into_parts();
        let expected = &recording["http"];
        assert_eq!(u64::from(parts.status.as_u16()), expected["status"].as_u64().unwrap(), "{id}");
        match &expected["body"] {
            Value::String(expected) => assert_eq!(&body, expected, "{id}"),
            _ => assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), expected["body_json"], "{id}"),
        }
        let Some(headers) = expected["headers"].as_array() else {
            return;
        };
        let mut wanted: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for pair in headers {
            let (name, value) = (pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
            let spelling = parts.extensions.get::<HeaderNames>().and_then(|names| names.spelling(name));
            if let Some(spelling) = spelling.filter(|_| !name.eq_ignore_ascii_case("content-type")) {
                assert_eq!(spelling, name, "{id}");
            }
            wanted.entry(name.to_lowercase()).or_default().push(value.to_owned());
        }
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in &parts.headers {
            found.entry(name.as_str().to_owned()).or_default().push(value.to_str().unwrap().to_owned());
        }
        // The ids by which AWS names the request are volatile, and were not recorded.
        for volatile in ["x-amzn-requestid", "x-amz-apigw-id", "x-amzn-trace-id", "apigw-requestid"] {
            assert_eq!(wanted.get(volatile), None, "{id}");
            found.remove(volatile);
        }
        if id.starts_with("localstack.") {
            // The recording client joined repeated headers, and its test kept only some of them.
            found.values_mut().for_each(|values| *values = vec![values.join(", ")]);
            found.retain(|name, _| wanted.contains_key(name));
        }
        assert_eq!(found, wanted, "{id}");
    });
}

#[test]
#[cfg_attr(not(shared), ignore = "needs ../shared")]
fn recorded_events_are_written_as_aws_wrote_them() {
    each_recorded("gold/aws_recorded.json", "/events", |recording| {
        let id = recording["id"].as_str().unwrap();
        match recording["kind"].as_str().unwrap() {
            "rest-v1" if id.starts_with("localstack.") => exact_rest_event(id, recording),
            "rest-v1" => reserialised_event(id, recording, Kind::RestApi),
            "httpapi-v1" => reserialised_event(id, recording, Kind::HttpApiV1),
            "httpapi-v2" => reserialised_event(id, recording, Kind::HttpApiV2),
            "furl" => observed_members(id, recording),
            other => panic!("{id}: {other}"),
        }
    });
}

/// What the client gets if the function answers so.
fn respond(kind: Kind, path: &str, answer: String) -> Response<String> {
    let function = tower::service_fn(move |_event: Bytes| {
        let answer = Bytes::from(answer.clone());
        async move { Ok::<_, Infallible>(answer) }
    });
    let gateway = Gateway::builder(kind).build(function).unwrap();
    block_on(async {
        let (parts, body) =
            gateway.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Response::from_parts(parts, String::from_utf8(body.to_vec()).unwrap())
    })
}

/// The event that a gateway writes for a request.
pub(super) fn event(builder: GatewayBuilder, request: &Request<Bytes>) -> Value {
    serde_json::from_slice(&builder.build(()).unwrap().event(request).unwrap()).unwrap()
}

/// LocalStack's snapshots hold the event as it was; only ids are replaced by placeholders.
fn exact_rest_event(id: &str, recording: &Value) {
    let recorded = &recording["event"];
    let resource = recorded["resource"].as_str().unwrap();
    let builder = Gateway::builder(Kind::RestApi)
        .stage("stage")
        .route(resource)
        .api_id("api123")
        .account_id("111111111111")
        .source_ip("192.0.2.1".parse().unwrap());
    let target = format!("/stage{}", recording["sent_target"].as_str().unwrap());
    let event = event(builder, &request_of(recorded, &target));
    let mut recorded = recorded.clone();
    // CloudFront's own headers came from CloudFront, here a part of the request; ids differ by nature.
    for volatile in [
        "/requestContext/apiId",
        "/requestContext/deploymentId",
        "/requestContext/domainPrefix",
        "/requestContext/extendedRequestId",
        "/requestContext/requestId",
        "/requestContext/requestTime",
        "/requestContext/requestTimeEpoch",
        "/requestContext/resourceId",
    ] {
        let (kind, place) = (event.pointer(volatile).unwrap().is_string(), recorded.pointer_mut(volatile).unwrap());
        assert_eq!(kind, place.is_string(), "{id} {volatile}");
        *place = event.pointer(volatile).unwrap().clone();
    }
    assert_eq!(event, recorded, "{id}");
}

/// The .NET recordings went through classes that have more members than the event: null there may be absent here.
fn reserialised_event(id: &str, recording: &Value, kind: Kind) {
    let recorded = &recording["event"];
    let stage = recorded["requestContext"]["stage"].as_str().unwrap();
    let route = match kind {
        Kind::HttpApiV2 => recorded["routeKey"].as_str().unwrap(),
        Kind::HttpApiV1 => recorded["requestContext"]["resourceId"].as_str().unwrap(),
        _ => recorded["resource"].as_str().unwrap(),
    };
    let mut builder =
        Gateway::builder(kind).route(route).stage(stage).api_id("EXAMPLE").account_id("ACCOUNT_ID").region("REGION");
    if id.contains("binary") && kind == Kind::RestApi {
        builder = builder.binary_media_type("application/octet-stream");
    }
    // The recordings mask the number in the path; the resource still tells it.
    let masked = recording["sent_target"].as_str().unwrap();
    let real = route.split('/').nth(1).unwrap();
    let target = masked.replacen("test*", real, 1);
    let target = if kind == Kind::RestApi { format!("/{stage}{target}") } else { target };
    let event = event(builder, &request_of(recorded, &target));
    let (mut event, mut recorded) =
        (lowercased(without_nulls(event), kind), lowercased(without_nulls(recorded.clone()), kind));
    for volatile in [
        "/requestContext/connectedAt",
        "/requestContext/deploymentId",
        "/requestContext/extendedRequestId",
        "/requestContext/http/sourceIp",
        "/requestContext/identity/sourceIp",
        "/requestContext/protocol",
        "/requestContext/requestId",
        "/requestContext/requestTime",
        "/requestContext/requestTimeEpoch",
        "/requestContext/time",
        "/requestContext/timeEpoch",
        "/headers/x-forwarded-for",
        "/headers/X-Forwarded-For",
        "/multiValueHeaders/X-Forwarded-For",
    ] {
        for value in [&mut event, &mut recorded] {
            let (parent, key) = volatile.rsplit_once('/').unwrap();
            if let Some(Value::Object(parent)) = value.pointer_mut(parent) {
                parent.remove(key);
            }
        }
    }
    if kind == Kind::RestApi {
        event["requestContext"]["resourceId"] = "RESOURCE_ID".into();
    }
    // `protocol` of 1.0 has no member in the class; of 2.0 it has.
    assert_eq!(event, recorded, "{id}");
}

/// The function URL recordings are what an echo function saw.
pub(super) fn observed_members(id: &str, recording: &Value) {
    let observed = &recording["observed"];
    let body = match &observed["data"] {
        Value::String(base64) => STANDARD.decode(base64).unwrap(),
        json => json.to_string().replace(':', ": ").into_bytes(),
    };
    let mut request = Request::post(recording["sent_target"].as_str().unwrap());
    for (name, value) in observed["headers"].as_object().unwrap() {
        if !name.starts_with("x-") && name != "host" {
            request = request.header(name, value.as_str().unwrap());
        }
    }
    let event = event(Gateway::builder(Kind::FunctionUrl), &request.body(body.into()).unwrap());
    assert_eq!(event["rawPath"], observed["path"], "{id}");
    assert_eq!(event["requestContext"]["http"]["method"], observed["method"], "{id}");
    assert_eq!(event.get("queryStringParameters").cloned().unwrap_or_else(|| json!({})), observed["args"], "{id}");
    match &observed["data"] {
        Value::String(base64) => {
            assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!(base64), &json!(true)), "{id}")
        }
        json => {
            assert_eq!(&serde_json::from_str::<Value>(event["body"].as_str().unwrap()).unwrap(), json, "{id}");
            assert_eq!(event["isBase64Encoded"], false, "{id}");
        }
    }
    for (name, value) in observed["headers"].as_object().unwrap() {
        match name.starts_with("x-") || name == "host" {
            true => assert!(event["headers"][name].is_string(), "{id} {name}"),
            false => assert_eq!(&event["headers"][name], value, "{id} {name}"),
        }
    }
}

/// The request that led to a recorded event, as far as the event tells.
fn request_of(event: &Value, target: &str) -> Request<Bytes> {
    let mut request = Request::builder().uri(target);
    let method = event.pointer("/requestContext/http/method").unwrap_or(&event["httpMethod"]);
    request = request.method(method.as_str().unwrap());
    let mut names = Vec::new();
    for (name, value) in event["headers"].as_object().unwrap() {
        let added = ["x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"];
        if !added.contains(&name.to_lowercase().as_str()) {
            names.push(name.clone());
            request = request.header(name, value.as_str().unwrap());
        }
    }
    if let Some(cookies) = event["cookies"].as_array() {
        let cookies: Vec<_> = cookies.iter().map(|c| c.as_str().unwrap()).collect();
        request = request.header("cookie", cookies.join("; "));
    }
    let body = match event["body"].as_str() {
        Some(body) if event["isBase64Encoded"] == true => STANDARD.decode(body).unwrap().into(),
        Some(body) => Bytes::copy_from_slice(body.as_bytes()),
        None => Bytes::new(),
    };
    request.extension(names.into_iter().collect::<HeaderNames>()).body(body).unwrap()
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(entries) => entries
            .into_iter()
            .filter(|(_, v)| !v.is_null())
            .map(|(k, v)| (k, without_nulls(v)))
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}

/// In the 2.0 recordings the masking tool wrote `Host` and `X-Forwarded-For`; AWS's names are lower case.
fn lowercased(mut event: Value, kind: Kind) -> Value {
    if let (Kind::HttpApiV2, Some(headers)) = (kind, event["headers"].as_object_mut()) {
        *headers = std::mem::take(headers).into_iter().map(|(k, v)| (k.to_lowercase(), v)).collect();
    }
    event
}

//! Payload format 2.0: HTTP APIs and function URLs. What is unused is absent, not null.

use serde_json::{Map, Value, json};

use super::groups::joined;
use crate::Kind;
use crate::request::query::decoded;
use crate::request::{Call, text};

pub(super) fn event(call: &Call<'_>) -> Value {
    let url = call.kind() == Kind::FunctionUrl;
    let path = &call.accepted.located.event_path;
    let mut headers = call.event_headers();
    let cookies = cookies(call);
    // A function URL shows cookies twice, an HTTP API moves them.
    if !url {
        headers.retain(|(name, _)| name != "cookie");
    }
    for (name, values) in &mut headers {
        if name == "cookie" {
            *values = vec![values.join("; ")];
        }
    }
    let query = call.decoded_query();
    let (body, base64) = call.event_body();

    let mut event = Map::new();
    let mut set = |key: &str, value: Value| event.insert(key.to_owned(), value);
    set("version", "2.0".into());
    set("routeKey", call.accepted.matched.key.clone().into());
    set("rawPath", if url { path.clone() } else { decoded(path) }.into());
    set("rawQueryString", call.query().into());
    set("headers", joined(&headers, ","));
    set("requestContext", context(call, url));
    set("isBase64Encoded", base64.into());
    if !cookies.is_empty() {
        set("cookies", cookies.into());
    }
    if !query.is_empty() {
        set("queryStringParameters", joined(&query, ","));
    }
    if !call.body.is_empty() {
        set("body", body.into());
    }
    if let Some(parameters) = call.path_parameters(true) {
        set("pathParameters", parameters);
    }
    if let Some(variables) = call.stage_variables() {
        set("stageVariables", variables);
    }
    event.into()
}

pub(super) fn context(call: &Call<'_>, url: bool) -> Value {
    let front = call.front;
    let path = decoded(&call.accepted.located.context_path);
    let caller = call.authorizer().and_then(|a| a.account_id());
    let mut context = json!({
        "accountId": if url { caller.unwrap_or("anonymous") } else { &front.account_id },
        "apiId": front.api_id,
        "domainName": call.accepted.located.domain_name,
        "domainPrefix": call.accepted.located.domain_name.split('.').next(),
        "http": {
            "method": call.accepted.method.as_str(),
            "path": if url { without_trailing_slash(path) } else { path },
            "protocol": "HTTP/1.1",
            "sourceIp": call.source_ip(),
            "userAgent": call.user_agent().unwrap_or_default(),
        },
        "requestId": if url { &call.stamp.uuid } else { &call.stamp.extended_id },
        "routeKey": call.accepted.matched.key,
        "stage": front.location.stage,
        "time": call.stamp.common_log_time(),
        "timeEpoch": call.stamp.epoch_millis(),
    });
    if let Some(context) = context.as_object_mut() {
        if let Some(authorizer) = call.authorizer().and_then(|a| a.context(call.kind())) {
            context.insert("authorizer".to_owned(), authorizer);
        }
        let certificate = call.client_certificate().map(|c| json!({ "clientCert": c.to_json() }));
        if certificate.is_some() || url {
            context.insert("authentication".to_owned(), certificate.into());
        }
    }
    context
}

fn cookies(call: &Call<'_>) -> Vec<String> {
    let headers = call.parts.headers.get_all("cookie").iter();
    headers
        .flat_map(|value| {
            let value = text(value).into_owned();
            value.split(';').map(|cookie| cookie.trim().to_owned()).collect::<Vec<_>>()
        })
        .filter(|cookie| !cookie.is_empty())
        .collect()
}

fn without_trailing_slash(path: String) -> String {
    match path.strip_suffix('/') {
        Some("") | None => path,
        Some(trimmed) => trimmed.to_owned(),
    }
}

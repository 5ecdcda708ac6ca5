//! All shared requests through the gateway alone: what stands in the event is what was sent, but for what AWS
//! changes. No line of the crates under test is in it.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use sippycup_gateway::Kind;

use super::{SHARED_REQUESTS, Sent, plain, shared_requests};
use crate::support::{decoded, form_decoded, recorded::checked};

#[test]
#[cfg_attr(not(shared), ignore = "needs ../shared")]
fn shared_requests_stand_in_the_event_of_every_kind() {
    let requests = shared_requests();
    for &kind in Kind::OF_REQUESTS {
        let gateway = plain(kind).build(()).unwrap();
        let mut written = 0;
        for sent in &requests {
            // What HTTP/1.1 does not allow in a target; hyper and AWS alike answer 400.
            let Some(request) = sent.request() else {
                assert_eq!(sent.id, "path-braces-raw", "{kind}");
                continue;
            };
            written += 1;
            compare(kind, sent, &serde_json::from_slice(&gateway.event(&request).unwrap()).unwrap());
        }
        assert_eq!(written, requests.len() - 1, "{kind}");
        checked(SHARED_REQUESTS, "", requests.len());
    }
}

/// The path and the query as they were sent.
fn path_and_query(sent: &Sent) -> (String, String) {
    let target = String::from_utf8_lossy(&sent.target).replacen("http://api.example.com", "", 1);
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    (path.to_owned(), query.to_owned())
}

fn compare(kind: Kind, sent: &Sent, event: &Value) {
    let id = format!("{kind} {}", sent.id);
    let first = |members: &[&str]| members.iter().find_map(|m| event.pointer(m)).cloned().unwrap_or_default();
    assert_eq!(first(&["/requestContext/http/method", "/httpMethod", "/method"]), sent.method, "{id}");

    let (path, query) = path_and_query(sent);
    let expected = match kind {
        Kind::HttpApiV2 => String::from_utf8_lossy(&decoded(&path)).into_owned(),
        Kind::RestApi => format!("/{}", path.trim_start_matches('/')),
        _ => path,
    };
    assert_eq!(first(&["/rawPath", "/path", "/raw_path"]), expected, "{id}");
    if let Some(raw) = event.get("rawQueryString") {
        assert_eq!(raw, &query, "{id}");
    } else {
        compare_query(kind, &query, event, &id);
    }

    let base64 = first(&["/isBase64Encoded", "/is_base64_encoded"]) == true;
    let text = first(&["/body"]);
    let text = text.as_str().unwrap_or_default();
    let body = if base64 { STANDARD.decode(text).unwrap() } else { text.as_bytes().to_vec() };
    let lossy = String::from_utf8_lossy(&sent.body).into_owned().into_bytes();
    assert!(body == sent.body || !base64 && body == lossy, "{id}");
    compare_headers(kind, sent, event, &id);
}

fn compare_query(kind: Kind, query: &str, event: &Value, id: &str) {
    let decode = matches!(kind, Kind::RestApi | Kind::HttpApiV1);
    let text = |t: &str| {
        if decode { String::from_utf8_lossy(&form_decoded(t)).into_owned() } else { t.to_owned() }
    };
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pair in query.split(|c| c == '&' || kind == Kind::RestApi && c == ';').filter(|p| !p.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        values.entry(text(key)).or_default().push(text(value));
    }
    let multi = event.get("multiValueQueryStringParameters").or(event
        .get("queryStringParameters")
        .filter(|q| q.as_object().is_some_and(|q| q.values().any(Value::is_array))));
    let single = event.get("queryStringParameters").or(event.get("query_string_parameters"));
    if let Some(found) = multi.filter(|m| m.is_object()) {
        assert_eq!(found, &serde_json::json!(values), "{id}");
    } else if let Some(found) = single.filter(|m| m.is_object()) {
        let lasts: BTreeMap<_, _> = values.iter().map(|(k, v)| (k, v.last().unwrap())).collect();
        assert_eq!(found, &serde_json::json!(lasts), "{id}");
    } else {
        assert!(values.is_empty(), "{id}");
    }
}

/// Every header that was sent is there with all its values, as far as the kind keeps them.
fn compare_headers(kind: Kind, sent: &Sent, event: &Value, id: &str) {
    let headers = event.get("multiValueHeaders").or(event.get("headers")).unwrap().as_object().unwrap();
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in &sent.headers {
        let value = String::from_utf8_lossy(value.trim_ascii()).into_owned();
        values.entry(name.to_lowercase()).or_default().push(value);
    }
    for (name, sent) in values {
        if CHANGED.contains(&name.as_str()) || name == "cookie" && kind == Kind::HttpApiV2 {
            continue;
        }
        let found = headers
            .iter()
            .find(|(k, _)| k.eq_ignore_ascii_case(&name))
            .map(|(_, v)| v)
            .unwrap_or_else(|| panic!("{id}: {name}"));
        match found {
            Value::Array(_) => assert_eq!(found, &serde_json::json!(sent), "{id}: {name}"),
            Value::String(found) => {
                let separator = match kind {
                    Kind::FunctionUrl if name == "cookie" => "; ",
                    Kind::VpcLatticeV1 => ", ",
                    _ => ",",
                };
                let last = sent.last().unwrap();
                let expected = if kind == Kind::LoadBalancer { last.clone() } else { sent.join(separator) };
                assert_eq!(found, &expected, "{id}: {name}");
            }
            other => panic!("{id}: {other}"),
        }
    }
}

/// Headers of one connection, and those that the gateway writes itself. An absolute target names the host.
const CHANGED: [&str; 7] =
    ["connection", "host", "te", "x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"];

//! All shared requests over TCP through the running command, for every kind: what a function gets is what was sent, but for what AWS changes.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use sippycup_gateway::Kind;

use crate::command::Running;
use crate::support::shared;

#[test]
fn all_shared_requests_arrive_through_every_kind() {
    let Some(requests) = shared("requests.json") else {
        return;
    };
    for &kind in Kind::ALL {
        let mut flags = vec!["--kind", kind.as_str()];
        if kind == Kind::RestApi {
            // An empty mapping leaves the paths alone; a REST API that is told to takes any body whole.
            flags.extend(["--domain", "api.example.com", "--binary", "*/*"]);
        }
        let mut running = Running::start("event", &flags);
        let address = running.address();
        let mut arrived = 0;
        for request in requests.as_array().unwrap() {
            let sent = Sent::new(request);
            let Some(event) = exchange(&address, &sent) else {
                // What HTTP/1.1 does not allow in a target; hyper and AWS alike answer 400.
                assert!(REFUSED.contains(&sent.id), "{kind} {}", sent.id);
                continue;
            };
            arrived += 1;
            compare(kind, &sent, &event);
        }
        assert!(arrived > 170, "{kind}: {arrived}");
    }
}

struct Sent<'a> {
    id: &'a str,
    method: &'a str,
    target: Vec<u8>,
    headers: Vec<(&'a str, Vec<u8>)>,
    body: Vec<u8>,
    chunked: bool,
}

impl<'a> Sent<'a> {
    fn new(request: &'a Value) -> Self {
        // The file writes one character per byte.
        let bytes =
            |text: &Value| text.as_str().unwrap().chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        Self {
            id: request["id"].as_str().unwrap(),
            method: request["method"].as_str().unwrap(),
            target: bytes(&request["target"]),
            headers: request["headers"]
                .as_array()
                .unwrap()
                .iter()
                .map(|h| (h[0].as_str().unwrap(), bytes(&h[1])))
                .collect(),
            body: STANDARD.decode(request["body_b64"].as_str().unwrap()).unwrap(),
            chunked: request["framing"] == "chunked",
        }
    }

    fn path_and_query(&self) -> (String, String) {
        let target = String::from_utf8_lossy(&self.target).replacen("http://api.example.com", "", 1);
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        (path.to_owned(), query.to_owned())
    }
}

fn exchange(address: &str, sent: &Sent<'_>) -> Option<Value> {
    let mut request = format!("{} ", sent.method).into_bytes();
    request.extend(&sent.target);
    request.extend(b" HTTP/1.1\r\n");
    for (name, value) in sent.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("connection")) {
        request.extend(name.as_bytes());
        request.extend(b": ");
        request.extend(value);
        request.extend(b"\r\n");
    }
    request.extend(b"Connection: close\r\n");
    if sent.chunked {
        request.extend(format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n", sent.body.len()).into_bytes());
        request.extend(&sent.body);
        request.extend(b"\r\n0\r\n\r\n");
    } else {
        if !sent.body.is_empty() || sent.method == "POST" {
            request.extend(format!("Content-Length: {}\r\n", sent.body.len()).into_bytes());
        }
        request.extend(b"\r\n");
        request.extend(&sent.body);
    }
    let mut socket = TcpStream::connect(address).unwrap();
    socket.write_all(&request).unwrap();
    let mut response = Vec::new();
    socket.read_to_end(&mut response).unwrap();
    if response.starts_with(b"HTTP/1.1 400") {
        return None;
    }
    assert!(response.starts_with(b"HTTP/1.1 200"), "{}: {}", sent.id, String::from_utf8_lossy(&response));
    if sent.method == "HEAD" {
        // No body, so no event to look at.
        return Some(Value::Null);
    }
    let end = response.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    Some(
        serde_json::from_slice(&response[end + 4..])
            .unwrap_or_else(|_| panic!("{}: {}", sent.id, String::from_utf8_lossy(&response))),
    )
}

fn compare(kind: Kind, sent: &Sent<'_>, event: &Value) {
    if event.is_null() {
        return;
    }
    let id = format!("{kind} {}", sent.id);
    let first = |members: &[&str]| members.iter().find_map(|m| event.pointer(m)).cloned().unwrap_or_default();
    assert_eq!(first(&["/requestContext/http/method", "/httpMethod", "/method"]), sent.method, "{id}");

    let (path, query) = sent.path_and_query();
    let expected = match kind {
        Kind::HttpApiV2 => percent_decode_str(&path).decode_utf8_lossy().into_owned(),
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
        if decode { percent_decode_str(&t.replace('+', " ")).decode_utf8_lossy().into_owned() } else { t.to_owned() }
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
fn compare_headers(kind: Kind, sent: &Sent<'_>, event: &Value, id: &str) {
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

/// Characters that a target may not hold.
const REFUSED: [&str; 1] = ["path-braces-raw"];

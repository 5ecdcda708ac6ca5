//! Any request, written as each source writes it, comes back.
//!
//! The writers are made from FIELD.md §2, not from the crate: they are the second opinion.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::{collection::vec, option, prelude::*, sample::select};
use sippycup::EventSource;

use crate::support::{base, decoded, request};

/// What a client sent.
#[derive(Clone, Debug)]
struct Sent {
    method: String,
    /// Encoded, with its leading slash.
    path: String,
    /// Decoded.
    query: Vec<(String, String)>,
    /// Names in the client's case; no name of the gateway's own.
    headers: Vec<(String, String)>,
    cookies: Vec<String>,
    body: Vec<u8>,
    /// Whether the gateway takes a text body for text.
    text: bool,
}

/// What the app shall see, as far as the source can say it.
struct Wanted {
    path: String,
    query: String,
    headers: Vec<(String, Vec<String>)>,
    base: &'static str,
    source: EventSource,
}

prop_compose! {
    fn sent()(
        method in prop_oneof![
            4 => select(&["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"][..]).prop_map(str::to_owned),
            1 => "[A-Z]{1,12}",
        ],
        segments in vec(segment(), 0..5),
        slash in any::<bool>(),
        query in vec((text(), text()), 0..6),
        headers in vec(("[xX]-[a-zA-Z0-9!#$&'*+.^_`|~-]{1,6}", value()), 0..6),
        cookies in vec("[a-z]{1,3}=[a-zA-Z0-9!#$%&'()*+./:<=>?@^_`{|}~-]{0,8}", 0..4),
        body in option::of(prop_oneof![vec(any::<u8>(), 0..64), any::<String>().prop_map(String::into_bytes)]),
        is_text in any::<bool>(),
    ) -> Sent {
        let slash = if slash && !segments.is_empty() { "/" } else { "" };
        let body = body.unwrap_or_default();
        Sent {
            method, path: format!("/{}{slash}", segments.join("/")), query, headers, cookies,
            text: is_text && std::str::from_utf8(&body).is_ok(), body,
        }
    }
}

/// A segment as clients write them: most of what a URI can hold, and escapes. None that HTTP API 2.0 could
/// not tell from another (`%2F`, `%25` before hex digits): what it decodes it cannot give back.
fn segment() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => "[a-zA-Z0-9._~!$&'()*+,;=:@-]{1,6}",
        1 => Just("%20".to_owned()),
        1 => Just("%C3%A9".to_owned()),
        1 => Just("%E2%98%95".to_owned()),
        1 => Just("%3F".to_owned()),
        1 => Just("%23".to_owned()),
        1 => Just("..".to_owned()),
        1 => Just(".".to_owned()),
        1 => Just("%5C".to_owned()),
    ];
    vec(piece, 1..4).prop_map(|pieces| pieces.concat())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-zA-Z0-9]{0,4}",
        3 => "[ -~]{0,8}",
        1 => "\\PC{0,6}",
    ]
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[!-~]([ -~]{0,10}[!-~])?", 1 => Just(String::new()), 1 => Just("Torrejón ☕".to_owned())]
}

impl Sent {
    /// As a careful client encodes it.
    fn raw_query(&self) -> String {
        let pairs: Vec<_> =
            self.query.iter().map(|(key, value)| format!("{}={}", escaped(key), escaped(value))).collect();
        pairs.join("&")
    }

    /// Names in lower case, each with its values, in the order of the first.
    fn by_name(&self) -> Vec<(String, Vec<String>)> {
        grouped(self.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())))
    }

    fn cookie(&self) -> Option<String> {
        (!self.cookies.is_empty()).then(|| self.cookies.join("; "))
    }

    fn with_cookie(&self, mut headers: Vec<(String, Vec<String>)>) -> Vec<(String, Vec<String>)> {
        headers.extend(self.cookie().map(|cookie| ("cookie".to_owned(), vec![cookie])));
        headers
    }

    /// The body's members; `empty` is what stands for none.
    fn body(&self, empty: &str, flag: &str) -> String {
        match std::str::from_utf8(&self.body) {
            Ok("") => format!(r#"{empty}"{flag}":false"#),
            Ok(body) if self.text => format!(r#""body":{},"{flag}":false"#, string(body)),
            _ => format!(r#""body":"{}","{flag}":true"#, STANDARD.encode(&self.body)),
        }
    }
}

/// Everything but unreserved characters as escapes.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn grouped(pairs: impl IntoIterator<Item = (String, String)>) -> Vec<(String, Vec<String>)> {
    let mut out: Vec<(String, Vec<String>)> = Vec::new();
    for (key, value) in pairs {
        match out.iter_mut().find(|(known, _)| *known == key) {
            Some((_, values)) => values.push(value),
            None => out.push((key, vec![value])),
        }
    }
    out
}

fn last_only(groups: Vec<(String, Vec<String>)>) -> Vec<(String, Vec<String>)> {
    groups.into_iter().map(|(key, values)| (key, values.into_iter().next_back().into_iter().collect())).collect()
}

fn joined(groups: Vec<(String, Vec<String>)>, with: &str) -> Vec<(String, Vec<String>)> {
    groups.into_iter().map(|(key, values)| (key, vec![values.join(with)])).collect()
}

/// The query of these groups, each key with its values behind each other.
fn query_of(groups: &[(String, Vec<String>)]) -> String {
    let pairs = groups.iter().flat_map(|(key, values)| values.iter().map(move |value| format!("{key}={value}")));
    pairs.collect::<Vec<_>>().join("&")
}

fn string(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// A JSON object of lists, in this order.
fn lists(groups: &[(String, Vec<String>)]) -> String {
    let members =
        groups.iter().map(|(key, values)| format!("{}:{}", string(key), serde_json::to_string(values).unwrap()));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// A JSON object of the last value of each key, in this order.
fn singles(groups: &[(String, Vec<String>)]) -> String {
    let members = groups.iter().map(|(key, values)| format!("{}:{}", string(key), string(values.last().unwrap())));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn or_null(empty: bool, json: String) -> String {
    if empty { "null".to_owned() } else { json }
}

/// FIELD §2.1 and §2.2: encoded path, decoded query in two maps, headers in two maps with the client's case.
fn format_1(sent: &Sent, rest: bool, mapping: &str, stage_in_path: bool) -> (String, Wanted) {
    // Names that differ in their case stand under one key, that of the first.
    let headers: Vec<_> = grouped(sent.headers.iter().map(|(name, value)| {
        let first = sent.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).unwrap();
        (first.0.clone(), value.clone())
    }));
    let headers = sent.with_cookie(headers);
    let query = grouped(sent.query.iter().cloned());
    let greedy = sent.path.trim_start_matches('/');
    let greedy = greedy.strip_suffix('/').unwrap_or(greedy);
    // A greedy parameter cannot be empty: that is the root resource.
    let (resource, parameters) = if greedy.is_empty() {
        ("/", "null".to_owned())
    } else {
        let value = if rest { greedy.to_owned() } else { String::from_utf8(decoded(greedy)).unwrap() };
        ("/{proxy+}", format!("{{\"proxy\":{}}}", string(&value)))
    };
    let domain = if mapping.is_empty() { "q7.execute-api.eu-central-1.amazonaws.com" } else { "api.shop.example" };
    let path = format!("{}{}{}", mapping, if stage_in_path { "/live" } else { "" }, sent.path);
    let context_path = if mapping.is_empty() && rest { format!("/live{path}") } else { path.clone() };
    let context_path = if rest { context_path } else { String::from_utf8(decoded(&context_path)).unwrap() };
    let stage = if rest || stage_in_path { "live" } else { "$default" };
    let version = if rest { "" } else { r#""version":"1.0","# };
    let event = format!(
        r#"{{{version}"resource":"{resource}","path":{path},"httpMethod":"{method}","headers":{singles},"multiValueHeaders":{lists},"queryStringParameters":{query_single},"multiValueQueryStringParameters":{query_multi},"pathParameters":{parameters},"stageVariables":null,"requestContext":{{"stage":"{stage}","path":{context_path},"resourcePath":"{resource}","domainName":"{domain}","httpMethod":"{method}"}},{body}}}"#,
        path = string(&path),
        method = sent.method,
        singles = singles(&headers),
        lists = lists(&headers),
        query_single = or_null(query.is_empty(), singles(&query)),
        query_multi = or_null(query.is_empty(), lists(&query)),
        context_path = string(&context_path),
        body = sent.body(r#""body":null,"#, "isBase64Encoded"),
    );
    let base = match (mapping, rest, stage_in_path) {
        ("", false, false) => "",
        ("", _, _) => "/live",
        _ => "/v1/shop",
    };
    let wanted = Wanted {
        path: sent.path.clone(),
        query: query_of(&grouped(sent.query.iter().map(|(key, value)| (escaped(key), escaped(value))))),
        headers: sent.with_cookie(sent.by_name()),
        base,
        source: if rest { EventSource::RestApi } else { EventSource::HttpApi },
    };
    (event, wanted)
}

/// FIELD §2.3 and §2.4: one raw query, headers in lower case and joined, cookies in a list.
fn format_2(sent: &Sent, url: bool, stage: &str) -> (String, Wanted) {
    let mut headers = joined(sent.by_name(), ",");
    if url {
        headers = sent.with_cookie(headers);
    }
    let cookies = if sent.cookies.is_empty() {
        String::new()
    } else {
        format!(r#""cookies":{},"#, serde_json::to_string(&sent.cookies).unwrap())
    };
    let in_path = if stage == "$default" { String::new() } else { format!("/{stage}") };
    let text = String::from_utf8(decoded(&sent.path)).unwrap();
    let raw_path = format!("{in_path}{}", if url { &sent.path } else { &text });
    let domain = if url { "k3.lambda-url.eu-central-1.on.aws" } else { "h8.execute-api.eu-central-1.amazonaws.com" };
    let event = format!(
        r#"{{"version":"2.0","routeKey":"$default","rawPath":{raw_path},"rawQueryString":{query},{cookies}"headers":{headers},"requestContext":{{"stage":"{stage}","domainName":"{domain}","http":{{"method":"{method}","path":{text}}}}},{body}}}"#,
        raw_path = string(&raw_path),
        query = string(&sent.raw_query()),
        headers = singles(&headers),
        method = sent.method,
        text = string(&text),
        body = sent.body("", "isBase64Encoded"),
    );
    let wanted = Wanted {
        path: sent.path.clone(),
        query: sent.raw_query(),
        headers: sent.with_cookie(joined(sent.by_name(), ",")),
        base: if stage == "$default" { "" } else { "/live" },
        source: if url { EventSource::FunctionUrl } else { EventSource::HttpApi },
    };
    (event, wanted)
}

/// FIELD §2.5: nothing is decoded; one pair of maps or the other.
fn load_balancer(sent: &Sent, multi: bool) -> (String, Wanted) {
    let mut headers = sent.with_cookie(sent.by_name());
    let mut query = grouped(sent.query.iter().map(|(key, value)| (escaped(key), escaped(value))));
    let maps = if multi {
        format!(r#""multiValueHeaders":{},"multiValueQueryStringParameters":{}"#, lists(&headers), lists(&query))
    } else {
        (headers, query) = (last_only(headers), last_only(query));
        format!(r#""headers":{},"queryStringParameters":{}"#, singles(&headers), singles(&query))
    };
    let event = format!(
        r#"{{"requestContext":{{"elb":{{"targetGroupArn":"arn:x"}}}},"httpMethod":"{}","path":{},{maps},{}}}"#,
        sent.method,
        string(&sent.path),
        sent.body(r#""body":"","#, "isBase64Encoded"),
    );
    let wanted = Wanted {
        path: sent.path.clone(),
        query: query_of(&query),
        headers,
        base: "",
        source: EventSource::LoadBalancer,
    };
    (event, wanted)
}

/// FIELD §2.6.
fn lattice(sent: &Sent, version_2: bool) -> (String, Wanted) {
    let mut query = grouped(sent.query.iter().map(|(key, value)| (escaped(key), escaped(value))));
    let (path, method) = (string(&sent.path), &sent.method);
    let (event, headers) = if version_2 {
        let headers = sent.with_cookie(sent.by_name());
        let event = format!(
            r#"{{"version":"2.0","path":{path},"method":"{method}","headers":{},"queryStringParameters":{},{},"requestContext":{{"serviceNetworkArn":"arn:x","timeEpoch":"1"}}}}"#,
            lists(&headers),
            lists(&query),
            sent.body("", "isBase64Encoded"),
        );
        (event, headers)
    } else {
        let headers = joined(sent.with_cookie(sent.by_name()), ", ");
        query = last_only(query);
        let event = format!(
            r#"{{"raw_path":{path},"method":"{method}","headers":{},"query_string_parameters":{},{}}}"#,
            singles(&headers),
            singles(&query),
            sent.body(r#""body":"","#, "is_base64_encoded"),
        );
        (event, headers)
    };
    let wanted =
        Wanted { path: sent.path.clone(), query: query_of(&query), headers, base: "", source: EventSource::VpcLattice };
    (event, wanted)
}

#[track_caller]
fn comes_back(sent: &Sent, (event, wanted): (String, Wanted)) {
    let got = request(event.clone());
    assert_eq!(got.extensions().get::<EventSource>(), Some(&wanted.source), "{event}");
    assert_eq!(got.method().as_str(), sent.method, "{event}");
    assert_eq!(base(&got), wanted.base, "{event}");
    if wanted.source == EventSource::HttpApi {
        // What was decoded on the way comes back as the same text, not as the same escapes.
        assert_eq!(decoded(got.uri().path()), decoded(&wanted.path), "{event}");
    } else {
        assert_eq!(got.uri().path(), wanted.path, "{event}");
    }
    let query = got.uri().query().unwrap_or_default();
    if matches!(wanted.source, EventSource::RestApi | EventSource::HttpApi) {
        let pairs = |query: &str| query.split('&').map(decoded).collect::<Vec<_>>();
        assert_eq!(pairs(query), pairs(&wanted.query), "{event}");
    } else {
        assert_eq!(query, wanted.query, "{event}");
    }
    let headers: Vec<_> = got.headers().iter().map(|(name, value)| (name.as_str().to_owned(), value)).collect();
    let text = |value: &http::HeaderValue| String::from_utf8(value.as_bytes().to_vec()).unwrap();
    // Whatever the front door wrote, the app finds the length of the body.
    let length = (!sent.body.is_empty()).then(|| ("content-length".to_owned(), vec![sent.body.len().to_string()]));
    let expected: Vec<_> = wanted.headers.into_iter().chain(length).collect();
    assert_eq!(grouped(headers.into_iter().map(|(name, value)| (name, text(value)))), expected, "{event}");
    assert_eq!(got.body(), &sent.body, "{event}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rest_api(sent in sent()) {
        comes_back(&sent, format_1(&sent, true, "", false));
        comes_back(&sent, format_1(&sent, true, "/v1/shop", false));
    }

    #[test]
    fn http_api_1(sent in sent()) {
        comes_back(&sent, format_1(&sent, false, "", false));
        comes_back(&sent, format_1(&sent, false, "", true));
        comes_back(&sent, format_1(&sent, false, "/v1/shop", false));
    }

    #[test]
    fn http_api_2(sent in sent()) {
        comes_back(&sent, format_2(&sent, false, "$default"));
        comes_back(&sent, format_2(&sent, false, "live"));
    }

    #[test]
    fn function_url(sent in sent()) {
        comes_back(&sent, format_2(&sent, true, "$default"));
    }

    #[test]
    fn load_balancer_with_multi_value_headers(sent in sent()) {
        comes_back(&sent, load_balancer(&sent, true));
    }

    #[test]
    fn load_balancer_without_multi_value_headers(sent in sent()) {
        comes_back(&sent, load_balancer(&sent, false));
    }

    #[test]
    fn vpc_lattice_1(sent in sent()) {
        comes_back(&sent, lattice(&sent, false));
    }

    #[test]
    fn vpc_lattice_2(sent in sent()) {
        comes_back(&sent, lattice(&sent, true));
    }
}

//! Events beyond the recordings: encodings, casing, what is null and what is absent, per kind.

mod context;

use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::Request as HttpRequest;
use serde_json::{Value, json};
use sippycup_gateway::{Gateway, GatewayBuilder, Kind};

use crate::support::{Request, event, get};

fn of(kind: Kind) -> GatewayBuilder {
    Gateway::builder(kind)
        .clock(|| UNIX_EPOCH + Duration::from_millis(1_700_000_000_123))
        .entropy(|| 0x0123_4567_89ab_cdef)
        .source_ip("192.0.2.1".parse().unwrap())
}

fn prod(kind: Kind, path: &str) -> String {
    if kind == Kind::RestApi { format!("/prod{path}") } else { path.to_owned() }
}

fn request(target: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Request {
    let request = HttpRequest::post(target);
    headers.iter().fold(request, |request, (k, v)| request.header(*k, *v)).body(body.into()).unwrap()
}

#[test]
fn paths_are_encoded_or_decoded_as_each_kind_does() {
    let typed = "/a%20b/%E2%98%95/c%2Fd/100%25/";
    let plain = "/a b/☕/c/d/100%/";
    for (kind, member, expected) in [
        (Kind::RestApi, "/path", typed),
        (Kind::RestApi, "/pathParameters/proxy", typed.trim_matches('/')),
        (Kind::HttpApiV1, "/path", typed),
        (Kind::HttpApiV1, "/requestContext/path", plain),
        (Kind::HttpApiV2, "/rawPath", plain),
        (Kind::HttpApiV2, "/requestContext/http/path", plain),
        (Kind::FunctionUrl, "/rawPath", typed),
        (Kind::FunctionUrl, "/requestContext/http/path", plain.trim_end_matches('/')),
        (Kind::LoadBalancer, "/path", typed),
        (Kind::VpcLatticeV1, "/raw_path", typed),
        (Kind::VpcLatticeV2, "/path", typed),
    ] {
        let event = event(of(kind), &get(&prod(kind, typed)));
        assert_eq!(event.pointer(member).unwrap(), expected, "{kind} {member}");
    }
}

#[test]
fn queries_are_decoded_or_raw_as_each_kind_does() {
    let query = "?q=a+b&q=a%2Bb&e=&flag&%C3%A9=%20";
    for (kind, member, expected) in [
        (Kind::RestApi, "/queryStringParameters", json!({"q": "a+b", "e": "", "flag": "", "é": " "})),
        (Kind::RestApi, "/multiValueQueryStringParameters/q", json!(["a b", "a+b"])),
        (Kind::HttpApiV1, "/multiValueQueryStringParameters/q", json!(["a b", "a+b"])),
        (Kind::HttpApiV2, "/rawQueryString", json!(query.trim_start_matches('?'))),
        (Kind::HttpApiV2, "/queryStringParameters", json!({"q": "a b,a+b", "e": "", "flag": "", "é": " "})),
        (Kind::FunctionUrl, "/rawQueryString", json!(query.trim_start_matches('?'))),
        (Kind::LoadBalancer, "/queryStringParameters", json!({"q": "a%2Bb", "e": "", "flag": "", "%C3%A9": "%20"})),
        (Kind::LoadBalancerMultiValue, "/multiValueQueryStringParameters/q", json!(["a+b", "a%2Bb"])),
        (Kind::VpcLatticeV1, "/query_string_parameters/q", json!("a%2Bb")),
        (Kind::VpcLatticeV2, "/queryStringParameters/q", json!(["a+b", "a%2Bb"])),
    ] {
        let event = event(of(kind), &get(&prod(kind, &format!("/{query}"))));
        assert_eq!(event.pointer(member).unwrap(), &expected, "{kind} {member}");
    }
    let split = event(of(Kind::RestApi), &get("/prod/?a=1;b=2"));
    assert_eq!(split["queryStringParameters"], json!({"a": "1", "b": "2"}), "a semicolon splits in REST");
}

#[test]
fn repeated_headers_are_kept_joined_or_lost_as_each_kind_does() {
    for (kind, member, expected) in [
        (Kind::RestApi, "/headers/x-tag", json!("2")),
        (Kind::RestApi, "/multiValueHeaders/x-tag", json!(["1", "2"])),
        (Kind::HttpApiV1, "/multiValueHeaders/x-tag", json!(["1", "2"])),
        (Kind::HttpApiV2, "/headers/x-tag", json!("1,2")),
        (Kind::FunctionUrl, "/headers/x-tag", json!("1,2")),
        (Kind::LoadBalancer, "/headers/x-tag", json!("2")),
        (Kind::LoadBalancerMultiValue, "/multiValueHeaders/x-tag", json!(["1", "2"])),
        (Kind::VpcLatticeV1, "/headers/x-tag", json!("1, 2")),
        (Kind::VpcLatticeV2, "/headers/x-tag", json!(["1", "2"])),
    ] {
        let event = event(of(kind), &request(&prod(kind, "/"), &[("X-Tag", "1"), ("X-Tag", "2")], ""));
        assert_eq!(event.pointer(member).unwrap(), &expected, "{kind} {member}");
    }
}

#[test]
fn cookies_are_moved_copied_or_left_as_each_kind_does() {
    let cookies = [("cookie", "a=1; b=2"), ("cookie", "c=3;d")];
    for (kind, list, header) in [
        (Kind::RestApi, None, Some("c=3;d")),
        (Kind::HttpApiV2, Some(json!(["a=1", "b=2", "c=3", "d"])), None),
        (Kind::FunctionUrl, Some(json!(["a=1", "b=2", "c=3", "d"])), Some("a=1; b=2; c=3;d")),
        (Kind::LoadBalancer, None, Some("c=3;d")),
    ] {
        let event = event(of(kind), &request(&prod(kind, "/"), &cookies, ""));
        assert_eq!(event.get("cookies").cloned(), list, "{kind}");
        assert_eq!(event["headers"].get("cookie").and_then(Value::as_str), header, "{kind}");
    }
}

#[test]
fn the_body_is_base64_by_each_kinds_rule() {
    let event_of = |kind: Kind, headers: &[(&str, &str)], body: &'static [u8]| {
        event(of(kind), &request(&prod(kind, "/"), headers, body))
    };
    for (kind, content_type, body, base64) in [
        (Kind::RestApi, "image/png", "aGk=", false),
        (Kind::HttpApiV1, "application/octet-stream", "aGk=", true),
        (Kind::HttpApiV2, "application/json", "hi", false),
        (Kind::HttpApiV2, "application/x-www-form-urlencoded", "aGk=", true),
        (Kind::HttpApiV2, "text/plain; charset=iso-8859-1", "aGk=", true),
        (Kind::FunctionUrl, "multipart/form-data; boundary=x", "aGk=", true),
        (Kind::LoadBalancer, "text/plain; charset=iso-8859-1", "hi", false),
        (Kind::LoadBalancer, "application/x-www-form-urlencoded", "aGk=", true),
        (Kind::VpcLatticeV2, "image/png", "aGk=", true),
    ] {
        let event = event_of(kind, &[("content-type", content_type)], b"hi");
        let body = if kind == Kind::RestApi { "hi" } else { body };
        assert_eq!(
            (&event["body"], &event["isBase64Encoded"]),
            (&json!(body), &json!(base64)),
            "{kind} {content_type}"
        );
    }
    let encoded = event_of(Kind::LoadBalancer, &[("content-type", "text/plain"), ("content-encoding", "gzip")], b"hi");
    assert_eq!(encoded["isBase64Encoded"], true);
    let configured = event(
        of(Kind::RestApi).binary_media_type("*/*"),
        &request("/prod/", &[("content-type", "application/json")], "hi"),
    );
    assert_eq!(configured["isBase64Encoded"], true);
    assert_eq!(
        event_of(Kind::RestApi, &[], &[0xff])["body"],
        "\u{fffd}",
        "REST mangles bytes it was not told are binary"
    );
}

#[test]
fn what_is_unused_is_null_absent_or_empty() {
    let keys = |event: &Value| event.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let rest = event(of(Kind::RestApi).route("/"), &get("/prod"));
    for key in ["queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables", "body"]
    {
        assert_eq!(rest.get(key), Some(&Value::Null), "{key}");
    }
    assert_eq!(rest.as_object().unwrap().len(), 12);
    assert_eq!(event(of(Kind::HttpApiV1), &get("/")).as_object().unwrap().len(), 13);
    assert_eq!(
        keys(&event(of(Kind::HttpApiV2), &get("/"))),
        ["headers", "isBase64Encoded", "rawPath", "rawQueryString", "requestContext", "routeKey", "version"]
    );
    let alb = event(of(Kind::LoadBalancer), &get("/"));
    assert_eq!((&alb["queryStringParameters"], &alb["body"]), (&json!({}), &json!("")));
    assert!(alb["headers"].get("host").is_none(), "a health check has no host");
}

#[test]
fn hop_by_hop_headers_stay_at_the_gateway() {
    let sent = [
        ("connection", "close"),
        ("te", "trailers"),
        ("expect", "100-continue"),
        ("content-length", "2"),
        ("max-forwards", "1"),
        ("via", "1.1 x"),
        ("x-forwarded-for", "203.0.113.7"),
    ];
    for kind in [Kind::RestApi, Kind::HttpApiV2, Kind::LoadBalancer] {
        let event = event(of(kind), &request(&prod(kind, "/"), &sent, "hi"));
        let headers = event["headers"].as_object().unwrap();
        let find =
            |name: &str| headers.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).and_then(|(_, v)| v.as_str());
        assert_eq!((find("connection"), find("te"), find("expect")), (None, None, None), "{kind}");
        assert_eq!(find("via"), Some("1.1 x"), "{kind}");
        assert_eq!(find("x-forwarded-for"), Some("203.0.113.7, 192.0.2.1"), "{kind}");
        assert_eq!(find("content-length"), (kind != Kind::RestApi).then_some("2"), "{kind}");
        assert_eq!(find("max-forwards"), (kind != Kind::RestApi).then_some("1"), "{kind}");
    }
}

#[test]
fn a_signature_stays_at_a_rest_api() {
    let signature = [("authorization", "AWS4-HMAC-SHA256 Credential=AKIA/20231114/us-east-1/execute-api/aws4_request")];
    let bearer = [("authorization", "Bearer abc")];
    let sent = |kind: Kind, headers: &[(&str, &str)]| {
        let event = event(of(kind), &request(&prod(kind, "/"), headers, ""));
        let headers = event["headers"].as_object().unwrap().clone();
        headers.keys().any(|name| name.eq_ignore_ascii_case("authorization"))
    };
    assert!(!sent(Kind::RestApi, &signature));
    assert!(sent(Kind::RestApi, &bearer));
    assert!(sent(Kind::HttpApiV2, &signature));
}

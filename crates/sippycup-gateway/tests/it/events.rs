//! Events beyond the recordings: encodings, casing, what is null and what is absent, per kind.

use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::Request as HttpRequest;
use serde_json::{Value, json};
use sippycup_gateway::{Authorizer, ClientCertificate, Domain, Gateway, GatewayBuilder, Kind};

use crate::support::{Request, event, get, shared};

fn of(kind: Kind) -> GatewayBuilder {
    Gateway::builder(kind)
        .clock(|| UNIX_EPOCH + Duration::from_millis(1_700_000_000_123))
        .entropy(|| 0x0123_4567_89ab_cdef)
        .source_ip("192.0.2.1".parse().unwrap())
}

fn prod(kind: Kind, path: &str) -> String {
    if kind == Kind::RestApi {
        format!("/prod{path}")
    } else {
        path.to_owned()
    }
}

fn request(target: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Request {
    let request = HttpRequest::post(target);
    headers
        .iter()
        .fold(request, |request, (k, v)| request.header(*k, *v))
        .body(body.into())
        .unwrap()
}

#[test]
fn paths_are_encoded_or_decoded_as_each_kind_does() {
    let typed = "/a%20b/%E2%98%95/c%2Fd/100%25/";
    let plain = "/a b/☕/c/d/100%/";
    for (kind, member, expected) in [
        (Kind::RestApi, "/path", typed),
        (
            Kind::RestApi,
            "/pathParameters/proxy",
            typed.trim_matches('/'),
        ),
        (Kind::HttpApiV1, "/path", typed),
        (Kind::HttpApiV1, "/requestContext/path", plain),
        (Kind::HttpApiV2, "/rawPath", plain),
        (Kind::HttpApiV2, "/requestContext/http/path", plain),
        (Kind::FunctionUrl, "/rawPath", typed),
        (
            Kind::FunctionUrl,
            "/requestContext/http/path",
            plain.trim_end_matches('/'),
        ),
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
        (
            Kind::RestApi,
            "/queryStringParameters",
            json!({"q": "a+b", "e": "", "flag": "", "é": " "}),
        ),
        (
            Kind::RestApi,
            "/multiValueQueryStringParameters/q",
            json!(["a b", "a+b"]),
        ),
        (
            Kind::HttpApiV1,
            "/multiValueQueryStringParameters/q",
            json!(["a b", "a+b"]),
        ),
        (
            Kind::HttpApiV2,
            "/rawQueryString",
            json!(query.trim_start_matches('?')),
        ),
        (
            Kind::HttpApiV2,
            "/queryStringParameters",
            json!({"q": "a b,a+b", "e": "", "flag": "", "é": " "}),
        ),
        (
            Kind::FunctionUrl,
            "/rawQueryString",
            json!(query.trim_start_matches('?')),
        ),
        (
            Kind::LoadBalancer,
            "/queryStringParameters",
            json!({"q": "a%2Bb", "e": "", "flag": "", "%C3%A9": "%20"}),
        ),
        (
            Kind::LoadBalancerMultiValue,
            "/multiValueQueryStringParameters/q",
            json!(["a+b", "a%2Bb"]),
        ),
        (
            Kind::VpcLatticeV1,
            "/query_string_parameters/q",
            json!("a%2Bb"),
        ),
        (
            Kind::VpcLatticeV2,
            "/queryStringParameters/q",
            json!(["a+b", "a%2Bb"]),
        ),
    ] {
        let event = event(of(kind), &get(&prod(kind, &format!("/{query}"))));
        assert_eq!(event.pointer(member).unwrap(), &expected, "{kind} {member}");
    }
    let split = event(of(Kind::RestApi), &get("/prod/?a=1;b=2"));
    assert_eq!(
        split["queryStringParameters"],
        json!({"a": "1", "b": "2"}),
        "a semicolon splits in REST"
    );
}

#[test]
fn repeated_headers_are_kept_joined_or_lost_as_each_kind_does() {
    for (kind, member, expected) in [
        (Kind::RestApi, "/headers/x-tag", json!("2")),
        (Kind::RestApi, "/multiValueHeaders/x-tag", json!(["1", "2"])),
        (
            Kind::HttpApiV1,
            "/multiValueHeaders/x-tag",
            json!(["1", "2"]),
        ),
        (Kind::HttpApiV2, "/headers/x-tag", json!("1,2")),
        (Kind::FunctionUrl, "/headers/x-tag", json!("1,2")),
        (Kind::LoadBalancer, "/headers/x-tag", json!("2")),
        (
            Kind::LoadBalancerMultiValue,
            "/multiValueHeaders/x-tag",
            json!(["1", "2"]),
        ),
        (Kind::VpcLatticeV1, "/headers/x-tag", json!("1, 2")),
        (Kind::VpcLatticeV2, "/headers/x-tag", json!(["1", "2"])),
    ] {
        let event = event(
            of(kind),
            &request(&prod(kind, "/"), &[("X-Tag", "1"), ("X-Tag", "2")], ""),
        );
        assert_eq!(event.pointer(member).unwrap(), &expected, "{kind} {member}");
    }
}

#[test]
fn cookies_are_moved_copied_or_left_as_each_kind_does() {
    let cookies = [("cookie", "a=1; b=2"), ("cookie", "c=3;d")];
    for (kind, list, header) in [
        (Kind::RestApi, None, Some("c=3;d")),
        (
            Kind::HttpApiV2,
            Some(json!(["a=1", "b=2", "c=3", "d"])),
            None,
        ),
        (
            Kind::FunctionUrl,
            Some(json!(["a=1", "b=2", "c=3", "d"])),
            Some("a=1; b=2; c=3;d"),
        ),
        (Kind::LoadBalancer, None, Some("c=3;d")),
    ] {
        let event = event(of(kind), &request(&prod(kind, "/"), &cookies, ""));
        assert_eq!(event.get("cookies").cloned(), list, "{kind}");
        assert_eq!(
            event["headers"].get("cookie").and_then(Value::as_str),
            header,
            "{kind}"
        );
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
        (
            Kind::HttpApiV2,
            "application/x-www-form-urlencoded",
            "aGk=",
            true,
        ),
        (
            Kind::HttpApiV2,
            "text/plain; charset=iso-8859-1",
            "aGk=",
            true,
        ),
        (
            Kind::FunctionUrl,
            "multipart/form-data; boundary=x",
            "aGk=",
            true,
        ),
        (
            Kind::LoadBalancer,
            "text/plain; charset=iso-8859-1",
            "hi",
            false,
        ),
        (
            Kind::LoadBalancer,
            "application/x-www-form-urlencoded",
            "aGk=",
            true,
        ),
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
    let encoded = event_of(
        Kind::LoadBalancer,
        &[("content-type", "text/plain"), ("content-encoding", "gzip")],
        b"hi",
    );
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
    let keys = |event: &Value| {
        event
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    let rest = event(of(Kind::RestApi).route("/"), &get("/prod"));
    for key in [
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "pathParameters",
        "stageVariables",
        "body",
    ] {
        assert_eq!(rest.get(key), Some(&Value::Null), "{key}");
    }
    assert_eq!(rest.as_object().unwrap().len(), 12);
    assert_eq!(
        event(of(Kind::HttpApiV1), &get("/"))
            .as_object()
            .unwrap()
            .len(),
        13
    );
    assert_eq!(
        keys(&event(of(Kind::HttpApiV2), &get("/"))),
        [
            "headers",
            "isBase64Encoded",
            "rawPath",
            "rawQueryString",
            "requestContext",
            "routeKey",
            "version"
        ]
    );
    let alb = event(of(Kind::LoadBalancer), &get("/"));
    assert_eq!(
        (&alb["queryStringParameters"], &alb["body"]),
        (&json!({}), &json!(""))
    );
    assert!(
        alb["headers"].get("host").is_none(),
        "a health check has no host"
    );
}

#[test]
fn times_and_ids_are_written_as_each_kind_does() {
    let rest = event(of(Kind::RestApi), &get("/prod/"));
    let context = &rest["requestContext"];
    assert_eq!(
        (&context["requestTime"], &context["requestTimeEpoch"]),
        (
            &json!("14/Nov/2023:22:13:20 +0000"),
            &json!(1_700_000_000_123_u64)
        )
    );
    assert_ne!(context["requestId"], context["extendedRequestId"]);
    let one = event(of(Kind::HttpApiV1), &get("/"));
    assert_eq!(
        one["requestContext"]["requestId"],
        one["requestContext"]["extendedRequestId"]
    );
    let two = event(of(Kind::HttpApiV2), &get("/"));
    assert_eq!(
        (
            &two["requestContext"]["time"],
            &two["requestContext"]["timeEpoch"]
        ),
        (
            &json!("14/Nov/2023:22:13:20 +0000"),
            &json!(1_700_000_000_123_u64)
        )
    );
    assert_eq!(
        two["headers"]["x-amzn-trace-id"],
        "Root=1-6553f100-0123456789abcdef01234567"
    );
    let lattice = event(of(Kind::VpcLatticeV2), &get("/"));
    assert_eq!(
        lattice["requestContext"]["timeEpoch"], "1700000000123000",
        "microseconds, as text"
    );
    let traced = event(
        of(Kind::LoadBalancer),
        &request("/", &[("x-amzn-trace-id", "Root=1-a-b")], ""),
    );
    assert_eq!(
        traced["headers"]["x-amzn-trace-id"],
        "Self=1-6553f100-0123456789abcdef01234567;Root=1-a-b"
    );
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
        let find = |name: &str| {
            headers
                .iter()
                .find(|(k, _)| k.eq_ignore_ascii_case(name))
                .and_then(|(_, v)| v.as_str())
        };
        assert_eq!(
            (find("connection"), find("te"), find("expect")),
            (None, None, None),
            "{kind}"
        );
        assert_eq!(find("via"), Some("1.1 x"), "{kind}");
        assert_eq!(
            find("x-forwarded-for"),
            Some("203.0.113.7, 192.0.2.1"),
            "{kind}"
        );
        assert_eq!(
            find("content-length"),
            (kind != Kind::RestApi).then_some("2"),
            "{kind}"
        );
        assert_eq!(
            find("max-forwards"),
            (kind != Kind::RestApi).then_some("1"),
            "{kind}"
        );
    }
}

#[test]
fn a_method_override_is_obeyed_by_rest_alone() {
    let sent = [("x-http-method-override", "PATCH")];
    assert_eq!(
        event(of(Kind::RestApi), &request("/prod/", &sent, ""))["httpMethod"],
        "PATCH"
    );
    assert_eq!(
        event(of(Kind::HttpApiV2), &request("/", &sent, ""))["requestContext"]["http"]["method"],
        "POST"
    );
}

#[test]
fn custom_domains_show_in_names_and_paths() {
    let domain = || Domain::new("api.example.com").mapping("shop");
    let to = |target: &str| request(target, &[("host", "api.example.com")], "");
    let rest = event(
        of(Kind::RestApi)
            .domain(domain())
            .stage_variable("SIPPYCUP_SCRIPT_NAME_BASE", "/shop"),
        &to("/shop/items/a%20b"),
    );
    assert_eq!(
        (&rest["path"], &rest["requestContext"]["path"]),
        (&json!("/shop/items/a%20b"), &json!("/shop/items/a%20b"))
    );
    assert_eq!(
        (&rest["resource"], &rest["pathParameters"]),
        (&json!("/{proxy+}"), &json!({"proxy": "items/a%20b"}))
    );
    assert_eq!(
        (
            &rest["requestContext"]["domainName"],
            &rest["requestContext"]["domainPrefix"]
        ),
        (&json!("api.example.com"), &json!("api"))
    );
    assert_eq!(
        rest["stageVariables"],
        json!({"SIPPYCUP_SCRIPT_NAME_BASE": "/shop"})
    );
    let two = event(
        of(Kind::HttpApiV2).stage("dev").domain(domain()),
        &to("/shop/items"),
    );
    assert_eq!(
        (&two["rawPath"], &two["requestContext"]["stage"]),
        (&json!("/dev/items"), &json!("dev"))
    );
}

#[test]
fn callers_show_where_the_kind_puts_them() {
    let certificate = ClientCertificate::new("PEM", "CN=client", "CN=ca")
        .serial_number("01")
        .validity("May 28 2019", "Aug 5 2021");
    let rest = event(
        of(Kind::RestApi)
            .client_certificate(certificate.clone())
            .authorizer(Authorizer::cognito([("sub", json!("42"))])),
        &get("/prod/"),
    );
    assert_eq!(
        rest["requestContext"]["identity"]["clientCert"]["subjectDN"],
        "CN=client"
    );
    assert_eq!(
        rest["requestContext"]["authorizer"],
        json!({"claims": {"sub": "42"}})
    );
    let two = event(
        of(Kind::HttpApiV2).client_certificate(certificate),
        &get("/"),
    );
    assert_eq!(
        two["requestContext"]["authentication"]["clientCert"]["validity"]["notAfter"],
        "Aug 5 2021"
    );
    let url = event(
        of(Kind::FunctionUrl).authorizer(Authorizer::iam("AKIA", "111122223333", "arn:x", "AIDA")),
        &get("/"),
    );
    assert_eq!(
        (
            &url["requestContext"]["accountId"],
            &url["requestContext"]["authorizer"]["iam"]["userId"]
        ),
        (&json!("111122223333"), &json!("AIDA"))
    );
    assert_eq!(
        event(of(Kind::FunctionUrl), &get("/"))["requestContext"]["accountId"],
        "anonymous"
    );
}

#[test]
fn an_absolute_target_names_the_host() {
    let event = event(
        of(Kind::HttpApiV2),
        &request("http://api.example.com/abs?x=1", &[("host", "other")], ""),
    );
    assert_eq!(
        (&event["headers"]["host"], &event["rawPath"]),
        (&json!("api.example.com"), &json!("/abs"))
    );
}

#[test]
fn impossible_gateways_are_refused() {
    for (builder, message) in [
        (
            of(Kind::LoadBalancer).stage("prod"),
            "a load balancer has no stage",
        ),
        (
            of(Kind::FunctionUrl).stage_variable("A", "b"),
            "a function URL has no stage variables",
        ),
        (
            of(Kind::VpcLatticeV2).domain(Domain::new("a.b")),
            "VPC Lattice has no base path mappings",
        ),
        (
            of(Kind::RestApi).stage("$default"),
            "stage `$default`: expected letters, digits, `_` and `-`, or $default on an HTTP API",
        ),
        (
            of(Kind::RestApi).route("$default"),
            "route `$default`: a REST API has none; its catch-all is `/{proxy+}`",
        ),
        (
            of(Kind::RestApi).route("x"),
            "route `x`: expected a path with a leading slash, or $default",
        ),
        (
            of(Kind::RestApi).stage_variable("A", "a b"),
            "stage variable `A`: expected a value of 1 to 512 letters, digits and -._~:/?#&=,",
        ),
        (
            of(Kind::RestApi).stage_variable("A-B", "a"),
            "stage variable `A-B`: expected a name of up to 64 letters, digits and `_`",
        ),
        (
            of(Kind::RestApi).domain(Domain::new("a b")),
            "domain `a b`: expected a host name",
        ),
        (
            of(Kind::RestApi).domain(Domain::new("a.b").mapping("x y")),
            "domain `a.b`: `x y` cannot be a base path: letters, digits and $-_.+!*'()/ only, 300 at most",
        ),
        (
            of(Kind::RestApi).domain(Domain::new("a.b").mapping("x").mapping("/x/")),
            "domain `a.b`: `x` is mapped twice",
        ),
        (
            of(Kind::HttpApiV2).domain(Domain::new("a.b").mapping_without_stage("x")),
            "domain `a.b`: the mapping `x` of an HTTP API needs a stage",
        ),
    ] {
        assert_eq!(builder.build(()).unwrap_err().to_string(), message);
    }
}

/// What a request holds can be read from its event, for all 182 shared requests and every kind.
#[test]
fn all_shared_requests_have_an_event_that_holds_them() {
    let Some(requests) = shared("requests.json") else {
        return;
    };
    let mut seen = 0;
    for shared in requests.as_array().unwrap() {
        let id = shared["id"].as_str().unwrap();
        // The file writes one character per byte.
        let bytes = |text: &str| {
            text.chars()
                .map(|c| u8::try_from(u32::from(c)).unwrap())
                .collect::<Vec<_>>()
        };
        let Ok(target) = http::Uri::try_from(bytes(shared["target"].as_str().unwrap())) else {
            continue;
        };
        let headers: Vec<_> = shared["headers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|h| (h[0].as_str().unwrap(), bytes(h[1].as_str().unwrap())))
            .collect();
        use base64::Engine as _;
        let body = base64::engine::general_purpose::STANDARD
            .decode(shared["body_b64"].as_str().unwrap())
            .unwrap();
        for kind in Kind::ALL {
            // A domain with an empty mapping: the paths are the application's own.
            let builder = if kind == Kind::RestApi {
                of(kind).domain(Domain::new("api.example.com"))
            } else {
                of(kind)
            };
            let mut request = HttpRequest::builder()
                .method(shared["method"].as_str().unwrap())
                .uri(target.clone());
            for (name, value) in &headers {
                request = request.header(*name, value.trim_ascii());
            }
            let event = event(builder, &request.body(body.clone().into()).unwrap());
            let method = ["/requestContext/http/method", "/httpMethod", "/method"]
                .iter()
                .find_map(|m| event.pointer(m))
                .unwrap();
            assert_eq!(method, &shared["method"], "{id} {kind}");
            if let Some(raw) = event.get("rawQueryString") {
                assert_eq!(raw, target.query().unwrap_or_default(), "{id} {kind}");
            }
            let path = ["path", "raw_path"].iter().find_map(|p| event.get(*p));
            if let Some(path) = path {
                let collapsed = format!("/{}", target.path().trim_start_matches('/'));
                let expected = if kind == Kind::RestApi {
                    collapsed.as_str()
                } else {
                    target.path()
                };
                assert_eq!(path, expected, "{id} {kind}");
            }
            let base64 = event
                .get("isBase64Encoded")
                .or(event.get("is_base64_encoded"))
                .unwrap()
                == true;
            let text = event
                .get("body")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let arrived = if base64 {
                base64::engine::general_purpose::STANDARD
                    .decode(text)
                    .unwrap()
            } else {
                text.as_bytes().to_vec()
            };
            let lossy = String::from_utf8_lossy(&body).into_owned().into_bytes();
            assert!(
                arrived == body || !base64 && arrived == lossy,
                "{id} {kind}"
            );
        }
        seen += 1;
    }
    assert!(seen > 170, "{seen}");
}

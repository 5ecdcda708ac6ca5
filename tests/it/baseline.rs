//! Every request case that was measured against `lambda_http` and `axum-aws-lambda` (BASELINE.md, appendix A):
//! what was wanted there holds here, in the groups and the order of that table.

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use sippycup::{EventOptions, EventSource, PublicUri};

use crate::support::{base, pairs, public, refusal, request, text, try_request, values};

const HOST: &str = "abc.execute-api.us-east-1.amazonaws.com";

fn v1() -> Value {
    json!({
        "resource": "/{proxy+}", "path": "/hello", "httpMethod": "GET",
        "headers": {"Host": HOST, "X-Forwarded-Proto": "https"},
        "multiValueHeaders": {"Host": [HOST], "X-Forwarded-Proto": ["https"]},
        "queryStringParameters": null, "multiValueQueryStringParameters": null,
        "pathParameters": {"proxy": "hello"}, "stageVariables": null,
        "requestContext": {
            "accountId": "1", "apiId": "abc", "stage": "prod", "path": "/prod/hello", "httpMethod": "GET",
            "domainName": HOST, "resourcePath": "/{proxy+}", "identity": {"sourceIp": "192.0.2.1"},
            "requestTimeEpoch": 1_428_582_896_000_u64,
        },
        "body": null, "isBase64Encoded": false,
    })
}

fn v2() -> Value {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": "/hello", "rawQueryString": "",
        "headers": {"host": HOST, "x-forwarded-proto": "https"},
        "requestContext": {
            "accountId": "1", "apiId": "abc", "stage": "$default", "domainName": HOST, "routeKey": "$default",
            "http": {
                "method": "GET", "path": "/hello", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "probe",
            },
            "timeEpoch": 1_583_348_638_390_u64,
        },
        "isBase64Encoded": false,
    })
}

const LB: &str = "lb-1.us-east-1.elb.amazonaws.com";

fn alb() -> Value {
    json!({
        "requestContext": {"elb": {"targetGroupArn": "arn:x"}}, "httpMethod": "GET", "path": "/hello",
        "queryStringParameters": {}, "headers": {"host": LB, "x-forwarded-proto": "https"}, "body": "",
        "isBase64Encoded": false,
    })
}

fn alb_multi() -> Value {
    json!({
        "requestContext": {"elb": {"targetGroupArn": "arn:x"}}, "httpMethod": "GET", "path": "/hello",
        "multiValueQueryStringParameters": {}, "multiValueHeaders": {"host": [LB], "x-forwarded-proto": ["https"]},
        "body": "", "isBase64Encoded": false,
    })
}

/// The event with one member put in the place of another, or added.
fn with(mut event: Value, pointer: &str, value: impl Into<Value>) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap()[name] = value.into();
    event
}

fn without(mut event: Value, pointer: &str) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name).unwrap();
    event
}

#[track_caller]
fn ask(event: &Value) -> Request<Bytes> {
    request(event.to_string())
}

#[track_caller]
fn query(event: &Value) -> String {
    ask(event).uri().query().unwrap_or_default().to_owned()
}

/// The event with a header as a REST API writes it: in both maps.
fn with_v1_header(name: &str, values: &[Value]) -> Value {
    let event = with(v1(), "/multiValueHeaders", json!({"Host": [HOST], name: values}));
    with(event, "/headers", json!({"Host": HOST, name: values.last()}))
}

#[test]
fn v1_every_value_of_a_header_is_kept() {
    for (name, sent) in [("X-A", ["1", "2"]), ("X-Forwarded-For", ["1.1.1.1", "2.2.2.2"]), ("Cookie", ["a=1", "b=2"])] {
        let event = with_v1_header(name, &sent.map(Value::from));
        assert_eq!(values(ask(&event).headers(), name), sent);
    }
}

#[test]
fn v1_one_map_of_headers_is_enough_and_none_is_none() {
    let no_single = ask(&with(v1(), "/headers", Value::Null));
    assert_eq!(values(no_single.headers(), "host"), [HOST]);
    let no_multi = ask(&with(v1(), "/multiValueHeaders", Value::Null));
    assert_eq!(values(no_multi.headers(), "host"), [HOST]);
    let none = ask(&with(with(v1(), "/headers", Value::Null), "/multiValueHeaders", Value::Null));
    assert!(none.headers().is_empty());
    assert_eq!(public(&none).unwrap(), format!("https://{HOST}/prod/hello"));
}

#[test]
fn v1_a_header_value_that_http_can_have_is_kept() {
    for value in ["café", "日本", "\u{80}", "a\tb", ""] {
        assert_eq!(values(ask(&with_v1_header("X-A", &[value.into()])).headers(), "x-a"), [value]);
    }
}

#[test]
fn v1_a_header_that_http_cannot_have_is_dropped_alone() {
    for value in ["a\u{7f}b", "a\0b", "a\nb", "a\rb"] {
        let request = ask(&with_v1_header("X-A", &[value.into()]));
        assert!(!request.headers().contains_key("x-a"));
        assert_eq!(values(request.headers(), "host"), [HOST]);
    }
    for name in ["bad name", "", "X-É", "a:b"] {
        assert_eq!(ask(&with_v1_header(name, &["1".into()])).headers().len(), 1, "{name}");
    }
    assert_eq!(values(ask(&with_v1_header("X-A", &[5.into()])).headers(), "x-a"), ["5"]);
    assert!(!ask(&with_v1_header("X-A", &[Value::Null])).headers().contains_key("x-a"));
}

/// Hosts that are none, or that are more than one: `PublicUri` is not there, and nothing else changes.
const NO_HOSTS: [&str; 13] = [
    "bad host",
    "a b",
    "[::1",
    "",
    "exa mple.com:99999",
    "example.com:99999",
    "h%6Fst",
    "h%zz",
    "ex<a>mple",
    "user@evil.com",
    "evil.com/injected",
    "evil.com#",
    "münchen.de",
];

/// Names and addresses of hosts, also odd ones: they are taken as they are, and never read as anything else.
const HOSTS: [&str; 11] = [
    "[::1]",
    "a_b.example.com",
    "EXAMPLE.com:443",
    "xn--a",
    "1.2.3",
    "256.256.256.256",
    "0x7f.1",
    "..",
    "a..b",
    "-a.com",
    "localhost:3000",
];

#[test]
fn a_host_header_changes_nothing_but_the_public_uri() {
    let more = ["evil.com?x=1", "evil.com\\x", "evil.com/x?y#"];
    for host in NO_HOSTS.into_iter().chain(more) {
        for event in [
            with_v1_header("Host", &[host.into()]),
            with(v2(), "/headers/host", host),
            with(alb(), "/headers/host", host),
            with(alb_multi(), "/multiValueHeaders/host", json!([host])),
        ] {
            let request = ask(&event);
            assert_eq!(request.uri(), "/hello", "{host}");
            assert_eq!(values(request.headers(), "host"), [host]);
            assert_eq!(public(&request), None, "{host}");
        }
    }
    for host in HOSTS {
        for (event, path) in [
            (with_v1_header("Host", &[host.into()]), "/prod/hello"),
            (with(v2(), "/headers/host", host), "/hello"),
            (with(alb(), "/headers/host", host), "/hello"),
        ] {
            let request = ask(&event);
            assert_eq!(request.uri(), "/hello", "{host}");
            assert_eq!(public(&request).unwrap(), format!("https://{host}{path}"));
        }
    }
}

#[test]
fn a_forwarded_protocol_changes_nothing_but_the_public_uri() {
    for proto in
        ["ht tp", "", "https,http", "https, http", "javascript", "file", "ws", "1http", "https://x", "mailto", "httpss"]
    {
        for event in
            [with_v1_header("X-Forwarded-Proto", &[proto.into()]), with(v2(), "/headers/x-forwarded-proto", proto)]
        {
            let request = ask(&event);
            assert_eq!(request.uri(), "/hello", "{proto}");
            assert_eq!(public(&request), None, "{proto}");
        }
    }
    for (proto, scheme) in [("HTTPS", "https"), ("http", "http"), ("HTTP", "http"), ("https", "https")] {
        let request = ask(&with_v1_header("X-Forwarded-Proto", &[proto.into()]));
        let uri = request.extensions().get::<PublicUri>().unwrap();
        assert_eq!(uri.scheme_str(), Some(scheme));
        assert_eq!(uri.path(), "/prod/hello");
    }
}

/// What the text of a path becomes on sources that write it encoded.
const PATHS: [(&str, &str); 29] = [
    ("/a b", "/a%20b"),
    ("/a%20b", "/a%20b"),
    ("/a%2Fb", "/a%2Fb"),
    ("//double", "//double"),
    ("/../x", "/../x"),
    ("/a/../../b", "/a/../../b"),
    ("/a/../admin", "/a/../admin"),
    ("/a/./b", "/a/./b"),
    ("/a/%2e%2e/b", "/a/%2e%2e/b"),
    ("/{x}", "/{x}"),
    ("/é", "/%C3%A9"),
    ("/a?b", "/a%3Fb"),
    ("/a#b", "/a%23b"),
    ("", "/"),
    ("hello", "/hello"),
    ("/a\\b", "/a\\b"),
    ("/a|b", "/a|b"),
    ("/a\"b", "/a%22b"),
    ("/a<b>", "/a%3Cb%3E"),
    ("/a\tb", "/a%09b"),
    ("/a\nb", "/a%0Ab"),
    ("/a;b=1,c", "/a;b=1,c"),
    ("/a:b@c", "/a:b@c"),
    ("/a^`b", "/a^%60b"),
    ("/~user/$&'()*+,;=:@!", "/~user/$&'()*+,;=:@!"),
    (":99999/x", "/:99999/x"),
    ("@x/y", "/@x/y"),
    ("/prod/x", "/prod/x"),
    ("*", "*"),
];

#[test]
fn a_path_is_neither_decoded_nor_normalised() {
    for (path, wanted) in PATHS {
        let no_host = without(without(v1(), "/headers/Host"), "/multiValueHeaders/Host");
        for event in [with(v1(), "/path", path), with(no_host, "/path", path), with(alb(), "/path", path)] {
            let request = ask(&event);
            assert_eq!(request.uri().path(), wanted);
            assert_eq!(request.uri().query(), None);
            assert_eq!(request.uri().authority(), None);
        }
        // This one is decoded, so nothing that no URI has is left as it is.
        let escaped = wanted.replace('{', "%7B").replace('}', "%7D").replace('\\', "%5C");
        let escaped = escaped.replace('|', "%7C").replace('^', "%5E");
        assert_eq!(ask(&with(v2(), "/rawPath", path)).uri(), &*escaped);
    }
    assert_eq!(ask(&with(v1(), "/path", "/100%")).uri(), "/100%");
    for (path, wanted) in [("/100%", "/100%25"), ("/a%", "/a%25"), ("/a{b}", "/a%7Bb%7D")] {
        assert_eq!(ask(&with(v2(), "/rawPath", path)).uri(), wanted);
    }
    assert!(refusal(with(v1(), "/path", Value::Null).to_string()).contains("expected a path at `path`, found null"));
}

#[test]
fn the_stage_is_where_the_source_puts_it() {
    assert_eq!(ask(&v1()).uri(), "/hello");
    let mapped = with(
        with(with(v1(), "/path", "/shop/hello"), "/requestContext/path", "/shop/hello"),
        "/requestContext/domainName",
        "api.example.com",
    );
    let request = ask(&mapped);
    assert_eq!(format!("{}{}", base(&request), request.uri()), "/shop/hello");
    assert_eq!(ask(&with(v1(), "/path", "/prod")).uri(), "/prod");

    let named = |path: &str| with(with(v2(), "/requestContext/stage", "prod"), "/rawPath", path);
    assert_eq!(ask(&named("/prod/hello")).uri(), "/hello");
    assert_eq!(ask(&named("/prod")).uri(), "/");
    let domain = with(named("/hello"), "/requestContext/domainName", "api.example.com");
    assert_eq!(ask(&domain).uri(), "/hello");
    assert_eq!(base(&ask(&domain)), "");
}

#[test]
fn v1_a_query_decodes_to_what_the_event_has() {
    for (key, sent) in [
        ("a", &["1&2"][..]),
        ("a", &["1=2"]),
        ("a", &["1+2"]),
        ("a", &["50%"]),
        ("a", &["x y"]),
        ("a", &["é"]),
        ("a", &[""]),
        ("", &["1"]),
        ("a&b", &["1"]),
        ("a", &["1", "2", "1"]),
        ("a", &["1,2"]),
        ("a", &["%41"]),
        ("a", &["#;'\"<>"]),
    ] {
        let event = with(v1(), "/multiValueQueryStringParameters", json!({key: sent}));
        let event = with(event, "/queryStringParameters", json!({key: sent.last()}));
        let got = pairs(ask(&event).uri().query());
        let wanted: Vec<_> = sent.iter().map(|value| (key.as_bytes().to_vec(), value.as_bytes().to_vec())).collect();
        assert_eq!(got, wanted);
    }
    assert_eq!(query(&with(v1(), "/multiValueQueryStringParameters", json!({"a": [], "b": ["1"]}))), "b=1");
    assert_eq!(query(&with(v1(), "/queryStringParameters", json!({"a": "1,2"}))), "a=1,2");
    assert_eq!(query(&with(v1(), "/queryStringParameters", json!({"a": null}))), "");
    assert_eq!(query(&with(v1(), "/multiValueQueryStringParameters", json!({"a": null, "b": [null]}))), "");
}

#[test]
fn what_no_uri_has_is_encoded_in_a_query_that_was_decoded_and_stays_in_one_that_was_not() {
    let (text, encoded) = ("{a}|b\\c^d[e]", "%7Ba%7D%7Cb%5Cc%5Ed%5Be%5D");
    for map in ["queryStringParameters", "multiValueQueryStringParameters"] {
        let value = if map.starts_with('m') { json!([text]) } else { json!(text) };
        let http_1 = with(v1(), "/version", "1.0");
        // Older recordings of payload format 2.0 have maps.
        let http_2 = without(v2(), "/rawQueryString");
        let lattice =
            json!({"version": "2.0", "method": "GET", "path": "/", "requestContext": {"serviceArn": "arn:x"}});
        for (event, wanted) in [(v1(), encoded), (http_1, encoded), (http_2, encoded), (alb(), text), (lattice, text)] {
            assert_eq!(query(&with(event, &format!("/{map}"), json!({text: value}))), format!("{wanted}={wanted}"));
        }
    }
}

#[test]
fn the_target_of_all_of_a_server_is_a_path_where_it_has_a_query() {
    let options = with(v1(), "/path", "*");
    assert_eq!(ask(&options).uri(), "*");
    let queried = with(options, "/queryStringParameters", json!({"a": "1"}));
    assert_eq!(ask(&queried).uri(), "/*?a=1");
}

#[test]
fn a_method_and_a_query_are_the_smallest_event_of_a_rest_api() {
    let smallest = json!({"httpMethod": "GET", "multiValueQueryStringParameters": {"a": ["1"]}});
    assert_eq!(ask(&smallest).uri(), "/?a=1");
    assert_eq!(ask(&with(smallest, "/multiValueQueryStringParameters", Value::Null)).uri(), "/");
}

#[test]
fn query_keys_keep_the_order_of_the_event() {
    for (map, z, b) in
        [("multiValueQueryStringParameters", "[\"1\"]", "[\"4\",\"5\"]"), ("queryStringParameters", "\"1\"", "\"4\"")]
    {
        for context in ["{}", "{\"elb\":{}}"] {
            let event = format!(
                r#"{{"httpMethod":"GET","path":"/","{map}":{{"z":{z},"a":"2","m":"3","b":{b}}},"requestContext":{context}}}"#
            );
            let last = if b.starts_with('[') { "b=4&b=5" } else { "b=4" };
            assert_eq!(request(event).uri().query().unwrap(), format!("z=1&a=2&m=3&{last}"));
        }
    }
}

#[test]
fn v2_a_raw_query_goes_through_and_only_what_no_uri_has_is_encoded() {
    for (raw, wanted) in [
        ("a=1&b=2", "a=1&b=2"),
        ("a=%26&b=%2B&c=+", "a=%26&b=%2B&c=+"),
        ("a=ü", "a=%C3%BC"),
        ("a=x y", "a=x%20y"),
        ("a=1|2", "a=1|2"),
        ("a=\"q\"", "a=%22q%22"),
        ("a=<b>", "a=%3Cb%3E"),
        ("a={b}", "a={b}"),
        ("a=`b`", "a=%60b%60"),
        ("a=b\\c", "a=b\\c"),
        ("a=b^c", "a=b^c"),
        ("a=[1]", "a=[1]"),
        ("a=#frag", "a=%23frag"),
        ("a=%", "a=%"),
        ("a=\u{1}", "a=%01"),
        ("a=\n", "a=%0A"),
        ("&&", "&&"),
        ("=", "="),
        ("a=1?b", "a=1?b"),
        ("z=1&a=2&z=3", "z=1&a=2&z=3"),
        ("a=\u{7f}", "a=%7F"),
        ("?a=1", "a=1"),
        ("?", ""),
        ("", ""),
    ] {
        assert_eq!(query(&with(v2(), "/rawQueryString", raw)), wanted);
    }
    let no_raw = with(without(v2(), "/rawQueryString"), "/queryStringParameters", json!({"a": "1,2"}));
    assert_eq!(query(&no_raw), "a=1,2");
}

#[test]
fn v2_cookies_and_headers_are_kept() {
    let cookies = |list: Value| with(v2(), "/cookies", list);
    let both = with(cookies(json!(["a=1", "b=2"])), "/headers/cookie", "a=1; b=2");
    for (event, wanted) in [
        (both, &["a=1; b=2"][..]),
        (cookies(json!(["a=1", "b=2"])), &["a=1; b=2"]),
        (cookies(json!(["a=1", "b=é"])), &["a=1; b=é"]),
        (cookies(Value::Null), &[]),
        (cookies(json!([null])), &[]),
        (cookies(json!([null, "a=1"])), &["a=1"]),
        (cookies(json!([])), &[]),
        (cookies(json!("a=1")), &[]),
    ] {
        assert_eq!(values(ask(&event).headers(), "cookie"), wanted, "{event}");
    }
    assert_eq!(values(ask(&with(v2(), "/headers/x-a", "1,2")).headers(), "x-a"), ["1,2"]);
    assert_eq!(values(ask(&with(v2(), "/headers/user-agent", "café")).headers(), "user-agent"), ["café"]);
    assert!(ask(&without(v2(), "/headers")).headers().is_empty());
}

#[test]
fn v2_only_the_method_is_needed_of_http() {
    let bare = with(v2(), "/requestContext/http", json!({"method": "GET"}));
    assert_eq!(ask(&bare).uri(), "/hello");
    for event in [with(v2(), "/requestContext/http", json!({})), without(v2(), "/requestContext/http")] {
        let message = refusal(event.to_string());
        assert!(message.contains("expected a method at `requestContext.http.method`, found nothing"), "{message}");
    }
    for method in ["FOO", "get", "PROPFIND"] {
        assert_eq!(ask(&with(v2(), "/requestContext/http/method", method)).method().as_str(), method);
    }
    for method in ["", "GE T"] {
        let message = refusal(with(v2(), "/requestContext/http/method", method).to_string());
        assert!(message.contains("`requestContext.http.method`"), "{message}");
    }
    let stray = with(v2(), "/httpMethod", "DELETE");
    assert_eq!(ask(&stray).method(), "GET");
}

#[test]
fn alb_a_query_is_what_the_client_wrote() {
    for value in [
        "%26", "%2B", "a+b", "%", "%25", "%2526", "a%20b", "1,2", "%3D", "a=b", "%C3%A9", "%E9", "%ff", "%FF", "%00",
        "", "%zz", "%23", "a;b", "%2C",
    ] {
        assert_eq!(query(&with(alb(), "/queryStringParameters", json!({"a": value}))), format!("a={value}"));
        let multi = with(alb_multi(), "/multiValueQueryStringParameters", json!({"a": [value, value]}));
        assert_eq!(query(&multi), format!("a={value}&a={value}"));
    }
    assert_eq!(query(&with(alb(), "/queryStringParameters", json!({"%5Ba%5D": "1"}))), "%5Ba%5D=1");
    assert_eq!(query(&with(alb(), "/queryStringParameters", Value::Null)), "");
}

#[test]
fn alb_nothing_but_method_and_path_is_needed() {
    assert_eq!(ask(&without(alb(), "/headers")).uri(), "/hello");
    assert!(ask(&without(alb(), "/body")).body().is_empty());
    assert_eq!(public(&ask(&alb_multi())).unwrap(), format!("https://{LB}/hello"));
    let cookies = with(alb_multi(), "/multiValueHeaders/cookie", json!(["a=1", "b=2"]));
    assert_eq!(values(ask(&cookies).headers(), "cookie"), ["a=1", "b=2"]);
}

#[test]
fn a_body_is_its_bytes_or_an_error() {
    let events = [("v1", v1()), ("v2", v2()), ("alb", alb())];
    for (name, event) in events {
        let body = |body: Value, flag: Value| with(with(event.clone(), "/body", body), "/isBase64Encoded", flag);
        for broken in ["!!!", "YQ", "_-8=", "YR==", "YWJj="] {
            let message = refusal(body(broken.into(), true.into()).to_string());
            assert!(message.contains("at `body`"), "{name} {broken}: {message}");
        }
        assert_eq!(ask(&body("YWJj\n".into(), true.into())).body(), "abc", "{name}");
        for empty in [Value::Null, "".into()] {
            assert!(ask(&body(empty.clone(), true.into())).body().is_empty(), "{name}");
            assert!(ask(&body(empty, false.into())).body().is_empty(), "{name}");
        }
        assert_eq!(ask(&body("YWJj".into(), Value::Null)).body(), "YWJj", "{name}");
        assert_eq!(ask(&body("YWJj".into(), "true".into())).body(), "abc", "{name}");
        assert_eq!(ask(&body("YWJj".into(), "false".into())).body(), "YWJj", "{name}");
        assert_eq!(ask(&body(json!({"a": 1}), false.into())).body(), r#"{"a":1}"#, "{name}");
        assert_eq!(ask(&without(body("YWJj".into(), true.into()), "/isBase64Encoded")).body(), "YWJj", "{name}");
        assert_eq!(ask(&body("a\0b".into(), false.into())).body(), "a\0b", "{name}");
        assert_eq!(ask(&body("é😀\"\\\n".into(), false.into())).body(), "é😀\"\\\n", "{name}");
        let on_get = ask(&body("kept".into(), false.into()));
        assert_eq!((on_get.method().as_str(), &on_get.body()[..]), ("GET", &b"kept"[..]), "{name}");
    }
}

#[test]
fn every_kind_of_event_is_told() {
    let source = |event: &Value| *ask(event).extensions().get::<EventSource>().unwrap();
    let web_socket = |event_type: &str, extra: Value| {
        let mut event = extra;
        event["requestContext"] =
            json!({"connectionId": "c", "eventType": event_type, "routeKey": "$x", "stage": "dev", "messageId": "m"});
        event
    };
    for event in [
        web_socket("CONNECT", json!({"headers": {"Host": "h"}})),
        web_socket("CONNECT", json!({"httpMethod": "GET", "path": "/hello/world", "resource": "/{proxy+}"})),
        web_socket("MESSAGE", json!({"body": "hi"})),
        without(web_socket("MESSAGE", json!({"body": "hi"})), "/requestContext/messageId"),
        web_socket("DISCONNECT", json!({})),
    ] {
        assert_eq!(source(&event), EventSource::WebSocket);
    }

    let lattice = r#"{"version":"2.0","path":"/hello","method":"GET","headers":{"host":["svc.lattice.aws"],"x":"y"},
        "queryStringParameters":{"state":["prod"],"multi":["a","DEF","g"]},"requestContext":{"serviceArn":"arn:x"}}"#;
    let got = request(lattice);
    assert_eq!(got.uri(), "/hello?state=prod&multi=a&multi=DEF&multi=g");
    assert_eq!(values(got.headers(), "x"), ["y"]);
    let with_query = lattice.replace("\"/hello\"", "\"/hello?state=prod&multi=a\"");
    assert_eq!(request(with_query).uri(), "/hello?state=prod&multi=a");
    let odd_proto = lattice.replace("\"x\":\"y\"", "\"x-forwarded-proto\":[\"ht tp\"]");
    assert_eq!(request(odd_proto).uri().path(), "/hello");
    let version_1 = json!({"raw_path": "/hello", "method": "GET", "headers": {"accept": "*/*"}});
    assert_eq!(source(&version_1), EventSource::VpcLattice);

    let version_1 = with(v1(), "/version", "1.0");
    assert_eq!(source(&version_1), EventSource::HttpApi);
    for (id, wanted) in
        [("GET /hello", EventSource::HttpApi), ("$default", EventSource::HttpApi), ("a1b2c3", EventSource::RestApi)]
    {
        assert_eq!(source(&with(version_1.clone(), "/requestContext/resourceId", id)), wanted);
    }
    assert_eq!(source(&v1()), EventSource::RestApi);
}

#[test]
fn json_is_read_as_json_should_be() {
    let event = v2().to_string();
    for broken in [format!("{event} x"), format!("\u{feff}{event}"), event[..event.len() - 9].to_owned(), String::new()]
    {
        let error = try_request(broken, &EventOptions::default()).unwrap_err();
        assert!(error.is_not_json());
    }
    let deep = format!("{}1{}", "{\"a\":".repeat(150), "}".repeat(150));
    let nested = event.replacen("\"http\":", &format!("\"authorizer\":{{\"lambda\":{deep}}},\"http\":"), 1);
    assert_eq!(request(nested).uri(), "/hello");
}

#[test]
fn members_of_unexpected_types_do_not_cost_the_event() {
    let same = |plain: Value, rows: Vec<(&str, Value)>| {
        let wanted = text(&ask(&plain));
        for (pointer, value) in rows {
            let got = text(&ask(&with(plain.clone(), pointer, value.clone())));
            // What is shown of the members themselves may differ; the request may not.
            let head = |text: &str| text.split("---").next().unwrap().to_owned();
            assert_eq!(head(&got), head(&wanted), "{pointer} {value}");
        }
    };
    let pem = json!({"clientCert": {"clientCertPem": "x"}});
    same(
        v1(),
        vec![
            ("/requestContext/requestTimeEpoch", json!("1428582896000")),
            ("/requestContext/requestTimeEpoch", json!(1_428_582_896_000.5)),
            ("/requestContext/requestTimeEpoch", Value::Null),
            ("/requestContext/authorizer", json!(5)),
            ("/requestContext/authorizer", json!("x")),
            ("/requestContext/authorizer", Value::Null),
            ("/requestContext/authorizer", json!({"claims": {"sub": "a"}, "n": 1})),
            ("/requestContext/identity", Value::Null),
            ("/requestContext/identity", pem.clone()),
            ("/stageVariables", json!({"a": 1})),
            ("/stageVariables", json!({"a": null})),
            ("/pathParameters", json!({"a": null})),
            ("/resource", json!(1)),
            ("/requestContext/accountId", json!(123_456_789_012_u64)),
            ("/requestContext/stage", Value::Null),
            ("/requestContext/httpMethod", Value::Null),
        ],
    );
    same(
        v2(),
        vec![
            ("/requestContext/timeEpoch", json!("1583348638390")),
            ("/requestContext/timeEpoch", json!(1_500_000_000_000.5)),
            ("/requestContext/authorizer", json!(5)),
            ("/requestContext/authorizer", Value::Null),
            ("/requestContext/authorizer", json!({"jwt": {"claims": {"exp": 123}, "scopes": null}})),
            ("/requestContext/authorizer", json!({"jwt": {"claims": {"groups": ["a", "b"]}}})),
            ("/requestContext/authorizer", json!({"lambda": null})),
            ("/requestContext/authorizer", json!({"lambda": "x"})),
            ("/requestContext/authorizer", json!({"iam": {"cognitoIdentity": {"identityId": "x"}}})),
            ("/requestContext/authentication", Value::Null),
            ("/requestContext/authentication", pem),
            ("/stageVariables", json!({"a": 1})),
            ("/pathParameters", json!({"a": null})),
            ("/queryStringParameters", json!({"a": null})),
            ("/queryStringParameters", json!({"a": 1})),
            ("/version", json!(2.0)),
            ("/httpMethod", json!("GET")),
            ("/type", json!({"x": 1})),
        ],
    );
    assert_eq!(query(&with(alb(), "/queryStringParameters", json!({"a": 1}))), "a=1");
    assert_eq!(ask(&with(alb(), "/requestContext/elb", "x")).uri(), "/hello");
    assert_eq!(ask(&with(alb(), "/requestContext/elb", Value::Null)).uri(), "/hello");
    assert_eq!(ask(&with(v1(), "/httpMethod", "get")).method().as_str(), "get");
    assert!(ask(&with(with(v1(), "/multiValueHeaders", json!([])), "/headers", json!([]))).headers().is_empty());
    assert_eq!(ask(&with(v1(), "/body", json!({"a": 1}))).body(), "{\"a\":1}");
    assert_eq!(ask(&without(v1(), "/httpMethod")).method(), "GET");
    assert!(refusal(with(alb(), "/httpMethod", "GE T").to_string()).contains("`httpMethod`"));
}

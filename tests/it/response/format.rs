//! What stands where in the answer's JSON, source by source.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};
use sippycup::{BinaryPolicy, EventOptions, ProxyEvent};

use crate::support::{encoded, encoded_with, fixture, http_fixtures};

/// One fixture for each way to answer.
const REST: &str = "rest_api/execute_api";
const HTTP_1: &str = "http_api_1/default_stage";
const HTTP_2: &str = "http_api_2/default_stage";
const URL: &str = "function_url/cookies";
const ALB_MULTI: &str = "alb/multi";
const ALB_SINGLE: &str = "alb/single";
const LATTICE_1: &str = "vpc_lattice/v1";
const LATTICE_2: &str = "vpc_lattice/v2";
const WEB_SOCKET: &str = "web_socket/connect";
const ALL: [&str; 9] = [REST, HTTP_1, HTTP_2, URL, ALB_MULTI, ALB_SINGLE, LATTICE_1, LATTICE_2, WEB_SOCKET];

fn response(headers: &[(&str, &[u8])], body: &[u8]) -> Response<Bytes> {
    let mut response = Response::new(Bytes::copy_from_slice(body));
    for (name, value) in headers {
        let name = HeaderName::try_from(*name).unwrap();
        response.headers_mut().append(name, HeaderValue::from_bytes(value).unwrap());
    }
    response
}

fn status(status: u16, body: &[u8]) -> Response<Bytes> {
    let mut response = response(&[], body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

/// Every value that a header has in the answer, whatever the map.
fn sent(answer: &Value, name: &str) -> Vec<String> {
    let mut out = Vec::new();
    for map in ["headers", "multiValueHeaders"] {
        for (key, value) in answer[map].as_object().into_iter().flatten() {
            if key.eq_ignore_ascii_case(name) {
                match value {
                    Value::Array(values) => out.extend(values.iter().map(|value| value.as_str().unwrap().to_owned())),
                    value => out.push(value.as_str().unwrap().to_owned()),
                }
            }
        }
    }
    if name == "set-cookie" {
        out.extend(answer["cookies"].as_array().into_iter().flatten().map(|value| value.as_str().unwrap().to_owned()));
    }
    out
}

#[test]
fn an_answer_has_the_members_of_its_source_and_no_other() {
    for (event, wanted) in [
        (REST, &["body", "isBase64Encoded", "multiValueHeaders", "statusCode"][..]),
        (HTTP_1, &["body", "isBase64Encoded", "multiValueHeaders", "statusCode"]),
        (HTTP_2, &["body", "cookies", "headers", "isBase64Encoded", "statusCode"]),
        (URL, &["body", "cookies", "headers", "isBase64Encoded", "statusCode"]),
        (ALB_MULTI, &["body", "isBase64Encoded", "multiValueHeaders", "statusCode", "statusDescription"]),
        (ALB_SINGLE, &["body", "headers", "isBase64Encoded", "statusCode", "statusDescription"]),
        (LATTICE_1, &["body", "headers", "isBase64Encoded", "statusCode", "statusDescription"]),
        (LATTICE_2, &["body", "headers", "isBase64Encoded", "statusCode", "statusDescription"]),
        (WEB_SOCKET, &["body", "headers", "isBase64Encoded", "statusCode"]),
    ] {
        for response in [response(&[], b""), response(&[("x-a", b"1"), ("set-cookie", b"a=1")], b"x")] {
            let answer = encoded(fixture(event), response);
            let mut members: Vec<_> = answer.as_object().unwrap().keys().map(String::as_str).collect();
            members.sort_unstable();
            assert_eq!(members, wanted, "{event}");
        }
    }
}

#[test]
fn every_cookie_arrives_whole_and_in_order() {
    let cookies = ["a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT", "b=2; Path=/", "c=é", "a=1"];
    let headers: Vec<_> = cookies.iter().map(|cookie| ("set-cookie", cookie.as_bytes())).collect();
    for event in ALL {
        let answer = encoded(fixture(event), response(&headers, b""));
        let mut got = sent(&answer, "set-cookie");
        if answer.get("cookies").is_none() && answer.get("multiValueHeaders").is_none() {
            // The spellings of a name have no order in JSON.
            got.sort();
            let mut sorted = cookies.to_vec();
            sorted.sort_unstable();
            assert_eq!(got, sorted, "{event}");
            assert_eq!(answer["headers"].as_object().unwrap().len(), cookies.len(), "{event}");
        } else {
            assert_eq!(got, cookies, "{event}");
        }
    }
}

#[test]
fn without_cookies_format_2_still_lists_none() {
    for event in [HTTP_2, URL] {
        assert_eq!(encoded(fixture(event), response(&[], b""))["cookies"], json!([]));
    }
}

#[test]
fn repeated_headers_stay_repeated_or_are_joined() {
    let headers = [("vary", &b"origin"[..]), ("link", b"<a>"), ("vary", b"accept"), ("link", b"<b>")];
    for event in ALL {
        let answer = encoded(fixture(event), response(&headers, b"x"));
        let multi = answer.get("multiValueHeaders").is_some();
        let (vary, link) = (sent(&answer, "vary"), sent(&answer, "link"));
        if multi {
            assert_eq!((vary, link), (vec!["origin".into(), "accept".into()], vec!["<a>".into(), "<b>".into()]));
        } else {
            assert_eq!((vary, link), (vec!["origin, accept".into()], vec!["<a>, <b>".into()]));
        }
    }
}

#[test]
fn single_values_take_512_cookies_and_refuse_one_more() {
    for event in [ALB_SINGLE, LATTICE_1, LATTICE_2, WEB_SOCKET] {
        let cookies = |count: usize| {
            let values: Vec<_> = (0..count).map(|index| format!("c{index}=1").into_bytes()).collect();
            let headers: Vec<_> = values.iter().map(|value| ("set-cookie", value.as_slice())).collect();
            response(&headers, b"")
        };
        let answer = encoded(fixture(event), cookies(512));
        let mut got = sent(&answer, "set-cookie");
        got.sort();
        got.dedup();
        assert_eq!(got.len(), 512, "{event}");
        let format = ProxyEvent::from_bytes(fixture(event)).unwrap().response_format(&EventOptions::default()).unwrap();
        let error = format.encode(cookies(513), &BinaryPolicy::default()).unwrap_err().to_string();
        assert!(error.contains("512") && error.contains("513"), "{error}");
    }
    let many: Vec<_> = (0..600).map(|index| format!("c{index}=1").into_bytes()).collect();
    let headers: Vec<_> = many.iter().map(|value| ("set-cookie", value.as_slice())).collect();
    for event in [REST, HTTP_1, HTTP_2, URL, ALB_MULTI] {
        assert_eq!(sent(&encoded(fixture(event), response(&headers, b"")), "set-cookie").len(), 600, "{event}");
    }
}

#[test]
fn a_status_description_is_the_status_and_its_reason() {
    for (code, wanted) in [(200, "200 OK"), (404, "404 Not Found"), (418, "418 I'm a teapot"), (599, "599")] {
        for event in [ALB_MULTI, ALB_SINGLE, LATTICE_1] {
            let answer = encoded(fixture(event), status(code, b"x"));
            assert_eq!((&answer["statusCode"], &answer["statusDescription"]), (&json!(code), &json!(wanted)));
        }
    }
}

#[test]
fn hop_by_hop_headers_and_the_apps_length_stay_behind() {
    let headers = [
        ("connection", &b"keep-alive, X-Hop"[..]),
        ("keep-alive", b"timeout=5"),
        ("proxy-connection", b"close"),
        ("te", b"trailers"),
        ("trailer", b"x-t"),
        ("transfer-encoding", b"chunked"),
        ("upgrade", b"h2c"),
        ("content-length", b"999"),
        ("x-hop", b"1"),
        ("x-end", b"1"),
        ("content-type", b"text/plain"),
    ];
    for event in ALL {
        let answer = encoded(fixture(event), response(&headers, b"hello"));
        for gone in &headers[..9] {
            assert!(sent(&answer, gone.0).is_empty(), "{event} {}", gone.0);
        }
        assert_eq!(sent(&answer, "x-end"), ["1"], "{event}");
        assert_eq!(sent(&answer, "content-type"), ["text/plain"], "{event}");
        assert_eq!(answer["body"], "hello");
    }
}

#[test]
fn date_and_server_stay_behind_only_where_they_would_be_renamed() {
    let headers = [("date", &b"Tue, 14 Nov 2023 22:13:20 GMT"[..]), ("server", b"probe")];
    for event in ALL {
        let answer = encoded(fixture(event), response(&headers, b""));
        let kept = usize::from(event != REST);
        assert_eq!((sent(&answer, "date").len(), sent(&answer, "server").len()), (kept, kept), "{event}");
    }
}

#[test]
fn the_bytes_alone_say_whether_a_body_is_text() {
    for (headers, body, text, base64) in [
        (&[][..], &b"plain"[..], "plain", false),
        (&[], b"", "", false),
        (&[], "é😀\u{0}\u{1f}\"\\/\u{2028}".as_bytes(), "é😀\u{0}\u{1f}\"\\/\u{2028}", false),
        (&[], b"\x89PNG\r\n\x1a\n\x00\xff", "iVBORw0KGgoA/w==", true),
        // Charsets and media types that claim otherwise change nothing.
        (&[("content-type", &b"text/plain; charset=iso-8859-1"[..])], b"caf\xe9", "Y2Fm6Q==", true),
        (&[("content-type", b"text/html; charset=utf-16le")], b"h\0i\0", "h\0i\0", false),
        (&[("content-type", b"text/plain")], b"\xff\xfeab\x80", "//5hYoA=", true),
        (&[("content-type", b"text/csv; charset=utf-8")], b"\xef\xbb\xbfa,b", "\u{feff}a,b", false),
        (&[("content-type", b"application/json")], b"\"\xff\"", "Iv8i", true),
        (&[("content-type", b"Application/JSON")], b"{}", "{}", false),
        (&[("content-type", b"application/x-www-form-urlencoded")], b"a=1", "a=1", false),
        (&[("content-type", b"application/octet-stream")], b"ascii", "ascii", false),
        (&[("content-type", b"image/png")], b"ascii", "ascii", false),
        (&[("content-type", b"image/svg+xml")], b"<svg/>", "<svg/>", false),
        (&[("content-type", b"image/png")], b"", "", false),
        (&[("content-type", b"image/\xe9")], b"\xff\xfe", "//4=", true),
        // An encoding that is one means base64.
        (&[("content-encoding", b"gzip")], b"\x1f\x8b\x08\x00", "H4sIAA==", true),
        (&[("content-encoding", b"br")], b"ascii", "YXNjaWk=", true),
        (&[("content-encoding", b"gzip")], b"", "", false),
        (&[("content-encoding", b"identity")], b"hi", "hi", false),
        (&[("content-encoding", b"Identity")], b"hi", "hi", false),
    ] {
        for event in ALL {
            let answer = encoded(fixture(event), response(headers, body));
            assert_eq!(
                (&answer["body"], &answer["isBase64Encoded"]),
                (&json!(text), &json!(base64)),
                "{event} {headers:?}"
            );
        }
    }
}

#[test]
fn media_types_can_be_forced_to_base64() {
    let policy = BinaryPolicy::default().base64_for(["image/*", "application/pdf"]);
    for (content_type, base64) in [
        ("image/svg+xml", true),
        ("IMAGE/SVG+XML; charset=utf-8", true),
        ("application/pdf", true),
        ("application/pdfx", false),
        ("text/plain", false),
        ("imagex/y", false),
    ] {
        let answer =
            encoded_with(fixture(REST), response(&[("content-type", content_type.as_bytes())], b"text"), &policy);
        let body = if base64 { "dGV4dA==" } else { "text" };
        assert_eq!((&answer["isBase64Encoded"], &answer["body"]), (&json!(base64), &json!(body)), "{content_type}");
    }
    let everything = BinaryPolicy::default().base64_for(["*/*"]);
    assert_eq!(encoded_with(fixture(REST), response(&[], b"text"), &everything)["isBase64Encoded"], true);
}

#[test]
fn a_header_value_that_is_not_utf_8_is_read_as_latin_1_and_the_others_stay() {
    let headers = [
        ("x-latin", &b"caf\xe9"[..]),
        ("x-utf", "café ☕".as_bytes()),
        ("x-ascii", b"\"quoted\" \\ tab\t"),
        ("set-cookie", b"c=\xe9"),
        ("x-two", b"\xff"),
        ("x-two", "ü".as_bytes()),
    ];
    for event in ALL {
        let answer = encoded(fixture(event), response(&headers, b""));
        assert_eq!(sent(&answer, "x-latin"), ["café"], "{event}");
        assert_eq!(sent(&answer, "x-utf"), ["café ☕"], "{event}");
        assert_eq!(sent(&answer, "x-ascii"), ["\"quoted\" \\ tab\t"], "{event}");
        assert_eq!(sent(&answer, "set-cookie"), ["c=é"], "{event}");
        assert_eq!(sent(&answer, "x-two").join(", "), "ÿ, ü", "{event}");
    }
}

#[test]
fn answers_without_a_body_have_none() {
    for event in ALL {
        for code in [204, 304] {
            let answer = encoded(fixture(event), status(code, b"must not go out"));
            assert_eq!((&answer["statusCode"], &answer["body"]), (&json!(code), &json!("")), "{event}");
            assert_eq!(answer["isBase64Encoded"], false);
        }
        let kept = encoded(fixture(event), status(205, b"stays"));
        assert_eq!(kept["body"], "stays");
    }
}

#[test]
fn a_head_request_is_answered_without_a_body() {
    for name in http_fixtures() {
        let event = String::from_utf8(fixture(&name).to_vec()).unwrap();
        let mut event: Value = serde_json::from_str(&event).unwrap();
        for pointer in ["/httpMethod", "/method", "/requestContext/http/method"] {
            if let Some(method) = event.pointer_mut(pointer) {
                *method = "HEAD".into();
            }
        }
        let answer =
            encoded(event.to_string(), response(&[("content-encoding", b"gzip"), ("etag", b"\"x\"")], b"\x1f\x8b"));
        if name.starts_with("web_socket") {
            continue;
        }
        assert_eq!((&answer["body"], &answer["isBase64Encoded"]), (&json!(""), &json!(false)), "{name}");
        assert_eq!(sent(&answer, "etag"), ["\"x\""], "{name}");
    }
}

#[test]
fn a_load_balancer_is_answered_in_kind() {
    for (event, multi) in [
        (json!({"requestContext": {"elb": {}}, "httpMethod": "GET", "path": "/", "headers": {}}), false),
        (json!({"requestContext": {"elb": {}}, "httpMethod": "GET", "path": "/", "multiValueHeaders": {}}), true),
        (json!({"requestContext": {"elb": {}}, "httpMethod": "GET", "path": "/"}), false),
        (
            json!({
                "requestContext": {"elb": {}}, "httpMethod": "GET", "path": "/", "headers": {"a": "1"},
                "multiValueHeaders": null, "multiValueQueryStringParameters": {},
            }),
            false,
        ),
    ] {
        let answer = encoded(event.to_string(), response(&[("x-a", b"1")], b""));
        assert_eq!(answer.get("multiValueHeaders").is_some(), multi, "{event}");
        assert_eq!(answer.get("headers").is_some(), !multi, "{event}");
    }
}

#[test]
fn an_answer_may_be_as_large_as_its_front_door_takes_and_no_byte_larger() {
    let format = |name: &str| {
        let event = ProxyEvent::from_bytes(fixture(name)).unwrap();
        event.response_format(&EventOptions::default()).unwrap()
    };
    for (name, json, headers) in [
        (REST, 6_291_556, Some(10_240)),
        (HTTP_1, 6_291_556, Some(10_240)),
        (HTTP_2, 6_291_556, Some(10_240)),
        (URL, 6_291_556, None),
        (ALB_SINGLE, 1_048_576, Some(32_768)),
        (ALB_MULTI, 1_048_576, Some(32_768)),
        (LATTICE_2, 6_291_556, None),
        (WEB_SOCKET, 6_291_556, None),
    ] {
        let format = format(name);
        let encode = |response| format.encode(response, &BinaryPolicy::default()).unwrap();
        let rest = encode(response(&[], b"")).as_bytes().len();
        for (more, fits) in [(0, true), (1, false)] {
            let answer = encode(response(&[], &vec![b'a'; json - rest + more]));
            assert_eq!((answer.as_bytes().len(), answer.oversize().is_none()), (json + more, fits), "{name}");
            // What stays behind does not count.
            let value = vec![b'a'; headers.unwrap_or(40_000) + more];
            let answer = response(&[("x-a", &value), ("te", b"trailers")], b"");
            let fits = fits || headers.is_none();
            assert_eq!(format.oversize(answer.headers()).is_none(), fits, "{name}");
            assert_eq!(encode(answer).oversize().is_none(), fits, "{name}");
        }
    }
}

#[test]
fn megabytes_go_out_as_they_are() {
    let text: String = "0123456789abcde\n".repeat(300_000);
    let answer = encoded(fixture(HTTP_2), response(&[], text.as_bytes()));
    assert_eq!(answer["body"], text);
    let binary = vec![0xff; 3_000_000];
    let answer = encoded(fixture(HTTP_2), response(&[], &binary));
    assert_eq!(answer["body"], "/".repeat(4_000_000));
}

#[test]
fn a_content_type_is_never_invented() {
    for event in ALL {
        assert!(sent(&encoded(fixture(event), response(&[], b"x")), header::CONTENT_TYPE.as_str()).is_empty());
    }
}

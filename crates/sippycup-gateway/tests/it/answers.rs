//! Answers beyond the recordings: what each kind does with a function's JSON, as the documentation and measurements have it.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde_json::json;
use sippycup_gateway::{Fault, Gateway, GatewayBuilder, HeaderNames, Kind};

use crate::support::{Request, ask, get, respond, text};

fn of(kind: Kind) -> GatewayBuilder {
    Gateway::builder(kind)
}

fn root(kind: Kind) -> Request {
    get(if kind == Kind::RestApi { "/prod/" } else { "/" })
}

fn values<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
    headers.get_all(name).iter().map(|v| v.to_str().unwrap()).collect()
}

#[tokio::test]
async fn malformed_answers_are_refused_with_a_reason() {
    for (kind, answer, status, reason) in [
        (Kind::RestApi, r#"{"cookies":["a=1"]}"#, 502, "malformed answer: a REST API knows no key `cookies`"),
        (Kind::RestApi, r#"{"statusCode":200,"body":{"a":1}}"#, 502, "malformed answer: expected a string at `body`"),
        (Kind::RestApi, r#"{"statusCode":99}"#, 502, "malformed answer: expected a status code at `statusCode`"),
        (Kind::RestApi, r#"{"headers":{"a":["b"]}}"#, 502, "malformed answer: expected a string at `headers.a`"),
        (
            Kind::RestApi,
            r#"{"headers":{"a b":"c"}}"#,
            502,
            "malformed answer: the name of header `a b` is not allowed in HTTP",
        ),
        (
            Kind::RestApi,
            r#"{"headers":{"a":"b\nc"}}"#,
            502,
            "malformed answer: the value of header `a` is not allowed in HTTP",
        ),
        (Kind::RestApi, "[]", 502, "malformed answer: expected an object"),
        (Kind::HttpApiV1, r#"{"statusCode":"no"}"#, 500, "malformed answer: expected a status code at `statusCode`"),
        (
            Kind::HttpApiV2,
            r#"{"statusCode":200,"cookies":"a=1"}"#,
            500,
            "malformed answer: expected a list at `cookies`",
        ),
        (Kind::HttpApiV2, r#"{"statusCode":200,"body":"???","isBase64Encoded":true}"#, 500, "no base64"),
        (Kind::FunctionUrl, r#"{"statusCode":"x"}"#, 502, "malformed answer: expected a status code at `statusCode`"),
        (
            Kind::LoadBalancer,
            r#"{"statusCode":200,"headers":{}}"#,
            502,
            "malformed answer: `isBase64Encoded` is missing",
        ),
        (
            Kind::LoadBalancer,
            r#"{"isBase64Encoded":false,"headers":{}}"#,
            502,
            "malformed answer: `statusCode` is missing",
        ),
        (
            Kind::LoadBalancer,
            r#"{"statusCode":200,"isBase64Encoded":false,"multiValueHeaders":{}}"#,
            502,
            "malformed answer: `headers` is missing",
        ),
        (
            Kind::LoadBalancerMultiValue,
            r#"{"statusCode":200,"isBase64Encoded":false,"headers":{}}"#,
            502,
            "malformed answer: `multiValueHeaders` is missing",
        ),
        (
            Kind::LoadBalancer,
            r#"{"statusCode":200,"headers":{},"body":null,"isBase64Encoded":false}"#,
            502,
            "malformed answer: expected a string at `body`",
        ),
        (
            Kind::LoadBalancer,
            r#"{"statusCode":200,"headers":{"x-n":1},"isBase64Encoded":false}"#,
            502,
            "malformed answer: expected a string at `headers.x-n`",
        ),
        (
            Kind::LoadBalancer,
            r#"{"statusCode":200,"headers":{"x-n":null},"isBase64Encoded":false}"#,
            502,
            "malformed answer: expected a string at `headers.x-n`",
        ),
        (
            Kind::LoadBalancerMultiValue,
            r#"{"statusCode":200,"multiValueHeaders":{"x-n":[true]},"isBase64Encoded":false}"#,
            502,
            "malformed answer: expected a list of strings at `multiValueHeaders.x-n`",
        ),
        (Kind::VpcLatticeV1, "{}", 502, "malformed answer: `statusCode` is missing"),
        (Kind::VpcLatticeV2, "x", 502, "malformed answer: no JSON"),
    ] {
        let response = respond(of(kind), root(kind), answer).await;
        let fault = response.extensions().get::<Fault>().unwrap_or_else(|| panic!("{kind} {answer}")).to_string();
        assert_eq!(response.status().as_u16(), status, "{kind} {answer}");
        assert!(fault.contains(reason), "{kind} {answer}: {fault}");
    }
}

#[tokio::test]
async fn rest_remaps_what_it_keeps_for_itself() {
    let answer = r#"{"headers":{"Connection":"close","Content-Length":"9","Date":"d","Server":"s","WWW-Authenticate":"Basic","Transfer-Encoding":"chunked","X-A":"b"},"body":"four"}"#;
    let response = respond(of(Kind::RestApi), root(Kind::RestApi), answer).await;
    for (name, value) in [
        ("connection", "close"),
        ("content-length", "9"),
        ("date", "d"),
        ("server", "s"),
        ("www-authenticate", "Basic"),
    ] {
        assert_eq!(values(response.headers(), &format!("x-amzn-remapped-{name}")), [value]);
    }
    assert_eq!(values(response.headers(), "content-length"), ["4"]);
    assert!(
        ["connection", "date", "server", "www-authenticate", "transfer-encoding", "x-amzn-remapped-transfer-encoding"]
            .iter()
            .all(|n| !response.headers().contains_key(*n))
    );
    let names = response.extensions().get::<HeaderNames>().unwrap();
    assert_eq!(names.spelling("x-amzn-remapped-www-authenticate"), Some("x-amzn-Remapped-WWW-Authenticate"));
}

#[tokio::test]
async fn the_same_pair_in_both_maps_is_one_header_of_rest() {
    let answer = r#"{"headers":{"a":"1","b":"3"},"multiValueHeaders":{"A":["1","2"]}}"#;
    let response = respond(of(Kind::RestApi), root(Kind::RestApi), answer).await;
    assert_eq!(values(response.headers(), "a"), ["1", "2"]);
    let response = respond(of(Kind::HttpApiV1), root(Kind::HttpApiV1), answer).await;
    assert_eq!(values(response.headers(), "a"), ["1", "1", "2"]);
}

#[tokio::test]
async fn cookies_become_one_header_each_where_the_kind_has_them() {
    let answer = r#"{"statusCode":200,"headers":{"set-cookie":"c=3"},"cookies":["a=1","b=2"],"multiValueHeaders":{"set-cookie":["d=4"]},"isBase64Encoded":false}"#;
    for (kind, expected) in [
        (Kind::HttpApiV2, vec!["a=1", "b=2", "c=3"]),
        (Kind::FunctionUrl, vec!["a=1", "b=2", "c=3"]),
        (Kind::HttpApiV1, vec!["c=3", "d=4"]),
        (Kind::LoadBalancer, vec!["c=3"]),
        (Kind::LoadBalancerMultiValue, vec!["d=4"]),
        (Kind::VpcLatticeV2, vec!["c=3"]),
    ] {
        let response = respond(of(kind), root(kind), answer).await;
        assert_eq!(values(response.headers(), "set-cookie"), expected, "{kind}");
    }
    let variants = r#"{"statusCode":200,"headers":{"set-cookie":"a=1","Set-cookie":"b=2"},"isBase64Encoded":false}"#;
    let response = respond(of(Kind::LoadBalancer), root(Kind::LoadBalancer), variants).await;
    assert_eq!(values(response.headers(), "set-cookie"), ["a=1", "b=2"], "spelling variants are different keys");
}

#[tokio::test]
async fn rest_takes_base64_off_only_for_the_first_accepted_binary_type() {
    let answer = r#"{"body":"aGk=","isBase64Encoded":true}"#;
    for (types, accept, body) in [
        (&[][..], "image/png", "aGk="),
        (&["image/png"][..], "image/png", "hi"),
        (&["image/*"][..], "image/png,*/*;q=0.8", "hi"),
        (&["image/png"][..], "text/html,image/png", "aGk="),
        (&["image/png"][..], "*/*", "aGk="),
        (&["*/*"][..], "text/html", "hi"),
        (&["*/*"][..], "", "hi"),
        (&["image/png"][..], "", "aGk="),
    ] {
        let builder = types.iter().fold(of(Kind::RestApi), |builder, t| builder.binary_media_type(*t));
        let mut request = root(Kind::RestApi);
        if !accept.is_empty() {
            request.headers_mut().insert("accept", accept.parse().unwrap());
        }
        assert_eq!(text(respond(builder, request, answer).await).await, body, "{types:?} {accept}");
    }
    let mut request = root(Kind::RestApi);
    request.headers_mut().insert("accept", "image/png".parse().unwrap());
    let broken =
        respond(of(Kind::RestApi).binary_media_type("image/png"), request, r#"{"body":"?","isBase64Encoded":true}"#)
            .await;
    assert_eq!(broken.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn every_other_kind_always_takes_base64_off() {
    let answer = r#"{"statusCode":200,"headers":{},"multiValueHeaders":{},"body":"aGk=","isBase64Encoded":true}"#;
    for kind in Kind::OF_REQUESTS.iter().copied().filter(|k| *k != Kind::RestApi) {
        assert_eq!(text(respond(of(kind), root(kind), answer).await).await, "hi", "{kind}");
    }
}

#[tokio::test]
async fn head_has_the_headers_of_the_body_and_no_body() {
    let answer = r#"{"statusCode":200,"headers":{},"multiValueHeaders":{},"body":"four","isBase64Encoded":false}"#;
    for &kind in Kind::OF_REQUESTS {
        let mut request = root(kind);
        *request.method_mut() = Method::HEAD;
        let response = respond(of(kind), request, answer).await;
        assert_eq!(values(response.headers(), "content-length"), ["4"], "{kind}");
        assert_eq!(text(response).await, "", "{kind}");
    }
}

#[tokio::test]
async fn no_content_has_neither_body_nor_length() {
    let answer = r#"{"statusCode":204,"body":"ignored"}"#;
    let response = respond(of(Kind::HttpApiV2), root(Kind::HttpApiV2), answer).await;
    assert!(!response.headers().contains_key("content-length"));
    assert_eq!(text(response).await, "");
}

#[tokio::test]
async fn the_response_names_the_request_as_the_event_does() {
    let echo = tower::service_fn(async |event: Bytes| {
        let answer = json!({"statusCode": 200, "headers": {}, "body": String::from_utf8_lossy(&event)});
        Ok::<_, std::io::Error>(Bytes::from(answer.to_string()))
    });
    for (kind, ids) in [
        (
            Kind::RestApi,
            &[
                ("x-amzn-requestid", "/requestContext/requestId"),
                ("x-amz-apigw-id", "/requestContext/extendedRequestId"),
                ("x-amzn-trace-id", "/headers/X-Amzn-Trace-Id"),
            ][..],
        ),
        (Kind::HttpApiV2, &[("apigw-requestid", "/requestContext/requestId")][..]),
        (
            Kind::FunctionUrl,
            &[("x-amzn-requestid", "/requestContext/requestId"), ("x-amzn-trace-id", "/headers/x-amzn-trace-id")][..],
        ),
    ] {
        let response = ask(of(kind).build(echo).unwrap(), root(kind)).await;
        let headers = response.headers().clone();
        let event: serde_json::Value = serde_json::from_str(&text(response).await).unwrap();
        for (header, member) in ids {
            assert_eq!(event.pointer(member).unwrap(), headers[*header].to_str().unwrap(), "{kind} {header}");
        }
    }
}

#[tokio::test]
async fn non_ascii_header_values_are_sent_as_utf8() {
    let response =
        respond(of(Kind::HttpApiV2), root(Kind::HttpApiV2), r#"{"statusCode":200,"headers":{"x-city":"Torrejón"}}"#)
            .await;
    assert_eq!(response.headers()["x-city"].as_bytes(), "Torrejón".as_bytes());
}

#[tokio::test]
async fn json_without_a_status_is_the_body_compact_from_a_function_url_and_as_it_is_from_an_http_api() {
    let answer = "{\n \"a b\" : [ 1.50, \"x \\\" y\\\\\" , true ]\t}";
    let url = respond(of(Kind::FunctionUrl), root(Kind::FunctionUrl), answer).await;
    assert_eq!(values(url.headers(), "content-length"), ["30"]);
    assert_eq!(text(url).await, r#"{"a b":[1.50,"x \" y\\",true]}"#);
    assert_eq!(text(respond(of(Kind::HttpApiV2), root(Kind::HttpApiV2), answer).await).await, answer);
    let broken = "{ \"a\" : ";
    assert_eq!(text(respond(of(Kind::FunctionUrl), root(Kind::FunctionUrl), broken).await).await, broken);
}

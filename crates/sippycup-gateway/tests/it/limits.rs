//! Sizes and times: what is refused before the function, and what is not waited for.

use std::time::Duration;

use bytes::Bytes;
use http::{Request as HttpRequest, StatusCode};
use sippycup_gateway::{Body, Fault, Gateway, Kind};
use tower::{ServiceExt, service_fn};

use crate::support::{answering, get, respond, text};

fn path(kind: Kind) -> &'static str {
    if kind == Kind::RestApi { "/prod/" } else { "/" }
}

#[tokio::test]
async fn bodies_over_the_limit_are_413_in_the_kinds_own_words() {
    for (kind, limit, page) in [
        (Kind::RestApi, 10 << 20, r#"{"message":"Request Too Long"}"#),
        (Kind::HttpApiV1, 10 << 20, r#"{"message":"Request Entity Too Large"}"#),
        (Kind::HttpApiV2, 10 << 20, r#"{"message":"Request Entity Too Large"}"#),
        (Kind::FunctionUrl, 6 << 20, r#"{"Message":"Request Entity Too Large"}"#),
        (Kind::LoadBalancer, 1 << 20, "413 Payload Too Large"),
        (Kind::VpcLatticeV2, 6 << 20, "Payload Too Large"),
    ] {
        let request = HttpRequest::post(path(kind)).body(Bytes::from(vec![b'a'; limit + 1])).unwrap();
        let response = respond(Gateway::builder(kind), request, "{}").await;
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE, "{kind}");
        assert!(text(response).await.contains(page), "{kind}");
    }
}

#[tokio::test]
async fn an_event_over_6_mb_is_too_much_though_the_body_is_not() {
    for (content_type, bytes, status) in [
        // Base64 makes three bytes four: 4.8 MB of an image are 6.4 MB of event.
        ("image/png", 4_800_000, StatusCode::PAYLOAD_TOO_LARGE),
        ("text/plain", 4_800_000, StatusCode::OK),
        ("text/plain", 6_400_000, StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let request =
            HttpRequest::post("/").header("content-type", content_type).body(Bytes::from(vec![b'a'; bytes])).unwrap();
        assert_eq!(
            respond(Gateway::builder(Kind::HttpApiV2), request, "{}").await.status(),
            status,
            "{content_type} {bytes}"
        );
    }
}

#[tokio::test]
async fn a_load_balancer_limits_body_and_answer_to_1_mb() {
    let request = || HttpRequest::post("/").body(Bytes::from(vec![b'a'; 1 << 20])).unwrap();
    let answer = |size: usize| {
        format!(r#"{{"statusCode":200,"isBase64Encoded":false,"headers":{{}},"body":"{}"}}"#, "x".repeat(size))
    };
    assert_eq!(respond(Gateway::builder(Kind::LoadBalancer), request(), answer(10)).await.status(), StatusCode::OK);
    let large = respond(Gateway::builder(Kind::LoadBalancer), request(), answer(1 << 20)).await;
    assert_eq!(large.status(), StatusCode::BAD_GATEWAY);
    assert!(large.extensions().get::<Fault>().unwrap().to_string().contains("where 1048576 are the limit"));
}

#[tokio::test]
async fn answers_over_6_mb_are_502_of_rest() {
    let answer = format!(r#"{{"body":"{}"}}"#, "x".repeat((6 << 20) + 100));
    assert_eq!(respond(Gateway::builder(Kind::RestApi), get("/prod/"), answer).await.status(), StatusCode::BAD_GATEWAY);
}

#[tokio::test]
async fn request_headers_are_limited_to_10_240_bytes() {
    for (size, status) in [(10_000, StatusCode::OK), (10_240, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)] {
        let request = HttpRequest::get("/").header("x-long", "x".repeat(size)).body(Bytes::new()).unwrap();
        assert_eq!(respond(Gateway::builder(Kind::HttpApiV2), request, "{}").await.status(), status);
    }
}

#[tokio::test]
async fn a_load_balancer_takes_32_kb_of_response_headers() {
    let answer = |size: usize| {
        format!(r#"{{"statusCode":200,"isBase64Encoded":false,"headers":{{"x":"{}"}}}}"#, "x".repeat(size))
    };
    assert_eq!(respond(Gateway::builder(Kind::LoadBalancer), get("/"), answer(32_000)).await.status(), StatusCode::OK);
    assert_eq!(
        respond(Gateway::builder(Kind::LoadBalancer), get("/"), answer(33_000)).await.status(),
        StatusCode::BAD_GATEWAY
    );
}

#[tokio::test]
async fn limits_can_be_set() {
    let builder = Gateway::builder(Kind::HttpApiV2).request_limit(3).payload_limit(2_000).header_limit(20);
    let post = |body: &'static str| HttpRequest::post("/").body(Bytes::from_static(body.as_bytes())).unwrap();
    assert_eq!(respond(builder.clone(), post("abc"), "{}").await.status(), StatusCode::OK);
    assert_eq!(respond(builder.clone(), post("abcd"), "{}").await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(
        respond(builder.clone(), post("abc"), vec![b' '; 2_001]).await.status(),
        StatusCode::INTERNAL_SERVER_ERROR
    );
    let long = HttpRequest::get("/").header("x-long", "twenty characters...").body(Bytes::new()).unwrap();
    assert_eq!(respond(builder, long, "{}").await.status(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
}

#[tokio::test(start_paused = true)]
async fn each_kind_waits_as_long_as_aws_does() {
    for (kind, seconds, status, page) in [
        (Kind::RestApi, 29, 504, r#"{"message": "Endpoint request timed out"}"#),
        (Kind::HttpApiV1, 30, 503, r#"{"message":"Service Unavailable"}"#),
        (Kind::HttpApiV2, 30, 503, r#"{"message":"Service Unavailable"}"#),
        (Kind::FunctionUrl, 900, 502, "Internal Server Error"),
        (Kind::VpcLatticeV2, 60, 504, "Gateway Timeout"),
    ] {
        for (works, status) in [(seconds - 1, 200), (seconds + 1, status)] {
            let slow = service_fn(move |_event: Bytes| async move {
                tokio::time::sleep(Duration::from_secs(works)).await;
                Ok::<_, std::io::Error>(Bytes::from_static(br#"{"statusCode":200}"#))
            });
            let began = tokio::time::Instant::now();
            let gateway = Gateway::builder(kind).build(slow).unwrap();
            let response = gateway.oneshot(get(path(kind)).map(Body::from)).await.unwrap();
            assert_eq!(response.status().as_u16(), status, "{kind} {works}");
            // The paused clock counts in milliseconds.
            assert_eq!(began.elapsed().as_secs(), works.min(seconds), "{kind} {works}");
            if status != 200 {
                assert_eq!(text(response).await, page, "{kind}");
            }
        }
    }
}

#[tokio::test]
async fn a_function_that_is_not_ready_or_fails_is_a_function_error() {
    let failing = service_fn(async |_event: Bytes| Err::<Bytes, _>(std::io::Error::other("no disk")));
    let gateway = Gateway::builder(Kind::RestApi).build(failing).unwrap();
    let response = gateway.oneshot(get("/prod/").map(Body::from)).await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
    assert_eq!(response.headers()["x-amzn-errortype"], "InternalServerErrorException");
    assert_eq!(response.extensions().get::<Fault>().unwrap().to_string(), "the function failed: no disk");
}

#[tokio::test]
async fn requests_outside_stage_mapping_and_routes_never_reach_the_function() {
    for (kind, route, path, status, page) in [
        (Kind::RestApi, "/x", "/other/x", 403, r#"{"message":"Forbidden"}"#),
        (Kind::RestApi, "/x", "/prod/y", 403, r#"{"message":"Missing Authentication Token"}"#),
        (Kind::HttpApiV2, "GET /x", "/y", 404, r#"{"message":"Not Found"}"#),
    ] {
        let gateway = Gateway::builder(kind).route(route).build(answering("{}")).unwrap();
        let response = gateway.oneshot(get(path).map(Body::from)).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{kind} {path}");
        assert_eq!(text(response).await, page, "{kind} {path}");
    }
}

#[tokio::test]
async fn a_time_that_no_clock_holds_is_long() {
    let gateway = Gateway::builder(Kind::RestApi).timeout(Duration::MAX);
    let response = respond(gateway, get("/prod/"), r#"{"statusCode":200}"#).await;
    assert_eq!(response.status(), StatusCode::OK);
}

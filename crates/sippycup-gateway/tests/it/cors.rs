//! CORS as each kind has it.

use bytes::Bytes;
use http::Response;
use serde_json::json;
use sippycup_gateway::{Body, Cors, Gateway, GatewayBuilder, Hints, Kind};

use crate::support::{Request, respond};

fn request(method: &str, target: &str, headers: &[(&str, &str)]) -> Request {
    let request = http::Request::builder().method(method).uri(target);
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(Bytes::new()).unwrap()
}

fn cors() -> Cors {
    Cors::new()
        .allow_origin("https://shop.example.com")
        .allow_origin("http://*")
        .allow_method("GET")
        .allow_method("PUT")
        .allow_header("x-a")
        .expose_header("x-b")
        .max_age(300)
        .allow_credentials(true)
}

fn http() -> GatewayBuilder {
    Gateway::builder(Kind::HttpApiV2).cors(cors()).route("GET /x")
}

async fn passed(builder: GatewayBuilder, request: Request) -> Response<Body> {
    let answer = json!({"statusCode": 200, "headers": {
        "access-control-allow-origin": "https://evil.example", "access-control-max-age": "1", "x-b": "1",
    }});
    respond(builder, request, answer.to_string()).await
}

/// The headers of CORS, as `name: value`, without their common beginning.
fn told(response: &Response<Body>) -> Vec<String> {
    let own = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        let name = name.as_str().strip_prefix("access-control-")?;
        Some(format!("{name}: {}", value.to_str().unwrap()))
    };
    let mut told: Vec<_> = response.headers().iter().filter_map(own).collect();
    told.sort();
    told
}

const SHOP: (&str, &str) = ("origin", "https://shop.example.com");
const ASKED: (&str, &str) = ("access-control-request-method", "GET");

#[tokio::test]
async fn an_http_api_answers_a_preflight_that_no_route_takes() {
    let response = passed(http(), request("OPTIONS", "/x", &[SHOP, ASKED])).await;
    assert_eq!(response.status(), 204);
    let all = [
        "allow-credentials: true",
        "allow-headers: x-a",
        "allow-methods: GET,PUT",
        "allow-origin: https://shop.example.com",
        "max-age: 300",
    ];
    assert_eq!(told(&response), all);
    assert!(response.headers().contains_key("apigw-requestid"));
    // Also where there is no route at all.
    assert_eq!(passed(http(), request("OPTIONS", "/else", &[SHOP, ASKED])).await.status(), 204);
    // One header alone is no preflight.
    for headers in [&[SHOP][..], &[ASKED]] {
        assert_eq!(passed(http(), request("OPTIONS", "/x", headers)).await.status(), 404);
    }
    let other = passed(http(), request("OPTIONS", "/x", &[("origin", "https://evil.example"), ASKED])).await;
    assert_eq!((other.status().as_u16(), told(&other).len()), (204, 0));
    // Limits are for it too.
    let limited = passed(http().header_limit(20), request("OPTIONS", "/x", &[SHOP, ASKED])).await;
    assert_eq!(limited.status(), 431);
    // Without a configuration it is a request as any other.
    let plain = Gateway::builder(Kind::HttpApiV2).route("GET /x");
    assert_eq!(passed(plain, request("OPTIONS", "/x", &[SHOP, ASKED])).await.status(), 404);
}

#[tokio::test]
async fn a_route_that_takes_options_gets_the_preflight_and_a_hint_says_so() {
    let any = Gateway::builder(Kind::HttpApiV2).cors(cors()).route("ANY /x");
    let response = passed(any, request("OPTIONS", "/x", &[SHOP, ASKED])).await;
    assert_eq!(response.status(), 200);
    let hints = response.extensions().get::<Hints>().unwrap();
    assert!(hints.iter().any(|hint| hint.contains("`ANY /x` takes the preflight request")), "{hints:?}");
}

#[tokio::test]
async fn an_http_api_replaces_what_the_function_says() {
    let response = passed(http(), request("GET", "/x", &[SHOP])).await;
    assert_eq!(
        told(&response),
        ["allow-credentials: true", "allow-origin: https://shop.example.com", "expose-headers: x-b"]
    );
    for (origin, allowed) in [
        ("http://any.example", true),
        ("https://any.example", false),
        ("null", false),
        ("https://shop.example.com:8443", false),
    ] {
        let response = passed(http(), request("GET", "/x", &[("origin", origin)])).await;
        assert_eq!(response.status(), 200, "the browser decides");
        assert_eq!(
            told(&response).iter().any(|header| *header == format!("allow-origin: {origin}")),
            allowed,
            "{origin}"
        );
    }
    let response = passed(http(), request("GET", "/x", &[])).await;
    assert!(told(&response).is_empty(), "{:?}", told(&response));
    let everybody = Gateway::builder(Kind::HttpApiV2).cors(Cors::new().allow_origin("*"));
    assert_eq!(told(&passed(everybody, request("GET", "/x", &[SHOP])).await), ["allow-origin: *"]);
    // What the gateway says itself can be read by a page too.
    assert!(!told(&passed(http(), request("GET", "/else", &[SHOP])).await).is_empty());
}

#[tokio::test]
async fn a_function_url_answers_every_preflight_and_adds_to_what_the_function_says() {
    let url = || {
        Gateway::builder(Kind::FunctionUrl)
            .cors(Cors::new().allow_origin("*").allow_method("*").allow_credentials(true))
    };
    let response = passed(url(), request("OPTIONS", "/x", &[SHOP, ASKED])).await;
    assert_eq!(response.status(), 200);
    assert_eq!(
        told(&response),
        ["allow-credentials: true", "allow-methods: *", "allow-origin: https://shop.example.com"]
    );
    let response = passed(url(), request("GET", "/x", &[SHOP])).await;
    let both = [
        "allow-credentials: true",
        "allow-origin: https://evil.example",
        "allow-origin: https://shop.example.com",
        "max-age: 1",
    ];
    assert_eq!(told(&response), both);
    let plain = passed(Gateway::builder(Kind::FunctionUrl), request("OPTIONS", "/x", &[SHOP, ASKED])).await;
    assert!(plain.headers().contains_key("x-b"), "without a configuration the function answers");
}

#[test]
fn what_aws_would_not_accept_is_refused() {
    for (kind, cors, part) in [
        (Kind::RestApi, Cors::new(), "a REST API has no configuration of it"),
        (Kind::LoadBalancer, Cors::new(), "a load balancer has no configuration of it"),
        (Kind::FunctionUrl, Cors::new().allow_method("OPTIONS"), "method `OPTIONS`: a function URL takes"),
        (Kind::FunctionUrl, Cors::new().max_age(86_401), "86,400 s at most"),
        (Kind::HttpApiV2, Cors::new().allow_origin("https://*.example.com"), "all of a scheme"),
        (
            Kind::HttpApiV2,
            Cors::new().allow_origin("*").allow_credentials(true),
            "credentials are not for the origin `*`",
        ),
        (Kind::HttpApiV1, Cors::new().allow_header("a\nb"), "cannot be in a header"),
    ] {
        let error = Gateway::builder(kind).cors(cors).build(()).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
}

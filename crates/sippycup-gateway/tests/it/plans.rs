//! API keys, usage plans and throttling.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;
use sippycup_gateway::{Fault, Gateway, GatewayBuilder, Kind, QuotaPeriod, Throttle, UsagePlan};

use crate::support::{Request, respond, text};

const KEY: &str = "a-key-of-twenty-letters";

fn get(target: &str, key: Option<&str>) -> Request {
    let request = http::Request::get(target);
    match key {
        Some(key) => request.header("X-Api-Key", key),
        None => request,
    }
    .body(bytes::Bytes::new())
    .unwrap()
}

/// Status, type of the error and body.
async fn told(builder: GatewayBuilder, request: Request) -> (u16, String, String) {
    let response = respond(builder, request, r#"{"statusCode": 200, "body": "passed"}"#).await;
    let status = response.status().as_u16();
    assert_eq!(response.extensions().get::<Fault>().is_some(), status != 200);
    assert!(!response.headers().contains_key("retry-after"));
    let kind = response.headers().get("x-amzn-errortype").map_or("", |kind| kind.to_str().unwrap()).to_owned();
    (status, kind, text(response).await)
}

fn is(told: &(u16, String, String), status: u16, kind: &str, message: &str) {
    assert_eq!(told, &(status, kind.to_owned(), format!(r#"{{"message":"{message}"}}"#)));
}

#[tokio::test]
async fn a_key_must_be_in_a_plan_of_the_stage() {
    let rest = || Gateway::builder(Kind::RestApi).usage_plan(UsagePlan::new().key(KEY).stage("dev"));
    for key in [None, Some(""), Some("another-key"), Some(KEY)] {
        is(&told(rest(), get("/prod/", key)).await, 403, "ForbiddenException", "Forbidden");
    }
    assert_eq!(told(rest().stage("dev"), get("/dev/", Some(KEY))).await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn quotas_and_rates_of_a_plan_are_counted_for_each_key() {
    let quota = UsagePlan::new().key(KEY).key("another").quota(2, QuotaPeriod::Day);
    let rest = |plan: &UsagePlan| Gateway::builder(Kind::RestApi).usage_plan(plan.clone()).clock(|| UNIX_EPOCH);
    for _ in 0..2 {
        assert_eq!(told(rest(&quota), get("/prod/", Some(KEY))).await.0, 200);
    }
    is(&told(rest(&quota), get("/prod/", Some(KEY))).await, 429, "LimitExceededException", "Limit Exceeded");
    assert_eq!(told(rest(&quota), get("/prod/", Some("another"))).await.0, 200);

    let rate = UsagePlan::new().key(KEY).throttle(1.0, 1);
    assert_eq!(told(rest(&rate), get("/prod/", Some(KEY))).await.0, 200);
    is(&told(rest(&rate), get("/prod/", Some(KEY))).await, 429, "TooManyRequestsException", "Too Many Requests");
}

#[tokio::test]
async fn a_quota_begins_anew_with_the_calendar_and_its_first_period_has_less() {
    // 14 November 2023 was a Tuesday; 22:13:20.
    let tuesday = 1_700_000_000;
    let (hours, days) = (3600, 86_400);
    for (period, within, next) in [
        (QuotaPeriod::Day, tuesday + hours, tuesday + 2 * hours),
        (QuotaPeriod::Week, tuesday + 5 * days, tuesday + 5 * days + 2 * hours),
        (QuotaPeriod::Month, tuesday + 16 * days, tuesday + 16 * days + 2 * hours),
    ] {
        let plan = UsagePlan::new().key(KEY).quota_offset(1).quota(2, period);
        let at = |seconds| {
            let clock = move || UNIX_EPOCH + Duration::from_secs(seconds);
            Gateway::builder(Kind::RestApi).usage_plan(plan.clone()).clock(clock)
        };
        for (seconds, status) in [(tuesday, 200), (within, 429), (next, 200), (next, 200), (next, 429)] {
            assert_eq!(told(at(seconds), get("/prod/", Some(KEY))).await.0, status, "{period:?} {seconds}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttle_lets_a_burst_pass_and_then_its_rate() {
    for (kind, target, error) in [(Kind::RestApi, "/prod/", "TooManyRequestsException"), (Kind::HttpApiV2, "/", "")] {
        let throttle = Throttle::new(2.0, 3);
        let api = || Gateway::builder(kind).throttle(throttle.clone());
        for _ in 0..3 {
            assert_eq!(told(api(), get(target, None)).await.0, 200);
        }
        is(&told(api(), get(target, None)).await, 429, error, "Too Many Requests");
        tokio::time::advance(Duration::from_millis(500)).await;
        assert_eq!(told(api(), get(target, None)).await.0, 200);
        assert_eq!(told(api(), get(target, None)).await.0, 429);
        tokio::time::advance(Duration::from_secs(60)).await;
        for _ in 0..3 {
            assert_eq!(told(api(), get(target, None)).await.0, 200);
        }
        assert_eq!(told(api(), get(target, None)).await.0, 429);
    }
}

#[tokio::test(start_paused = true)]
async fn each_route_has_its_throttle_for_itself_and_that_of_all_beside_it() {
    let any = |kind: Kind| {
        let (slow, fast) = (Throttle::new(1.0, 1), Throttle::new(1.0, 2));
        let builder =
            Gateway::builder(kind).stage("prod").route("GET /a").route("/a").route("GET /b").route("GET /c/{x}");
        builder.route_throttle("GET /a", slow).route_throttle("*", fast)
    };
    for (kind, error) in [(Kind::RestApi, "TooManyRequestsException"), (Kind::HttpApiV2, ""), (Kind::HttpApiV1, "")] {
        let api = any(kind);
        for (target, passing) in [("/prod/a", 1), ("/prod/b", 2), ("/prod/c/1", 2)] {
            for _ in 0..passing {
                assert_eq!(told(api.clone(), get(target, None)).await.0, 200, "{target}");
            }
            is(&told(api.clone(), get(target, None)).await, 429, error, "Too Many Requests");
        }
        let post = || http::Request::post("/prod/a").body(bytes::Bytes::new()).unwrap();
        assert_eq!(told(api.clone(), post()).await.0, 200, "ANY /a is another route");
        // The values of parameters make no difference.
        assert_eq!(told(api.clone(), get("/prod/c/2", None)).await.0, 429);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(told(api.clone(), get("/prod/a", None)).await.0, 200);
        let both = api.throttle(Throttle::new(1.0, 1));
        assert_eq!(told(both.clone(), get("/prod/b", None)).await.0, 200);
        assert_eq!(told(both.clone(), get("/prod/c/1", None)).await.0, 429);
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_limits_a_route_for_each_key() {
    let plan = UsagePlan::new().key(KEY).key("another").throttle(1.0, 2).route_throttle("GET /a", 1.0, 1);
    let rest = || {
        let builder = Gateway::builder(Kind::RestApi).route("GET /a").route("GET /b").route("GET /c");
        builder.usage_plan(plan.clone())
    };
    for key in [KEY, "another"] {
        assert_eq!(told(rest(), get("/prod/a", Some(key))).await.0, 200);
        is(&told(rest(), get("/prod/a", Some(key))).await, 429, "TooManyRequestsException", "Too Many Requests");
        // The others have that of the plan together.
        assert_eq!(told(rest(), get("/prod/b", Some(key))).await.0, 200);
        assert_eq!(told(rest(), get("/prod/c", Some(key))).await.0, 200);
        assert_eq!(told(rest(), get("/prod/b", Some(key))).await.0, 429);
    }
}

#[tokio::test]
async fn the_function_sees_the_key_where_one_is_asked_for() {
    let function = tower::service_fn(async |event: bytes::Bytes| {
        let event: Value = serde_json::from_slice(&event).unwrap();
        let body = event["requestContext"]["identity"]["apiKey"].to_string();
        let answer = serde_json::json!({"statusCode": 200, "body": body});
        Ok::<_, std::convert::Infallible>(bytes::Bytes::from(answer.to_string()))
    });
    let rest = || Gateway::builder(Kind::RestApi);
    let guarded = rest().usage_plan(UsagePlan::new().key(KEY)).build(function).unwrap();
    assert_eq!(text(crate::support::ask(guarded, get("/prod/", Some(KEY))).await).await, format!("\"{KEY}\""));
    let open = rest().build(function).unwrap();
    assert_eq!(text(crate::support::ask(open, get("/prod/", Some(KEY))).await).await, "null");
}

#[test]
fn what_a_kind_does_not_have_is_refused() {
    let error = Gateway::builder(Kind::HttpApiV2).usage_plan(UsagePlan::new().key(KEY)).build(()).unwrap_err();
    assert_eq!(error.to_string(), "an HTTP API has no API keys");
    let error = Gateway::builder(Kind::LoadBalancer).throttle(Throttle::new(1.0, 1)).build(()).unwrap_err();
    assert_eq!(error.to_string(), "a load balancer is not throttled");
    let throttled = |kind, routes| Gateway::builder(kind).route_throttle(routes, Throttle::new(1.0, 1)).build(());
    for (kind, routes, message) in [
        (Kind::LoadBalancer, "*", "a load balancer is not throttled"),
        (Kind::WebSocketApi, "*", "a WebSocket API is not throttled"),
        (Kind::RestApi, "GET /x", "throttle of `GET /x`: there is no such route"),
        (Kind::HttpApiV2, "* /", "throttle of `* /`: there is no such route"),
        (Kind::RestApi, "x", "route `x`: expected a path with a leading slash, or $default"),
    ] {
        assert_eq!(throttled(kind, routes).unwrap_err().to_string(), message);
    }
    assert!(throttled(Kind::RestApi, "* /{proxy+}").is_ok() && throttled(Kind::HttpApiV2, "$default").is_ok());
    let plan = UsagePlan::new().key(KEY).route_throttle("x", 1.0, 1);
    let error = Gateway::builder(Kind::RestApi).usage_plan(plan).build(()).unwrap_err();
    assert_eq!(error.to_string(), "route `x`: expected a path with a leading slash, or $default");
    for text in ["", "10", "x/1", "-1/1", "1/-1", "NaN/1", "inf/1"] {
        assert!(text.parse::<Throttle>().is_err(), "{text}");
    }
}

//! Health checks of target groups: what the function gets, and what is made of its answers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use sippycup_gateway::{
    Action, Body, BoxError, Domain, End, Gateway, GatewayBuilder, HealthCheck, Kind, Listener, Step, TargetHealth,
};
use tokio::time::Instant;
use tower::util::BoxCloneSyncService;
use tower::{ServiceExt, service_fn};

const SECOND: Duration = Duration::from_secs(1);

type Function = BoxCloneSyncService<Bytes, Bytes, BoxError>;

/// A function that gives these statuses, one after the other, and the last one for ever: 0 is no answer, 1 a failure, 2 an answer that is none. The events that it got are kept.
fn scripted(statuses: &'static [u16]) -> (Function, Arc<Mutex<Vec<Value>>>) {
    let events = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&events);
    let function = service_fn(move |event: Bytes| {
        let mut kept = kept.lock().unwrap();
        let status = statuses[kept.len().min(statuses.len() - 1)];
        kept.push(serde_json::from_slice(&event).unwrap());
        async move {
            match status {
                0 => std::future::pending().await,
                1 => Err(BoxError::from("it broke")),
                2 => Ok(Bytes::from_static(b"[]")),
                status => {
                    let answer = json!({"statusCode": status, "headers": {}, "body": "", "isBase64Encoded": false});
                    Ok(Bytes::from(answer.to_string()))
                }
            }
        }
    });
    (BoxCloneSyncService::new(function), events)
}

fn balancer(check: HealthCheck) -> GatewayBuilder {
    Gateway::builder(Kind::LoadBalancer).target_group("shop").health_check(check)
}

#[tokio::test]
async fn the_function_gets_what_a_load_balancer_sends_and_nothing_else() {
    let arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/shop/6d0ecf831eec9f09";
    for (kind, headers, query) in [
        (Kind::LoadBalancer, json!({"user-agent": "ELB-HealthChecker/2.0"}), json!({"full": "1%2F2"})),
        (Kind::LoadBalancerMultiValue, json!({"user-agent": ["ELB-HealthChecker/2.0"]}), json!({"full": ["1%2F2"]})),
    ] {
        let (function, events) = scripted(&[200]);
        let check = HealthCheck::new("/healthz?full=1%2F2");
        let gateway = Gateway::builder(kind).target_group("shop").health_check(check).build(function).unwrap();
        gateway.check_health().await;
        let (headers_key, query_key) = match kind {
            Kind::LoadBalancer => ("headers", "queryStringParameters"),
            _ => ("multiValueHeaders", "multiValueQueryStringParameters"),
        };
        let event = json!({
            "requestContext": {"elb": {"targetGroupArn": arn}},
            "httpMethod": "GET",
            "path": "/healthz",
            query_key: query,
            headers_key: headers,
            "body": "",
            "isBase64Encoded": false,
        });
        assert_eq!(*events.lock().unwrap(), [event]);
    }
}

#[tokio::test]
async fn without_a_query_the_event_has_an_empty_one() {
    let (function, events) = scripted(&[200]);
    balancer(HealthCheck::new("/")).build(function).unwrap().check_health().await;
    assert_eq!(events.lock().unwrap()[0]["queryStringParameters"], json!({}));
}

#[tokio::test]
async fn a_status_outside_of_the_matcher_a_failure_and_an_answer_that_is_none_are_failures() {
    for (statuses, told) in [
        (&[404][..], "unhealthy: health checks failed with these codes: [404]"),
        (&[302], "unhealthy: health checks failed with these codes: [302]"),
        (&[1], "unhealthy: health checks failed with these codes: [502], the function failed: it broke"),
    ] {
        let gateway = balancer(HealthCheck::new("/")).build(scripted(statuses).0).unwrap();
        assert_eq!(gateway.check_health().await, Some(TargetHealth::Initial), "{told}");
        let health = gateway.check_health().await.unwrap();
        assert_eq!((health.to_string().as_str(), health.reason()), (told, Some("Target.ResponseCodeMismatch")));
        assert_eq!(gateway.health(), Some(health));
    }
    let gateway = balancer(HealthCheck::new("/")).build(scripted(&[2]).0).unwrap();
    gateway.check_health().await;
    let health = gateway.check_health().await.unwrap().to_string();
    assert!(
        health.starts_with("unhealthy: health checks failed with these codes: [502], malformed answer"),
        "{health}"
    );
    let gateway = balancer(HealthCheck::new("/").matcher("200-399")).build(scripted(&[302]).0).unwrap();
    assert_eq!(gateway.check_health().await, Some(TargetHealth::Healthy));
}

#[tokio::test(start_paused = true)]
async fn a_function_that_does_not_answer_in_time_is_unhealthy() {
    let check = HealthCheck::new("/").timeout(2 * SECOND);
    let gateway = balancer(check).build(scripted(&[0]).0).unwrap();
    let before = Instant::now();
    gateway.check_health().await;
    assert_eq!(before.elapsed(), 2 * SECOND);
    let health = gateway.check_health().await.unwrap();
    assert_eq!(
        (health.to_string().as_str(), health.reason()),
        ("unhealthy: request timed out", Some("Target.Timeout"))
    );
}

#[tokio::test(start_paused = true)]
async fn checks_come_at_their_interval_and_changes_are_told_once() {
    let (function, events) = scripted(&[404, 0, 404, 200, 200, 200, 404, 200]);
    let check = HealthCheck::new("/").interval(10 * SECOND).timeout(6 * SECOND).healthy_threshold(2);
    let gateway = balancer(check).build(function).unwrap();
    let started = Instant::now();
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let watched = gateway.clone();
    let watch = tokio::spawn(async move {
        watched
            .watch_health(|health| {
                let _ = tell.send((started.elapsed().as_secs(), health.state()));
            })
            .await;
    });
    // The second check fails after its timeout, and the third one comes at 20 s nevertheless.
    assert_eq!(told.recv().await, Some((16, "unhealthy")));
    assert_eq!(told.recv().await, Some((40, "healthy")));
    tokio::time::advance(40 * SECOND).await;
    watch.abort();
    assert!(told.recv().await.is_none(), "one failure is not enough");
    assert!(events.lock().unwrap().len() >= 5);
    assert_eq!(gateway.health(), Some(TargetHealth::Healthy));
}

#[tokio::test]
async fn an_unhealthy_function_gets_requests_nevertheless() {
    let (function, events) = scripted(&[500]);
    let listener = Listener::new(Action::forward("shop"));
    let gateway = balancer(HealthCheck::new("/")).listener(listener).build(function).unwrap();
    gateway.check_health().await;
    gateway.check_health().await;
    assert_eq!(gateway.health().unwrap().state(), "unhealthy");
    let response = gateway.oneshot(Request::get("/items").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 500);
    assert_eq!(events.lock().unwrap()[2]["path"], "/items");
}

#[tokio::test]
async fn gateways_of_one_builder_have_states_of_their_own_and_clones_have_one() {
    let builder = balancer(HealthCheck::new("/"));
    let one = builder.clone().build(scripted(&[200]).0).unwrap();
    let other = builder.build(scripted(&[200]).0).unwrap();
    one.clone().check_health().await;
    assert_eq!((one.health(), other.health()), (Some(TargetHealth::Healthy), Some(TargetHealth::Initial)));
}

#[tokio::test]
async fn an_observer_sees_a_check_as_an_exchange() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let steps = Arc::clone(&seen);
    let gateway = balancer(HealthCheck::new("/healthz"))
        .observer(move |_, step| {
            steps.lock().unwrap().push(match step {
                Step::Request(parts) => format!("{} {} {:?}", parts.method, parts.uri, parts.headers["user-agent"]),
                Step::Routed { route, path, .. } => format!("{route} {path}"),
                Step::Event(_) => "event".to_owned(),
                Step::Answer(_) => "answer".to_owned(),
                Step::Response(parts) => parts.status.to_string(),
                Step::End(End::Whole) => "end".to_owned(),
                other => format!("{other:?}"),
            });
        })
        .build(scripted(&[200]).0)
        .unwrap();
    gateway.check_health().await;
    let expected =
        ["GET /healthz \"ELB-HealthChecker/2.0\"", "health check /healthz", "event", "answer", "200 OK", "end"];
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[tokio::test]
async fn only_load_balancers_check_functions() {
    for (kind, name) in [
        (Kind::VpcLatticeV1, "VPC Lattice"),
        (Kind::VpcLatticeV2, "VPC Lattice"),
        (Kind::RestApi, "a REST API"),
        (Kind::FunctionUrl, "a function URL"),
    ] {
        let error = Gateway::builder(kind).health_check(HealthCheck::new("/")).build(()).unwrap_err().to_string();
        assert!(error.starts_with(name) && error.ends_with("checks the health of no function"), "{error}");
    }
    let error = balancer(HealthCheck::new("healthz")).build(()).unwrap_err().to_string();
    assert!(error.starts_with("health check: expected a path"), "{error}");
    assert!(Gateway::builder(Kind::RestApi).domain(Domain::new("a.example")).build(()).unwrap().health().is_none());
    let unchecked = Gateway::builder(Kind::LoadBalancer).build(scripted(&[200]).0).unwrap();
    assert_eq!((unchecked.health(), unchecked.check_health().await), (None, None));
    unchecked.watch_health(|_| panic!("there is nothing to tell")).await;
}

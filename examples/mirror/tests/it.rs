//! What options and plans do, of the process itself behind a Runtime API: one event at a time, as on demand,
//! and many, as on Managed Instances.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests are tests, but clippy's exemption knows only test functions"
)]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sippycup_gateway::Function;
use tower::Service;

/// The mirror, and all lines that it wrote.
struct Mirror {
    function: Function,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Mirror {
    /// With so many polls; 1 is a process as on demand.
    fn start(polls: usize, options: &str) -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let written = Arc::clone(&lines);
        let builder = Function::builder().env("MIRROR_OPTIONS", options).concurrency(1).timeout(TIMEOUT);
        let builder = if polls > 1 { builder.max_concurrency(polls) } else { builder };
        let builder = builder.report(move |line| written.lock().unwrap().push(line.to_owned()));
        Self { function: builder.spawn(env!("CARGO_BIN_EXE_mirror"), [""; 0]).unwrap(), lines }
    }

    async fn invoke(&mut self, event: impl Into<Bytes>) -> Result<Bytes, Value> {
        match self.function.call(event.into()).await {
            Ok(answer) => match answer.into_body().collect().await {
                Ok(body) => Ok(body.to_bytes()),
                Err(error) => Err(json!({"errorMessage": error.to_string()})),
            },
            Err(error) => Err(serde_json::from_slice(error.payload()).unwrap()),
        }
    }

    async fn follow(&mut self, event: fn(&str, &str) -> Value, plan: &Value) -> Result<Bytes, Value> {
        self.invoke(event("/__respond", &plan.to_string()).to_string()).await
    }

    /// Whether the process still answers a request with itself.
    async fn works(&mut self) -> Value {
        let answer: Value =
            serde_json::from_slice(&self.invoke(http_api("/works", "").to_string()).await.unwrap()).unwrap();
        let seen: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!((&seen["path"], &seen["source"]), (&json!("/works"), &json!("http_api")));
        seen
    }

    /// Ends the process, and says what it wrote.
    async fn lines(self) -> Vec<String> {
        self.function.stop().await;
        self.lines.lock().unwrap().clone()
    }
}

fn http_api(path: &str, body: &str) -> Value {
    json!({"version": "2.0", "rawPath": path, "rawQueryString": "", "body": body,
        "requestContext": {"domainName": "api.example.com", "stage": "$default", "http": {"method": "POST"}}})
}

fn load_balancer(path: &str, body: &str) -> Value {
    json!({"httpMethod": "POST", "path": path, "headers": {}, "body": body, "requestContext": {"elb": {}}})
}

#[track_caller]
fn status(answer: &Result<Bytes, Value>) -> u64 {
    let answer: Value = serde_json::from_slice(answer.as_ref().unwrap()).unwrap();
    answer["statusCode"].as_u64().unwrap()
}

#[track_caller]
fn assert_failed(answer: &Result<Bytes, Value>, error_type: &str, says: &str) {
    let error = answer.as_ref().unwrap_err();
    assert_eq!(error["errorType"], error_type, "{error}");
    assert!(error["errorMessage"].as_str().unwrap().contains(says), "{error}");
}

/// As on demand, and as on Managed Instances.
const POLLS: [usize; 2] = [1, 4];
const TIMEOUT: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_request_is_answered_with_itself_and_its_invocation() {
    for polls in POLLS {
        let mut mirror = Mirror::start(polls, "");
        let seen = mirror.works().await;
        assert_eq!(seen["connect_info"], "0.0.0.0:0");
        assert_eq!(seen["lambda"]["request_id"], seen["lambda_request_id"]);
        assert!(seen["lambda"]["remaining_ms"].as_u64().unwrap() <= 60_000);
        assert!(seen["lambda"]["arn"].as_str().unwrap().starts_with("arn:aws:lambda:"));
        for member in ["deadline_ms", "trace_id", "tenant_id"] {
            assert!(seen["lambda"].get(member).is_some(), "{member}");
        }
    }
}

#[tokio::test]
async fn a_deadline_margin_answers_504() {
    for polls in POLLS {
        let mut mirror = Mirror::start(polls, "deadline-margin=59000");
        for event in [http_api as fn(&str, &str) -> Value, load_balancer] {
            assert_eq!(status(&mirror.follow(event, &json!({"sleep_ms": 3_600_000})).await), 504);
        }
        mirror.works().await;
        assert_eq!(mirror.lines().await.iter().filter(|line| line.contains("before the deadline")).count(), 2);
    }
}

#[tokio::test]
async fn panics_are_failures_or_500_wherever_they_are() {
    for polls in POLLS {
        for (options, is_answered) in [("", false), ("panic-as-500", true), ("panic-as-500,fail-on-5xx", true)] {
            let mut mirror = Mirror::start(polls, options);
            for plan in [json!({"panic": true}), json!({"panic_in": "body"}), json!({"panic_in": "drop"})] {
                let answer = mirror.follow(http_api, &plan).await;
                match is_answered {
                    true => assert_eq!(status(&answer), 500, "{plan}"),
                    false => assert_failed(&answer, "SippyCup.Panic", "the plan says panic"),
                }
                mirror.works().await;
            }
            assert_eq!(status(&mirror.follow(http_api, &json!({"panic_in": "poll_ready"})).await), 200);
            let answer = mirror.invoke(http_api("/hit", "").to_string()).await;
            match is_answered {
                true => assert_eq!(status(&answer), 500),
                false => assert_failed(&answer, "SippyCup.Panic", "the plan says panic in poll_ready"),
            }
            mirror.works().await;
        }
    }
}

#[tokio::test]
async fn a_streamed_body_that_panics_costs_no_more_than_that() {
    for polls in POLLS {
        let mut mirror = Mirror::start(polls, "stream");
        for place in ["body", "drop"] {
            let answer = mirror.follow(http_api, &json!({"panic_in": place})).await;
            assert!(answer.is_err(), "{place}: {answer:?}");
            let answer = mirror.invoke(http_api("/works", "").to_string()).await.unwrap();
            assert!(answer.starts_with(b"{\"statusCode\":200,"), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn answers_of_5xx_fail_where_that_is_told() {
    for polls in POLLS {
        for options in ["fail-on-5xx", "fail-on-5xx,stream"] {
            let mut mirror = Mirror::start(polls, options);
            let failed = mirror.follow(http_api, &json!({"status": 503})).await;
            assert_failed(&failed, "SippyCup.Service", "the app answered 503");
            assert!(
                mirror.follow(http_api, &json!({"status": 404})).await.unwrap().starts_with(b"{\"statusCode\":404,")
            );
        }
    }
}

#[tokio::test]
async fn what_is_too_large_fails_or_is_answered_with_a_status() {
    for polls in POLLS {
        for options in ["", "oversize=507"] {
            let mut mirror = Mirror::start(polls, options);
            let headers = json!({"headers": [["x-a", "a".repeat(6_000)], ["x-b", "b".repeat(6_000)]]});
            for (event, plan, says) in [
                (
                    http_api as fn(&str, &str) -> Value,
                    json!({"size": 7_000_000}),
                    "to an HTTP API, its limit is 6291556",
                ),
                (load_balancer, json!({"size": 1_100_000}), "a load balancer refuses a response of 1100"),
                (http_api, headers, "an HTTP API refuses headers of 12"),
            ] {
                let answer = mirror.follow(event, &plan).await;
                match options {
                    "" => assert_failed(&answer, "SippyCup.Response", says),
                    _ => assert_eq!(status(&answer), 507),
                }
            }
            let answer = mirror.follow(load_balancer, &json!({"size": 1_000_000})).await.unwrap();
            assert!(answer.len() > 1_000_000);
            let lines = mirror.lines().await;
            assert_eq!(lines.iter().filter(|line| line.starts_with("SippyCup.Response: ")).count(), 3, "{lines:?}");
        }
    }
}

#[tokio::test]
async fn a_stream_without_a_body_has_a_first_byte_where_that_is_told() {
    for polls in POLLS {
        for (options, end) in [("stream,first-byte", &b"\0\0\0\0\0\0\0\0 "[..]), ("stream", b"\0\0\0\0\0\0\0\0")] {
            let mut mirror = Mirror::start(polls, options);
            for status in [204, 302, 304, 200] {
                let answer = mirror.follow(http_api, &json!({"status": status})).await.unwrap();
                assert!(answer.ends_with(end), "{status}: {answer:?}");
            }
            assert!(mirror.follow(http_api, &json!({"size": 3})).await.unwrap().ends_with(b"\0\0aaa"));
        }
    }
}

#[tokio::test]
async fn hooks_and_tasks_say_whose_they_are() {
    for polls in POLLS {
        let mut mirror = Mirror::start(polls, "after=1,shutdown");
        let first = mirror.works().await["lambda_request_id"].as_str().unwrap().to_owned();
        mirror.follow(http_api, &json!({"spawn_ms": 1})).await.unwrap();
        assert_failed(&mirror.invoke("{").await, "SippyCup.Event", "cannot decode event");
        // Other polls work on while one sleeps.
        let said =
            |mirror: &Mirror, what| mirror.lines.lock().unwrap().iter().filter(|line| line.starts_with(what)).count();
        for _ in 0..10_000 {
            if said(&mirror, "after ") >= 3 && said(&mirror, "spawned ") == 1 {
                break;
            }
            mirror.works().await;
        }
        let lines = mirror.lines().await;
        assert!(lines.contains(&format!("after {first}")), "{lines:?}");
        let spawned: Vec<_> = lines.iter().filter_map(|line| line.strip_prefix("spawned ")).collect();
        assert!(spawned.len() == 1 && spawned[0] != first, "{lines:?}");
        let told: Vec<_> = lines.iter().filter_map(|line| line.strip_prefix("after ")).collect();
        assert!(told.len() >= 3 && !told.contains(&"-"), "{lines:?}");
        assert!(lines.contains(&"shutdown".to_owned()), "{lines:?}");
    }
}

#[tokio::test]
async fn each_request_is_in_the_log_where_that_is_told() {
    for polls in POLLS {
        for (options, count) in [("log", 1), ("", 0)] {
            let mut mirror = Mirror::start(polls, options);
            let id = mirror.works().await["lambda_request_id"].as_str().unwrap().to_owned();
            let failed = mirror.follow(http_api, &json!({"panic": true})).await;
            assert_failed(&failed, "SippyCup.Panic", "the plan says panic");
            let lines = mirror.lines().await;
            let access =
                |line: &&String| line.contains("path=/works") && line.contains("status=200") && line.contains(&id);
            assert_eq!(lines.iter().filter(access).count(), count, "{lines:?}");
            assert!(lines.iter().any(|line| line.contains("SippyCup.Panic")), "{lines:?}");
        }
    }
}

#[tokio::test]
async fn other_events_and_pings_are_answered_where_that_is_told() {
    for polls in POLLS {
        for options in ["events,warm-up", "events,warm-up,stream", "events,warm-up,web-socket-events"] {
            let mut mirror = Mirror::start(polls, options);
            let queue = json!({"Records": [{"eventSource": "aws:sqs", "messageId": "m"}]});
            let answer: Value = serde_json::from_slice(&mirror.invoke(queue.to_string()).await.unwrap()).unwrap();
            assert_eq!(answer, json!({"kind": "sqs", "event": queue}));
            let ping = mirror.invoke(r#"{"source":"serverless-plugin-warmup"}"#).await.unwrap();
            assert_eq!(ping, r#"{"statusCode":200}"#);
            let message = json!({"requestContext": {"connectionId": "c", "eventType": "MESSAGE", "routeKey": "say"}});
            let answer = mirror.invoke(message.to_string()).await.unwrap();
            let is_event = answer.starts_with(b"{\"event\":") && answer.ends_with(b"\"kind\":\"web_socket\"}");
            assert_eq!(is_event, options.ends_with("web-socket-events"), "{answer:?}");
        }
    }
}

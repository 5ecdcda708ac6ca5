//! Guards: what a client gets of an app that is too slow, too large, or broken.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::*;

/// One event of each front door, with the name that messages have for it.
fn doors(path: &str) -> Vec<(&'static str, String)> {
    let events = [
        (
            "a REST API",
            json!({"httpMethod": "GET", "path": path, "requestContext": {"resourceId": "a1", "stage": "prod"}}),
        ),
        ("an HTTP API", serde_json::from_str(&http_api(path)).unwrap()),
        (
            "a function URL",
            json!({"version": "2.0", "rawPath": path, "requestContext": {
                "domainName": "a.lambda-url.eu-central-1.on.aws", "http": {"method": "GET"}}}),
        ),
        (
            "a load balancer",
            json!({"httpMethod": "GET", "path": path, "headers": {}, "requestContext": {"elb": {"targetGroupArn": "a"}}}),
        ),
        ("VPC Lattice", json!({"raw_path": path, "method": "GET", "headers": {}})),
        // The other forms that these front doors have.
        (
            "an HTTP API",
            json!({"version": "1.0", "httpMethod": "GET", "path": path, "requestContext": {"stage": "$default"}}),
        ),
        (
            "a load balancer",
            json!({"httpMethod": "GET", "path": path, "multiValueHeaders": {}, "requestContext": {"elb": {}}}),
        ),
        (
            "VPC Lattice",
            json!({"version": "2.0", "path": path, "method": "GET", "headers": {}, "requestContext": {
                "serviceArn": "a", "serviceNetworkArn": "b"}}),
        ),
    ];
    events.map(|(name, event)| (name, event.to_string())).into()
}

/// The headers of an invocation that has less time than the guard leaves.
pub(super) fn hurried(id: &str) -> String {
    let deadline = std::time::SystemTime::now() + Duration::from_secs(30);
    let deadline = deadline.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    format!("Lambda-Runtime-Aws-Request-Id: {id}\r\nLambda-Runtime-Deadline-Ms: {deadline}\r\n")
}

impl Api {
    async fn invoke_event(&mut self, event: &str) -> (String, Call) {
        let id = self.id();
        self.next().await.reply(&super::event(&id, event)).await;
        (id, self.report().await)
    }

    async fn hurry(&mut self, event: &str) -> (String, Call) {
        let id = self.id();
        self.next().await.reply(&event_with(&hurried(&id), event)).await;
        (id, self.report().await)
    }
}

/// Status and body of an answer, buffered or streamed.
fn answered(report: &Call) -> (u64, String) {
    match report.body.windows(8).position(|window| window == [0; 8]) {
        Some(end) => {
            let prelude: Value = serde_json::from_slice(&report.body[..end]).unwrap();
            (prelude["statusCode"].as_u64().unwrap(), String::from_utf8(report.body[end + 8..].to_vec()).unwrap())
        }
        None => {
            let answer = report.json();
            (answer["statusCode"].as_u64().unwrap(), answer["body"].as_str().unwrap().to_owned())
        }
    }
}

/// The `content-type` of an answer, in whatever form it is written.
fn content_type(report: &Call) -> String {
    let end = report.body.windows(8).position(|window| window == [0; 8]).unwrap_or(report.body.len());
    let answer: Value = serde_json::from_slice(&report.body[..end]).unwrap();
    let found = ["/headers/content-type", "/multiValueHeaders/content-type/0", "/headers/content-type/0"];
    found.iter().find_map(|path| answer.pointer(path)?.as_str()).unwrap().to_owned()
}

/// A function with these guards, `theirs` under the loop of `lambda_runtime`.
async fn start(polls: usize, options: &str) -> Api {
    let variables = [&NAMED[..], &[("RUDE", options)]].concat();
    Api::start(polls, &variables).await
}

/// How many polls there are, and who polls.
const POLLED: [(usize, &str); 6] =
    [(1, ""), (1, "stream,"), (16, ""), (16, "stream,"), (1, "theirs,"), (1, "theirs,stream,")];

#[tokio::test]
async fn an_app_without_an_answer_is_given_up_before_the_deadline() {
    for (polls, options) in POLLED {
        let mut api = start(polls, &format!("{options}margin")).await;
        for (door, event) in doors("/never") {
            let (id, report) = api.hurry(&event).await;
            assert_eq!(report.line, format!("POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1"));
            let (status, body) = answered(&report);
            assert_eq!(status, 504, "{door}");
            let wanted = match door {
                "a REST API" => r#"{"message": "Endpoint request timed out"}"#,
                "an HTTP API" => r#"{"message":"Gateway Timeout"}"#,
                "a load balancer" => "<html>\r\n<head><title>504 Gateway Timeout</title>",
                _ => "Gateway Timeout",
            };
            assert!(body.starts_with(wanted), "{door}: {body}");
            let written = match door {
                "a REST API" | "an HTTP API" => "application/json",
                "a load balancer" => "text/html",
                _ => "text/plain; charset=utf-8",
            };
            assert_eq!(content_type(&report), written, "{door}");
            report.accept().await;
            api.works().await;
            let said = api.until(&id).await.pop().unwrap();
            assert!(said.starts_with("SippyCup.Service: expected an answer 60s before the deadline"), "{said}");
            assert!(said.contains("answered 504"), "{said}");
        }
    }
}

#[tokio::test]
async fn a_future_that_panics_when_it_is_given_up_changes_nothing() {
    for options in ["margin", "margin,panic-as-500"] {
        let mut api = Api::start(1, &[("RUDE", options)]).await;
        let (_, report) = api.hurry(&http_api("/panic/late-drop")).await;
        assert_eq!(answered(&report).0, 504);
        report.accept().await;
        api.works().await;
    }
}

#[tokio::test]
async fn an_app_that_is_not_ready_is_given_up_too() {
    for (polls, options) in POLLED {
        let mut api = start(polls, &format!("{options}margin")).await;
        let (_, report) = api.invoke("/busy").await;
        report.accept().await;
        api.all_wait().await;
        for _ in 0..3 {
            let (_, report) = api.hurry(&http_api("/")).await;
            assert_eq!(answered(&report).0, 504);
            report.accept().await;
            api.all_wait().await;
        }
    }
}

#[tokio::test]
async fn a_body_that_does_not_end_is_given_up_too() {
    for polls in POLLS {
        let mut api = Api::start(polls, &[("RUDE", "margin")]).await;
        let (_, report) = api.hurry(&http_api("/half")).await;
        assert_eq!(answered(&report).0, 504);
        report.accept().await;
        api.works().await;

        // What has begun cannot be taken back.
        let mut api = Api::start(polls, &[("RUDE", "margin,stream")]).await;
        let (id, report) = api.hurry(&http_api("/half")).await;
        assert_eq!(report.seen()["id"], id);
        assert_eq!(report.trailers["lambda-runtime-function-error-type"], "Function.Service");
        let error = STANDARD.decode(&report.trailers["lambda-runtime-function-error-body"]).unwrap();
        let error: Value = serde_json::from_slice(&error).unwrap();
        assert!(error["errorMessage"].as_str().unwrap().contains("60s before the deadline"), "{error}");
        report.accept().await;
        api.works().await;
    }
}

#[tokio::test]
async fn without_a_deadline_nobody_hurries_and_an_answer_in_time_goes_out() {
    let mut api = Api::start(1, &[("RUDE", "margin")]).await;
    // It is ready at once.
    let (id, report) = api.hurry(&http_api("/")).await;
    assert_eq!(report.seen()["id"], id);
    report.accept().await;
    let id = api.id();
    api.next()
        .await
        .reply(&event_with(&format!("Lambda-Runtime-Aws-Request-Id: {id}\r\n"), &http_api("/yields")))
        .await;
    let report = api.report().await;
    report.assert_answers(&id);
    report.accept().await;
    api.works().await;
}

#[tokio::test]
async fn an_answer_that_is_larger_than_its_front_door_takes_fails_and_says_so() {
    for polls in POLLS {
        let mut api = Api::start(polls, &[]).await;
        for (door, event) in doors("/size/7000000") {
            let (id, report) = api.invoke_event(&event).await;
            let (by, limit) = match door {
                "a load balancer" => {
                    ("a load balancer refuses a response of 70".to_owned(), "its limit is 1048576 bytes")
                }
                _ => ("Lambda refuses a response of 70".to_owned(), "its limit is 6291556 bytes"),
            };
            report.assert_fails(&id, "Response", &by);
            report.assert_fails(&id, "Response", limit);
            report.assert_fails(&id, "Response", door);
            report.accept().await;
        }
        // At the limit, and one byte above it.
        let event = |size: usize| doors(&format!("/size/{size}")).remove(3).1;
        let (_, report) = api.invoke_event(&event(0)).await;
        let largest = 1_048_576 - report.body.len();
        report.accept().await;
        let (_, report) = api.invoke_event(&event(largest)).await;
        assert_eq!((answered(&report).0, report.body.len()), (200, 1_048_576));
        report.accept().await;
        let (id, report) = api.invoke_event(&event(largest + 1)).await;
        report.assert_fails(
            &id,
            "Response",
            "a load balancer refuses a response of 1048577 bytes of JSON, its limit is 1048576",
        );
        report.accept().await;
        for door in [0, 1, 2, 4] {
            let event = |size: usize| doors(&format!("/size/{size}")).remove(door).1;
            let (_, report) = api.invoke_event(&event(0)).await;
            let largest = 6_291_556 - report.body.len();
            report.accept().await;
            let (_, report) = api.invoke_event(&event(largest)).await;
            assert_eq!((answered(&report).0, report.body.len()), (200, 6_291_556));
            report.accept().await;
            let (id, report) = api.invoke_event(&event(largest + 1)).await;
            report.assert_fails(&id, "Response", "Lambda refuses a response of 6291557 bytes of JSON");
            report.accept().await;
        }
        api.works().await;
    }
}

#[tokio::test]
async fn headers_that_are_larger_than_their_front_door_takes_fail_and_say_so() {
    for (polls, options) in [(1, ""), (1, "stream,"), (16, ""), (16, "stream,")] {
        let mut api = Api::start(polls, &[("RUDE", options)]).await;
        for (index, limit) in [(0, 10_240), (1, 10_240), (3, 32_768)] {
            let (_, event) = doors(&format!("/headers/{limit}")).remove(index);
            let (_, report) = api.invoke_event(&event).await;
            assert_eq!(answered(&report).0, 200);
            report.accept().await;
            let (door, event) = doors(&format!("/headers/{}", limit + 1)).remove(index);
            let (id, report) = api.invoke_event(&event).await;
            report.assert_fails(
                &id,
                "Response",
                &format!("{door} refuses headers of {} bytes, its limit is {limit}", limit + 1),
            );
            report.accept().await;
        }
        api.works().await;
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_answered_with_a_status_where_one_is_told() {
    for polls in POLLS {
        for (options, path) in [
            ("oversize", "/size/7000000"),
            ("oversize", "/headers/60000"),
            ("oversize,stream", "/headers/60000"),
            ("oversize,theirs", "/size/7000000"),
            ("oversize,theirs,stream", "/headers/60000"),
        ] {
            if polls > 1 && options.contains("theirs") {
                continue;
            }
            let mut api = start(polls, options).await;
            for (door, event) in doors(path) {
                let (id, report) = api.invoke_event(&event).await;
                if path == "/headers/60000" && ["a function URL", "VPC Lattice"].contains(&door) {
                    assert_eq!(answered(&report).0, 200);
                    report.accept().await;
                    continue;
                }
                let (status, body) = answered(&report);
                assert_eq!(status, 507, "{door}");
                assert!(body.contains("Insufficient Storage"), "{door}: {body}");
                report.accept().await;
                api.works().await;
                let said = api.until(&id).await.pop().unwrap();
                assert!(said.starts_with("SippyCup.Response: cannot send response: "), "{said}");
                assert!(said.contains("its limit is ") && said.contains("answered 507"), "{said}");
            }
        }
    }
}

#[tokio::test]
async fn a_panic_is_a_500_where_that_is_told() {
    for (polls, options) in POLLED {
        let mut api = start(polls, &format!("{options}panic-as-500,fail-on")).await;
        for place in ["call", "future", "payload-drop", "future-drop", "extension-drop", "body", "body-drop"] {
            if options.contains("stream") && place.starts_with("body") {
                continue;
            }
            for (door, event) in doors(&format!("/panic/{place}")) {
                let (id, report) = api.invoke_event(&event).await;
                let (status, body) = answered(&report);
                assert_eq!(status, 500, "{door} {place}");
                assert!(body.to_lowercase().contains("internal server error"), "{door}: {body}");
                report.accept().await;
                api.works().await;
                let said = api.until(&id).await.pop().unwrap();
                assert!(said.starts_with("SippyCup.Panic: handler panicked"), "{said}");
            }
        }
        let (_, report) = api.invoke("/panic/poll-ready").await;
        report.accept().await;
        api.all_wait().await;
        let (_, report) = api.invoke("/").await;
        assert_eq!(answered(&report).0, 500);
        report.accept().await;
        // An error is no panic, and a broken event has no front door.
        let (id, report) = api.invoke("/error").await;
        report.assert_fails(&id, "Service", "rude on purpose");
        report.accept().await;
        let (id, report) = api.invoke_event("{").await;
        report.assert_fails(&id, "Event", "cannot decode event");
        report.accept().await;
        api.works().await;
    }
}

#[tokio::test]
async fn an_answer_with_a_status_that_is_a_failure_fails() {
    for (polls, options) in POLLED {
        let mut api = start(polls, &format!("{options}fail-on")).await;
        for (path, fails) in
            [("/status/499", false), ("/status/500", true), ("/status/599", true), ("/status/600", false)]
        {
            for (_, event) in doors(path) {
                let (id, report) = api.invoke_event(&event).await;
                match fails {
                    true => report.assert_fails(&id, "Service", &format!("the app answered {}", &path[8..])),
                    false => assert_eq!(answered(&report).0.to_string(), path[8..]),
                }
                report.accept().await;
            }
        }
        api.works().await;
    }
}

#[tokio::test]
async fn a_streamed_answer_without_a_body_has_one_byte_where_that_is_told() {
    for polls in POLLS {
        for (options, empty) in [("stream,first-byte", " "), ("stream", "")] {
            let mut api = Api::start(polls, &[("RUDE", options)]).await;
            for (path, status) in [("/empty", 302), ("/size/0", 200), ("/status/204", 204), ("/status/304", 304)] {
                let (_, report) = api.invoke(path).await;
                assert_eq!(answered(&report), (status, empty.to_owned()), "{path}");
                report.accept().await;
            }
            let (id, report) = api.invoke("/full").await;
            report.assert_answers(&id);
            report.accept().await;
            api.works().await;
        }
    }
}

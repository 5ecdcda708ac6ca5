//! The log that `logging::init` writes, line by line.

use std::fs::File;

use super::*;

/// An event with everything that is not to be in the log: a query, an `authorization`, a body.
pub(super) fn secret(method: &str, path: &str, body: &str) -> String {
    json!({
        "version": "2.0", "rawPath": path, "rawQueryString": "token=hidden-1", "body": body,
        "headers": {"authorization": "Bearer hidden-2", "cookie": "a=hidden-3"},
        "requestContext": {"stage": "$default", "domainName": "api.shop.example", "http": {"method": method}},
    })
    .to_string()
}

pub(super) async fn start(polls: usize, options: &str, variables: &[(&str, &str)]) -> Api {
    let mut all = vec![("OBSERVED", options)];
    all.extend(variables);
    let mut api = Api::begin_as(env!("CARGO_BIN_EXE_observed"), Stdio::piped(), polls, &all).await;
    api.all_wait().await;
    api
}

/// Invokes the function as Lambda does with tracing and tenants, and waits until it is done.
pub(super) async fn invoke(api: &mut Api, event: &str) -> String {
    let id = api.id();
    give(api, &id, event).await;
    api.report().await.accept().await;
    api.all_wait().await;
    id
}

async fn give(api: &mut Api, id: &str, event: &str) {
    let headers = format!(
        "{}Lambda-Runtime-Trace-Id: Root=1-{id};Parent=53995c3f42cd8ad8;Sampled=0\r\n\
         Lambda-Runtime-Aws-Tenant-Id: of-{id}\r\n",
        head(id)
    );
    api.next().await.reply(&event_with(&headers, event)).await;
}

pub(super) async fn json_lines(api: &mut Api, last: &str) -> Vec<Value> {
    let lines = api.until(last).await;
    assert!(!lines.concat().contains("hidden"), "{lines:?}");
    lines.iter().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

#[track_caller]
fn assert_is_of(line: &Value, id: &str) {
    assert_eq!(line["requestId"], id, "{line}");
    assert_eq!(line["xrayTraceId"], format!("1-{id}"), "{line}");
    assert_eq!(line["tenantId"], format!("of-{id}"), "{line}");
    let time = line["timestamp"].as_str().unwrap();
    assert!(time.starts_with("20") && time.len() == 24 && time.ends_with('Z'), "{line}");
    assert!(line.get("span").is_none() && line.get("spans").is_none(), "{line}");
}

#[tokio::test]
async fn every_line_of_an_invocation_says_whose_it_is_whatever_the_level() {
    for polls in POLLS {
        for (options, level) in [("logging", "INFO"), ("logging", "WARN"), ("logging,stream", "FATAL")] {
            let variables =
                [("AWS_LAMBDA_LOG_FORMAT", "JSON"), ("AWS_LAMBDA_LOG_LEVEL", level), ("RUST_LOG", "observed=warn")];
            let mut api = start(polls, options, &variables).await;
            for _ in 0..2 {
                let id = invoke(&mut api, &secret("GET", "/items/7", "")).await;
                let lines = json_lines(&mut api, "after the invocation").await;
                let access = lines.iter().filter(|line| line["message"] == "request").count();
                assert_eq!(access, usize::from(level == "INFO"), "{lines:?}");
                let said: Vec<_> = lines.iter().filter(|line| line["target"] == "observed").collect();
                assert_eq!(said.len(), 4, "{lines:?}");
                for line in &lines {
                    assert_is_of(line, &id);
                }
                assert_eq!(
                    [1, 2, 3].map(|at| said[at]["message"].as_str().unwrap()),
                    ["spawned", "a task", "after the invocation"]
                );
                assert_eq!((&said[0]["level"], &said[0]["message"]), (&json!("WARN"), &json!("no\nstock\u{1b}[31m")));
                let fields = ["price", "sold", "big", "field_level", "error"].map(|name| said[0][name].clone());
                assert_eq!(
                    fields,
                    [json!(9.5), json!(true), json!("18446744073709551615"), json!("mine"), json!("Kind(NotFound)")]
                );
            }
        }
    }
}

#[tokio::test]
async fn what_bodies_and_tasks_spawn_in_the_span_has_the_ids_too() {
    for polls in POLLS {
        for options in ["logging", "logging,stream", "logging,runtime", "logging,runtime,stream"] {
            if polls > 1 && options.contains("runtime") {
                continue;
            }
            let variables = [&NAMED[..], &[("AWS_LAMBDA_LOG_FORMAT", "JSON")]].concat();
            let mut api = start(polls, options, &variables).await;
            let id = invoke(&mut api, &secret("GET", "/everywhere", "")).await;
            let lines = json_lines(&mut api, "after the invocation").await;
            lines.iter().for_each(|line| assert_is_of(line, &id));
            for message in EVERYWHERE {
                assert!(lines.iter().any(|line| line["message"] == *message), "{options}: {message} not in {lines:?}");
            }
        }
    }
}

#[tokio::test]
async fn invocations_at_the_same_time_keep_their_ids() {
    let mut api = start(16, "logging", &[("AWS_LAMBDA_LOG_FORMAT", "JSON")]).await;
    let ids = [api.id(), api.id()];
    for id in &ids {
        give(&mut api, id, &http_api(&format!("/two/{id}"))).await;
    }
    for _ in &ids {
        api.report().await.accept().await;
    }
    let mut said = 0;
    for last in ["after the invocation"; 2] {
        for line in json_lines(&mut api, last).await {
            if let Some(id) = line["message"].as_str().unwrap().strip_prefix("it is ") {
                assert_is_of(&line, id);
                said += 1;
            }
        }
    }
    assert_eq!(said, 4);
}

#[tokio::test]
async fn a_request_is_one_line_without_secrets() {
    for (polls, options) in [(1, "logging"), (16, "logging"), (1, "logging,stream")] {
        let mut api = start(polls, options, &[("AWS_LAMBDA_LOG_FORMAT", "JSON"), ("RUST_LOG", "observed=off")]).await;
        let body = "{\"card\":\"hidden-4\"}";
        for (at, (method, path, sent, wanted)) in [
            ("POST", "/upload/7", body, json!({"route": "/upload/{id}", "status": 200, "requestBytes": 19, "responseBytes": 8})),
            ("GET", "/status/404", "", json!({"route": "/status/{code}", "status": 404, "requestBytes": 0, "responseBytes": 0})),
            ("GET", "/status/204", "", json!({"route": "/status/{code}", "status": 204, "requestBytes": 0, "responseBytes": 0})),
            ("GET", "/status/503", "", json!({"route": "/status/{code}", "status": 503, "requestBytes": 0, "responseBytes": 0, "level": "WARN"})),
            ("HEAD", "/body-error", "", json!({"route": "/body-error", "status": 200, "requestBytes": 0, "responseBytes": 0})),
            ("GET", "/nowhere", "", json!({"status": 404, "requestBytes": 0, "responseBytes": 0})),
        ].into_iter().enumerate() {
            let id = invoke(&mut api, &secret(method, path, sent)).await;
            let lines = json_lines(&mut api, "\"request\"").await;
            assert_eq!(lines.len(), 1, "{lines:?}");
            assert_is_of(&lines[0], &id);
            let mut line = lines[0].as_object().unwrap().clone();
            for name in ["requestId", "xrayTraceId", "tenantId", "timestamp"] {
                line.remove(name);
            }
            let duration = line.remove("durationMs").unwrap().as_f64().unwrap();
            assert!((0.0..60_000.0).contains(&duration));
            assert!(line.remove("remainingMs").unwrap().as_u64().unwrap() > 60_000);
            let mut expected = json!({
                "level": "INFO", "message": "request", "target": "sippycup::access", "method": method, "path": path,
                "source": "http_api", "coldStart": at == 0,
            });
            expected.as_object_mut().unwrap().extend(wanted.as_object().unwrap().clone());
            assert_eq!(Value::Object(line), expected);
        }
    }
}

#[tokio::test]
async fn the_line_of_a_request_has_what_the_client_gets_when_a_guard_answers() {
    for (polls, options) in [(1, "logging,guards"), (16, "logging,guards"), (1, "logging,guards,runtime")] {
        let variables = [&NAMED[..], &[("AWS_LAMBDA_LOG_FORMAT", "JSON")]].concat();
        let mut api = start(polls, options, &variables).await;
        for (path, status, failed, bytes) in [
            ("/never", json!(504), Value::Null, 29),
            ("/panic", json!(500), Value::Null, 35),
            ("/size/7000000", json!(507), Value::Null, 34),
            ("/status/503", Value::Null, json!(true), 0),
            ("/status/404", json!(404), Value::Null, 0),
        ] {
            let id = api.id();
            let headers = guards::hurried(&id);
            api.next().await.reply(&event_with(&headers, &secret("GET", path, ""))).await;
            api.report().await.accept().await;
            let lines = json_lines(&mut api, "after the invocation").await;
            let requests: Vec<_> = lines.iter().filter(|line| line["message"] == "request").collect();
            assert_eq!(requests.len(), 1, "{lines:?}");
            let seen = ["status", "failed", "responseBytes"].map(|name| requests[0][name].clone());
            assert_eq!(seen, [status, failed, json!(bytes)], "{path}");
            assert_eq!(requests[0]["level"], if path == "/status/404" { "INFO" } else { "WARN" });
            assert_eq!(requests[0]["requestId"], id);
        }
    }
}

#[tokio::test]
async fn a_failure_is_told_in_the_words_of_lambda_and_its_request_is_one_line() {
    for polls in POLLS {
        let mut api = start(polls, "logging", &[("AWS_LAMBDA_LOG_FORMAT", "JSON")]).await;
        for (path, error_type, message, panics) in [
            ("/body-error", "SippyCup.Body", "invocation failed: response body failed: the body failed on purpose", 0),
            ("/panic", "SippyCup.Panic", "invocation failed: handler panicked: on\npurpose", 1),
        ] {
            let id = invoke(&mut api, &secret("GET", path, "")).await;
            let lines = json_lines(&mut api, "after the invocation").await;
            for line in &lines {
                assert_is_of(line, &id);
            }
            let failures: Vec<_> = lines.iter().filter(|line| !line["errorType"].is_null()).collect();
            assert_eq!(failures.len(), 1, "{lines:?}");
            assert_eq!(failures[0]["level"], "ERROR");
            assert_eq!((&failures[0]["errorType"], &failures[0]["message"]), (&json!(error_type), &json!(message)));
            let said = |line: &&Value| line["message"].as_str().unwrap().starts_with("panicked at ");
            let said: Vec<_> = lines.iter().filter(said).collect();
            assert_eq!(said.len(), panics, "{lines:?}");
            assert!(
                said.iter().all(
                    |line| line["level"] == "ERROR" && line["message"].as_str().unwrap().ends_with(": on\npurpose")
                )
            );
            let requests: Vec<_> = lines.iter().filter(|line| line["message"] == "request").collect();
            assert_eq!(requests.len(), 1, "{lines:?}");
            assert_eq!((&requests[0]["failed"], &requests[0]["level"]), (&json!(true), &json!("WARN")));
            // The client gets what the front door says of it.
            assert_eq!((&requests[0]["status"], &requests[0]["responseBytes"]), (&Value::Null, &json!(0)));
            assert_eq!(lines.len(), 3 + panics, "{lines:?}");
        }
    }
    let mut api = start(1, "logging,fails", &[("AWS_LAMBDA_LOG_FORMAT", "JSON")]).await;
    let id = invoke(&mut api, &secret("GET", "/", "")).await;
    let lines = json_lines(&mut api, "invocation failed").await;
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(
        (&lines[0]["failed"], &lines[0]["status"], &lines[0]["path"]),
        (&json!(true), &Value::Null, &json!("/"))
    );
    assert_eq!(lines[1]["message"], "invocation failed: service failed: failed on purpose");
    assert_is_of(&lines[1], &id);
}

#[tokio::test]
async fn under_lambda_runtime_lines_have_the_ids_too() {
    let variables = [&NAMED[..], &[("AWS_LAMBDA_LOG_FORMAT", "JSON")]].concat();
    let mut api = start(1, "logging,runtime", &variables).await;
    for is_cold_start in [true, false] {
        let id = invoke(&mut api, &secret("GET", "/items/7", "")).await;
        let lines = json_lines(&mut api, "after the invocation").await;
        assert_eq!(lines.len(), 5, "{lines:?}");
        lines.iter().for_each(|line| assert_is_of(line, &id));
        let request = lines.iter().find(|line| line["message"] == "request").unwrap();
        assert_eq!(request["coldStart"], is_cold_start);
    }
}

#[tokio::test]
async fn in_text_a_line_stays_a_line_and_has_the_ids() {
    for polls in POLLS {
        let mut api = start(polls, "logging", &[("AWS_LAMBDA_LOG_FORMAT", "Text")]).await;
        let id = invoke(&mut api, &secret("GET", "/items/7", "")).await;
        let lines = api.until("after the invocation").await;
        assert_eq!(lines.len(), 5, "{lines:?}");
        let ids = format!(" requestId={id} tenantId=of-{id} xrayTraceId=1-{id}");
        for line in &lines {
            assert!(line.starts_with("20") && line.contains(&ids) && !line.contains("hidden"), "{line}");
        }
        assert!(lines[0].contains("Z WARN observed: no\\nstock\\u{1b}[31m requestId="), "{lines:?}");
        assert!(
            lines[0].ends_with(
                " price=9.5 sold=true big=18446744073709551615 field_level=mine error=Kind(NotFound) order=1"
            ),
            "{lines:?}"
        );
        assert!(lines[2].contains("Z INFO sippycup::access: request requestId="), "{lines:?}");
        assert!(lines[2].contains(" method=GET path=/items/7 route=/items/{id} status=200 durationMs="), "{lines:?}");
        invoke(&mut api, &secret("GET", "/panic", "")).await;
        let lines = api.until("after the invocation").await;
        assert_eq!(lines.len(), 4, "{lines:?}");
    }
}

#[tokio::test]
async fn a_line_that_would_be_split_is_cut() {
    for (polls, format) in [(1, "JSON"), (16, "JSON"), (1, "Text"), (16, "Text")] {
        let mut api = start(polls, "logging", &[("AWS_LAMBDA_LOG_FORMAT", format), ("RUST_LOG", "observed")]).await;
        let id = invoke(&mut api, &secret("GET", "/long", "")).await;
        let line = api.until("a long line").await.pop().unwrap();
        assert!(line.len() < 60 * 1024 && line.contains(&id) && line.contains("truncated"), "{}", line.len());
    }
}

#[tokio::test]
async fn without_init_there_is_nothing_new() {
    let mut api = start(1, "", &[("AWS_LAMBDA_LOG_FORMAT", "JSON")]).await;
    invoke(&mut api, &secret("GET", "/items/7", "")).await;
    invoke(&mut api, &secret("GET", "/body-error", "")).await;
    let lines = json_lines(&mut api, "SippyCup.Body").await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    // Nor where the app has a subscriber of its own, which stays.
    let mut api = start(1, "own,logging", &[("AWS_LAMBDA_LOG_FORMAT", "JSON")]).await;
    let refused = api.until("has no effect").await;
    assert_eq!(refused.len(), 1, "{refused:?}");
    invoke(&mut api, &secret("GET", "/items/7", "")).await;
    let lines = api.until("after the invocation").await;
    assert_eq!(lines.len(), 5, "{lines:?}");
    assert!(!lines.concat().contains("sippycup::access"), "{lines:?}");
}

#[tokio::test]
async fn what_the_environment_says_wrongly_is_told() {
    let variables = [("AWS_LAMBDA_LOG_LEVEL", "LOUD"), ("RUST_LOG", "[span]=debug")];
    let mut api = start(1, "logging", &variables).await;
    let lines = api.until("[span]").await;
    assert!(
        lines[0].contains("expected TRACE, DEBUG, INFO, WARN, ERROR or FATAL in `AWS_LAMBDA_LOG_LEVEL`"),
        "{lines:?}"
    );
    assert_eq!(lines.len(), 2, "{lines:?}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_log_that_is_closed_or_full_costs_nothing() {
    for options in ["logging", ""] {
        let (reader, closed) = std::io::pipe().unwrap();
        drop(reader);
        let full = File::options().write(true).open("/dev/full").unwrap();
        for stderr in [Stdio::from(closed), Stdio::from(full), Stdio::null()] {
            let variables = [("OBSERVED", options), ("AWS_LAMBDA_LOG_FORMAT", "JSON")];
            let mut api = Api::begin_as(env!("CARGO_BIN_EXE_observed"), stderr, 1, &variables).await;
            api.all_wait().await;
            for path in ["/items/7", "/panic", "/body-error", "/items/7"] {
                // The hook that there is without `init` writes to standard error as well, and may fail at it.
                if options == "logging" || path != "/panic" {
                    let id = invoke(&mut api, &secret("GET", path, "")).await;
                    assert!(id.ends_with(&api.number.to_string()));
                }
            }
        }
    }
}

/// What `observed` says for `/everywhere`.
pub(super) const EVERYWHERE: &[&str] = &[
    "by the handler",
    "spawned by the handler",
    "by the body",
    "spawned by the body",
    "dropped",
    "by a task",
    "spawned by a task",
];

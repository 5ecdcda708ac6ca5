//! The metrics, against the specification of the embedded metric format.

use jsonschema::Validator;

use super::{
    logging::{invoke, secret, start},
    *,
};

fn schema() -> Validator {
    jsonschema::validator_for(&serde_json::from_str(include_str!("emf.schema.json")).unwrap()).unwrap()
}

/// What the function wrote for one request, which the specification allows.
async fn line(api: &mut Api) -> Value {
    let line = timeout(LONG, api.written.next_line()).await.expect("a line in time").unwrap().unwrap();
    assert!(!line.contains("hidden"), "{line}");
    let line: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
    assert_is_emf(&line);
    line
}

#[track_caller]
fn assert_is_emf(line: &Value) {
    let faults: Vec<_> = schema().iter_errors(line).map(|error| error.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?} {line}");
    // Targets are members of the root: of dimensions texts, of metrics numbers.
    for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
        for name in directive["Dimensions"].as_array().unwrap().iter().flat_map(|set| set.as_array().unwrap()) {
            assert!(line[name.as_str().unwrap()].is_string(), "{name} {line}");
        }
        for metric in directive["Metrics"].as_array().unwrap() {
            assert!(line[metric["Name"].as_str().unwrap()].is_number(), "{metric} {line}");
        }
    }
}

#[test]
fn the_schema_refuses_what_the_specification_does() {
    let good = json!({
        "_aws": {"Timestamp": 1_764_182_400_000_i64, "CloudWatchMetrics": [{
            "Namespace": "shop", "Dimensions": [["service"], []], "Metrics": [{"Name": "Latency", "Unit": "Milliseconds"}],
        }]},
        "service": "orders", "Latency": 12.5, "requestId": "1",
    });
    assert_is_emf(&good);
    for (path, value) in [
        ("/_aws/Timestamp", json!(1_764_182_400)),
        ("/_aws/Timestamp", json!("2026-11-26T19:26:03.123Z")),
        ("/_aws/CloudWatchMetrics/0/Namespace", json!("")),
        ("/_aws/CloudWatchMetrics/0/Dimensions", json!([])),
        ("/_aws/CloudWatchMetrics/0/Dimensions/0/0", json!(1)),
        ("/_aws/CloudWatchMetrics/0/Metrics/0/Unit", json!("ms")),
        ("/_aws/CloudWatchMetrics/0/Metrics/0/Name", Value::Null),
        ("/_aws/CloudWatchMetrics", Value::Null),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(path).unwrap() = value;
        assert!(!schema().is_valid(&bad), "{bad}");
    }
}

#[tokio::test]
async fn every_request_is_counted_and_so_are_failures() {
    for (polls, options) in [(1, "metrics"), (16, "metrics,logging"), (1, "metrics,stream")] {
        let mut api = start(polls, options, &[]).await;
        for (at, (path, status, bytes, route)) in [
            ("/items/7", Some(200), 1, Some("/items/{id}")),
            ("/status/404", Some(404), 0, Some("/status/{code}")),
            ("/status/503", Some(503), 0, Some("/status/{code}")),
            ("/nowhere", Some(404), 0, None),
            ("/panic", None, 0, Some("/panic")),
            // What was sent of a stream stays sent; otherwise the client gets nothing of the app's.
            (
                "/body-error",
                options.contains("stream").then_some(200),
                2 * u64::from(options.contains("stream")),
                Some("/body-error"),
            ),
        ]
        .into_iter()
        .enumerate()
        {
            let id = invoke(&mut api, &secret("GET", path, "")).await;
            let line = line(&mut api).await;
            let has_failed = path == "/panic" || path == "/body-error";
            let is = |class: u16| u64::from(!has_failed && status.is_some_and(|status| status / 100 == class));
            let expected = [
                ("Requests", json!(1)),
                ("4xx", json!(is(4))),
                ("5xx", json!(is(5) + u64::from(has_failed))),
                ("ColdStarts", json!(u64::from(at == 0))),
                ("ResponseBytes", json!(bytes)),
                ("status", json!(status)),
                ("route", json!(route)),
                ("requestId", json!(id)),
                ("service", json!("orders")),
                ("level", json!("INFO")),
            ];
            for (name, value) in expected {
                assert_eq!(line[name], value, "{name} {line}");
            }
            assert!((0.0..60_000.0).contains(&line["Latency"].as_f64().unwrap()), "{line}");
            let directive = &line["_aws"]["CloudWatchMetrics"][0];
            assert_eq!(directive["Namespace"], "shop");
            let sets = if route.is_some() { json!([["service"], ["service", "route"]]) } else { json!([["service"]]) };
            assert_eq!(directive["Dimensions"], sets);
            let metrics: Vec<_> =
                directive["Metrics"].as_array().unwrap().iter().map(|metric| &metric["Name"]).collect();
            assert_eq!(metrics, ["Requests", "4xx", "5xx", "Latency", "ColdStarts", "ResponseBytes"]);
        }
    }
}

#[tokio::test]
async fn invocations_at_the_same_time_are_lines_of_their_own() {
    let mut api = start(16, "metrics", &[]).await;
    let ids = [api.id(), api.id()];
    for id in &ids {
        api.next().await.reply(&event(id, &http_api(&format!("/two/{id}")))).await;
    }
    for _ in &ids {
        api.report().await.accept().await;
    }
    let mut counted = [line(&mut api).await, line(&mut api).await].map(|line| {
        assert_eq!(
            (&line["Requests"], &line["status"], &line["route"]),
            (&json!(1), &json!(200), &json!("/two/{who}"))
        );
        line["requestId"].as_str().unwrap().to_owned()
    });
    counted.sort();
    assert_eq!(counted, ids);
}

#[tokio::test]
async fn what_is_counted_is_what_the_client_gets_when_a_guard_answers() {
    for (polls, options) in [(1, "metrics,guards"), (16, "metrics,guards"), (1, "metrics,guards,stream")] {
        let mut api = start(polls, options, &[]).await;
        let streams = options.contains("stream");
        for (path, status, body) in [
            ("/never", Some(504), r#"{"message":"Gateway Timeout"}"#),
            (
                "/half",
                if streams { Some(200) } else { Some(504) },
                if streams { "" } else { r#"{"message":"Gateway Timeout"}"# },
            ),
            ("/panic", Some(500), r#"{"message":"Internal Server Error"}"#),
            ("/size/7000000", if streams { Some(200) } else { Some(507) }, r#"{"message":"Insufficient Storage"}"#),
            ("/status/503", None, ""),
            ("/status/404", Some(404), ""),
        ] {
            let id = api.id();
            let headers = guards::hurried(&id);
            api.next().await.reply(&event_with(&headers, &secret("GET", path, ""))).await;
            api.report().await.accept().await;
            api.all_wait().await;
            let line = line(&mut api).await;
            let bytes = if streams && path.starts_with("/size") { 7_000_000 } else { body.len() };
            let is_server_error = status.is_none_or(|status| status >= 500) || path == "/half";
            for (name, value) in [
                ("status", json!(status)),
                ("ResponseBytes", json!(bytes)),
                ("4xx", json!(u8::from(status == Some(404)))),
                ("5xx", json!(u8::from(is_server_error))),
                ("requestId", json!(id)),
            ] {
                assert_eq!(line[name], value, "{options} {path}: {name} {line}");
            }
        }
    }
}

#[tokio::test]
async fn lambda_lets_the_lines_through_whatever_the_level() {
    for (polls, level, wanted) in
        [(1, "DEBUG", "INFO"), (1, "ERROR", "ERROR"), (16, "ERROR", "ERROR"), (1, "fatal", "FATAL")]
    {
        let mut api =
            start(polls, "metrics", &[("AWS_LAMBDA_LOG_LEVEL", level), ("AWS_LAMBDA_LOG_FORMAT", "JSON")]).await;
        invoke(&mut api, &secret("GET", "/items/7", "")).await;
        let line = line(&mut api).await;
        assert_eq!(line["level"], wanted, "{line}");
        assert_eq!(line["timestamp"].as_str().unwrap().len(), 24, "{line}");
    }
}

#[tokio::test]
async fn metrics_that_cloudwatch_would_drop_are_an_error_at_the_start() {
    let variables = [("OBSERVED", "metrics-wrong")];
    let mut api = Api::begin_as(env!("CARGO_BIN_EXE_observed"), Stdio::piped(), 1, &variables).await;
    let report = api.any().await;
    assert_eq!(report.line, "POST /2018-06-01/runtime/init/error HTTP/1.1");
    report.accept().await;
    let (code, said) = api.ends().await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("the metrics do not fit: expected a namespace of 1 to 255 ASCII letters"), "{said}");
}

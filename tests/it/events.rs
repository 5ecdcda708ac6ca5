//! Events that are not of HTTP, beside an app, in a function that is a process of its own: what goes where, and what
//! Lambda is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::BodyExt;
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};
use sippycup::{EventSource, ProxyEvent};
use sippycup_gateway::Function;
use tower::Service;

use crate::support::{fixture, fixture_value, fixtures_in, http_fixtures};

/// The function, and all lines that it wrote.
struct Lambda {
    function: Function,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Lambda {
    fn start(mode: &str) -> Self {
        Self::with_polls(mode, 1)
    }

    /// As on Managed Instances, if there is more than one poll.
    fn with_polls(mode: &str, polls: usize) -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let written = Arc::clone(&lines);
        let builder = Function::builder().env("FUNCTION_MODE", mode).concurrency(1);
        let builder = if polls > 1 { builder.max_concurrency(polls) } else { builder };
        let builder = builder.report(move |line| written.lock().unwrap().push(line.to_owned()));
        Self { function: builder.spawn(env!("CARGO_BIN_EXE_beside"), [""; 0]).unwrap(), lines }
    }

    /// The answer, or what Lambda is told of the failure.
    async fn invoke(&mut self, event: impl Into<Bytes>) -> Result<Bytes, Value> {
        match self.function.call(event.into()).await {
            Ok(answer) => Ok(answer.into_body().collect().await.unwrap().to_bytes()),
            Err(error) => Err(serde_json::from_slice(error.payload()).unwrap()),
        }
    }

    async fn answer(&mut self, event: impl Into<Bytes>) -> Value {
        let answer = self.invoke(event).await.unwrap();
        serde_json::from_slice(&answer).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&answer)))
    }

    #[track_caller]
    fn assert_failed(answer: Result<Bytes, Value>, error_type: &str, says: &str) {
        let error = answer.unwrap_err();
        assert_eq!(error["errorType"], error_type);
        assert!(error["errorMessage"].as_str().unwrap().contains(says), "{error}");
    }

    /// Stops the function, so that all lines have arrived.
    async fn lines(self) -> Vec<String> {
        self.function.stop().await;
        self.lines.lock().unwrap().clone()
    }
}

fn sqs(body: &str) -> String {
    json!({"Records": [{"messageId": "m-1", "eventSource": "aws:sqs", "body": body}]}).to_string()
}

#[tokio::test]
async fn an_event_goes_to_its_handler_and_a_request_to_the_app() {
    for (mode, polls) in [("", 1), ("stream", 1), ("", 8), ("stream", 8)] {
        let mut lambda = Lambda::with_polls(mode, polls);
        let seen = lambda.answer(fixture("not_http/cognito")).await;
        assert_eq!((&seen["kind"], &seen["event"]), (&json!("cognito"), &fixture_value("not_http/cognito")));
        assert!(!seen["request_id"].as_str().unwrap().is_empty());
        let app = lambda.invoke(fixture("function_url/cookies")).await.unwrap();
        let app = String::from_utf8_lossy(&app).into_owned();
        assert!(app.contains("app: "), "{mode}: {app}");
        assert_eq!(app.contains('\0'), mode == "stream", "{app}");
    }
}

#[tokio::test]
async fn what_fails_in_a_handler_fails_its_invocation_and_nothing_more() {
    for polls in [1, 8] {
        what_fails_in_a_handler(Lambda::with_polls("", polls)).await;
    }
}

async fn what_fails_in_a_handler(mut lambda: Lambda) {
    let failed = lambda.invoke(fixture("not_http/event_bridge")).await;
    // Nothing before it: to API Gateway only the whole of `Unauthorized` is a 401.
    assert_eq!(failed.unwrap_err()["errorMessage"], "the schedule failed on purpose");
    let failed = lambda.invoke(fixture("not_http/sns")).await;
    Lambda::assert_failed(failed, "SippyCup.Panic", "the handler of events panicked on purpose");
    let failed = lambda.invoke("{").await;
    Lambda::assert_failed(failed, "SippyCup.Event", "expected");
    assert_eq!(lambda.answer(fixture("not_http/console_hello")).await["kind"], "unknown");
    let lines = lambda.lines().await;
    let told = |line: &&String| line.contains("failed on purpose") && line.contains("RequestId: ");
    assert_eq!(lines.iter().filter(told).count(), 1, "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("planted-token")), "{lines:?}");
}

#[tokio::test]
async fn events_of_a_web_socket_api_go_to_the_handler_where_that_is_told() {
    for (mode, polls) in [("web-socket", 1), ("web-socket", 8), ("", 1), ("no-handler", 1)] {
        let mut lambda = Lambda::with_polls(mode, polls);
        for name in fixtures_in("web_socket") {
            let answer = lambda.answer(fixture(&name)).await;
            match mode {
                "web-socket" => {
                    assert_eq!((&answer["kind"], &answer["event"]), (&json!("web_socket"), &fixture_value(&name)))
                }
                _ => assert!(answer["body"].as_str().unwrap().starts_with("app: "), "{name}: {answer}"),
            }
        }
        let answer = lambda.answer(fixture("http_api_2/default_stage")).await;
        assert!(answer["body"].as_str().unwrap().starts_with("app: "), "{answer}");
    }
}

#[tokio::test]
async fn an_item_without_an_identifier_cannot_be_reported() {
    for polls in [1, 8] {
        an_item_without_an_identifier(Lambda::with_polls("", polls)).await;
    }
}

async fn an_item_without_an_identifier(mut lambda: Lambda) {
    let failed = lambda.invoke(fixture("not_http/kinesis")).await;
    Lambda::assert_failed(failed, "SippyCup.Service", "expected the identifier of the item that failed, found none");
    for (identifier, found) in [("null", "null"), ("\"\"", "an empty one"), ("\"m-2\"", "one that no item has")] {
        let failed =
            lambda.invoke(sqs(&format!(r#"{{"batchItemFailures":[{{"itemIdentifier":{identifier}}}]}}"#))).await;
        Lambda::assert_failed(
            failed,
            "SippyCup.Service",
            &format!("`batchItemFailures[0].itemIdentifier`, found {found}"),
        );
    }
    let known = r#"{"batchItemFailures":[{"itemIdentifier":"m-1"}]}"#;
    assert_eq!(lambda.answer(sqs(known)).await.to_string(), known);
}

#[tokio::test]
async fn an_answer_in_the_form_of_http_to_a_queue_is_warned_of() {
    for polls in [1, 8] {
        an_answer_in_the_form_of_http(Lambda::with_polls("", polls)).await;
    }
}

async fn an_answer_in_the_form_of_http(mut lambda: Lambda) {
    assert_eq!(lambda.answer(sqs(r#"{"statusCode":500}"#)).await, json!({"statusCode": 500}));
    assert_eq!(lambda.answer(sqs("null")).await, Value::Null);
    let lines = lambda.lines().await;
    let warned: Vec<_> = lines.iter().filter(|line| line.contains("looks like one of HTTP")).collect();
    assert!(matches!(&*warned, [line] if line.starts_with("WARN: ") && line.contains("RequestId: ")), "{lines:?}");
}

#[tokio::test]
async fn pings_are_answered_before_everything() {
    for (mode, polls) in [("", 1), ("stream", 1), ("warm-up", 1), ("", 8), ("stream", 8), ("warm-up", 8)] {
        let mut lambda = Lambda::with_polls(mode, polls);
        for ping in [json!({"source": "serverless-plugin-warmup"}), json!({"warmer": true}), json!({"keep": "warm"})] {
            assert_eq!(lambda.answer(ping.to_string()).await, json!({"statusCode": 200}), "{mode}");
        }
        // A client that writes the same into its request has not kept anything warm.
        let mut request = fixture_value("function_url/cookies");
        request["body"] = r#"{"source":"serverless-plugin-warmup"}"#.into();
        request["isBase64Encoded"] = false.into();
        let answer = lambda.invoke(request.to_string()).await.unwrap();
        assert_ne!(answer, r#"{"statusCode":200}"#);
        if mode == "warm-up" {
            let failed = lambda.invoke(fixture("not_http/sqs")).await;
            Lambda::assert_failed(failed, "SippyCup.Event", "found an SQS event");
        }
        let told = lambda.lines().await.iter().filter(|line| line.contains("RequestId: ")).count();
        assert_eq!(told, usize::from(mode == "warm-up"));
    }
}

#[tokio::test]
async fn no_guard_answers_an_event_that_is_not_for_the_app() {
    for (mode, polls) in [("guards", 1), ("guards", 8), ("guards-stream", 1)] {
        let mut lambda = Lambda::with_polls(mode, polls);
        for (kind, error_type, says) in [
            ("not_http/sns", "SippyCup.Panic", "the handler of events panicked on purpose"),
            ("not_http/s3", "SippyCup.Service", "expected an answer 3600s before the deadline"),
            ("not_http/dynamodb", "SippyCup.Response", "Lambda refuses a response of 7000002 bytes of JSON"),
        ] {
            Lambda::assert_failed(lambda.invoke(fixture(kind)).await, error_type, says);
        }
        // No status of HTTP, whatever it says.
        assert_eq!(lambda.answer(sqs(r#"{"statusCode":500}"#)).await, json!({"statusCode": 500}));
        for name in fixtures_in("web_socket") {
            let failed = lambda.invoke(fixture(&name)).await;
            Lambda::assert_failed(failed, "SippyCup.Panic", "the handler of events panicked on purpose");
        }
        let failed = lambda.invoke(fixture("function_url/cookies")).await;
        Lambda::assert_failed(failed, "SippyCup.Service", "the app answered 200 OK");
    }
}

/// Where an event went.
#[derive(Debug, PartialEq)]
enum Went {
    ToTheApp,
    ToAHandler,
    Nowhere,
}

async fn went(lambda: &mut Lambda, event: &Value) -> Went {
    match lambda.invoke(event.to_string()).await {
        Err(error) => {
            let message = error["errorMessage"].as_str().unwrap();
            match error["errorType"].as_str().unwrap() {
                // Those of the handlers above.
                "SippyCup.Panic" => Went::ToAHandler,
                "SippyCup.Service" if message.contains("on purpose") || message.contains("identifier") => {
                    Went::ToAHandler
                }
                "SippyCup.Event" if message.contains("API Gateway") => Went::Nowhere,
                "SippyCup.Event" => Went::ToTheApp,
                other => panic!("{other}: {message}"),
            }
        }
        Ok(answer) => match serde_json::from_slice::<Value>(&answer).unwrap() {
            answer if answer["body"].as_str().is_some_and(|body| body.starts_with("app: ")) => Went::ToTheApp,
            _ => Went::ToAHandler,
        },
    }
}

/// What a client can write into: names and values of headers and of the query, cookies, the path, the body.
fn as_a_client_may_write_it(event: &mut Value, name: &str, text: &str) {
    for member in ["headers", "queryStringParameters", "query_string_parameters", "pathParameters"] {
        if let Some(map) = event.get_mut(member).and_then(Value::as_object_mut) {
            let list = map.values().next().is_some_and(Value::is_array);
            map.insert(name.to_owned(), if list { json!([text]) } else { text.into() });
        }
    }
    for member in ["multiValueHeaders", "multiValueQueryStringParameters"] {
        if let Some(map) = event.get_mut(member).and_then(Value::as_object_mut) {
            map.insert(name.to_owned(), json!([text]));
        }
    }
    if let Some(cookies) = event.get_mut("cookies").and_then(Value::as_array_mut) {
        cookies.push(format!("{name}={text}").into());
    }
    event["body"] = text.into();
    for base64 in ["isBase64Encoded", "is_base64_encoded"] {
        if event.get(base64).is_some() {
            event[base64] = false.into();
        }
    }
}

/// Where a request or an event of this source goes.
fn belongs(mode: &str, source: Option<EventSource>) -> Went {
    match source {
        Some(EventSource::WebSocket) if mode == "web-socket" => Went::ToAHandler,
        Some(_) => Went::ToTheApp,
        None => Went::ToAHandler,
    }
}

#[tokio::test]
async fn no_request_can_become_an_event() {
    for mode in ["", "web-socket"] {
        no_request_can_become_an_event_with(mode).await;
    }
}

async fn no_request_can_become_an_event_with(mode: &str) {
    let mut lambda = Lambda::start(mode);
    let events: Vec<_> = fixtures_in("not_http").iter().map(|name| fixture_value(name)).collect();
    for name in http_fixtures() {
        for event in &events {
            let members = event.as_object().cloned().unwrap_or_default();
            for member in members.keys() {
                let mut request = fixture_value(&name);
                as_a_client_may_write_it(&mut request, member, &event.to_string());
                let source = name.starts_with("web_socket/").then_some(EventSource::WebSocket);
                let belongs = belongs(mode, source.or(Some(EventSource::RestApi)));
                assert_eq!(went(&mut lambda, &request).await, belongs, "{name} {member}");
                if belongs == Went::ToAHandler {
                    // No message becomes the event of a queue.
                    assert_eq!(lambda.answer(request.to_string()).await["kind"], "web_socket", "{name} {member}");
                }
            }
        }
    }
}

/// Puts a request into everything that whoever makes an event can write into.
fn with_requests_inside(value: &mut Value, request: &Value) {
    match value {
        Value::String(text) if text.contains("planted-token") => *text = request.to_string(),
        Value::Array(items) => items.iter_mut().for_each(|item| with_requests_inside(item, request)),
        Value::Object(members) => {
            members.values_mut().for_each(|value| with_requests_inside(value, request));
            for (name, value) in members {
                if ["detail", "request", "headers", "stash", "tls"].contains(&name.as_str()) {
                    *value = request.clone();
                }
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn no_event_can_become_a_request() {
    let mut lambda = Lambda::start("");
    for request in http_fixtures() {
        let request = fixture_value(&request);
        for name in fixtures_in("not_http").into_iter().filter(|name| name != "not_http/warm_up") {
            let mut event = fixture_value(&name);
            with_requests_inside(&mut event, &request);
            assert_eq!(went(&mut lambda, &event).await, Went::ToAHandler, "{name}");
        }
    }
}

#[test]
fn whatever_an_event_is_made_of_it_goes_where_its_source_says() {
    for mode in ["", "web-socket"] {
        it_goes_where_its_source_says(mode);
    }
}

fn it_goes_where_its_source_says(mode: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _inside = runtime.enter();
    let lambda = Mutex::new(Lambda::start(mode));
    let names = [http_fixtures(), fixtures_in("not_http")].concat();
    let fixtures: Vec<_> = names.iter().map(|name| fixture_value(name)).filter(Value::is_object).collect();
    let members: BTreeMap<String, Value> =
        fixtures.iter().flat_map(|event| event.as_object().unwrap().clone()).collect();
    let members: Vec<_> = members.into_iter().collect();
    let change = (0..members.len(), 0..4_u8);
    let events = (0..fixtures.len(), prop::collection::vec(change, 0..6)).prop_map(|(index, changes)| {
        let mut event = fixtures[index].as_object().unwrap().clone();
        for (member, how) in changes {
            let (name, value) = members[member].clone();
            match how {
                0 => drop(event.remove(&name)),
                1 => drop(event.insert(name, Value::Null)),
                2 => drop(event.insert(name, json!("text"))),
                _ => drop(event.insert(name, value)),
            }
        }
        Value::Object(event)
    });
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() });
    let ran = runner.run(&events, |event| {
        let source = ProxyEvent::from_bytes(event.to_string()).unwrap().source();
        let went = runtime.block_on(went(&mut lambda.lock().unwrap(), &event));
        prop_assert_eq!(went, belongs(mode, source));
        Ok(())
    });
    ran.unwrap();
}

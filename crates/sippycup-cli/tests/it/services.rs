//! Events of services that are no front door: printed, sent, and their answers judged.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::scripted::command_line;
use crate::{Running, run, sippycup};

fn event(arguments: &[&str]) -> Value {
    let (code, out, err) = run(sippycup(&[&["event"], arguments].concat()));
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn every_service_has_an_event_with_the_members_it_is_known_by() {
    for (service, pointer, value) in [
        ("sqs", "/Records/0/eventSource", "aws:sqs"),
        ("sns", "/Records/0/EventSource", "aws:sns"),
        ("s3", "/Records/0/eventSource", "aws:s3"),
        ("eventbridge", "/detail-type", "example"),
        ("schedule", "/detail-type", "Scheduled Event"),
        ("dynamodb", "/Records/0/eventSource", "aws:dynamodb"),
        ("kinesis", "/Records/0/eventSource", "aws:kinesis"),
        ("cognito", "/triggerSource", "PreSignUp_SignUp"),
        ("authorizer", "/type", "TOKEN"),
        ("iot", "/token", "token"),
    ] {
        assert_eq!(event(&[service]).pointer(pointer), Some(&json!(value)), "{service}");
    }
}

#[test]
fn an_event_brings_what_it_was_given() {
    let sqs = event(&["sqs", "--from", "orders.fifo", "-d", "one", "-d", "-2"]);
    assert_eq!([&sqs["Records"][0]["body"], &sqs["Records"][1]["body"]], ["one", "-2"]);
    assert_ne!(sqs["Records"][0]["messageId"], sqs["Records"][1]["messageId"]);
    assert_eq!(sqs["Records"][1]["attributes"]["MessageGroupId"], "group");
    assert_eq!(sqs["Records"][0]["eventSourceARN"], "arn:aws:sqs:us-east-1:123456789012:orders.fifo");
    assert_eq!(event(&["s3", "-d", "a b/ü"])["Records"][0]["s3"]["object"]["key"], "a+b/%C3%BC");
    assert_eq!(event(&["kinesis", "-d", "hi"])["Records"][0]["kinesis"]["data"], "aGk=");
    let item = event(&["dynamodb", "-d", r#"{"id":{"S":"7"},"n":{"N":"1"}}"#]);
    assert_eq!(item["Records"][0]["dynamodb"]["Keys"], json!({"id": {"S": "7"}}));
    let detail = event(&["eventbridge", "--from", "shop", "--detail-type", "placed", "-d", r#"{"id":7}"#]);
    assert_eq!(
        [&detail["source"], &detail["detail-type"], &detail["detail"]],
        [&json!("shop"), &json!("placed"), &json!({"id": 7})]
    );
    assert_eq!(event(&["schedule", "-d", r#"{"warm":true}"#]), json!({"warm": true}));
    assert_eq!(event(&["authorizer", "--type", "http", "-d", "t"])["identitySource"], json!(["t"]));
    let web_socket = event(&["authorizer", "--type", "websocket"]);
    assert_eq!(web_socket["requestContext"]["eventType"], "CONNECT");
    assert_eq!(web_socket.get("httpMethod"), None);
    assert_eq!(
        event(&["cognito", "--trigger", "TokenGeneration_Authentication"])["response"],
        json!({"claimsOverrideDetails": null})
    );
    // Requests are what they were.
    assert_eq!(event(&["GET /sqs"])["rawPath"], "/sqs");
}

#[test]
fn what_an_event_cannot_have_is_refused() {
    for (arguments, part) in [
        (&["schedule", "-d", "1", "-d", "2"][..], "has no records"),
        (&["sqs", "--detail-type", "x"], "only an event of EventBridge"),
        (&["eventbridge", "-d", "[]"], "--data: expected a JSON object"),
        (&["schedule", "-d", "{"], "--data: expected JSON"),
        (&["schedule", "-d", "{}", "--from", "x"], "sends nothing else"),
        (&["cognito", "--trigger", "SignUp"], "PreSignUp, PostConfirmation"),
        (&["authorizer", "--type", "jwt"], "token, request, http or websocket"),
        (&["sqs", "--trigger", "PreSignUp_SignUp"], "only an event of Cognito"),
        (&["sqs", "--type", "token"], "only an authorizer"),
        (&["authorizer", "--from", "x"], "--from: "),
        (&["sqs", "--kind", "rest"], "unexpected argument '--kind'"),
    ] {
        let (code, out, err) = run(sippycup(&[&["event"], arguments].concat()));
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(err.contains(part), "{err}");
    }
    let (code, _, err) = run(sippycup(&["event"]));
    assert!(code == 2 && err.contains("<REQUEST>"), "{err}");
    let (code, _, err) = run(sippycup(&["send", "sqs"]));
    assert!(code == 2 && err.contains("needs either a command or an address"), "{err}");
}

fn send(arguments: &[&str], script: &str) -> (i32, String, String) {
    let mut command = sippycup(&[&["send"], arguments, &["--"]].concat());
    command.args(command_line()).env("SCRIPT", script);
    run(command)
}

#[test]
fn an_answer_is_printed_and_judged() {
    let id = event(&["sqs"])["Records"][0]["messageId"].as_str().unwrap().to_owned();
    let failed = |id: &str| format!(r#"answer:{{"batchItemFailures":[{{"itemIdentifier":{id}}}]}}"#);
    for (script, wanted, part) in [
        ("answer:null", 0, "the whole batch is handled"),
        (&*failed(&format!("\"{id}\"")), 0, "1 of 2 records failed"),
        (&failed("null"), 1, "Lambda takes the whole batch as failed"),
        (&failed("\"x\""), 1, "is of no record of the batch"),
        (r#"answer:{"statusCode":500}"#, 1, "looks like one of HTTP"),
    ] {
        let (code, out, err) = send(&["sqs", "-d", "a", "-d", "b"], script);
        assert_eq!(code, wanted, "{script}: {err}");
        assert!(err.contains(part), "{err}");
        let answer = script.strip_prefix("answer:").unwrap();
        assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), serde_json::from_str::<Value>(answer).unwrap());
    }
    let (code, out, _) = send(&["sns"], "error");
    assert_eq!((code, serde_json::from_str::<Value>(&out).unwrap()["errorType"].clone()), (1, json!("ValueError")));
}

#[test]
fn a_function_that_runs_already_can_be_sent_to() {
    let mut running = Running::spawn(sippycup(&["send", "iot", "--attach=127.0.0.1:0"]));
    let line = running.until("AWS_LAMBDA_RUNTIME_API=");
    let api = line.split("AWS_LAMBDA_RUNTIME_API=").nth(1).unwrap().to_owned();
    let command = command_line();
    let mut function = Command::new(&command[0])
        .args(&command[1..])
        .env("SCRIPT", r#"answer:{"isAuthenticated":false}"#)
        .env("AWS_LAMBDA_RUNTIME_API", api)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    running.until("denied");
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
    function.kill().unwrap();
    function.wait().unwrap();
}

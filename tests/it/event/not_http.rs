//! Events that no HTTP front door sent: an error that names what it saw, and nothing of what was in it.

use serde_json::{Value, json};
use sippycup::{EventOptions, ProxyEvent};

use crate::support::{fixture, fixture_value, fixtures_in, refusal};

#[test]
fn is_named_for_what_it_is() {
    for (name, saw) in [
        ("authorizer_request", "an API Gateway authorizer event"),
        ("authorizer_token", "an API Gateway authorizer event"),
        ("authorizer_http_api_1", "an API Gateway authorizer event"),
        ("authorizer_http_api_2", "an API Gateway authorizer event"),
        ("sqs", "an SQS event"),
        ("sns", "an SNS event"),
        ("s3", "an S3 event"),
        ("event_bridge", "an EventBridge event"),
        ("bedrock_action", "a Bedrock agent's action"),
        ("cognito", "a Cognito event"),
        ("logs", "a CloudWatch Logs event"),
        ("console_hello", "an object with `key1`, `key2`, `key3`"),
    ] {
        let message = refusal(fixture(&format!("not_http/{name}")));
        assert!(message.ends_with(&format!("found {saw}")), "{name}: {message}");
    }
}

#[test]
fn is_told_apart_from_broken_events() {
    for name in fixtures_in("not_http") {
        let event = ProxyEvent::from_bytes(fixture(&name)).unwrap();
        assert_eq!(event.source(), None, "{name}");
        let error = event.into_request(&EventOptions::default()).unwrap_err();
        assert!(error.is_not_http() && !error.is_not_json(), "{name}");
        assert!(!error.to_string().contains("planted-token"), "{name}");
    }
    let error = ProxyEvent::from_bytes("{").unwrap_err();
    assert!(error.is_not_json() && !error.is_not_http());
    let without_path = ProxyEvent::from_bytes(r#"{"httpMethod":"GET","requestContext":{}}"#).unwrap();
    let error = without_path.into_request(&EventOptions::default()).unwrap_err();
    assert!(!error.is_not_json() && !error.is_not_http());
}

#[test]
fn what_has_only_some_members_of_an_http_event_is_none() {
    for event in [
        json!({"httpMethod": "DELETE"}),
        json!({"httpMethod": "GET", "headers": {"host": "a.example"}, "body": "x"}),
        json!({"httpMethod": "POST", "apiPath": "/items"}),
        json!({"requestContext": {}}),
        json!({"version": "2.0", "rawPath": "/x"}),
        json!({"version": "2.0", "requestContext": {}}),
        json!({"rawPath": "/x", "requestContext": {}}),
        json!({"rawPath": "/x", "httpMethod": "GET"}),
        json!({"rawPath": "/x", "requestContext": null, "version": "2.0"}),
        json!({"path": "/x"}),
        json!({"resource": "/x"}),
    ] {
        let seen = ProxyEvent::from_bytes(event.to_string()).unwrap();
        assert_eq!(seen.source(), None, "{event}");
        assert!(seen.into_request(&EventOptions::default()).unwrap_err().is_not_http(), "{event}");
    }
}

#[test]
fn what_only_other_events_have_counts_beside_everything_that_an_http_event_has() {
    for folder in ["rest_api", "http_api_1", "http_api_2", "function_url", "alb", "vpc_lattice", "web_socket"] {
        for name in fixtures_in(folder) {
            for (member, value) in [
                ("Records", json!([{"eventSource": "aws:sqs"}])),
                ("actionGroup", "g".into()),
                ("detail-type", "x".into()),
                ("methodArn", "arn:x".into()),
                ("triggerSource", "x".into()),
            ] {
                let mut event = fixture_value(&name);
                event[member] = Value::Null;
                assert!(ProxyEvent::from_bytes(event.to_string()).unwrap().source().is_some(), "{name} {member}");
                event[member] = value;
                assert_eq!(ProxyEvent::from_bytes(event.to_string()).unwrap().source(), None, "{name} {member}");
            }
        }
    }
}

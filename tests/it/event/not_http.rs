//! Events that no HTTP front door sent: an error that names what it saw, and nothing of what was in it.

use sippycup::{EventOptions, ProxyEvent};

use crate::support::{fixture, fixtures_in, refusal};

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
        assert!(error.is_not_http() && !error.is_json(), "{name}");
        assert!(!error.to_string().contains("planted-token"), "{name}");
    }
}

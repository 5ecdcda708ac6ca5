//! How long a body is: the event's is whole, however the client sent it.

use serde_json::json;

use crate::support::request;

#[test]
fn the_only_length_is_that_of_the_body() {
    for (sent, length) in [
        (json!({}), Some("5")),
        (json!({"content-length": "5"}), Some("5")),
        (json!({"content-length": "007"}), Some("5")),
        (json!({"Content-Length": "05"}), Some("5")),
        (json!({"content-length": "+5"}), Some("5")),
        (json!({"content-length": "5, 5"}), Some("5")),
        (json!({"content-length": "-1"}), Some("5")),
        (json!({"content-length": ""}), Some("5")),
        (json!({"content-length": "5", "CONTENT-LENGTH": "6"}), Some("5")),
        (json!({"transfer-encoding": "chunked"}), Some("5")),
        (json!({"Transfer-Encoding": "gzip, chunked", "content-length": "99"}), Some("5")),
        (json!({"transfer-encoding": "chunked", "TRANSFER-ENCODING": "identity"}), Some("5")),
    ] {
        for (body, length) in [
            ("hello", length),
            ("", sent.as_object().unwrap().keys().any(|name| name.to_lowercase() == "content-length").then_some("0")),
        ] {
            for (name, event) in [
                (
                    "alb",
                    json!({"httpMethod": "POST", "path": "/", "headers": sent, "body": body, "requestContext": {"elb": {}}}),
                ),
                (
                    "rest",
                    json!({"httpMethod": "POST", "path": "/", "resource": "/", "headers": sent, "body": body, "requestContext": {}}),
                ),
                (
                    "multi",
                    json!({
                        "httpMethod": "POST", "path": "/", "body": body, "requestContext": {"elb": {}},
                        "multiValueHeaders": sent.as_object().unwrap().iter().map(|(n, v)| (n.clone(), json!([v]))).collect::<serde_json::Map<_, _>>(),
                    }),
                ),
                (
                    "http",
                    json!({"version": "2.0", "rawPath": "/", "headers": sent, "body": body, "requestContext": {"http": {"method": "POST", "path": "/"}}}),
                ),
            ] {
                let request = request(event.to_string());
                let lengths: Vec<_> = request.headers().get_all("content-length").iter().collect();
                assert_eq!(lengths, length.into_iter().collect::<Vec<_>>(), "{name} {sent} {body}");
                assert!(!request.headers().contains_key("transfer-encoding"), "{name} {sent}");
            }
        }
    }
}

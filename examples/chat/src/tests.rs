//! The chat, with events as API Gateway sends them and a Management API on loopback.

use std::sync::{Arc, Mutex};

use aws_sdk_apigatewaymanagement::config::Credentials;
use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::{Value, json};
use sippycup::SippyCup;
use tokio::net::TcpListener;
use tower::ServiceExt;

use super::*;

/// What arrives, as connection id and message.
type Arrived = Arc<Mutex<Vec<(String, Value)>>>;

/// A Management API of the stage `live`. The connection `gone` is no longer there, and `broken` cannot be reached.
async fn management_api() -> (String, Arrived) {
    async fn take(
        State(arrived): State<Arrived>,
        Path(id): Path<String>,
        headers: HeaderMap,
        body: Bytes,
    ) -> (StatusCode, HeaderMap, String) {
        let signed = headers["authorization"].to_str().unwrap();
        assert!(signed.starts_with("AWS4-HMAC-SHA256 Credential=AKIATEST/"), "{signed}");
        arrived.lock().unwrap().push((id.clone(), serde_json::from_slice(&body).unwrap()));
        let (status, error) = match id.as_str() {
            "gone" => (StatusCode::GONE, "GoneException"),
            "broken" => (StatusCode::FORBIDDEN, "ForbiddenException"),
            _ => return (StatusCode::OK, HeaderMap::new(), String::new()),
        };
        let mut headers = HeaderMap::new();
        headers.insert("x-amzn-errortype", error.parse().unwrap());
        (status, headers, json!({"message": "on purpose"}).to_string())
    }

    let arrived = Arrived::default();
    let api = Router::new().route("/live/@connections/{id}", post(take)).with_state(arrived.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/live", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, api).await });
    (endpoint, arrived)
}

struct Chat {
    app: Router,
    arrived: Arrived,
}

impl Chat {
    async fn new() -> Self {
        let (endpoint, arrived) = management_api().await;
        let credentials = Credentials::new("AKIATEST", "secret", None, None, "test");
        Self { app: app(Room::new(Push::new(Some(endpoint), credentials))), arrived }
    }

    /// The status that API Gateway gets.
    async fn event(&self, id: &str, event_type: &str, route_key: &str, body: Option<Value>) -> u64 {
        let event = json!({
            "requestContext": {
                "connectionId": id, "eventType": event_type, "routeKey": route_key, "stage": "live", "apiId": "w5example",
                "domainName": "w5example.execute-api.eu-central-1.amazonaws.com",
            },
            "body": body.map(|body| body.to_string()), "isBase64Encoded": false,
        });
        let answer = SippyCup::new(self.app.clone()).oneshot(Bytes::from(event.to_string())).await.unwrap();
        serde_json::from_slice::<Value>(&answer).unwrap()["statusCode"].as_u64().unwrap()
    }

    async fn connect(&self, id: &str) {
        assert_eq!(self.event(id, "CONNECT", "$connect", None).await, 200);
    }

    async fn say(&self, id: &str, text: &str) -> u64 {
        let message = json!({"action": "sendmessage", "text": text});
        self.event(id, "MESSAGE", "sendmessage", Some(message)).await
    }

    fn arrived(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut *self.arrived.lock().unwrap())
    }
}

fn to(id: &str, from: &str, text: &str) -> (String, Value) {
    (id.to_owned(), json!({"from": from, "text": text}))
}

#[tokio::test]
async fn everybody_who_is_connected_gets_what_is_said() {
    let chat = Chat::new().await;
    chat.connect("ada=").await;
    chat.connect("bob=").await;
    assert_eq!(chat.say("ada=", "hello").await, 200);
    assert_eq!(chat.arrived(), [to("ada=", "ada=", "hello"), to("bob=", "ada=", "hello")]);
    assert_eq!(chat.event("ada=", "DISCONNECT", "$disconnect", None).await, 200);
    assert_eq!(chat.say("bob=", "anybody?").await, 200);
    assert_eq!(chat.arrived(), [to("bob=", "bob=", "anybody?")]);
}

#[tokio::test]
async fn who_has_gone_without_a_word_is_forgotten() {
    let chat = Chat::new().await;
    chat.connect("ada=").await;
    chat.connect("gone").await;
    assert_eq!(chat.say("ada=", "one").await, 200);
    assert_eq!(chat.say("ada=", "two").await, 200);
    assert_eq!(chat.arrived(), [to("ada=", "ada=", "one"), to("gone", "ada=", "one"), to("ada=", "ada=", "two")]);
}

#[tokio::test]
async fn one_who_cannot_be_reached_does_not_keep_the_others_from_it() {
    let chat = Chat::new().await;
    chat.connect("broken").await;
    chat.connect("carl").await;
    assert_eq!(chat.say("carl", "hello").await, 502);
    assert_eq!(chat.arrived(), [to("broken", "carl", "hello"), to("carl", "carl", "hello")]);
}

#[tokio::test]
async fn what_is_no_message_is_refused() {
    let chat = Chat::new().await;
    chat.connect("ada=").await;
    assert_eq!(chat.event("ada=", "MESSAGE", "sendmessage", Some(json!({"action": "sendmessage"}))).await, 400);
    assert_eq!(chat.event("ada=", "MESSAGE", "$default", Some(json!("what?"))).await, 400);
    assert_eq!(chat.arrived(), []);
}

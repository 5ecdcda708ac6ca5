//! Whoever looks on sees each message of a connection, and can speak for its client.

use std::sync::{Arc, Mutex};

use http::{Method, Request};
use serde_json::json;
use sippycup_gateway::{Body, Connection, ConnectionStep, Gateway, GatewayBuilder, Kind, SentBy, Step};
use tower::Service;

use super::{builder, echo, function, request};
use crate::support::answering;

/// What somebody saw, a line for each step, and the last connection.
#[derive(Clone, Default)]
struct Seen {
    lines: Arc<Mutex<Vec<String>>>,
    connection: Arc<Mutex<Option<Connection>>>,
}

impl Seen {
    fn watch(&self, builder: GatewayBuilder) -> GatewayBuilder {
        let (steps, bodies) = (self.clone(), self.clone());
        builder.connection_observer(move |step| steps.see(step)).observer(move |exchange, step| {
            if let Step::RequestBody(body) = step {
                let body = String::from_utf8_lossy(body).into_owned();
                bodies.lines.lock().unwrap().push(format!("exchange {} has {body}", exchange > 0));
            }
        })
    }

    fn see(&self, step: ConnectionStep<'_>) {
        let line = match step {
            ConnectionStep::Opened(connection) => {
                *self.connection.lock().unwrap() = Some(connection.clone());
                format!("opened {:?} {}", connection.protocol(), connection.exchange().is_some())
            }
            ConnectionStep::Received { text, route, exchange, .. } => {
                format!("received {text} {} {}", route.unwrap_or("-"), exchange.is_some())
            }
            ConnectionStep::Sent { text, by: SentBy::Gateway, .. } => {
                format!("gateway says {}", text.contains("\"message\": \"Forbidden\""))
            }
            ConnectionStep::Sent { text, by, .. } => format!("sent {text} {by:?}"),
            ConnectionStep::Closed { code, reason, .. } => format!("closed {code} {reason}"),
            other => panic!("{other:?}"),
        };
        self.lines.lock().unwrap().push(line);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines.lock().unwrap())
    }
}

#[tokio::test]
async fn each_message_is_told_in_both_directions() {
    let seen = Seen::default();
    let (function, events) = echo();
    let builder = builder().route("$connect").route("say").route_response("say").route("$disconnect");
    let gateway = seen.watch(builder).build(function).unwrap();
    let mut socket = gateway.connect(request("/prod")).await.unwrap();
    let id = socket.id().to_owned();
    let say = r#"{"action":"say"}"#;
    socket.send(say).await.unwrap();
    assert_eq!(socket.next().await.as_deref(), Some(say));
    socket.send("nobody").await.unwrap();
    socket.next().await.unwrap();
    let post =
        Request::builder().method(Method::POST).uri(format!("/prod/@connections/{id}")).body(Body::from("hi")).unwrap();
    gateway.clone().call(post).await.unwrap();
    assert_eq!(socket.next().await.as_deref(), Some("hi"));
    socket.close(Some((1000, "bye"))).await;
    while events.next().await["requestContext"]["eventType"] != "DISCONNECT" {}
    let lines = seen.take();
    assert_eq!(
        lines[..8],
        [
            "opened None true",
            &format!("received {say} say true"),
            &format!("exchange true has {say}"),
            &format!("sent {say} Answer"),
            "received nobody - false",
            "gateway says true",
            "exchange true has hi",
            "sent hi Call",
        ],
        "{lines:?}"
    );
    assert_eq!(lines[8], "closed 1000 bye", "{lines:?}");
}

#[tokio::test]
async fn somebody_can_speak_for_the_client_until_it_has_gone() {
    let seen = Seen::default();
    let (function, events) = function(|_, event| Ok(json!({"statusCode": 200, "body": event["body"]})));
    let gateway = seen.watch(builder().route("$default").route_response("$default").route("$disconnect"));
    let gateway = gateway.build(function).unwrap();
    let mut socket = gateway.connect(request("/prod")).await.unwrap();
    let connection = seen.connection.lock().unwrap().clone().unwrap();
    assert_eq!((connection.id(), connection.user_agent()), (socket.id(), None));
    connection.receive("for you").await.unwrap();
    assert_eq!(socket.next().await.as_deref(), Some("for you"));
    assert_eq!(events.next().await["body"], "for you");
    // The handle does not keep the connection open.
    drop(socket);
    assert_eq!(events.next().await["requestContext"]["disconnectStatusCode"], 1006);
    assert_eq!(connection.receive("late").await.unwrap_err().to_string(), "the connection is closed");
    // Too large a message closes the connection, whoever sent it.
    let mut socket = gateway.connect(request("/prod")).await.unwrap();
    let connection = seen.connection.lock().unwrap().clone().unwrap();
    connection.receive("x".repeat((128 << 10) + 1)).await.unwrap();
    assert_eq!(socket.next().await, None);
    assert_eq!(socket.closed(), Some((1009, "Message too big")));
}

#[test]
fn only_a_web_socket_api_has_connections_to_look_at() {
    let refused = Gateway::builder(Kind::RestApi).connection_observer(|_| {}).build(answering("{}")).unwrap_err();
    assert_eq!(refused.to_string(), "a REST API has no connection observer");
}

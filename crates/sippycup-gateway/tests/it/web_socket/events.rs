//! What a function gets, and what a client gets of its answers.

use http::Request;
use serde_json::{Value, json};
use sippycup_gateway::{Authorizer, Gateways};

use super::{builder, echo, function, request};

#[tokio::test]
async fn only_the_event_of_connect_has_headers_and_query() {
    let (function, events) = echo();
    let builder = builder().stage_variable("LEVEL", "debug").route("$connect").route("say").route("$disconnect");
    let gateway = builder.build(function).unwrap();
    let handshake = Request::get("/prod?token=a%20b&token=c").header("cookie", "a=1").header("user-agent", "me");
    let mut socket = gateway.connect(handshake.body(()).unwrap()).await.unwrap();
    socket.send(r#"{"action":"say"}"#).await.unwrap();
    let (connect, message) = (events.next().await, events.next().await);
    let id = socket.id().to_owned();
    socket.close(None).await;
    let disconnect = events.next().await;

    assert_eq!(connect["headers"]["Cookie"], "a=1");
    assert_eq!(connect["headers"]["Sec-WebSocket-Version"], "13");
    assert_eq!(connect["headers"]["Host"], "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com");
    assert_eq!(connect["headers"]["X-Forwarded-Proto"], "https");
    assert!(connect["headers"].get("Connection").is_none() && connect["headers"].get("Upgrade").is_none());
    assert_eq!(connect["multiValueQueryStringParameters"], json!({"token": ["a b", "c"]}));
    assert_eq!(keys(&message), ["body", "isBase64Encoded", "requestContext", "stageVariables"]);
    assert_eq!(
        keys(&disconnect),
        ["headers", "isBase64Encoded", "multiValueHeaders", "requestContext", "stageVariables"]
    );
    let host = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com";
    assert_eq!(disconnect["headers"], json!({"Host": host, "X-Forwarded-For": "", "x-api-key": "", "x-restapi": ""}));
    assert_eq!(disconnect["multiValueHeaders"]["x-api-key"], json!([""]));

    for (event, key, kind) in
        [(&connect, "$connect", "CONNECT"), (&message, "say", "MESSAGE"), (&disconnect, "$disconnect", "DISCONNECT")]
    {
        let context = &event["requestContext"];
        assert_eq!((&context["routeKey"], &context["eventType"]), (&json!(key), &json!(kind)));
        assert_eq!((&context["connectionId"], &context["stage"]), (&json!(id), &json!("prod")));
        assert_eq!(context["requestId"], context["extendedRequestId"]);
        assert_eq!(context["connectedAt"], connect["requestContext"]["connectedAt"]);
        assert_eq!(context["identity"], json!({"sourceIp": "127.0.0.1", "userAgent": "me"}));
        assert_eq!((&context["messageDirection"], &event["isBase64Encoded"]), (&json!("IN"), &json!(false)));
        assert_eq!(context.get("messageId").is_some(), kind == "MESSAGE");
    }
    assert_eq!(id.len(), 16);
    assert_eq!(message["body"], r#"{"action":"say"}"#);
    let context = &disconnect["requestContext"];
    assert_eq!(context["disconnectStatusCode"], 1005);
    assert_eq!(context["disconnectReason"], "Client-side close frame status not set");
}

#[tokio::test]
async fn no_query_is_no_member_and_no_user_agent_neither() {
    let (function, events) = echo();
    builder().build(function).unwrap().connect(request("/prod")).await.unwrap();
    let connect = events.next().await;
    assert_eq!(keys(&connect), ["headers", "isBase64Encoded", "multiValueHeaders", "requestContext"]);
    assert_eq!(connect["requestContext"]["identity"], json!({"sourceIp": "127.0.0.1"}));
}

#[tokio::test]
async fn what_an_authorizer_found_out_is_in_every_event() {
    let (function, events) = echo();
    let authorizer = Authorizer::lambda("user|42", [("tier", json!(7))]);
    let gateway = builder().authorizer(authorizer).build(function).unwrap();
    let mut socket = gateway.connect(request("/prod")).await.unwrap();
    socket.send("hello").await.unwrap();
    let expected = json!({"principalId": "user|42", "tier": "7", "integrationLatency": 0});
    for _ in 0..2 {
        assert_eq!(events.next().await["requestContext"]["authorizer"], expected);
    }
    drop(socket);
    assert_eq!(events.next().await["requestContext"]["authorizer"], expected);
}

#[tokio::test]
async fn the_selection_expression_chooses_and_default_gets_the_rest() {
    let (function, events) = echo();
    let gateway = builder().route("send").route("$connect").route("$default").build(function).unwrap();
    let mut socket = gateway.connect(request("/prod")).await.unwrap();
    assert_eq!(events.next().await["requestContext"]["routeKey"], "$connect");
    for (message, key) in [
        (r#"{"action":"send"}"#, "send"),
        (r#"{"action":"other"}"#, "$default"),
        (r#"{"action":7}"#, "$default"),
        (r#"{"action":"$connect"}"#, "$default"),
        (r#"{"action":"$disconnect"}"#, "$default"),
        ("hello", "$default"),
        ("", "$default"),
    ] {
        socket.send(message).await.unwrap();
        let event = events.next().await;
        assert_eq!((&event["requestContext"]["routeKey"], &event["body"]), (&json!(key), &json!(message)));
    }
}

#[tokio::test]
async fn a_message_without_a_route_is_forbidden_and_the_connection_stays() {
    let (function, _) = echo();
    let gateway = builder().route("send").route_response("send").build(function).unwrap();
    let mut socket = gateway.connect(request("/prod")).await.unwrap();
    socket.send("hello").await.unwrap();
    let refused = socket.next().await.unwrap();
    let start = format!(r#"{{"message": "Forbidden", "connectionId":"{}", "requestId":""#, socket.id());
    assert!(refused.starts_with(&start), "{refused}");
    socket.send(r#"{"action":"send"}"#).await.unwrap();
    assert_eq!(socket.next().await.as_deref(), Some(r#"{"action":"send"}"#));
}

#[tokio::test]
async fn only_a_route_with_a_route_response_answers() {
    let (function, _) = function(|key, _| {
        Ok(match key {
            "null" => json!({"statusCode": 200}),
            _ => json!({"statusCode": 501, "body": key}),
        })
    });
    let builder = builder().route("one").route("two").route("null").route_response("two").route_response("null");
    let mut socket = builder.build(function).unwrap().connect(request("/prod")).await.unwrap();
    for key in ["one", "two"] {
        socket.send(format!(r#"{{"action":"{key}"}}"#)).await.unwrap();
    }
    assert_eq!(socket.next().await.as_deref(), Some("two"), "the status does not matter");
    socket.send(r#"{"action":"null"}"#).await.unwrap();
    assert_eq!(socket.next().await.as_deref(), Some(""));
}

#[tokio::test]
async fn a_function_that_fails_or_answers_nonsense_is_told_and_the_connection_stays() {
    let (function, _) = function(|key, _| match key {
        "fails" => Err("on purpose".into()),
        "nonsense" => Ok(json!({"ConnectionId": "x", "Data": "y", "statusCode": 200})),
        "nothing" => Ok(Value::Null),
        _ => Ok(json!({"statusCode": 200, "body": "fine"})),
    });
    let builder = ["fails", "nonsense", "nothing", "works"].iter().fold(builder(), |builder, key| builder.route(key));
    let gateway = builder.route_response("works").build(function).unwrap();
    let mut socket = gateway.connect(request("/prod")).await.unwrap();
    for key in ["fails", "nonsense", "nothing"] {
        socket.send(format!(r#"{{"action":"{key}"}}"#)).await.unwrap();
        let error = socket.next().await.unwrap();
        let start = format!(r#"{{"message": "Internal server error", "connectionId":"{}", "#, socket.id());
        assert!(error.starts_with(&start), "{key}: {error}");
    }
    socket.send(r#"{"action":"works"}"#).await.unwrap();
    assert_eq!(socket.next().await.as_deref(), Some("fine"));
}

#[tokio::test]
async fn gateways_of_one_api_share_its_connections() {
    let (first, of_first) = echo();
    let (second, of_second) = function(|_, _| Ok(json!({"statusCode": 200, "body": "second"})));
    let gateways = Gateways::new(builder().route("$connect").build(first).unwrap())
        .and(builder().route("say").route_response("say").build(second).unwrap());
    let mut socket = gateways.connect(request("/prod")).await.unwrap();
    socket.send(r#"{"action":"say"}"#).await.unwrap();
    assert_eq!(socket.next().await.as_deref(), Some("second"));
    assert_eq!(of_first.next().await["requestContext"]["routeKey"], "$connect");
    assert_eq!(of_second.next().await["requestContext"]["routeKey"], "say");
}

fn keys(event: &Value) -> Vec<&str> {
    event.as_object().unwrap().keys().map(String::as_str).collect()
}

//! How a connection begins, what is asked of it from outside, and how it ends.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use sippycup_gateway::{Body, BoxError, Domain, Fault, Gateway, GatewayBuilder, Kind};
use tower::{Service, ServiceExt};

use super::{Events, Function, builder, echo, function, request};
use crate::support::text;

async fn manage(gateway: &Gateway<Function>, method: Method, path: &str, body: &'static str) -> Response<Body> {
    let request = Request::builder().method(method).uri(path).body(Body::from(body)).unwrap();
    let response = gateway.clone().call(request);
    response.await.unwrap()
}

/// The code and the reason in the event of `$disconnect`, which comes last.
async fn disconnected(events: &Events) -> (Value, Value) {
    loop {
        let context = events.next().await["requestContext"].take();
        if context["eventType"] == "DISCONNECT" {
            return (context["disconnectStatusCode"].clone(), context["disconnectReason"].clone());
        }
    }
}

#[tokio::test]
async fn connect_refuses_with_its_status_and_with_502_if_it_fails() {
    for (answer, status) in [
        (Ok(json!({"statusCode": 401, "body": "secret", "headers": {"set-cookie": "a=1"}})), 401),
        (Ok(json!({"statusCode": 301})), 301),
        (Ok(json!({"statusCode": 501})), 501),
        (Ok(json!({"body": "no status"})), 502),
        (Ok(json!("yes")), 502),
        (Err("on purpose"), 502),
    ] {
        let (function, events) = function(move |_, _| answer.clone().map_err(Into::into));
        let refused = builder().build(function).unwrap().connect(request("/prod")).await.unwrap_err();
        assert_eq!(refused.status(), status);
        assert!(!refused.headers().contains_key("set-cookie"));
        assert_eq!(refused.extensions().get::<Fault>().is_some(), status == 502);
        assert_eq!(events.next().await["requestContext"]["eventType"], "CONNECT");
        assert_eq!(events.now(), None, "who was refused does not disconnect");
    }
}

#[tokio::test]
async fn connect_chooses_the_subprotocol_and_is_not_needed() {
    let (function, _) = function(|_, _| {
        Ok(json!({"statusCode": 204, "headers": {"sec-websocket-protocol": "graphql-ws", "set-cookie": "a=1"}}))
    });
    let socket = builder().build(function.clone()).unwrap().connect(request("/prod")).await.unwrap();
    assert_eq!(socket.protocol(), Some("graphql-ws"));
    let socket = builder().route("$default").build(function).unwrap().connect(request("/prod")).await.unwrap();
    assert_eq!(socket.protocol(), None);
}

#[tokio::test]
async fn what_is_no_handshake_on_the_stage_is_refused() {
    let (function, events) = echo();
    let gateway = builder().build(function).unwrap();
    for (target, status) in [("/prod", 403), ("/prod/below", 403), ("/other", 403)] {
        let refused = manage(&gateway, Method::GET, target, "").await;
        assert_eq!(refused.status(), status, "{target}");
        assert!(refused.extensions().get::<Fault>().is_some());
    }
    let malformed = Request::get("/prod").header("sec-websocket-version", "8").body(()).unwrap();
    assert_eq!(gateway.connect(malformed).await.unwrap_err().status(), 400);
    assert_eq!(gateway.connect(request("/other")).await.unwrap_err().status(), 403);
    assert_eq!(events.now(), None);
    let http = Gateway::builder(Kind::HttpApiV2).build(echo().0).unwrap();
    let fault = http.connect(request("/")).await.unwrap_err().extensions().get::<Fault>().unwrap().to_string();
    assert_eq!(fault, "an HTTP API has no connections: a WebSocket API has");
}

#[tokio::test]
async fn a_function_posts_to_a_connection_asks_about_it_and_closes_it() {
    let (function, events) = echo();
    let gateway = builder().build(function).unwrap();
    let agent = Request::get("/prod").header("user-agent", "me").body(()).unwrap();
    let mut socket = gateway.connect(agent).await.unwrap();
    for path in [
        format!("/prod/@connections/{}", socket.id()),
        format!("/prod/%40connections/{}", socket.id().replace('=', "%3D")),
    ] {
        let posted = manage(&gateway, Method::POST, &path, "hello").await;
        assert_eq!(
            (posted.status(), &posted.headers()["content-type"]),
            (StatusCode::OK, &"application/json".parse().unwrap())
        );
        assert!(posted.headers().contains_key("x-amzn-requestid"));
        assert_eq!(text(posted).await, "");
        assert_eq!(socket.next().await.as_deref(), Some("hello"));
        let asked = text(manage(&gateway, Method::GET, &path, "").await).await;
        let asked: Value = serde_json::from_str(&asked).unwrap();
        assert_eq!(asked["identity"], json!({"sourceIp": "127.0.0.1", "userAgent": "me"}));
        assert!(asked["connectedAt"].as_str().unwrap().ends_with('Z'), "{asked}");
        assert!(asked["lastActiveAt"].as_str() >= asked["connectedAt"].as_str());
    }
    let path = format!("/prod/@connections/{}", socket.id());
    assert_eq!(manage(&gateway, Method::DELETE, &path, "").await.status(), StatusCode::NO_CONTENT);
    assert_eq!(socket.next().await, None);
    assert_eq!(socket.closed(), Some((1000, "Connection Closed Normally")));
    assert_eq!(disconnected(&events).await, (json!(1000), json!("Connection Closed Normally")));
    for method in [Method::GET, Method::POST, Method::DELETE] {
        let gone = manage(&gateway, method, &path, "").await;
        assert_eq!(
            (gone.status(), &gone.headers()["x-amzn-errortype"]),
            (StatusCode::GONE, &"GoneException".parse().unwrap())
        );
        assert_eq!(text(gone).await, "");
    }
}

#[tokio::test]
async fn the_management_api_tells_errors_as_sdks_read_them() {
    let (function, _) = echo();
    let gateway = builder().message_limit(8, 8).build(function).unwrap();
    let socket = gateway.connect(request("/prod")).await.unwrap();
    let path = format!("/prod/@connections/{}", socket.id());
    for (method, path, body, status, error, message) in [
        (
            Method::POST,
            "/prod/@connections/WDGT8fY4joECJrQ=test",
            "x",
            400,
            "BadRequestException",
            "Invalid connectionId: WDGT8fY4joECJrQ=test",
        ),
        (Method::POST, &path, "123456789", 413, "PayloadTooLargeException", "Message too long"),
        (
            Method::PUT,
            "/prod/@connections/abc",
            "x",
            403,
            "ForbiddenException",
            "No method found matching route prod/@connections/abc for http method PUT.",
        ),
    ] {
        let refused = manage(&gateway, method, path, body).await;
        assert_eq!(
            (refused.status().as_u16(), &refused.headers()["x-amzn-errortype"]),
            (status, &error.parse().unwrap())
        );
        assert_eq!(text(refused).await, json!({"message": message}).to_string());
    }
}

#[tokio::test]
async fn a_connection_is_not_there_before_connect_has_answered() {
    let (function, events) = echo();
    let gateway = builder().build(function).unwrap();
    let asked = gateway.clone();
    let (inner, _) = super::function(|_, _| Ok(json!({"statusCode": 200})));
    let posting = tower::service_fn(move |event: Bytes| {
        let (asked, mut inner) = (asked.clone(), inner.clone());
        let future: Pin<Box<dyn Future<Output = Result<Bytes, BoxError>> + Send>> = Box::pin(async move {
            let parsed: Value = serde_json::from_slice(&event).unwrap();
            let path = format!("/prod/@connections/{}", parsed["requestContext"]["connectionId"].as_str().unwrap());
            assert_eq!(manage(&asked, Method::POST, &path, "early").await.status(), StatusCode::GONE);
            inner.call(event).await
        });
        future
    });
    gateway.with_function(posting).connect(request("/prod")).await.unwrap();
    assert_eq!(events.now(), None);
}

#[tokio::test]
async fn a_custom_domain_has_its_mapping_in_the_place_of_the_stage() {
    let (function, events) = echo();
    let domain = Domain::new("ws.example.com").mapping("chat");
    let gateway = builder().stage("live").domain(domain).build(function).unwrap();
    let on = |path: &str| Request::get(path).header("host", "ws.example.com").body(()).unwrap();
    assert_eq!(gateway.connect(on("/live")).await.unwrap_err().status(), 403);
    let mut socket = gateway.connect(on("/chat")).await.unwrap();
    let context = events.next().await["requestContext"].take();
    assert_eq!((&context["domainName"], &context["stage"]), (&json!("ws.example.com"), &json!("live")));
    let own = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com";
    for (host, path, status) in
        [("ws.example.com", "/chat", 200), (own, "/live", 200), ("ws.example.com", "/live", 403)]
    {
        let path = format!("{path}/@connections/{}", socket.id());
        let post = Request::post(path).header("host", host).body(Body::from("hello")).unwrap();
        assert_eq!(gateway.clone().oneshot(post).await.unwrap().status(), status, "{host}");
    }
    assert_eq!(socket.next().await.as_deref(), Some("hello"));
}

#[tokio::test(start_paused = true)]
async fn silence_ends_a_connection_and_messages_in_either_direction_keep_it() {
    let (function, events) = echo();
    let gateway = builder().idle_timeout(Duration::from_secs(60)).build(function).unwrap();
    let mut socket = gateway.connect(request("/prod")).await.unwrap();
    let path = format!("/prod/@connections/{}", socket.id());
    for turn in 0..6 {
        tokio::time::advance(Duration::from_secs(50)).await;
        match turn % 3 {
            0 => socket.send("still here").await.unwrap(),
            1 => socket.ping().await.unwrap(),
            _ => {
                assert_eq!(manage(&gateway, Method::POST, &path, "hello").await.status(), 200, "turn {turn}");
                assert_eq!(socket.next().await.as_deref(), Some("hello"));
            }
        }
    }
    let began = tokio::time::Instant::now();
    assert_eq!(socket.next().await, None);
    assert!(began.elapsed() >= Duration::from_secs(60));
    assert_eq!(socket.closed(), Some((1001, "Going away")));
    assert_eq!(disconnected(&events).await, (json!(1001), json!("Going away")));
}

#[tokio::test(start_paused = true)]
async fn nothing_keeps_a_connection_beyond_its_time() {
    let (function, events) = echo();
    let gateway = builder().build(function).unwrap();
    let mut socket = gateway.connect(request("/prod")).await.unwrap();
    for _ in 0..23 {
        tokio::time::advance(Duration::from_secs(300)).await;
        socket.ping().await.unwrap();
    }
    let began = tokio::time::Instant::now();
    assert_eq!(socket.next().await, None);
    assert!(began.elapsed() <= Duration::from_secs(301), "2 hours in all");
    assert_eq!(socket.closed(), Some((1001, "Going away")));
    assert_eq!(disconnected(&events).await, (json!(1001), json!("Going away")));
}

#[tokio::test]
async fn what_a_client_does_not_may_ends_its_connection() {
    let end = async |does: &str| {
        let (function, events) = echo();
        let mut socket = builder().build(function).unwrap().connect(request("/prod")).await.unwrap();
        match does {
            "binary" => socket.send_binary(&b"\0"[..]).await.unwrap(),
            "largest" => socket.send("x".repeat(128 << 10)).await.unwrap(),
            _ => socket.send("x".repeat((128 << 10) + 1)).await.unwrap(),
        }
        if does == "largest" {
            events.next().await;
            assert_eq!(events.next().await["body"].as_str().unwrap().len(), 128 << 10);
            return None;
        }
        assert_eq!(socket.next().await, None);
        let code = socket.closed().unwrap().0;
        assert_eq!(disconnected(&events).await.0, json!(code));
        Some(code)
    };
    assert_eq!(end("binary").await, Some(1003));
    assert_eq!(end("too large").await, Some(1009));
    assert_eq!(end("largest").await, None);
}

#[tokio::test]
async fn disconnect_is_told_what_the_client_said() {
    for (said, code, reason) in [
        (Some((4001, "bye")), 4001, "bye"),
        (Some((1001, "")), 1001, ""),
        (None, 1005, "Client-side close frame status not set"),
    ] {
        let (function, events) = echo();
        builder().build(function).unwrap().connect(request("/prod")).await.unwrap().close(said).await;
        assert_eq!(disconnected(&events).await, (json!(code), json!(reason)));
    }
    let (function, events) = echo();
    drop(builder().build(function).unwrap().connect(request("/prod")).await.unwrap());
    assert_eq!(disconnected(&events).await, (json!(1006), json!("Connection closed abnormally")));
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let refused = |builder: GatewayBuilder| builder.build(()).unwrap_err().to_string();
    let http = || Gateway::builder(Kind::HttpApiV2);
    assert_eq!(
        refused(http().route_selection("$request.body.action")),
        "an HTTP API has no route selection expression"
    );
    assert_eq!(refused(http().route_response("$default")), "an HTTP API has no route response");
    assert_eq!(refused(http().idle_timeout(Duration::ZERO)), "an HTTP API has no idle timeout");
    assert_eq!(refused(builder().route("$other")).split(':').next(), Some("route `$other`"));
    assert_eq!(refused(builder().route("a").route("a")), "route `a`: it is there already");
    assert_eq!(refused(builder().route_response("a")), "route response of `a`: there is no such route");
    assert!(refused(builder().stage("$default")).starts_with("stage `$default`"));
    assert_eq!(builder().build(()).unwrap().routes(), ["$connect", "$default", "$disconnect"]);
    assert_eq!(builder().build(()).unwrap().base_path(), "/prod");
}

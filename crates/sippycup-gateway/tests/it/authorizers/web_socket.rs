//! Who may open a connection, and who may post to one.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::{Value, json};
use sippycup_gateway::{
    Body, BoxError, Connection, ConnectionStep, Fault, Gateway, Gateways, IamAuthorizer, IamCredentials, Kind,
    LambdaAuthorizer,
};
use tower::{ServiceExt, service_fn};

use super::iam::{ARN, PLAIN, SECRET, Signing};
use super::{at_that_time, lambda::policy};
use crate::support::text;

/// A function that says yes, and gives the authorizer's result back to each message.
fn function()
-> impl tower::Service<Bytes, Response = Bytes, Error = BoxError, Future: Send> + Clone + Send + Sync + 'static {
    service_fn(async |event: Bytes| {
        let event: Value = serde_json::from_slice(&event)?;
        let context = &event["requestContext"];
        let told = json!({"authorizer": context["authorizer"], "user": context["identity"]["userArn"]});
        Ok::<_, BoxError>(Bytes::from(json!({"statusCode": 200, "body": told.to_string()}).to_string()))
    })
}

/// An authorizer that answers so, and asserts what it is asked.
fn authorizer(answer: Result<Value, &'static str>) -> LambdaAuthorizer {
    LambdaAuthorizer::request(service_fn(move |event: Bytes| {
        let event: Value = serde_json::from_slice(&event).unwrap();
        assert_eq!(event["type"], "REQUEST");
        assert_eq!(event["methodArn"], "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/$connect");
        assert_eq!(event["requestContext"]["eventType"], "CONNECT");
        assert_eq!((event.get("body"), event.get("path"), event.get("httpMethod")), (None, None, None));
        let answer = answer.clone();
        async move { Ok::<_, BoxError>(Bytes::from(answer?.to_string())) }
    }))
    .identity_source("route.request.header.Authorization")
}

fn handshake(headers: &[(&str, &str)]) -> Request<()> {
    let request = Request::get("/prod");
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(()).unwrap()
}

#[tokio::test]
async fn an_authorizer_lets_a_connection_in_and_every_event_says_what_it_said() {
    let allowed = json!({"principalId": "user|42", "policyDocument": policy("Allow", "*"), "context": {"n": 7}});
    let gateway = at_that_time(Kind::WebSocketApi)
        .guard(authorizer(Ok(allowed)))
        .route_response("$default")
        .build(function())
        .unwrap();
    let mut socket = gateway.connect(handshake(&[("authorization", "x")])).await.unwrap();
    for _ in 0..2 {
        socket.send("{}").await.unwrap();
        let told: Value = serde_json::from_str(&socket.next().await.unwrap()).unwrap();
        assert_eq!((&told["authorizer"]["principalId"], &told["authorizer"]["n"]), (&"user|42".into(), &"7".into()));
    }
}

#[tokio::test]
async fn whom_the_authorizer_of_connect_refuses_gets_no_connection() {
    let by = |effect: &str, resource: &str| json!({"principalId": "u", "policyDocument": policy(effect, resource)});
    for (answer, headers, status) in [
        (Ok(by("Allow", "*")), &[][..], 401),
        (Ok(by("Allow", "*")), &[("authorization", "")], 401),
        (Ok(by("Deny", "*")), &[("authorization", "x")], 403),
        // An ARN of `$connect` has one part behind the stage.
        (
            Ok(by("Allow", "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/*/*")),
            &[("authorization", "x")],
            403,
        ),
        (Err("Unauthorized"), &[("authorization", "x")], 401),
        (Err("down"), &[("authorization", "x")], 500),
        (Ok(json!({"isAuthorized": true})), &[("authorization", "x")], 500),
    ] {
        let shown = format!("{answer:?} {headers:?}");
        let gateway = at_that_time(Kind::WebSocketApi).guard(authorizer(answer)).build(function()).unwrap();
        let refused = gateway.connect(handshake(headers)).await.unwrap_err();
        assert_eq!(refused.status(), status, "{shown}");
        assert!(refused.extensions().get::<Fault>().is_some(), "{shown}");
    }
}

const SOCKET: Signing<'static> = Signing { path: ("/prod", "/prod"), ..PLAIN };

#[tokio::test]
async fn a_signature_opens_a_connection_and_posts_to_it() {
    let ann = IamCredentials::new("AKIAANN1", SECRET).principal(ARN);
    let opened = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&opened);
    let observer = move |step: ConnectionStep<'_>| {
        if let ConnectionStep::Opened(connection) = step {
            *seen.lock().unwrap() = Some(connection.clone());
        }
    };
    let gateway = at_that_time(Kind::WebSocketApi).guard(IamAuthorizer::new(ann)).route_response("$default");
    let gateway = gateway.connection_observer(observer).build(function()).unwrap();
    let refused = gateway.connect(handshake(&[])).await.unwrap_err();
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["x-amzn-errortype"]),
        (403, &"MissingAuthenticationTokenException".parse().unwrap())
    );
    let wrong = Signing { secret: "another", ..SOCKET };
    assert_eq!(gateway.connect(wrong.request().map(drop)).await.unwrap_err().status(), 403);
    let mut socket = gateway.connect(SOCKET.request().map(drop)).await.unwrap();
    socket.send("{}").await.unwrap();
    let told: Value = serde_json::from_str(&socket.next().await.unwrap()).unwrap();
    assert_eq!(told["user"], ARN);

    // As an SDK encodes it, and as it signs that.
    let id = socket.id().trim_end_matches('=').to_owned();
    let path = format!("/prod/%40connections/{id}%3D");
    let twice = format!("/prod/%2540connections/{id}%253D");
    let post = Signing { method: "POST", path: (&path, &twice), body: "hello", ..PLAIN };
    for (request, status) in [
        (Signing { secret: "another", ..post.clone() }.request(), 403),
        (Signing { body: "other", ..post.clone() }.request().map(|_| Bytes::from_static(b"hello")), 403),
        (Request::post(&*path).body(Bytes::from_static(b"hello")).unwrap(), 403),
        (Request::get("/prod/@connections/R1kmxc2VNjMCFIA=").body(Bytes::new()).unwrap(), 403),
        (post.request(), 200),
    ] {
        let response = manage(&gateway, request).await;
        assert_eq!(response.status(), status);
        if status == 403 {
            assert!(text(response).await.starts_with(r#"{"message":"#));
        }
    }
    assert_eq!(socket.next().await.as_deref(), Some("hello"));
    // Who observes the connection has no keys, and needs none.
    let mut request = Request::post(&*path).body(Bytes::from_static(b"from here")).unwrap();
    request.extensions_mut().insert::<Connection>(opened.lock().unwrap().clone().unwrap());
    assert_eq!(manage(&gateway, request).await.status(), 200);
    assert_eq!(socket.next().await.as_deref(), Some("from here"));
}

#[tokio::test]
async fn calls_are_signed_where_that_is_said_and_connecting_is_not() {
    let ann = IamCredentials::new("AKIAANN1", SECRET).principal(ARN);
    let gateway = at_that_time(Kind::WebSocketApi).sign_connections(IamAuthorizer::new(ann.clone()));
    let gateway = gateway.build(function()).unwrap();
    let mut socket = gateway.connect(handshake(&[])).await.unwrap();
    let id = socket.id().trim_end_matches('=').to_owned();
    let (path, twice) = (format!("/prod/%40connections/{id}%3D"), format!("/prod/%2540connections/{id}%253D"));
    let post = Signing { method: "POST", path: (&path, &twice), body: "hello", ..PLAIN };
    for (request, status) in [
        (Request::post(&*path).body(Bytes::from_static(b"hello")).unwrap(), 403),
        (Signing { secret: "another", ..post.clone() }.request(), 403),
        (post.request(), 200),
    ] {
        assert_eq!(manage(&gateway, request).await.status(), status);
    }
    assert_eq!(socket.next().await.as_deref(), Some("hello"));
    // It is said of the whole API, whichever of its gateways says it.
    let part = |route| at_that_time(Kind::WebSocketApi).route(route);
    let second = part("$default").sign_connections(IamAuthorizer::new(ann.clone())).build(function()).unwrap();
    let both = Gateways::new(part("$connect").build(function()).unwrap()).and(second);
    let unsigned = Request::post("/prod/@connections/R1kmxc2VNjMCFIA=").body(Body::from("hi")).unwrap();
    assert_eq!(both.oneshot(unsigned).await.unwrap().status(), 403);
    let error = Gateway::builder(Kind::RestApi).sign_connections(IamAuthorizer::new(ann)).build(()).unwrap_err();
    assert_eq!(error.to_string(), "a REST API has no connections to post to");
}

#[tokio::test]
async fn without_keys_every_signature_is_taken_as_it_is() {
    let gateway = at_that_time(Kind::WebSocketApi).build(function()).unwrap();
    let mut socket = gateway.connect(handshake(&[])).await.unwrap();
    let path = format!("/prod/@connections/{}", socket.id());
    for header in [None, Some("AWS4-HMAC-SHA256 Credential=x")] {
        let mut request = Request::builder().method(Method::POST).uri(&path).body(Bytes::from_static(b"hi")).unwrap();
        header.map(|header| request.headers_mut().insert("authorization", header.parse().unwrap()));
        assert_eq!(manage(&gateway, request).await.status(), 200);
        assert_eq!(socket.next().await.as_deref(), Some("hi"));
    }
}

async fn manage<F>(gateway: &Gateway<F>, request: Request<Bytes>) -> Response<Body>
where
    F: tower::Service<Bytes, Response = Bytes, Error = BoxError, Future: Send> + Clone + Send + Sync + 'static,
{
    gateway.clone().oneshot(request.map(Body::from)).await.unwrap()
}

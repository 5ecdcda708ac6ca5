//! Who the client is and what the public calls the app, where another proxy stands in front, and where nobody knows.

use std::{convert::Infallible, net::SocketAddr};

use axum::{Router, extract::ConnectInfo, response::Redirect, routing::get};
use http::{HeaderName, Request, uri::Authority};
use serde_json::{Value, json};
use sippycup::{BasePath, Body, ClientIp, EventOptions, SippyCupLayer};
use tower::service_fn;

use crate::support::{answer, bytes_of, fixture_value, http_fixtures, public, try_request};

const HOST: &str = "shop.example.com";

/// A function URL behind CloudFront: its own host, the edge's address, and what CloudFront hands on.
fn behind_cloudfront() -> Value {
    let mut event = fixture_value("function_url/cookies");
    event["headers"]["x-forwarded-for"] = "203.0.113.9, 198.51.100.7".into();
    event["headers"]["x-forwarded-host"] = HOST.into();
    event
}

#[track_caller]
fn seen(event: &Value, options: &EventOptions) -> (String, Option<String>) {
    let request = try_request(event.to_string(), options).unwrap();
    let client = request.extensions().get::<ClientIp>().map(|client| client.ip().to_string());
    let public = public(&request).unwrap();
    let host = public.strip_prefix("https://").and_then(|rest| rest.split_once('/'));
    (host.unwrap().0.to_owned(), client)
}

#[test]
fn nothing_that_a_proxy_hands_on_is_believed_unless_it_is_configured() {
    let plain = fixture_value("function_url/cookies");
    let expected = seen(&plain, &EventOptions::default());
    assert_eq!(seen(&behind_cloudfront(), &EventOptions::default()), expected);
}

#[test]
fn the_public_host_is_stated_or_handed_on_in_a_header_that_is_named() {
    let header = HeaderName::from_static("x-forwarded-host");
    let other = Authority::from_static("other.example.com");
    let event = behind_cloudfront();
    let host = |options: &EventOptions| seen(&event, options).0;
    let by_header = EventOptions::default().public_host_header(header);
    assert_eq!(host(&by_header), HOST);
    assert_eq!(host(&by_header.clone().public_host(other.clone())), "other.example.com");
    assert_eq!(host(&by_header.clone().public_host_fallback(other.clone())), HOST);
    assert_eq!(host(&EventOptions::default().public_host_fallback(other.clone())), "other.example.com");
    for not_a_host in [json!("a.example, b.example"), json!("evil.example/x"), json!(""), Value::Null] {
        let mut event = behind_cloudfront();
        event["headers"]["x-forwarded-host"] = not_a_host;
        assert_eq!(seen(&event, &by_header).0, seen(&event, &EventOptions::default()).0, "{event}");
        assert_eq!(seen(&event, &by_header.clone().public_host_fallback(other.clone())).0, "other.example.com");
    }
}

#[test]
fn the_client_is_as_many_entries_from_the_right_as_was_said_behind_every_front_door() {
    for name in http_fixtures() {
        let mut event = fixture_value(&name);
        for (map, value) in [
            ("headers", json!("203.0.113.9, 198.51.100.7")),
            ("multiValueHeaders", json!(["203.0.113.9, 198.51.100.7"])),
        ] {
            if event[map].is_object() {
                let lists = event[map].as_object().unwrap().values().any(Value::is_array);
                let names: Vec<String> = event[map].as_object().unwrap().keys().cloned().collect();
                for name in names.iter().filter(|name| name.eq_ignore_ascii_case("x-forwarded-for")) {
                    event[map].as_object_mut().unwrap().remove(name);
                }
                let value = if lists && map == "headers" { json!(["203.0.113.9, 198.51.100.7"]) } else { value };
                event[map]["x-forwarded-for"] = value;
            }
        }
        if !event["headers"].is_object() && !event["multiValueHeaders"].is_object() {
            continue;
        }
        let client = |hops| {
            let options = EventOptions::default().forwarded_hops(hops);
            let request = try_request(event.to_string(), &options).unwrap();
            request.extensions().get::<ClientIp>().map(|client| client.ip().to_string())
        };
        assert_eq!(client(1).as_deref(), Some("198.51.100.7"), "{name}");
        assert_eq!(client(2).as_deref(), Some("203.0.113.9"), "{name}");
        assert_eq!(client(3), None, "{name}");
        assert_ne!(client(0).as_deref(), Some("198.51.100.7"), "{name}");
    }
}

#[tokio::test]
async fn a_redirect_to_the_public_host_gets_the_base_path() {
    let app = || {
        service_fn(async |_: Request<Body>| {
            let redirect = http::Response::builder().status(302).header("location", format!("https://{HOST}/login"));
            Ok::<_, Infallible>(redirect.body(String::new()).unwrap())
        })
    };
    let location = async |layer: SippyCupLayer| {
        let layer = layer.base_path(BasePath::from_static("/shop"));
        let answer = bytes_of(layer, app(), behind_cloudfront().to_string()).await.unwrap();
        serde_json::from_slice::<Value>(&answer).unwrap()["headers"]["location"].as_str().unwrap().to_owned()
    };
    let rewritten = format!("https://{HOST}/shop/login");
    let header = HeaderName::from_static("x-forwarded-host");
    assert_eq!(location(SippyCupLayer::new()).await, format!("https://{HOST}/login"));
    assert_eq!(location(SippyCupLayer::new().public_host(HOST.parse().unwrap())).await, rewritten);
    assert_eq!(location(SippyCupLayer::new().public_host_fallback(HOST.parse().unwrap())).await, rewritten);
    assert_eq!(location(SippyCupLayer::new().public_host_header(header)).await, rewritten);
}

#[test]
fn a_load_balancer_that_does_not_append_leaves_what_the_client_says_or_nothing() {
    let client = |forwarded: Option<&str>, options: &EventOptions| {
        let mut event =
            json!({"requestContext": {"elb": {}}, "httpMethod": "GET", "path": "/", "headers": {"host": HOST}});
        if let Some(forwarded) = forwarded {
            event["headers"]["x-forwarded-for"] = forwarded.into();
        }
        seen(&event, options).1
    };
    let (default, none) = (EventOptions::default(), EventOptions::default().forwarded_hops(0));
    for (mode, forwarded, known) in [
        ("append", Some("203.0.113.66, 192.0.2.1"), Some("192.0.2.1")),
        ("preserve", Some("203.0.113.66"), Some("203.0.113.66")),
        ("remove", None, None),
    ] {
        assert_eq!(client(forwarded, &default).as_deref(), known, "{mode}");
        assert_eq!(client(forwarded, &none), None, "{mode}");
    }
}

#[tokio::test]
async fn a_handler_that_asks_for_its_peer_is_answered_where_nobody_knows_the_client() {
    let app = || {
        Router::new()
            .route("/peer", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string()))
            .route("/client", get(async |client: Option<ClientIp>| format!("{client:?}")))
            .fallback(async || Redirect::to("/peer"))
    };
    let health_check = json!({
        "requestContext": {"elb": {"targetGroupArn": "arn:x"}}, "httpMethod": "GET",
        "path": "/peer", "queryStringParameters": {}, "headers": {"user-agent": "ELB-HealthChecker/2.0"},
        "body": "", "isBase64Encoded": false,
    });
    let console_test = json!({
        "resource": "/peer", "path": "/peer", "httpMethod": "GET", "headers": null, "multiValueHeaders": null,
        "requestContext": {"stage": "test-invoke-stage", "identity": {"sourceIp": "test-invoke-source-ip"}},
    });
    let unknown = json!({
        "requestContext": {"elb": {}}, "httpMethod": "GET", "path": "/peer", "headers": {"x-forwarded-for": "unknown"},
    });
    let lattice_1 = json!({"raw_path": "/peer", "method": "GET", "headers": {"host": "a.example"}});
    for mut event in [health_check, console_test, unknown, lattice_1] {
        assert_eq!(answer(app(), event.to_string()).await["body"], "0.0.0.0:0", "{event}");
        let path = if event["path"].is_string() { "path" } else { "raw_path" };
        event[path] = "/client".into();
        assert_eq!(answer(app(), event.to_string()).await["body"], "None", "{event}");
    }
    let mut known = fixture_value("function_url/cookies");
    known["rawPath"] = "/peer".into();
    let ip = known["requestContext"]["http"]["sourceIp"].as_str().unwrap().to_owned();
    let expected: SocketAddr = SocketAddr::new(ip.parse().unwrap(), 0);
    assert_eq!(answer(app(), known.to_string()).await["body"], expected.to_string());
}

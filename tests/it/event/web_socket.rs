//! WebSocket APIs: requests that nobody wrote.

use serde_json::json;
use sippycup::BasePath;

use crate::support::{base, fixture, fixture_value, request, text};

#[test]
fn connect_is_a_get() {
    insta::assert_snapshot!(text(&request(fixture("web_socket/connect"))), @r#"
    GET /$connect?room=7%20b HTTP/1.1
    host: w9example.execute-api.eu-central-1.amazonaws.com
    sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==
    sec-websocket-version: 13
    x-forwarded-proto: https
    ---
    source web_socket
    base path "/live"
    public wss://w9example.execute-api.eu-central-1.amazonaws.com/live?room=7%20b
    client 192.0.2.44
    stage live
    "#);
}

#[test]
fn behind_a_custom_domain_has_no_base_path_that_the_event_shows() {
    let mut event = fixture_value("web_socket/connect");
    event["requestContext"]["domainName"] = "chat.example.com".into();
    assert_eq!(base(&request(event.to_string())), "");
}

#[test]
fn message_is_a_post() {
    insta::assert_snapshot!(text(&request(fixture("web_socket/message"))), @r#"
    POST /sendmessage HTTP/1.1
    content-length: 24

    {"action":"sendmessage"}
    ---
    source web_socket
    base path "/live"
    public wss://w9example.execute-api.eu-central-1.amazonaws.com/live
    client 192.0.2.44
    stage live
    "#);
}

#[test]
fn disconnect_is_a_delete() {
    insta::assert_snapshot!(text(&request(fixture("web_socket/disconnect"))), @r#"
    DELETE /$disconnect HTTP/1.1
    host: w9example.execute-api.eu-central-1.amazonaws.com
    x-api-key: 
    ---
    source web_socket
    base path "/live"
    public wss://w9example.execute-api.eu-central-1.amazonaws.com/live
    client 192.0.2.44
    stage live
    "#);
}

#[test]
fn an_event_without_a_route_key_takes_the_route_of_its_type() {
    for (event_type, method, path) in
        [("CONNECT", "GET", "/$connect"), ("MESSAGE", "POST", "/$default"), ("DISCONNECT", "DELETE", "/$disconnect")]
    {
        let request = request(format!(r#"{{"requestContext":{{"connectionId":"c","eventType":"{event_type}"}}}}"#));
        assert_eq!(request.method(), method);
        assert_eq!(request.uri(), path);
    }
}

#[test]
fn a_route_key_is_a_path_whatever_it_is_written_with() {
    for (route_key, path) in
        [("a{b}|c\\^[d]", "/a%7Bb%7D%7Cc%5C%5E%5Bd%5D"), ("100% ?#", "/100%25%20%3F%23"), ("shop/x", "/shop/x")]
    {
        let event = json!({
            "requestContext": {"connectionId": "c", "eventType": "MESSAGE", "routeKey": route_key, "stage": "live"},
            "stageVariables": {"SIPPYCUP_SCRIPT_NAME_BASE": "/shop"},
        });
        let request = request(event.to_string());
        assert_eq!(request.uri(), path);
        assert_eq!(request.extensions().get::<BasePath>().unwrap().as_str(), "/shop");
    }
}

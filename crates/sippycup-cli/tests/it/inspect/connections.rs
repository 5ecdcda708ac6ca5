//! Connections of WebSocket APIs, as the page reads them and sends over them.

use std::net::TcpStream;

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, client};

use super::{ask, get, post};
use crate::Running;

/// What the page knows of a connection as soon as it fits.
fn until(page: &str, query: &str, fits: impl Fn(&Value) -> bool) -> Value {
    let mut next = 0;
    loop {
        let changes = get(page, &format!("/api/connections?after={next}&{query}"));
        if fits(&changes) {
            return changes;
        }
        assert!(changes["next"].as_u64() > Some(next), "nothing more came: {changes}");
        next = changes["next"].as_u64().unwrap();
    }
}

#[test]
fn messages_are_shown_and_sent_in_both_directions_until_the_end() {
    let mut running = Running::start(
        "path",
        &["--inspect=127.0.0.1:0", "--kind", "ws", "--stage", "live", "--route", "$default", "--route", "$disconnect"],
    );
    let line = running.until("ws: ws://");
    let front = line.split("ws://").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let line = running.until("inspect: http://");
    let page = line.split("http://").nth(1).unwrap().trim_end_matches('/').to_owned();
    assert_eq!(get(&page, "/api/connections?after=0")["rows"], json!([]));

    let url = format!("ws://{front}/live");
    let (mut socket, _) = client(&url, TcpStream::connect(&front).unwrap()).unwrap();
    socket.send(Message::text("hello")).unwrap();
    let row = until(&page, "", |changes| changes["rows"][0]["received"] == 1)["rows"][0].clone();
    assert_eq!(
        (&row["route"], &row["door"], &row["closed"]),
        (&json!("$default"), &json!("ws"), &Value::Null),
        "{row}"
    );
    let id = row["id"].as_str().unwrap().to_owned();
    let act =
        |what: &str, text: &str| post(&page, "/api/connections", &json!({"connection": id, "do": what, "text": text}));

    assert_eq!(act("post", "from the backend").0, 200);
    assert_eq!(socket.read().unwrap(), Message::text("from the backend"));
    assert_eq!(act("receive", "for the client").0, 200);
    let of = format!("of={}", id.replace('=', "%3D").replace('+', "%2B"));
    let has_all = |changes: &Value| changes["messages"].as_array().is_some_and(|messages| messages.len() == 3);
    let changes = until(&page, &of, has_all);
    let said: Vec<_> =
        changes["messages"].as_array().unwrap().iter().map(|m| (m["from"].clone(), m["text"].clone())).collect();
    let expected = [("client", "hello"), ("call", "from the backend"), ("client", "for the client")];
    assert_eq!(said, expected.map(|(from, text)| (json!(from), json!(text))), "{changes}");
    let event = get(&page, &format!("/api/exchanges/{}", changes["messages"][2]["exchange"]));
    assert_eq!((&event["method"], &event["event"]["body"]), (&json!("MESSAGE"), &json!("for the client")));
    for form in ["curl", "rust"] {
        let (status, _, _) =
            ask(&page, &format!("GET /api/exchanges/{}/as/{form}", event["id"]), &[&format!("Host: {page}")], "");
        assert_eq!(status, 404, "a message is no request");
    }
    let last = changes["messages"][2]["number"].as_u64().unwrap();
    assert_eq!(get(&page, &format!("/api/connections?after=0&{of}&since={last}"))["messages"], json!([]));

    let (status, said) = act("post", &"x".repeat((128 << 10) + 1));
    assert_eq!((status, &said["error"]), (400, &json!("413: Message too long")));
    assert_eq!(act("close", "").0, 200);
    assert!(socket.read().unwrap().is_close());
    let closed = until(&page, &of, |changes| !changes["chosen"]["closed"].is_null());
    assert_eq!((&closed["chosen"]["closed"]["code"], &closed["open"]), (&json!(1000), &json!(0)), "{closed}");
    assert_eq!(act("receive", "late"), (400, json!({"error": "the connection is closed"})));
    assert_eq!(act("post", "late").1["error"].as_str().unwrap().split(':').next(), Some("410"));
    assert_eq!(post(&page, "/api/connections", &json!({"connection": "no", "do": "close"})).0, 404);
    assert_eq!(act("shout", "").0, 400);
    // A number of another command that was here before.
    assert_eq!(get(&page, "/api/connections?after=999999")["anew"], true);
    assert_eq!(post(&page, "/api/clear", &json!({})).0, 200);
    assert_eq!(get(&page, "/api/connections?after=0")["rows"], json!([]));
}

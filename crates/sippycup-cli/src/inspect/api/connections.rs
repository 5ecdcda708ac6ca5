//! The connections of WebSocket APIs: what passed through them, and what the page sends over them.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Value, json};
use sippycup_gateway::{Body, SentBy};

use super::answer::{json_of, millis, parameter, said, wanted};
use crate::inspect::sender::Sender;
use crate::inspect::store::{Connections, Known, Message, Store, Way};

/// What changed after a number: all rows, and of one connection the messages that came after another number. Waits a while if there is nothing.
pub(super) async fn changes(store: &Store, query: &str) -> Value {
    let number = |name| parameter(query, name).and_then(|text| text.parse().ok()).unwrap_or(0);
    // Another command had this address before: the page begins anew.
    let is_anew = number("after") > store.connections().version;
    let after = if is_anew { 0 } else { number("after") };
    let _ = tokio::time::timeout(PATIENCE, store.connections_changed(after)).await;
    let connections = store.connections();
    let (open, closed): (Vec<_>, Vec<_>) = connections.all.values().rev().partition(|known| known.closed.is_none());
    let id = percent_decode_str(parameter(query, "of").unwrap_or_default()).decode_utf8_lossy();
    let chosen = connections.find(&id);
    let since = if is_anew { 0 } else { number("since") };
    json!({
        "next": connections.version,
        "anew": is_anew,
        "open": open.len(),
        "closed": closed.len(),
        "rows": open.into_iter().chain(closed).take(ROWS).map(row).collect::<Vec<_>>(),
        "chosen": chosen.map(|(_, known)| row(known)),
        "messages": chosen.map(|(number, _)| messages(&connections, number, since)),
    })
}

fn row(known: &Known) -> Value {
    let connection = &known.connection;
    json!({
        "id": connection.id(),
        "door": known.door.name,
        "route": known.route,
        "opened": millis(known.opened),
        "last": millis(known.last),
        "received": known.received,
        "sent": known.sent,
        "closed": known.closed.as_ref().map(|closed| json!({ "at": millis(closed.at), "code": closed.code, "reason": closed.reason })),
        "client": connection.source_ip().to_string(),
        "userAgent": connection.user_agent(),
        "protocol": connection.protocol(),
        "exchange": connection.exchange(),
    })
}

/// The last messages of a connection, the oldest first.
fn messages(connections: &Connections, connection: u64, since: u64) -> Vec<Value> {
    let of_it = connections.messages.iter().rev().take_while(|message| message.number > since);
    let mut last: Vec<_> = of_it.filter(|message| message.connection == connection).take(MESSAGES).collect();
    last.reverse();
    last.into_iter().map(message).collect()
}

fn message(message: &Message) -> Value {
    let (from, route, exchange) = match &message.way {
        Way::Received { route, exchange } => ("client", route.as_deref(), *exchange),
        Way::Sent(SentBy::Call) => ("call", None, None),
        Way::Sent(SentBy::Answer) => ("answer", None, None),
        Way::Sent(_) => ("gateway", None, None),
    };
    let at = millis(message.at);
    json!({ "number": message.number, "at": at, "from": from, "route": route, "exchange": exchange, "text": message.text })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    connection: String,
    #[serde(rename = "do")]
    does: Does,
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Does {
    /// A message to the client, as the backend posts it.
    Post,
    /// A message to the function, as the client sends it.
    Receive,
    Close,
}

/// Does something with a connection.
pub(super) async fn act(store: &Store, sender: &Sender, body: Body) -> Response<Body> {
    let wanted: Wanted = match wanted(body, LARGEST).await {
        Ok(wanted) => wanted,
        Err(response) => return response,
    };
    let found =
        store.connections().find(&wanted.connection).map(|(_, known)| (known.connection.clone(), known.door.clone()));
    let Some((connection, door)) = found else { return said(StatusCode::NOT_FOUND, "there is no such connection") };
    let done = match wanted.does {
        Does::Receive => connection.receive(wanted.text).await.map_err(|fault| fault.to_string()),
        Does::Post | Does::Close => {
            let method = if matches!(wanted.does, Does::Post) { Method::POST } else { Method::DELETE };
            let id = percent_encoding::utf8_percent_encode(connection.id(), percent_encoding::NON_ALPHANUMERIC);
            let request = Request::builder()
                .method(method)
                .uri(format!("{}/@connections/{id}", door.stage_path))
                .header(HOST, &door.default_domain)
                .header(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))
                .body(Body::from(wanted.text));
            match request {
                Ok(mut request) => {
                    // The page has no keys to sign with.
                    request.extensions_mut().insert(connection);
                    call(sender, door.address, request).await
                }
                Err(error) => Err(error.to_string()),
            }
        }
    };
    match done {
        Ok(()) => json_of(&json!({})),
        Err(why) => said(StatusCode::BAD_REQUEST, &why),
    }
}

/// A call of `/@connections`, as a backend makes it.
async fn call(sender: &Sender, address: SocketAddr, mut request: Request<Body>) -> Result<(), String> {
    let front = sender.listeners().get(&address).cloned();
    let front = front.ok_or("this front door is not served any more")?;
    request.extensions_mut().insert(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let response = front.answer(request).await;
    let (parts, body) = response.into_parts();
    // Read to its end for the store, which lists the call too.
    let _ = body.collect().await;
    match parts.extensions.get::<sippycup_gateway::Fault>() {
        _ if parts.status.is_success() => Ok(()),
        Some(fault) => Err(format!("{}: {fault}", parts.status.as_u16())),
        None => Err(format!("the front door answered {}", parts.status)),
    }
}

/// How many connections one answer has.
const ROWS: usize = 500;

/// How many messages one answer has.
const MESSAGES: usize = 500;

/// In bytes. No message can have more than 128 KB, which the front door says.
const LARGEST: usize = 1 << 20;

/// How long a page waits for the next change, before it asks again.
const PATIENCE: Duration = Duration::from_secs(20);

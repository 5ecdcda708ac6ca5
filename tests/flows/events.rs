//! Server-sent events, whole or as they come, and the place where a client that was cut off goes on.

use std::convert::Infallible;

use axum::{
    Router,
    response::sse::{Event, KeepAlive, Sse},
    routing::get,
};
use futures_util::{Stream, stream};
use http::{HeaderMap, Method, header::CONTENT_TYPE};

use crate::{browser::Browser, same::same_everywhere};

fn app() -> Router {
    Router::new().route("/events", get(events))
}

async fn events(headers: HeaderMap) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok()).unwrap_or(0);
    let events = (last + 1..=3).map(|id: u32| Ok(Event::default().id(id.to_string()).event("tick").data("a\n☕")));
    Sse::new(stream::iter(events)).keep_alive(KeepAlive::default())
}

async fn visit(browser: &mut Browser) {
    let page = browser.get("/events").await;
    assert_eq!(page.headers[CONTENT_TYPE], "text/event-stream");
    assert_eq!(page.text().matches("event: tick").count(), 3);
    let page = browser.send(Method::GET, "/events", &[("last-event-id", "2")], b"").await;
    assert_eq!(page.text(), "id: 3\nevent: tick\ndata: a\ndata: ☕\n\n");
}

#[test]
fn server_sent_events_that_end_arrive_in_their_order() {
    same_everywhere(app, &visit);
}

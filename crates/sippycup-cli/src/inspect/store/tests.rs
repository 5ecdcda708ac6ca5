use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt;
use sippycup_gateway::{Answer, Body, BoxError, Gateway, Kind, Moment, Step};
use tower_service::Service;

use super::connections::{MOST_BYTES, MOST_CLOSED};
use super::*;

/// A store with limits, and a front door before a function that gives the request's body back.
fn looked_at(exchanges: usize, bytes: usize) -> (Store, Gateway<Echo>) {
    let store = Store::default();
    store.state().limits = Limits { exchanges, bytes };
    let plain = Gateway::builder(Kind::HttpApiV2).build(()).unwrap();
    let door = Door::new(&plain, Some("echo"), None, "127.0.0.1:9000".parse().unwrap());
    let gateway = Gateway::builder(Kind::HttpApiV2).observer(store.door(door)).build(Echo).unwrap();
    (store, gateway)
}

#[derive(Clone)]
struct Echo;

impl Service<Bytes> for Echo {
    type Response = Answer;
    type Error = BoxError;
    type Future = std::future::Ready<Result<Answer, BoxError>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), BoxError>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, event: Bytes) -> Self::Future {
        let event: Value = serde_json::from_slice(&event).unwrap();
        let answer = serde_json::json!({"statusCode": 200, "body": event["body"]});
        std::future::ready(Ok(Answer::buffered(answer.to_string())))
    }
}

async fn post(gateway: &Gateway<Echo>, target: &str, body: String) -> Bytes {
    let request = Request::post(target).header("content-type", "text/plain").body(Body::from(body)).unwrap();
    let response = gateway.clone().call(request).await.unwrap();
    response.into_body().collect().await.unwrap().to_bytes()
}

#[tokio::test]
async fn the_last_exchanges_are_kept_and_no_more() {
    let (store, gateway) = looked_at(3, 1 << 20);
    for n in 0..10 {
        post(&gateway, &format!("/{n}"), String::new()).await;
    }
    let state = store.state();
    let targets: Vec<_> = state.exchanges.values().map(|exchange| exchange.row.target.clone()).collect();
    assert_eq!(targets, ["/7", "/8", "/9"]);
    assert!(state.exchanges.values().all(|exchange| exchange.row.ended.is_some_and(|ended| ended.how == "whole")));
    let held: usize = state.exchanges.values().map(|exchange| exchange.bytes).sum();
    assert_eq!(state.bytes, held);
}

#[tokio::test]
async fn contents_make_room_from_the_oldest_on_and_rows_stay() {
    let (store, gateway) = looked_at(100, 100_000);
    for n in 0..10 {
        assert_eq!(post(&gateway, &format!("/{n}"), "x".repeat(5000)).await.len(), 5000);
    }
    let state = store.state();
    assert_eq!(state.exchanges.len(), 10);
    let kept: Vec<_> = state.exchanges.values().map(|exchange| exchange.contents.is_some()).collect();
    assert!(!kept[0] && kept[9] && kept.is_sorted(), "{kept:?}");
    assert!(state.bytes <= 100_000, "{}", state.bytes);
    assert_eq!(state.exchanges.values().next().unwrap().row.size, 5000, "rows know what was");
}

#[tokio::test]
async fn what_changed_is_told_to_who_waits() {
    let (store, gateway) = looked_at(10, 1 << 20);
    store.changed(0).await;
    let (waiting, version) = (store.clone(), store.state().version);
    let waiting = tokio::spawn(async move { waiting.changed(version).await });
    post(&gateway, "/x", String::new()).await;
    waiting.await.unwrap();
    let version = store.state().version;
    let again = store.changed(version);
    assert!(tokio::time::timeout(std::time::Duration::ZERO, again).await.is_err(), "nothing is new");
}

#[test]
fn lines_belong_to_the_invocation_that_they_were_written_for() {
    let store = Store::default();
    store.serve_anew(&["f".to_owned()]);
    let door = Door::new(
        &Gateway::builder(Kind::HttpApiV2).build(()).unwrap(),
        Some("f"),
        None,
        "127.0.0.1:9000".parse().unwrap(),
    );
    let (gateway, function) = (store.door(door), store.function(0));
    let line = |line| function(Moment::Line { environment: 1, line });
    let (parts, ()) = Request::get("/").body(()).unwrap().into_parts();
    function(Moment::Starting { environment: 1 });
    line("starts");
    function(Moment::Ready { environment: 1 });
    for (exchange, invocation) in [(1, "first"), (2, "second"), (3, "third")] {
        gateway(exchange, Step::Request(&parts));
        function(Moment::Queued { invocation, exchange: Some(exchange) });
    }
    function(Moment::Invoked { environment: 1, invocation: "first", cold: true });
    line("works");
    function(Moment::Answered { environment: 1, invocation: "first" });
    line("is done");
    function(Moment::Invoked { environment: 1, invocation: "second", cold: false });
    line("works too");
    line("late line of first");
    function(Moment::Invoked { environment: 1, invocation: "third", cold: false });
    line("nobody knows of whom");
    line("third");
    let state = store.state();
    let lines = |id: u64| {
        let invocations = &state.exchanges[&id].contents.as_ref().unwrap().invocations;
        invocations[0].lines.iter().map(|(_, line)| line.clone()).collect::<Vec<_>>()
    };
    assert_eq!(lines(1), ["starts", "works", "is done", "late line of first"]);
    assert_eq!(lines(2), ["works too"]);
    assert_eq!(lines(3), ["third"]);
    assert!(state.functions[0].lines.contains(&"nobody knows of whom".to_owned()));
    assert!(state.exchanges[&1].row.cold && !state.exchanges[&2].row.cold);
}

#[test]
fn an_answer_counts_although_the_client_was_faster_than_the_news_of_it() {
    let store = Store::default();
    store.serve_anew(&["f".to_owned()]);
    let plain = Gateway::builder(Kind::HttpApiV2).build(()).unwrap();
    let door = Door::new(&plain, Some("f"), None, "127.0.0.1:9000".parse().unwrap());
    let (gateway, function) = (store.door(door), store.function(0));
    let (parts, ()) = Request::get("/").body(()).unwrap().into_parts();
    function(Moment::Starting { environment: 1 });
    gateway(1, Step::Request(&parts));
    function(Moment::Queued { invocation: "a", exchange: Some(1) });
    function(Moment::Invoked { environment: 1, invocation: "a", cold: false });
    gateway(1, Step::End(sippycup_gateway::End::Whole));
    function(Moment::Answered { environment: 1, invocation: "a" });
    let state = store.state();
    assert!(state.exchanges[&1].contents.as_ref().unwrap().invocations[0].answered.is_some());
    assert!(state.functions[0].environments[&1].working.is_empty());
}

#[test]
fn an_invocation_that_nobody_waits_for_any_more_is_forgotten() {
    let store = Store::default();
    store.serve_anew(&["f".to_owned()]);
    let plain = Gateway::builder(Kind::HttpApiV2).build(()).unwrap();
    let door = Door::new(&plain, Some("f"), None, "127.0.0.1:9000".parse().unwrap());
    let (gateway, function) = (store.door(door), store.function(0));
    let (parts, ()) = Request::get("/").body(()).unwrap().into_parts();
    gateway(1, Step::Request(&parts));
    function(Moment::Queued { invocation: "a", exchange: Some(1) });
    assert_eq!(store.state().functions[0].waiting.len(), 1);
    gateway(1, Step::End(sippycup_gateway::End::Abandoned));
    assert!(store.state().functions[0].waiting.is_empty());
}

#[tokio::test]
async fn open_connections_are_kept_and_of_closed_ones_and_messages_the_last() {
    let store = Store::default();
    let plain = Gateway::builder(Kind::WebSocketApi).build(()).unwrap();
    let door = Door::new(&plain, Some("echo"), None, "127.0.0.1:9000".parse().unwrap());
    let builder = Gateway::builder(Kind::WebSocketApi).route("$default").route_response("$default");
    let gateway = builder.connection_observer(store.connections_of(door)).build(Echo).unwrap();
    let connect = || gateway.connect(Request::get("/prod").body(()).unwrap());
    let mut first = connect().await.unwrap();
    for _ in 0..MOST_CLOSED + 5 {
        connect().await.unwrap().close(None).await;
    }
    // The client may be told before the store is.
    let version = || store.connections().version;
    while version() < 1 + 1 + 2 * (MOST_CLOSED as u64 + 5) {
        store.connections_changed(version()).await;
    }
    assert_eq!(store.connections().all.len(), MOST_CLOSED + 1);
    assert!(store.connections().find(first.id()).is_some_and(|(_, known)| known.closed.is_none()));
    let large = "x".repeat(128 << 10);
    for _ in 0..MOST_BYTES / large.len() {
        first.send(large.clone()).await.unwrap();
        first.next().await.unwrap();
    }
    let connections = store.connections();
    assert!(connections.bytes <= MOST_BYTES, "{}", connections.bytes);
    assert_eq!(connections.bytes, connections.messages.iter().map(|message| message.text.len()).sum::<usize>());
    let (_, known) = connections.find(first.id()).unwrap();
    assert_eq!((known.received, known.sent, known.route.as_deref()), (128, 128, Some("$default")));
}

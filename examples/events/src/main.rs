//! A shop: orders come from a queue, a schedule clears them away, and HTTP shows them. One function does all three.
//! `cargo run -p events` serves the HTTP of it; the README says how to send it the rest.

use std::sync::{Arc, Mutex};

use aws_lambda_events::sqs::SqsEvent;
use axum::{Json, Router, extract::State, routing::get};
use serde::{Deserialize, Serialize};
use sippycup::{
    BoxError, ServeError,
    events::{self, BatchResponse, Event, EventKind, WarmUp},
};

#[cfg(test)]
mod tests;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ServeError> {
    let shop = Shop::default();
    sippycup::serve(app(shop.clone())).events(events(shop)).warm_up(WarmUp::new()).await
}

/// What came in. It lives as long as this process, and another process of the function has its own: a real shop has a
/// database.
#[derive(Clone, Default)]
struct Shop(Arc<Mutex<Vec<Order>>>);

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Order {
    item: String,
    number: u32,
}

fn app(shop: Shop) -> Router {
    let orders = async |State(shop): State<Shop>| Json(shop.0.lock().map(|orders| orders.clone()).unwrap_or_default());
    Router::new().route("/orders", get(orders)).with_state(shop)
}

fn events(shop: Shop) -> events::Router {
    let orders = shop.clone();
    events::Router::new()
        .on(EventKind::Sqs, move |event| take(orders.clone(), event))
        .on(EventKind::Schedule, move |_| clear(shop.clone()))
}

/// Takes a batch of orders. Those that cannot be read come again, and after some times go to the dead-letter queue; the
/// others do not.
async fn take(shop: Shop, event: Event) -> Result<BatchResponse, BoxError> {
    let mut answer = BatchResponse::new();
    for message in event.deserialize::<SqsEvent>()?.records {
        match serde_json::from_str(message.body.as_deref().unwrap_or_default()) {
            Ok(order) => shop.0.lock().map_err(|_| "the shop is closed")?.push(order),
            Err(_) => answer.failed(message.message_id)?,
        }
    }
    Ok(answer)
}

async fn clear(shop: Shop) -> Result<(), BoxError> {
    shop.0.lock().map_err(|_| "the shop is closed")?.clear();
    Ok(())
}

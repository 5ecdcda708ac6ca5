use axum::body::{Body, to_bytes};
use serde_json::{Value, json};
use sippycup::events::Handler;
use tower::ServiceExt;

use super::*;

async fn answer(shop: &Shop, event: Value) -> Value {
    let event = Event::from_bytes(event.to_string()).unwrap();
    serde_json::from_slice(&events(shop.clone()).handle(event).await.unwrap()).unwrap()
}

async fn orders(shop: &Shop) -> Value {
    let request = axum::http::Request::get("/orders").body(Body::empty()).unwrap();
    let response = app(shop.clone()).oneshot(request).await.unwrap();
    serde_json::from_slice(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).unwrap()
}

fn message(id: &str, body: &str) -> Value {
    json!({"messageId": id, "body": body, "eventSource": "aws:sqs"})
}

#[tokio::test]
async fn orders_of_the_queue_are_seen_over_http_until_the_schedule_clears_them() {
    let shop = Shop::default();
    let good = r#"{"item":"cup","number":2}"#;
    let batch = json!({"Records": [message("m-1", good), message("m-2", "no order"), message("m-3", good)]});
    assert_eq!(answer(&shop, batch).await, json!({"batchItemFailures": [{"itemIdentifier": "m-2"}]}));
    assert_eq!(orders(&shop).await.as_array().unwrap().len(), 2);

    let schedule = json!({"detail-type": "Scheduled Event", "source": "aws.events", "detail": {}});
    assert_eq!(answer(&shop, schedule).await, Value::Null);
    assert_eq!(orders(&shop).await, json!([]));
}

#[tokio::test]
async fn a_message_that_cannot_be_named_fails_the_whole_batch() {
    let batch = json!({"Records": [{"body": "no order", "eventSource": "aws:sqs"}]});
    let event = Event::from_bytes(batch.to_string()).unwrap();
    assert!(events(Shop::default()).handle(event).await.is_err());
}

//! WebSocket APIs, in process; over sockets in `tcp`.

mod connections;
mod events;
mod observed;
mod tcp;

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use serde_json::{Value, json};
use sippycup_gateway::{BoxError, Gateway, GatewayBuilder, Kind};
use tokio::sync::mpsc;
use tower::service_fn;
use tower::util::BoxCloneSyncService;

/// A function that keeps its events, and answers by their route keys.
pub(super) type Function = BoxCloneSyncService<Bytes, Bytes, BoxError>;

#[derive(Clone)]
pub(super) struct Events {
    all: Arc<Mutex<mpsc::UnboundedReceiver<Value>>>,
}

impl Events {
    /// The next event that the function got.
    pub(super) async fn next(&self) -> Value {
        std::future::poll_fn(|cx| self.all.lock().unwrap().poll_recv(cx)).await.unwrap()
    }

    /// The one that is there.
    pub(super) fn now(&self) -> Option<Value> {
        self.all.lock().unwrap().try_recv().ok()
    }
}

pub(super) fn function(
    answer: impl Fn(&str, &Value) -> Result<Value, BoxError> + Clone + Send + Sync + 'static,
) -> (Function, Events) {
    let (sender, all) = mpsc::unbounded_channel();
    let function = service_fn(move |event: Bytes| {
        let event: Value = serde_json::from_slice(&event).unwrap();
        let answer = answer(event["requestContext"]["routeKey"].as_str().unwrap(), &event);
        // A test need not look.
        let _ = sender.send(event);
        async move { answer.map(|answer| Bytes::from(answer.to_string())) }
    });
    (BoxCloneSyncService::new(function), Events { all: Arc::new(Mutex::new(all)) })
}

/// One that says yes to everything, and gives a message back.
pub(super) fn echo() -> (Function, Events) {
    function(|_, event| Ok(json!({"statusCode": 200, "body": event["body"]})))
}

pub(super) fn builder() -> GatewayBuilder {
    Gateway::builder(Kind::WebSocketApi)
}

pub(super) fn request(target: &str) -> http::Request<()> {
    http::Request::get(target).body(()).unwrap()
}

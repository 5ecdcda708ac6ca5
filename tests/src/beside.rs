//! The function that `it/events.rs` starts: an app, and beside it handlers of events.

use std::{convert::Infallible, future, time::Duration};

use http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use sippycup::{
    App, Body, BoxError, LambdaContext,
    events::{BatchResponse, Event, EventKind, Router, WarmUp},
    serve::{Serve, serve},
};
use tower::service_fn;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let app = service_fn(async |request: Request<Body>| {
        Ok::<_, Infallible>(Response::new(format!("app: {} {}", request.method(), request.uri().path())))
    });
    let pings = WarmUp::new().payload(json!({"keep": "warm"}));
    match std::env::var("FUNCTION_MODE").as_deref() {
        Ok("stream") => serve(app).events(handlers()).streaming().warm_up(pings).await?,
        Ok("web-socket") => serve(app).events(handlers()).web_socket_events().await?,
        Ok("no-handler") => serve(app).web_socket_events().warm_up(pings).await?,
        Ok("guards") => guarded(serve(app)).await?,
        Ok("guards-stream") => guarded(serve(app)).streaming().await?,
        Ok("warm-up") => serve(app).warm_up(pings).await?,
        _ => serve(app).warm_up(pings).events(handlers()).await?,
    }
    Ok(())
}

/// With all guards, and handlers that need them.
fn guarded<S: App>(serve: Serve<S>) -> Serve<S> {
    let handlers = handlers()
        .on(EventKind::S3, async |_| future::pending::<Result<(), BoxError>>().await)
        .on(EventKind::DynamoDb, async |_| Ok::<_, BoxError>("a".repeat(7_000_000)))
        .on(EventKind::WebSocket, panics);
    let guarded = serve.deadline_margin(Duration::from_secs(3_600)).panic_as_500().fail_on(200..=599);
    guarded.oversize_as(StatusCode::INSUFFICIENT_STORAGE).events(handlers).web_socket_events()
}

fn handlers() -> Router {
    Router::new()
        .on(EventKind::Sqs, said)
        .on(EventKind::Kinesis, async |_| {
            let mut answer = BatchResponse::new();
            answer.failed(None::<String>)?;
            Ok::<_, BoxError>(answer)
        })
        .on(EventKind::Schedule, async |_| Err::<(), _>("the schedule failed on purpose"))
        .on(EventKind::Sns, panics)
        .fallback(seen)
}

/// Answers what the first message says.
async fn said(event: Event) -> Result<Value, BoxError> {
    let event: Value = event.deserialize()?;
    let body = event.pointer("/Records/0/body").and_then(Value::as_str).unwrap_or_default();
    Ok(serde_json::from_str(body).unwrap_or(Value::Null))
}

#[expect(clippy::panic, reason = "what a panic costs is what is tested")]
async fn panics(_: Event) -> Result<(), BoxError> {
    panic!("the handler of events panicked on purpose")
}

async fn seen(event: Event) -> Result<Value, BoxError> {
    Ok(json!({
        "kind": event.kind().as_str(),
        "event": event.json(),
        "request_id": event.context().map(LambdaContext::request_id),
    }))
}

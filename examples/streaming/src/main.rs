//! Server-sent events: a client sees each one when it is made. Run with `cargo run -p streaming`.

use std::convert::Infallible;
use std::time::Duration;

use axum::{
    Router,
    extract::Path,
    response::sse::{Event, Sse},
    routing::get,
};
use futures_util::{Stream, stream};
use sippycup::gateway::{Gateway, Kind};
use sippycup::{ServeError, serve};

#[cfg(test)]
mod tests;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ServeError> {
    serve(app(Duration::from_secs(1)))
        .streaming()
        .locally(Gateway::builder(Kind::FunctionUrl).response_streaming(true))
        .await
}

/// `pause` is the time between two events.
fn app(pause: Duration) -> Router {
    Router::new().route("/count/{to}", get(async move |Path(to): Path<u8>| count(to, pause)))
}

fn count(to: u8, pause: Duration) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    Sse::new(stream::unfold(1, move |number| async move {
        if number > to {
            return None;
        }
        if number > 1 {
            tokio::time::sleep(pause).await;
        }
        Some((Ok(Event::default().data(number.to_string())), number.saturating_add(1)))
    }))
}

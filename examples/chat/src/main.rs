//! A chat over a WebSocket API. The routes of the API are routes of the app: `$connect`, `$disconnect`, `sendmessage`.

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    routing::{delete, get, post},
};
use serde::{Deserialize, Serialize};
use sippycup::{BoxError, Connection, Message};

use self::{push::Push, room::Room};

mod push;
mod room;
#[cfg(test)]
mod tests;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    sippycup::run(app(Room::new(Push::of_the_function()?))).await?;
    Ok(())
}

fn app(room: Room) -> Router {
    Router::new()
        .route("/$connect", get(connect))
        .route("/$disconnect", delete(disconnect))
        .route("/sendmessage", post(send))
        .route("/$default", post(unknown))
        .with_state(room)
}

async fn connect(State(room): State<Room>, connection: Connection) -> StatusCode {
    room.enter(connection.id());
    StatusCode::OK
}

/// API Gateway does its best to send this event, and promises nothing.
async fn disconnect(State(room): State<Room>, connection: Connection) -> StatusCode {
    room.leave(connection.id());
    StatusCode::OK
}

/// What clients send: `{"action":"sendmessage","text":"hello"}`.
#[derive(Deserialize)]
struct Say {
    text: String,
}

/// What they get.
#[derive(Serialize)]
struct Said<'a> {
    from: &'a str,
    text: &'a str,
}

async fn send(State(room): State<Room>, connection: Connection, message: Message<Say>) -> StatusCode {
    let said = Said { from: connection.id(), text: &message.data.text };
    match room.tell_all(&connection, &said).await {
        Ok(()) => StatusCode::OK,
        Err(error) => {
            eprintln!("not everybody was told: {error}");
            StatusCode::BAD_GATEWAY
        }
    }
}

async fn unknown() -> StatusCode {
    StatusCode::BAD_REQUEST
}

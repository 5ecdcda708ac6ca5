//! An API that describes itself: utoipa writes the description, and SippyCup knows where clients reach it.

#![allow(
    clippy::exhaustive_structs,
    unused_qualifications,
    reason = "the macros of utoipa write public types, and paths in full"
)]

use axum::{Json, Router, extract::Path, http::StatusCode, routing::get};
use serde::Serialize;
use sippycup::{ServeError, ServerUrl};
use utoipa::{
    OpenApi, ToSchema,
    openapi::{self, Server},
};

#[cfg(test)]
mod tests;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ServeError> {
    sippycup::run(app()).await
}

fn app() -> Router {
    Router::new().route("/openapi.json", get(description)).route("/cups/{id}", get(cup))
}

#[derive(OpenApi)]
#[openapi(info(title = "Cups", version = "1.0.0"), paths(cup))]
struct Cups;

/// The paths are as the routes have them, behind the server's URL: whatever stage or domain the API has.
async fn description(server: ServerUrl) -> Json<openapi::OpenApi> {
    let mut description = Cups::openapi();
    description.servers = Some(vec![Server::new(server)]);
    Json(description)
}

#[derive(Serialize, ToSchema)]
struct Cup {
    id: u32,
    name: &'static str,
}

/// One cup.
#[utoipa::path(get, path = "/cups/{id}", responses((status = 200, body = Cup), (status = 404)))]
async fn cup(Path(id): Path<u32>) -> Result<Json<Cup>, StatusCode> {
    if id == 7 { Ok(Json(Cup { id, name: "☕" })) } else { Err(StatusCode::NOT_FOUND) }
}

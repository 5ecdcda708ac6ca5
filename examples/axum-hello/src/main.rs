//! An axum app, as it would be anywhere. Run with `cargo run -p axum-hello`, or deploy it with what is in
//! `deploy`.

use std::collections::BTreeMap;

use axum::{
    Json, Router,
    extract::Path,
    http::header::{CONTENT_TYPE, SET_COOKIE},
    response::{AppendHeaders, IntoResponse, Redirect},
    routing::get,
};
use serde::Serialize;
use serde_json::value::RawValue;
use sippycup::{RequestContext, ServeError, StageVariables};

#[cfg(test)]
mod tests;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ServeError> {
    sippycup::run(app()).await
}

fn app() -> Router {
    Router::new()
        .route("/", get(index))
        .route("/hello/", get("Hello, World!").post("Hello, World!"))
        .route("/hello/{name}", get(hello).post(hello))
        .route("/old", get(Redirect::permanent("/hello/")))
        .route("/login", get(login))
        .route("/pixel.gif", get(([(CONTENT_TYPE, "image/gif")], PIXEL)))
}

/// What the gateway says about the request.
async fn index(context: Option<RequestContext>, variables: StageVariables) -> impl IntoResponse {
    let seen = Seen {
        request_context: context.as_ref().map(RequestContext::json),
        stage_variables: variables.iter().collect(),
    };
    Json(seen).into_response()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Seen<'a> {
    request_context: Option<&'a RawValue>,
    stage_variables: BTreeMap<&'a str, &'a str>,
}

async fn hello(Path(name): Path<String>) -> String {
    format!("Hello, {name}!")
}

async fn login() -> impl IntoResponse {
    (AppendHeaders([(SET_COOKIE, "session=1; HttpOnly"), (SET_COOKIE, "theme=dark")]), "Welcome.")
}

/// One transparent pixel.
const PIXEL: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff\
    !\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

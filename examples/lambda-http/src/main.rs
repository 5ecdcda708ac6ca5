//! An app inside a stack that `lambda_http` runs. Run with `cargo lambda watch`, or deploy it.
//!
//! Only for a program that is built around `lambda_http` and stays so. All others call `sippycup::run`.

use axum::{Router, extract::Path, response::Redirect, routing::get};
use lambda_http::tracing;
use sippycup::{BasePath, SippyCup};

#[cfg(test)]
mod tests;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    tracing::init_default_subscriber();
    lambda_http::run(SippyCup::new(app()).into_lambda_http()).await
}

fn app() -> Router {
    Router::new()
        .route("/hello/{name}", get(hello))
        .route("/old/{name}", get(async |Path(name): Path<String>| Redirect::permanent(&format!("/hello/{name}"))))
}

async fn hello(Path(name): Path<String>, base: BasePath) -> String {
    format!("Hello, {name}! You are at {}.", base.join(&format!("/hello/{name}")))
}

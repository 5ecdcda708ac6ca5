//! On a multi-threaded runtime.

#[path = "../app.rs"]
mod app;

#[tokio::main]
async fn main() -> Result<(), sippycup::ServeError> {
    sippycup::run(app::app()).await
}

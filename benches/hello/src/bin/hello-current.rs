//! On a current-thread runtime, as SippyCup's README has it.

#[path = "../app.rs"]
mod app;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), sippycup::ServeError> {
    sippycup::run(app::app()).await
}

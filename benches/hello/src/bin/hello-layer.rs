//! The same with events read and answers written, by SippyCup's middleware alone.

#[path = "../app.rs"]
mod app;
#[path = "../bare.rs"]
mod bare;

use sippycup::{BoxError, SippyCup};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    bare::run(SippyCup::new(app::app())).await
}

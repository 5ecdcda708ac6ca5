//! On a multi-threaded runtime, as `lambda_http`'s README has it.

#[path = "../../../hello/src/app.rs"]
mod app;

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    lambda_http::run(app::app()).await
}

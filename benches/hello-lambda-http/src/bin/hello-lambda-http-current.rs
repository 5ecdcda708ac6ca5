//! On a current-thread runtime.

#[path = "../../../hello/src/app.rs"]
mod app;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    lambda_http::run(app::app()).await
}

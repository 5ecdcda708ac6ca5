//! On a multi-threaded runtime, many invocations at once. `lambda_http::run_concurrent` asks for a response that is
//! `Sync`, which axum's is not; this is what it would do.

#[path = "../../../hello/src/app.rs"]
mod app;

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    lambda_runtime::run_concurrent(lambda_http::Adapter::from(app::app())).await
}

use tower::Layer;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    lambda_http::run(axum_aws_lambda::LambdaLayer::default().layer(conformance::app())).await
}

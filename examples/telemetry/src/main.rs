//! An app whose traces go to a collector over OTLP. `cargo run -p telemetry` serves it, and the README says how to look at
//! its traces.

use std::{env, time::Duration};

use axum::{Router, extract::Path, http::StatusCode, routing::get};
use opentelemetry::trace::TracerProvider;
use opentelemetry_aws::detector::LambdaResourceDetector;
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_otlp::{RetryPolicy, SpanExporter, WithHttpConfig};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use sippycup::{
    BackgroundTasks, BoxError,
    axum::MatchedPathLayer,
    logging,
    telemetry::{self, AwaitedSpanProcessor, TraceLayer},
};
use tower::Layer;
use tracing::Instrument;
use tracing_subscriber::layer::SubscriberExt;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    // Asynchronous, and without retries: the time between an answer and the next event is short.
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(HyperClient::with_default_connector(Duration::from_secs(1), None))
        .with_retry_policy(RetryPolicy::disabled())
        .build()?;
    let processor = AwaitedSpanProcessor::new(exporter);
    let provider =
        SdkTracerProvider::builder().with_resource(resource()).with_span_processor(processor.clone()).build();
    let subscriber = tracing_subscriber::registry()
        .with(logging::layer())
        .with(telemetry::layer(provider.tracer(env!("CARGO_PKG_NAME"))));
    tracing::subscriber::set_global_default(subscriber)?;

    sippycup::serve(TraceLayer::new().layer(app())).after_invocation(move || processor.flush()).await?;
    Ok(())
}

/// Who sends the traces: what Lambda says of the function, and what the environment says over it.
fn resource() -> Resource {
    let resource = Resource::builder().with_detector(Box::new(LambdaResourceDetector));
    match (env::var("OTEL_SERVICE_NAME"), env::var("AWS_LAMBDA_FUNCTION_NAME")) {
        (Err(_), Ok(name)) => resource.with_service_name(name).build(),
        _ => resource.build(),
    }
}

fn app() -> Router {
    Router::new().route("/items/{id}", get(item)).route("/broken", get(broken)).layer(MatchedPathLayer::new())
}

async fn item(Path(id): Path<u32>, tasks: BackgroundTasks) -> String {
    // Runs after the answer, and is sent with it.
    tasks.spawn(async {}.instrument(tracing::info_span!("count the visit")));
    let query = async { tracing::info!("asks the database") };
    query.instrument(tracing::info_span!("query", item = id)).await;
    format!("item {id}")
}

async fn broken() -> (StatusCode, &'static str) {
    (StatusCode::SERVICE_UNAVAILABLE, "no database")
}

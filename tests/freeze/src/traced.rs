//! A function whose traces go to `COLLECTOR` over OTLP, in the way that `TRACED` says: `http` or `grpc`, with `thread` by the
//! processor of `opentelemetry_sdk` that has a thread of its own, without by one that is awaited; `threads` for a
//! multi-threaded runtime, `stream` for streamed answers, `forgetful` without the hook. With `says` it has no traces, and says what it does.

use std::{env, process, thread, time::Duration};

use axum::{Router, extract::Path, routing::get};
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_otlp::{RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig, WithTonicConfig};
use opentelemetry_sdk::trace::SdkTracerProvider;
use sippycup::{BackgroundTasks, BoxError, telemetry::AwaitedSpanProcessor};
use tokio::{
    runtime,
    task::{spawn_blocking, yield_now},
};
use tracing::{Instrument, info_span, level_filters::LevelFilter};
use tracing_subscriber::{layer::SubscriberExt, util::SubscriberInitExt};

fn main() -> Result<(), BoxError> {
    let options = env::var("TRACED")?;
    let has = |option| options.split(',').any(|given| given == option);
    let mut runtime = match has("threads") {
        true => runtime::Builder::new_multi_thread(),
        false => runtime::Builder::new_current_thread(),
    };
    runtime.enable_all().build()?.block_on(async {
        let mut serve = sippycup::serve(app());
        if has("says") {
            serve = serve.after_invocation(|| async { eprintln!("after the invocation") });
            serve = serve.on_shutdown(|| async {
                eprintln!("the end");
                Ok::<_, BoxError>(())
            });
            return Ok(serve.await?);
        }
        let exporter = exporter(has("grpc"), has("thread"))?;
        if has("thread") {
            let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).build();
            subscribe(&provider);
            serve = serve.after_invocation(move || {
                let provider = provider.clone();
                async move { drop(spawn_blocking(move || provider.force_flush()).await) }
            });
        } else {
            // The hook has a limit of its own, which is what is tested.
            let held = AwaitedSpanProcessor::new(exporter).limit(Duration::from_secs(60));
            subscribe(&SdkTracerProvider::builder().with_span_processor(held.clone()).build());
            if !has("forgetful") {
                serve = serve.after_invocation(move || held.flush());
            }
        }
        match has("stream") {
            true => serve.streaming().await?,
            false => serve.await?,
        }
        Ok(())
    })
}

fn exporter(is_grpc: bool, is_thread: bool) -> Result<SpanExporter, BoxError> {
    let collector = env::var("COLLECTOR")?;
    if is_grpc {
        let exporter = SpanExporter::builder().with_tonic().with_endpoint(collector);
        return Ok(exporter.with_retry_policy(RetryPolicy::disabled()).build()?);
    }
    let exporter = SpanExporter::builder().with_http().with_endpoint(format!("{collector}/v1/traces"));
    let exporter = match is_thread {
        true => exporter.with_http_client(blocking_client()?),
        false => exporter.with_http_client(HyperClient::with_default_connector(Duration::from_secs(10), None)),
    };
    Ok(exporter.with_retry_policy(RetryPolicy::disabled()).build()?)
}

/// It has a runtime of its own, which must not be made inside of another.
fn blocking_client() -> Result<reqwest::blocking::Client, BoxError> {
    let made = thread::spawn(reqwest::blocking::Client::new).join();
    made.map_err(|_| "no client".into())
}

fn subscribe(provider: &SdkTracerProvider) {
    let traces = tracing_opentelemetry::layer().with_tracer(provider.tracer("traced"));
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(std::io::stderr);
    // The exporters trace themselves, in more detail than this.
    tracing_subscriber::registry().with(LevelFilter::INFO).with(traces).with(lines).init();
}

fn app() -> Router {
    let handler = async |Path(number): Path<u32>, tasks: BackgroundTasks| {
        answer(number, &tasks).instrument(info_span!("handler")).await
    };
    Router::new().route("/{number}", get(handler))
}

async fn answer(number: u32, tasks: &BackgroundTasks) -> String {
    tasks.spawn(yield_now().instrument(info_span!("background", number)));
    yield_now().instrument(info_span!("query", number)).await;
    process::id().to_string()
}

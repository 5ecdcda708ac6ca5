//! Traces of OpenTelemetry: the caller's trace goes on, each request is a span, and all spans are sent before Lambda
//! freezes the process.
//!
//! ```no_run
//! use opentelemetry::trace::TracerProvider;
//! use opentelemetry_sdk::trace::{SdkTracerProvider, SpanExporter};
//! use sippycup_lambda::{App, ServeError, serve, telemetry};
//! use tower_layer::Layer;
//! use tracing_subscriber::layer::SubscriberExt;
//!
//! async fn with_traces(app: impl App, exporter: impl SpanExporter + 'static) -> Result<(), ServeError> {
//!     let processor = telemetry::AwaitedSpanProcessor::new(exporter);
//!     let provider = SdkTracerProvider::builder().with_span_processor(processor.clone()).build();
//!     let subscriber = tracing_subscriber::registry().with(telemetry::layer(provider.tracer("shop")));
//!     tracing::subscriber::set_global_default(subscriber).expect("to be the first");
//!
//!     let app = telemetry::TraceLayer::new().layer(app);
//!     serve(app).after_invocation(move || processor.flush()).await
//! }
//! ```
//!
//! The example `telemetry` is a whole program, with an exporter that speaks OTLP over HTTP.
//!
//! # Which trace goes on
//!
//! | the request has | the span's parent | a link |
//! |---|---|---|
//! | a valid `traceparent` | that, with its `tracestate` | to the X-Ray trace, if there is one |
//! | else `x-amzn-trace-id` with `Root` and `Parent` | that | |
//! | the same with `Sampled=0` | none: a new trace | to the X-Ray trace |
//! | neither | none: a new trace | |
//!
//! `Sampled=0` is what Lambda sends where X-Ray is off, so it says nothing about other traces. On Lambda the X-Ray header is
//! that of the invocation.
//!
//! # What the span has
//!
//! It is of kind `SERVER`, and called `GET /items/{id}`, or `GET` where the route is unknown
//! ([`MatchedRoute`](crate::MatchedRoute)). Names are those of OpenTelemetry's
//! [conventions for HTTP](https://opentelemetry.io/docs/specs/semconv/http/http-spans/) and
//! [for functions](https://opentelemetry.io/docs/specs/semconv/faas/faas-spans/): `http.request.method`, `http.route`,
//! `http.response.status_code`, `url.path`, `url.scheme`, `server.address`, `server.port`, `client.address`,
//! `user_agent.original`, `error.type`, `faas.trigger`, `faas.invocation_id`, `faas.coldstart`, `cloud.account.id`,
//! `cloud.resource_id`, `aws.lambda.invoked_arn`. Query strings are not there. A status of 500 or more and a failure are
//! errors; it ends with the last byte of the answer.
//!
//! OpenTelemetry's crates are not at 1.0, and no other module has their types: this feature follows their versions.

mod body;
mod parent;
mod processor;
mod span;
mod trace_layer;

use opentelemetry_sdk::trace::SdkTracer;
use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{Layer, filter::Targets, registry::LookupSpan};

pub use self::{
    body::TracedBody,
    processor::AwaitedSpanProcessor,
    trace_layer::{TraceFuture, TraceLayer, TraceService},
};

/// Makes spans of OpenTelemetry of those of `tracing`, as a layer for `tracing_subscriber::registry`.
///
/// Its level is `INFO`, whatever the log's level is. What the exporter itself traces while it sends is left out. The span that
/// `serve` has around each invocation is no span of the trace: that is the one of [`TraceLayer`]. Where this does not
/// suit you, use `tracing_opentelemetry::layer`.
#[must_use]
pub fn layer<S>(tracer: SdkTracer) -> impl Layer<S> + Send + Sync + 'static
where
    S: Subscriber + for<'s> LookupSpan<'s> + Send + Sync,
{
    let layer = tracing_opentelemetry::layer().with_tracer(tracer);
    let layer = layer.with_location(false).with_threads(false).with_tracked_inactivity(false).with_target(false);
    let off = OFF.map(|target| (target, LevelFilter::OFF));
    layer.with_filter(Targets::new().with_default(LevelFilter::INFO).with_targets(off))
}

const OFF: [&str; 9] = [
    crate::span::TARGET,
    "h2",
    "hyper",
    "hyper_util",
    "opentelemetry",
    "opentelemetry_sdk",
    "opentelemetry_otlp",
    "reqwest",
    "tonic",
];

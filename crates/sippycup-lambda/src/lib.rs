//! [`run`] and [`serve`](serve()): an app as a Lambda function, and the same binary on a developer's machine.
//!
//! ```no_run
//! use sippycup_lambda::{ServeError, run};
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), ServeError> {
//!     run(app()).await
//! }
//!
//! fn app() -> axum::Router {
//!     axum::Router::new().route("/", axum::routing::get("Hello!"))
//! }
//! ```
//!
//! `run` has the defaults; [`serve`](serve()) is a builder for everything else. Both take any [`App`], and both end with
//! a [`ServeError`], which `?` turns into whatever error `main` has.
//!
//! A current-thread runtime needs less than a multi-threaded one: a quarter less memory, a quarter less CPU until the
//! first event, and a little less for each. Lambda gives a function one invocation at a time, so there is nothing to do
//! in parallel. Use `#[tokio::main]` without `flavor` where handlers compute for long in several tasks at the same time, or on
//! Managed Instances with more than one vCPU.
//!
//! # Where it runs
//!
//! The first of these variables that is set decides, once, at the start; the process says on standard error which it was:
//!
//! | variable | what it is | requests come as |
//! |---|---|---|
//! | `AWS_LAMBDA_HTTP_ENDPOINT` | a Lambda Web Function (feature `server`, experimental) | HTTP/1.1 |
//! | `AWS_LAMBDA_RUNTIME_API` | a Lambda function | events |
//! | `SIPPYCUP_LISTEN` | a server of its own (feature `server`) | HTTP/1.1, HTTP/2 without TLS |
//! | none | a developer's machine (feature `local`) | HTTP/1.1, and events behind it |
//!
//! # On Lambda
//!
//! The process asks the [Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html) for events, one
//! after the other, over one connection that opens again when it breaks. Where `AWS_LAMBDA_MAX_CONCURRENCY` is set
//! ([Lambda Managed Instances](https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html)) there are as
//! many such polls at the same time. Where the function has
//! [SnapStart](https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html) they begin after the restore. An event goes
//! to the app without being copied, and its answer to the Runtime API without being encoded again. What Lambda says
//! beside the event is a [`LambdaContext`] in the request's extensions.
//!
//! | what the Runtime API does | what the process does |
//! |---|---|
//! | a connection breaks, or is refused | asks again with growing pauses, some ten seconds in all; an answer without a reply is sent once more, unless it is streamed |
//! | headers are missing, or broken | does without them; without a request id it asks again |
//! | the event breaks off, or is larger than 32 MB | reports `SippyCup.Event` |
//! | `/response` is refused: 413 | reports `SippyCup.Response`, as it does without asking for [an answer that is too large](sippycup_core::ProxyResponse::oversize) |
//! | an answer is refused: 400, 403, 410 | writes a line in the log, and goes on |
//! | 403 or 500 to `/next`, 500 to an answer | ends with an error, as AWS asks; Lambda starts another process |
//!
//! `_X_AMZN_TRACE_ID` is not set, which AWS asks of runtimes that answer one event at a time. It is an environment
//! variable of the whole process, and to change one while other threads may read it is undefined behaviour: Rust calls
//! it `unsafe`, and these crates forbid unsafe code. The request's header `x-amzn-trace-id` and
//! [`LambdaContext::trace_id`] have the value.
//!
//! # Failures
//!
//! An invocation that fails is reported to Lambda with an error type, and the message has the causes:
//!
//! | what happened | `errorType` |
//! |---|---|
//! | the event is not an HTTP event, or is broken | `SippyCup.Event` |
//! | the app returned an error | `SippyCup.Service` |
//! | the app panicked | `SippyCup.Panic` |
//! | the answer's body failed half-way | `SippyCup.Body` |
//! | the answer does not fit into the front door's format, or is too large | `SippyCup.Response` |
//! | the process cannot start: what `start` was given failed, or an environment variable is wrong | `SippyCup.Init` |
//!
//! The header `Lambda-Runtime-Function-Error-Type`, which Lambda's own metrics and telemetry go by, has `Function.Event`
//! and so on for them: of other names Lambda makes `Runtime.Unknown`.
//!
//! A failure ends its own invocation and no other, wherever in the app's code a panic is: in `poll_ready`, `call`,
//! the future, the body, in an error's `Display`, or when any of them is dropped. Only an app whose `poll_ready` fails
//! ends the process: a tower service is not called again after that. On Managed Instances it ends its poll, which goes
//! on with another clone of the app. Built with `panic = "abort"` a panic ends the process, whatever else it was doing.
//!
//! A failure is an event of `tracing` with level `ERROR`. Where there is no subscriber it is one line on standard error:
//! type, causes, request id; as JSON if the function's
//! [log format](https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html) is JSON.
//!
//! # Guards
//!
//! Guards, methods of [`Serve`](serve::Serve), change what a client gets then. They are off by default.
//!
//! | | what it does |
//! |---|---|
//! | [`deadline_margin`](serve::Serve::deadline_margin) | stops waiting for the app this long before the deadline, and answers 504 |
//! | [`oversize_as`](serve::Serve::oversize_as) | answers with this status instead of an answer that is too large |
//! | [`panic_as_500`](serve::Serve::panic_as_500) | answers 500 where the app panics |
//! | [`fail_on`](serve::Serve::fail_on) | lets the invocation fail where the app answers with such a status |
//! | [`first_byte`](serve::Serve::first_byte) | sends one byte where a streamed answer has no body |
//!
//! # Environment variables
//!
//! | variable | meaning |
//! |---|---|
//! | `SIPPYCUP_SCRIPT_NAME_BASE` | the public base path, unless the layer or the stage variable of that name states one; read once |
//! | `SIPPYCUP_PUBLIC_HOST` | the public host, such as `shop.example.com`, unless the layer states one or names a header; read once |
//! | `AWS_LAMBDA_RUNTIME_API` | set by Lambda; the only one that a function needs |
//! | `AWS_LAMBDA_HTTP_ENDPOINT` | set by Lambda in Web Functions: where to listen |
//! | `SIPPYCUP_LISTEN` | where to listen off Lambda, such as `0.0.0.0:8080`; without it the app is served locally |
//! | `SIPPYCUP_GATEWAY` | the front door of the local gateway, such as `rest,stage=prod,base-path=shop`; default `http` |
//! | `PORT` | the local port, default 9000 |
//! | `SIPPYCUP_TELLS_FAILURES` | set by the command `sippycup`, which shows each failure below its request; the process then leaves out its own line |
//!
//! # As a server
//!
//! With feature `server` the process listens itself where `SIPPYCUP_LISTEN` says so (a container, a
//! [Lambda MicroVM](https://docs.aws.amazon.com/lambda/latest/dg/lambda-microvms.html)), and where Lambda wants it in a
//! [Web Function](https://docs.aws.amazon.com/lambda/latest/dg/web-functions.html). No gateway stands in between and
//! nothing becomes an event, but the app gets the same requests as behind a front door, with base path, redirects and
//! extensions. [`EventSource`](sippycup_core::EventSource) is `Server` or `WebFunction`, stage variables and path
//! parameters are empty, and the JSON of the request context is `null`.
//!
//! | | server | Web Function |
//! |---|---|---|
//! | listens on | `SIPPYCUP_LISTEN` | `AWS_LAMBDA_HTTP_ENDPOINT` |
//! | speaks | HTTP/1.1, HTTP/2 without TLS | HTTP/1.1 |
//! | [`ClientIp`](sippycup_core::ClientIp) | the peer of the connection; behind a proxy set [`forwarded_hops`](sippycup_layer::SippyCupLayer::forwarded_hops) | the last entry of `x-forwarded-for`, which Lambda appends |
//! | scheme of [`PublicUri`](sippycup_core::PublicUri) | `x-forwarded-proto`, else `http` | `https` |
//! | [`LambdaContext`] | none | the request id |
//! | requests at the same time | as many as come | 128 |
//! | SIGTERM, ctrl-c | no new connections, what is under way is answered, what is done after answers is finished, then `Ok`; each further signal stops waiting for one of these | the same, for 900 ms |
//! | [`BackgroundTasks`], [`after_invocation`](serve::Serve::after_invocation) | in tasks of their own, and nothing waits for them but the end of the process | the same |
//! | `on_shutdown` | last, for 10 seconds | the last 200 ms of the 900 |
//!
//! A request's body is read as a whole before the app is called, up to `body_limit` (6 MiB); above it the client gets
//! 413. Answers go out as they come, with [`streaming`](serve::Serve::streaming) or without, and with their trailers. A
//! failure, also a `poll_ready` that fails, ends only its own request: the client gets an empty 500, or, of an answer that has
//! begun, only the first part. SnapStart's hooks are not called, and there is no
//! Runtime API to tell when a start fails.
//!
//! Web Functions are experimental: AWS documents Node.js as their only runtime, and this has not been tried there.
//!
//! # On a developer's machine
//!
//! Without any of these variables the app is served on 127.0.0.1 behind a gateway in the same process (the crate
//! `sippycup-gateway`): an HTTP API with stage `$default`, so the paths are the app's own. Every request becomes a real
//! event, and every answer is a real proxy response. `SIPPYCUP_GATEWAY` or [`locally`](serve::Serve::locally) choose
//! another front door.
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `local` | yes | the local gateway; [`locally`](serve::Serve::locally) |
//! | `shutdown` | yes | [`on_shutdown`](serve::Serve::on_shutdown) |
//! | `tracing` | yes | a span for each invocation, with the fields that `lambda_runtime`'s has; events for failures |
//! | `axum` | no | [`LambdaContext`] and [`BackgroundTasks`] as extractors |
//! | `logging` | no | `logging::init`: the log as Lambda reads it, with the invocation's ids in every line and a line for each request; [`tracing`](https://docs.rs/tracing) |
//! | `metrics` | no | `metrics` of `serve`: every request counted in CloudWatch, in the embedded metric format |
//! | `telemetry` | no | traces of OpenTelemetry: the caller's goes on, each request is a span, all are sent before the freeze |
//! | `events` | no | `events` and `warm_up` of `serve`: events that are not HTTP, beside the app |
//! | `server` | no | HTTP without events: in Web Functions, and where `SIPPYCUP_LISTEN` is set; `body_limit` |
//! | `request-id` | no | `LambdaRequestId`: Lambda's request id as tower-http's `x-request-id` |
//! | `lambda-runtime` | no | `into_runtime`: the app as a `lambda_runtime::Runtime`, for its layers; `lambda_runtime::Context` in extensions |

#![cfg_attr(docsrs, feature(doc_cfg))]

mod after;
mod answer;
mod app;
mod around;
#[cfg(feature = "axum")]
pub mod axum;
mod background;
mod compute;
mod context;
mod current;
mod driver;
mod environment;
mod error;
#[cfg(feature = "events")]
pub mod events;
mod failure;
mod guard;
mod hook;
mod invocation;
mod json;
#[cfg(feature = "lambda-runtime")]
mod lambda_runtime;
#[cfg(feature = "local")]
mod local;
mod log;
#[cfg(feature = "logging")]
pub mod logging;
#[cfg(feature = "metrics")]
pub mod metrics;
#[cfg(any(feature = "logging", feature = "metrics"))]
mod observe;
mod options;
mod patience;
mod poll;
mod polls;
#[cfg(feature = "request-id")]
mod request_id;
#[cfg(any(feature = "logging", feature = "metrics", feature = "telemetry"))]
mod route;
mod run;
mod runtime_api;
pub mod serve;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "shutdown")]
mod shutdown;
#[cfg(any(feature = "server", feature = "shutdown"))]
mod signals;
mod snapshot;
mod span;
mod start;
mod streaming;
#[cfg(any(feature = "local", feature = "server"))]
mod tasks;
#[cfg(feature = "telemetry")]
pub mod telemetry;
mod tenant;

#[cfg(feature = "request-id")]
#[doc(inline)]
pub use self::request_id::LambdaRequestId;
#[cfg(any(feature = "logging", feature = "metrics", feature = "telemetry"))]
#[doc(inline)]
pub use self::route::MatchedRoute;
#[doc(inline)]
pub use self::serve::serve;
pub use self::{
    app::App, background::BackgroundTasks, context::LambdaContext, error::ServeError, run::run, start::start,
    tenant::TenantId,
};
#[doc(no_inline)]
pub use sippycup_layer::BoxError;

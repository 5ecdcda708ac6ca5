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
//! A current-thread runtime needs less CPU and memory than a multi-threaded one: a quarter less for a small invocation,
//! two thirds less for one of megabytes. Lambda gives a function one invocation at a time, so there is nothing to do in
//! parallel. Use `#[tokio::main]` without `flavor` where handlers compute for long in several tasks at once, or on
//! Managed Instances with more than one vCPU.
//!
//! # On Lambda
//!
//! `lambda_runtime` asks for the events: one by one, or many at once where `AWS_LAMBDA_MAX_CONCURRENCY` is set
//! ([Lambda Managed Instances](https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html)). It also
//! handles SnapStart. Each event goes to the app without being copied, and each answer goes to the Runtime API without
//! being encoded again.
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
//!
//! Each failure costs its own invocation and nothing more. Only an app whose `poll_ready` fails ends the process: a
//! tower service that said so is not called again.
//!
//! # Environment variables
//!
//! | variable | meaning |
//! |---|---|
//! | `SIPPYCUP_SCRIPT_NAME_BASE` | the public base path, unless the layer or the stage variable of that name states one; read once |
//! | `SIPPYCUP_PUBLIC_HOST` | the public host, such as `shop.example.com`, unless the layer states one or names a header; read once |
//! | `AWS_LAMBDA_RUNTIME_API` | set by Lambda; without it the app is served locally |
//! | `SIPPYCUP_GATEWAY` | the front door of the local gateway, such as `rest,stage=prod,base-path=shop`; default `http` |
//! | `PORT` | the local port, default 9000 |
//!
//! # On a developer's machine
//!
//! Without `AWS_LAMBDA_RUNTIME_API` the app is served on 127.0.0.1 behind a gateway in the same process (the crate
//! `sippycup-gateway`): an HTTP API with stage `$default`, so the paths are the app's own. Every request becomes a real
//! event, and every answer is a real proxy response. `SIPPYCUP_GATEWAY` or [`locally`](serve::Serve::locally) choose
//! another front door.
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `local` | yes | the local gateway; [`locally`](serve::Serve::locally) |
//! | `lambda-runtime` | no | `into_runtime`: the app as a `lambda_runtime::Runtime`, for its layers and SnapStart resources |

mod answer;
mod app;
mod driver;
mod environment;
mod error;
mod failure;
mod invoke;
#[cfg(feature = "lambda-runtime")]
mod lambda_runtime;
#[cfg(feature = "local")]
mod local;
mod options;
mod reply;
mod run;
pub mod serve;
mod streaming;
mod task;

#[doc(inline)]
pub use self::serve::serve;
pub use self::{app::App, error::ServeError, run::run};
#[doc(no_inline)]
pub use sippycup_layer::BoxError;

//! [`run`]: an app as a Lambda function, and the same binary on a laptop.
//!
//! ```no_run
//! # use std::convert::Infallible;
//! # use sippycup_lambda::{BoxError, run};
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), BoxError> {
//! #   let app = Service;
//!     run(app).await
//! }
//! # #[derive(Clone)] struct Service;
//! # impl tower_service::Service<http::Request<sippycup_layer::Body>> for Service {
//! #     type Response = http::Response<sippycup_layer::Body>; type Error = Infallible;
//! #     type Future = std::future::Ready<Result<Self::Response, Infallible>>;
//! #     fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Infallible>> { std::task::Poll::Ready(Ok(())) }
//! #     fn call(&mut self, _: http::Request<sippycup_layer::Body>) -> Self::Future { std::future::ready(Ok(http::Response::default())) }
//! # }
//! ```
//!
//! A current-thread runtime needs less CPU and memory than a multi-threaded one, a quarter less for a small
//! invocation and two thirds less for one of megabytes: Lambda gives one at a time, and there is nothing to do
//! in parallel. Take `#[tokio::main]` as it is where handlers compute for long on several tasks at once, or on
//! Managed Instances with more than one vCPU.
//!
//! # On Lambda
//!
//! `lambda_runtime` polls for events, one by one or (with `AWS_LAMBDA_MAX_CONCURRENCY`, on
//! [Lambda Managed Instances](https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html))
//! many at once, and drives SnapStart. Each event goes to the app without a copy, each answer to the Runtime
//! API without another encoding.
//!
//! | what happens | what Lambda is told (`errorType`) |
//! |---|---|
//! | the event is no HTTP event, or broken | `SippyCup.Event` |
//! | the app returns an error | `SippyCup.Service` |
//! | the app panics | `SippyCup.Panic` |
//! | the response body fails half-way | `SippyCup.Body` |
//! | the response cannot be a proxy response, or is larger than Lambda takes | `SippyCup.Response` |
//!
//! Each costs its own invocation and nothing more; the message has the cause. An app that is never ready
//! again (an error of `poll_ready`) ends the process, as tower means it.
//!
//! # Environment variables
//!
//! | variable | what for |
//! |---|---|
//! | `SIPPYCUP_SCRIPT_NAME_BASE` | the public base path, unless the builder or the stage variable of that name states one; read once |
//! | `AWS_LAMBDA_RUNTIME_API` | set by Lambda; without it `run` serves locally |
//! | `SIPPYCUP_GATEWAY` | the front door of the local gateway, such as `rest,stage=prod,base-path=shop`; default `http` |
//! | `PORT` | the local port, default 9000 |
//!
//! # On a laptop
//!
//! Without `AWS_LAMBDA_RUNTIME_API` the app is served on 127.0.0.1 behind a [`Gateway`](sippycup_gateway::Gateway)
//! in the same process: an HTTP API with stage `$default`, so the paths are the app's own. Every request becomes
//! a real event and every answer a real proxy response. `SIPPYCUP_GATEWAY` or [`run_behind`] put another front
//! door there.
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `local` | yes | off Lambda, serve on this machine behind the local gateway; [`run_behind`] |

mod diagnostic;
mod environment;
mod invoke;
#[cfg(feature = "local")]
mod local;
mod run;
mod runtime_api;
mod streaming;
mod task;

#[cfg(feature = "local")]
pub use self::run::run_behind;
pub use self::run::{Invocations, run, run_streaming, run_with, runtime};
#[doc(no_inline)]
pub use sippycup_layer::BoxError;

//! The app for those who have `lambda_runtime` ask for the events, with layers of its own around each.

mod context;
mod invoke;
mod reply;

use std::{convert::Infallible, env};

use lambda_runtime::{LambdaEvent, LambdaInvocation, Runtime, service_fn};
use serde::de::IgnoredAny;
use sippycup_core::ProxyEvent;
use sippycup_layer::{BoxError, Error};
use tower_layer::Layer;
use tower_service::Service;

pub(crate) use self::context::context;
use self::{invoke::Invoke, reply::RuntimeApi};
use crate::{
    App, ServeError,
    answer::Answer,
    environment,
    guard::Guards,
    serve::{Buffered, Serve, Streamed, beside},
};

impl<S: App> Serve<S, Buffered> {
    /// The app as a runtime of `lambda_runtime`, not started: to put its layers around each invocation, or to register
    /// its SnapStart resources.
    ///
    /// An invocation costs the least when the runtime has a task of its own, as here:
    ///
    /// ```no_run
    /// # use sippycup_lambda::{App, BoxError, serve};
    /// # async fn with_a_layer(app: impl App) -> Result<(), BoxError> {
    /// let runtime = serve(app).into_runtime()?.layer(lambda_runtime::layers::TracingLayer::new());
    /// tokio::spawn(runtime.run_concurrent()).await?
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If Lambda's environment variables are incomplete.
    pub fn into_runtime(
        self,
    ) -> Result<
        Runtime<impl Service<LambdaInvocation, Response = (), Error = BoxError, Future: Send> + Clone + Send + 'static>,
        ServeError,
    > {
        let (app, options) = self.layered()?;
        runtime(beside(app.into_event_service(), &options), options.guards)
    }
}

impl<S: App> Serve<S, Streamed> {
    /// The app as a runtime of `lambda_runtime`, not started, with streamed answers.
    ///
    /// # Errors
    ///
    /// If Lambda's environment variables are incomplete.
    pub fn into_runtime(
        self,
    ) -> Result<
        Runtime<impl Service<LambdaInvocation, Response = (), Error = BoxError, Future: Send> + Clone + Send + 'static>,
        ServeError,
    > {
        let (app, options) = self.layered()?;
        runtime(beside(app.into_streaming().into_event_service(), &options), options.guards)
    }
}

fn runtime<T>(
    function: T,
    guards: Guards,
) -> Result<
    Runtime<impl Service<LambdaInvocation, Response = (), Error = BoxError, Future: Send> + Clone + Send + 'static>,
    ServeError,
>
where
    T: Service<ProxyEvent, Error = Error, Response: Answer, Future: Send + 'static> + Clone + Send + 'static,
{
    check()?;
    // `lambda_runtime`'s own way from the event to the handler and back reads the event with serde and
    // copies the answer; the layer puts ours in its place and leaves the polling to it.
    let replaced = service_fn(async |_: LambdaEvent<IgnoredAny>| Ok::<(), Infallible>(()));
    Ok(Runtime::new(replaced).layer(Replace(Invoke::new(function, RuntimeApi::new(), guards))))
}

/// Fails with all that is missing at once; `lambda_runtime` would panic at the first.
fn check() -> Result<(), ServeError> {
    let mut wrong = Vec::new();
    if environment::runtime_api()?.is_none() {
        wrong.push("AWS_LAMBDA_RUNTIME_API");
    }
    for name in ["AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION"] {
        if env::var(name).is_err() {
            wrong.push(name);
        }
    }
    let memory = env::var("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").ok();
    if memory.is_none_or(|megabytes| megabytes.parse::<i32>().is_err()) {
        wrong.push("AWS_LAMBDA_FUNCTION_MEMORY_SIZE (a number)");
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(ServeError::environment(format!("not a Lambda environment: expected the variables {}", wrong.join(", "))))
}

/// Puts a service in the place of another.
struct Replace<T>(T);

impl<S, T: Clone> Layer<S> for Replace<T> {
    type Service = T;

    fn layer(&self, _: S) -> T {
        self.0.clone()
    }
}

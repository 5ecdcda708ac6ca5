//! The app where `lambda_runtime` asks for the events, with layers of `lambda_runtime` around each invocation.

mod context;
mod invoke;
mod reply;
mod streamed;

use std::{convert::Infallible, env, sync::Arc};

use lambda_runtime::{LambdaEvent, LambdaInvocation, Runtime, service_fn};
use serde::de::IgnoredAny;
use sippycup_layer::BoxError;
use tower_layer::Layer;
use tower_service::Service;

pub(crate) use self::context::context;
use self::{invoke::Invoke, reply::RuntimeApi};
use crate::{
    App, ServeError,
    answer::Answers,
    environment,
    runtime_api::Endpoint,
    serve::{Serve, beside},
};

impl<S: App, A: Answers> Serve<S, A> {
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
    /// Work of [`BackgroundTasks`](crate::BackgroundTasks) and [`after_invocation`](Self::after_invocation) is done inside of
    /// the layers, whose spans are not closed by then. The hooks of SnapStart and of the end of the process are
    /// `lambda_runtime`'s own, and those of `Serve` are not called.
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
        let endpoint = check()?;
        // `lambda_runtime`'s own way from the event to the handler and back reads the event with serde and
        // copies the answer; the layer puts ours in its place and leaves the polling to it.
        let replaced = service_fn(async |_: LambdaEvent<IgnoredAny>| Ok::<(), Infallible>(()));
        let function = beside(A::function(app), &options);
        Ok(Runtime::new(replaced).layer(Replace(Invoke::new(function, RuntimeApi::new(endpoint), options))))
    }
}

/// The error names all variables that are missing; `lambda_runtime` would panic at the first.
fn check() -> Result<Arc<Endpoint>, ServeError> {
    let mut wrong = Vec::new();
    let endpoint = environment::runtime_api()?;
    if endpoint.is_none() {
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
    if let Some(endpoint) = endpoint.filter(|_| wrong.is_empty()) {
        return Ok(endpoint);
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

//! The loop as a `Runtime`, for layers and SnapStart resources of `lambda_runtime`.

use lambda_runtime::{LambdaInvocation, Runtime};
use sippycup_layer::BoxError;
use tower_service::Service;

use crate::{
    App, ServeError,
    driver::runtime,
    serve::{Buffered, Serve, Streamed},
};

impl<S: App> Serve<S, Buffered> {
    /// The runtime that would run the app on Lambda, not started: to put layers of `lambda_runtime` around each
    /// invocation, or to register SnapStart resources.
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
        runtime(self.layered()?.0.into_event_service())
    }
}

impl<S: App> Serve<S, Streamed> {
    /// The runtime that would run the app on Lambda, not started, with streamed answers.
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
        runtime(self.layered()?.0.into_streaming().into_event_service())
    }
}

//! What runs the app: the Runtime API's loop on Lambda, the local gateway elsewhere.

use std::convert::Infallible;

use lambda_runtime::{LambdaEvent, LambdaInvocation, Runtime, layers::TracingLayer, service_fn};
use serde::de::IgnoredAny;
use sippycup_core::ProxyEvent;
use sippycup_layer::{BoxError, Error};
use tower_layer::Layer;
use tower_service::Service;

use crate::{
    ServeError, answer::Answer, environment, invoke::Invoke, options::Options, reply::RuntimeApi, task::in_a_task,
};

/// Runs the function until that is no longer possible.
pub(crate) async fn drive<T>(function: T, options: Options) -> Result<(), ServeError>
where
    T: Service<ProxyEvent, Error = Error, Response: Answer, Future: Send + 'static> + Clone + Send + 'static,
{
    if environment::on_lambda() {
        return in_a_task(Box::pin(runtime(function)?.run_concurrent())).await?.map_err(ended);
    }
    #[cfg(feature = "local")]
    return crate::local::serve(function, options).await;
    #[cfg(not(feature = "local"))]
    {
        drop(options);
        Err(environment::not_on_lambda())
    }
}

/// The loop, not started.
pub(crate) fn runtime<T>(
    function: T,
) -> Result<
    Runtime<impl Service<LambdaInvocation, Response = (), Error = BoxError, Future: Send> + Clone + Send + 'static>,
    ServeError,
>
where
    T: Service<ProxyEvent, Error = Error, Response: Answer, Future: Send + 'static> + Clone + Send + 'static,
{
    environment::check()?;
    // Between its loop and the handler `lambda_runtime` reads the event with serde and copies the answer. The layer
    // replaces that part, and the loop stays.
    let replaced = service_fn(async |_: LambdaEvent<IgnoredAny>| Ok::<(), Infallible>(()));
    Ok(Runtime::new(replaced).layer(Replace(Invoke::new(function, RuntimeApi::new()))).layer(TracingLayer::new()))
}

/// Tells the two errors apart with which the loop ends: its own, and that of the app's `poll_ready`.
fn ended(error: BoxError) -> ServeError {
    match error.downcast::<Error>() {
        Ok(error) => ServeError::app(*error),
        Err(error) => ServeError::runtime_api(error),
    }
}

/// Puts a service in the place of another.
struct Replace<T>(T);

impl<S, T: Clone> Layer<S> for Replace<T> {
    type Service = T;

    fn layer(&self, _: S) -> T {
        self.0.clone()
    }
}

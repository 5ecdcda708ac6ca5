//! What runs the app, for each kind of compute.

use std::sync::Arc;

use sippycup_core::ProxyEvent;
use sippycup_layer::{Error, SippyCup};
use tower_service::Service;

#[cfg(feature = "shutdown")]
use crate::shutdown::Running;
use crate::{App, ServeError, answer::Answer, compute::Compute, environment, options::Options, polls, snapshot};

/// Runs the app until that is no longer possible. `function` makes of it what takes events.
pub(crate) async fn drive<S, T>(
    app: SippyCup<S>,
    options: Options,
    function: fn(SippyCup<S>, &Options) -> T,
) -> Result<(), ServeError>
where
    S: App,
    T: Service<ProxyEvent, Error = Error, Response: Answer, Future: Send + 'static> + Clone + Send + 'static,
{
    match Compute::decide()? {
        #[cfg(feature = "server")]
        Compute::Server(place) => crate::server::serve(app, place, options).await,
        Compute::RuntimeApi(endpoint) => {
            let function = function(app, &options);
            let lambda = endpoint.clone();
            let polls = async {
                if environment::is_snapshot() {
                    // In a box, as all that is rare: it would be most of this future.
                    Box::pin(snapshot::restore(lambda.clone(), options.snapshot)).await?;
                }
                polls::run(function, lambda, environment::concurrency(), Arc::new(options.around)).await
            };
            // An extension can only be registered before anything is asked for.
            #[cfg(feature = "shutdown")]
            if let Some(on_lambda) = options.shutdown.on_lambda {
                return (on_lambda.run)(endpoint, options.shutdown.hooks, Running::new(polls)).await;
            }
            polls.await
        }
        #[cfg(feature = "local")]
        Compute::Local => crate::local::serve(function(app, &options), options).await,
    }
}

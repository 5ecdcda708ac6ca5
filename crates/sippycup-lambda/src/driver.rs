//! What runs the app: the polls of the Runtime API on Lambda, the local gateway elsewhere.

use sippycup_core::ProxyEvent;
use sippycup_layer::Error;
use tower_service::Service;

use crate::{ServeError, answer::Answer, environment, options::Options, polls, snapshot};

/// Runs the function until that is no longer possible.
pub(crate) async fn drive<T>(function: T, options: Options) -> Result<(), ServeError>
where
    T: Service<ProxyEvent, Error = Error, Response: Answer, Future: Send + 'static> + Clone + Send + 'static,
{
    if let Some(endpoint) = environment::runtime_api()? {
        if environment::is_snapshot() {
            snapshot::restore(endpoint.clone(), options.snapshot).await?;
        }
        return polls::run(function, endpoint, environment::concurrency()).await;
    }
    #[cfg(feature = "local")]
    return crate::local::serve(function, options).await;
    #[cfg(not(feature = "local"))]
    Err(environment::not_on_lambda())
}

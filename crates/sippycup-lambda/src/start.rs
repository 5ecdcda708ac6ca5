//! The start of the process, and what Lambda is told if it fails.

use std::{future::poll_fn, pin::pin, task::Poll};

use sippycup_layer::BoxError;

use crate::{
    ServeError, environment,
    failure::{ErrorType, chain},
    guard::guard,
    runtime_api::RuntimeApi,
};

/// Runs what a future builds, and tells Lambda why if there is nothing to run.
///
/// Where `main` fails before [`run`](crate::run()) or [`serve`](crate::serve()), the process ends without telling Lambda why,
/// and the caller of the function gets `Runtime.ExitError`. What fails or panics inside `start` is reported as Lambda's
/// [initialization error](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-initerror) with type
/// `SippyCup.Init` and its causes, and is the error of this future. Off Lambda it is only that error.
///
/// ```no_run
/// use sippycup_lambda::{App, BoxError, ServeError, serve, start};
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<(), ServeError> {
///     start(async {
///         let table = std::env::var("TABLE")?;
///         Ok::<_, BoxError>(serve(app(table)))
///     })
///     .await
/// }
///
/// fn app(table: String) -> impl App {
///     axum::Router::new().route("/", axum::routing::get(async move || table))
/// }
/// ```
///
/// Lambda gives a start 10 seconds before the first invocation; see
/// [Init phase](https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib).
///
/// # Errors
///
/// If the future fails or panics ([`ServeError::is_start`]), and as what it builds.
///
/// # Panics
///
/// When it is awaited outside of a tokio runtime.
pub async fn start<R, E>(build: impl Future<Output = Result<R, E>>) -> Result<(), ServeError>
where
    R: IntoFuture<Output = Result<(), ServeError>>,
    E: Into<BoxError>,
{
    let mut build = pin!(build);
    let built = poll_fn(|cx| match guard(|| build.as_mut().poll(cx)) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(built)) => Poll::Ready(built.map_err(Into::into)),
        Err(failure) => Poll::Ready(Err(failure.message.into())),
    });
    match built.await {
        Ok(built) => built.await,
        Err(error) => reported(Err(ServeError::start(error))).await,
    }
}

/// Tells Lambda, if this is a function, that it cannot start.
pub(crate) async fn reported<T>(started: Result<T, ServeError>) -> Result<T, ServeError> {
    if let Err(error) = &started
        && let (Ok(None), Ok(Some(endpoint))) = (environment::http_endpoint(), environment::runtime_api())
    {
        // The error is of the app's, and so may be what it says.
        let message = guard(|| chain(error)).unwrap_or_else(|failure| failure.message);
        let init = ErrorType::Init;
        let report = RuntimeApi::lend(endpoint, |mut api| async move {
            api.fail_init(init.as_header(), init.as_str(), &message).await;
        });
        // In a box: every start would have room for it.
        Box::pin(report).await;
    }
    started
}

//! `run`, and its relatives for those who want a word in it.

use std::convert::Infallible;

use http_body::Body as HttpBody;
use lambda_runtime::{LambdaEvent, LambdaInvocation, Runtime, layers::TracingLayer, service_fn};
use serde::de::IgnoredAny;
use sippycup_core::ProxyEvent;
#[cfg(feature = "local")]
use sippycup_gateway::{GatewayBuilder, Kind};
use sippycup_layer::{Body, BoxError, SippyCup, SippyCupLayer};
use tower_layer::Layer;
use tower_service::Service;

#[cfg(feature = "local")]
use crate::local;
use crate::{
    environment,
    invoke::{Answer, Invoke},
    runtime_api::RuntimeApi,
    task::in_a_task,
};

/// Runs the app: on Lambda as a function, elsewhere (feature `local`) on this machine.
///
/// The app is called in tasks of tokio's, as a server's is, not in the task of the caller. They end when the future
/// is dropped.
///
/// # Errors
///
/// If Lambda's environment variables are incomplete, if the Runtime API cannot be reached, or if the app is
/// never ready again. Locally, if the port is taken.
///
/// # Panics
///
/// Outside of a tokio runtime.
pub async fn run<S, B>(app: S) -> Result<(), BoxError>
where
    S: Service<http::Request<Body>, Response = http::Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: HttpBody + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    run_with(SippyCupLayer::new(), app).await
}

/// Runs the app with a configured layer.
///
/// ```no_run
/// # use sippycup_core::BasePath;
/// # use sippycup_layer::SippyCupLayer;
/// # use sippycup_lambda::{BoxError, run_with};
/// # async fn f<S>(app: S) -> Result<(), BoxError>
/// # where S: tower_service::Service<http::Request<sippycup_layer::Body>, Response = http::Response<sippycup_layer::Body>, Error = BoxError> + Clone + Send + 'static, S::Future: Send + 'static {
/// run_with(SippyCupLayer::new().base_path(BasePath::from_static("/shop")), app).await
/// # }
/// ```
///
/// # Errors
///
/// As [`run`].
pub async fn run_with<S, B>(layer: SippyCupLayer, app: S) -> Result<(), BoxError>
where
    S: Service<http::Request<Body>, Response = http::Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: HttpBody + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    if environment::on_lambda() {
        return in_a_task(Box::pin(runtime(layer, app)?.run_concurrent())).await;
    }
    #[cfg(feature = "local")]
    return local::serve(None, Kind::HttpApiV2, local::Function(layered(layer, app))).await;
    #[cfg(not(feature = "local"))]
    Err(environment::not_on_lambda())
}

/// Runs the app with a configured layer, and off Lambda behind this gateway.
///
/// ```no_run
/// # use sippycup_gateway::{Gateway, Kind};
/// # use sippycup_layer::SippyCupLayer;
/// # use sippycup_lambda::{BoxError, run_behind};
/// # async fn f<S>(app: S) -> Result<(), BoxError>
/// # where S: tower_service::Service<http::Request<sippycup_layer::Body>, Response = http::Response<sippycup_layer::Body>, Error = BoxError> + Clone + Send + 'static, S::Future: Send + 'static {
/// run_behind(Gateway::builder(Kind::RestApi).stage("prod"), SippyCupLayer::new(), app).await
/// # }
/// ```
///
/// # Errors
///
/// As [`run`]; also if the gateway's settings contradict each other.
#[cfg(feature = "local")]
pub async fn run_behind<S, B>(gateway: GatewayBuilder, layer: SippyCupLayer, app: S) -> Result<(), BoxError>
where
    S: Service<http::Request<Body>, Response = http::Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: HttpBody + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    if environment::on_lambda() {
        return in_a_task(Box::pin(runtime(layer, app)?.run_concurrent())).await;
    }
    local::serve(Some(gateway), Kind::HttpApiV2, local::Function(layered(layer, app))).await
}

/// Runs the app and streams its answers: the head goes out when the app has it, the body as it comes.
///
/// For functions whose URL has invoke mode `RESPONSE_STREAM`, or whose REST API streams
/// ([Response streaming](https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html)).
/// Behind any other front door the answers would be garbled; the events do not tell.
///
/// # Errors
///
/// As [`run`].
pub async fn run_streaming<S, B>(layer: SippyCupLayer, app: S) -> Result<(), BoxError>
where
    S: Service<http::Request<Body>, Response = http::Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: HttpBody + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    let app = layered(layer, app).into_streaming();
    if environment::on_lambda() {
        environment::check()?;
        return in_a_task(Box::pin(start(app).run_concurrent())).await;
    }
    #[cfg(feature = "local")]
    return local::serve(None, Kind::FunctionUrl, local::Function(app)).await;
    #[cfg(not(feature = "local"))]
    Err(environment::not_on_lambda())
}

/// The runtime that [`run_with`] runs on Lambda, not started: for SnapStart resources and further layers
/// around the invocation. It takes least in a task of its own, where [`run_with`] has it:
/// `tokio::spawn(runtime.run_concurrent()).await?`.
///
/// # Errors
///
/// If Lambda's environment variables are incomplete.
pub fn runtime<S, B>(layer: SippyCupLayer, app: S) -> Result<Runtime<impl Invocations>, BoxError>
where
    S: Service<http::Request<Body>, Response = http::Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: HttpBody + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    environment::check()?;
    Ok(start(layered(layer, app)))
}

/// What a [`Runtime`] needs of its service to run, one invocation after the other or many at once.
pub trait Invocations:
    Service<LambdaInvocation, Response = (), Error = BoxError, Future: Send> + Clone + Send + 'static
{
}

impl<S> Invocations for S where
    S: Service<LambdaInvocation, Response = (), Error = BoxError, Future: Send> + Clone + Send + 'static
{
}

fn layered<S>(layer: SippyCupLayer, app: S) -> SippyCup<S> {
    environment::with_base_path(layer).layer(app)
}

fn start<T>(app: T) -> Runtime<impl Invocations>
where
    T: Service<ProxyEvent, Error = sippycup_layer::Error> + Clone + Send + 'static,
    T::Response: Answer + Send + 'static,
    T::Future: Send + 'static,
{
    // `lambda_runtime`'s own way from the event to the handler and back reads the event with serde and
    // copies the answer; the layer puts ours in its place and leaves the polling to it.
    let replaced = service_fn(async |_: LambdaEvent<IgnoredAny>| Ok::<(), Infallible>(()));
    Runtime::new(replaced).layer(Replace(Invoke::new(app, RuntimeApi::new()))).layer(TracingLayer::new())
}

/// Puts a service in the place of another.
struct Replace<T>(T);

impl<S, T: Clone> Layer<S> for Replace<T> {
    type Service = T;

    fn layer(&self, _: S) -> T {
        self.0.clone()
    }
}

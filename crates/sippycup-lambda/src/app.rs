//! What an app is.

use http::{Request, Response};
use http_body::Body as HttpBody;
use sippycup_layer::{Body, BoxError};
use tower_service::Service;

use self::private::HttpService;

/// An app that [`run`](crate::run) and [`serve`](crate::serve()) take: any tower service from
/// `http::Request<sippycup::Body>` to an `http::Response`, which can be cloned and sent to other threads.
///
/// Every such service is an `App`; there is nothing to implement. An axum `Router`, a warp service, a tower-http stack
/// and a `service_fn` are apps as they are. In full, with `B` for the body of the response:
///
/// ```text
/// S: Service<http::Request<sippycup::Body>, Response = http::Response<B>> + Clone + Send + 'static
/// S::Error: Into<BoxError>        S::Future: Send + 'static
/// B: http_body::Body + Send + 'static        B::Data: Send        B::Error: Into<BoxError>
/// ```
///
/// # What is not an app, and what to do
///
/// A service that makes services: pass the router itself.
///
/// ```compile_fail,E0277
/// # async fn run() {
/// let router: axum::Router = axum::Router::new();
/// let ended = sippycup_lambda::run(router.into_make_service()).await;
/// # }
/// ```
///
/// A router that has no state yet: call `with_state` first.
///
/// ```compile_fail,E0277
/// # async fn run() {
/// let router: axum::Router<u32> = axum::Router::new();
/// let ended = sippycup_lambda::run(router).await;
/// # }
/// ```
///
/// A service that takes only another body. If the body is axum's own, as with `axum::middleware::from_fn(f).layer(router)`,
/// the feature `axum` has `sippycup::axum::AxumApp` for it. Any other body is made of ours by tower's
/// `ServiceExt::map_request` or tower-http's `MapRequestBodyLayer`.
///
/// ```compile_fail,E0631
/// # use std::convert::Infallible;
/// # async fn run() {
/// let service = tower::service_fn(async |request: http::Request<String>| {
///     Ok::<_, Infallible>(http::Response::new(request.into_body()))
/// });
/// let ended = sippycup_lambda::run(service).await;
/// # }
/// ```
///
/// A future that cannot be sent to another thread, because it holds an `Rc` or the like across an `await`.
///
/// ```compile_fail
/// # use std::{convert::Infallible, rc::Rc};
/// # async fn run() {
/// let service = tower::service_fn(async |_: http::Request<sippycup_layer::Body>| {
///     let held = Rc::new(String::from("hello"));
///     std::future::ready(()).await;
///     Ok::<_, Infallible>(http::Response::new(held.to_string()))
/// });
/// let ended = sippycup_lambda::run(service).await;
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an app that SippyCup can run",
    label = "expected a `Service<http::Request<sippycup::Body>>` whose response is an `http::Response`",
    note = "an axum `Router` is passed as it is: without `into_make_service()`, and after `with_state` if it has a state",
    note = "for a service that takes only axum's own body (`middleware::from_fn(f).layer(router)`): `sippycup::axum::AxumApp::new(service)`, feature `axum`",
    note = "for a service that takes only another body: `service.map_request(|request: http::Request<sippycup::Body>| request.map(..))` of `tower::ServiceExt`, or tower-http's `MapRequestBodyLayer`"
)]
pub trait App:
    HttpService<ResponseBody: HttpBody<Data: Send, Error: Into<BoxError>> + Send + 'static>
    + Service<Request<Body>, Error: Into<BoxError>, Future: Send + 'static>
    + Clone
    + Send
    + 'static
{
}

impl<S> App for S where
    S: HttpService<ResponseBody: HttpBody<Data: Send, Error: Into<BoxError>> + Send + 'static>
        + Service<Request<Body>, Error: Into<BoxError>, Future: Send + 'static>
        + Clone
        + Send
        + 'static
{
}

mod private {
    use super::{Body, Request, Response, Service};

    /// The part of [`App`](super::App) that the compiler reports as a whole. Without it the compiler would report what
    /// is wrong inside, such as a response of another type, and leave out the notes that say what to do.
    #[expect(unnameable_types, reason = "every service that fits has it, and nobody needs its name")]
    pub trait HttpService: Service<Request<Body>, Response = Response<Self::ResponseBody>> {
        /// The body of the response.
        type ResponseBody;
    }

    #[diagnostic::do_not_recommend]
    impl<S, B> HttpService for S
    where
        S: Service<Request<Body>, Response = Response<B>>,
    {
        type ResponseBody = B;
    }
}

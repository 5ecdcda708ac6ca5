//! SippyCup puts any tower `Service<http::Request>` (an axum `Router`, warp, tonic, a plain tower stack)
//! behind any AWS HTTP front door, unchanged: API Gateway REST, HTTP and WebSocket APIs, Lambda function
//! URLs, load balancers, VPC Lattice.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//!
//! fn app() -> Router {
//!     Router::new().route("/hello/{name}", get(async |axum::extract::Path(name): axum::extract::Path<String>| format!("Hello, {name}!")))
//! }
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), sippycup::ServeError> {
//!     sippycup::run(app()).await
//! }
//! ```
//!
//! On Lambda this is a function. On a developer's machine `cargo run` serves the same app on `http://127.0.0.1:9000`,
//! behind a local gateway that writes the events and reads the answers that AWS's would. With feature `server` the same
//! binary is a server in a container (`SIPPYCUP_LISTEN=0.0.0.0:8080`), and a Lambda Web Function (experimental).
//!
//! [`run`] has the defaults. [`serve`](serve()) is a builder for everything else:
//!
//! ```no_run
//! # use sippycup::{BasePath, SippyCupLayer};
//! # async fn settings(app: axum::Router) -> Result<(), sippycup::ServeError> {
//! sippycup::serve(app).layer(SippyCupLayer::new().base_path(BasePath::from_static("/shop"))).streaming().await
//! # }
//! ```
//!
//! # What SippyCup promises
//!
//! * **Nothing is lost.** Repeated headers and query keys, cookies, the bytes of every body, every unknown
//!   member of the request context.
//! * **Nothing panics.** An event is untrusted input; it becomes a request or an error that says what was
//!   expected where. A handler that panics costs its own invocation.
//! * **Base paths are taken care of.** The prefix that a stage or a custom domain's base path mapping adds is taken
//!   off the path and given to the app as [`BasePath`]; redirects get it back.
//! * **The app sees plain HTTP.** Method, origin-form URI, headers and body are what hyper would have given it.
//!
//! # What the app finds in extensions
//!
//! | type | what it is |
//! |---|---|
//! | [`RequestContext`] | the event's `requestContext`, verbatim, with accessors and [`claims`](RequestContext::claims) |
//! | [`StageVariables`], [`PathParameters`] | the gateway's |
//! | [`EventSource`] | which front door |
//! | [`BasePath`] | the public prefix, WSGI's `SCRIPT_NAME`; [`join`](BasePath::join) makes links |
//! | [`PublicUri`] | the absolute URI as the client wrote it; behind a CDN state the host ([`SippyCupLayer::public_host`]) |
//! | [`ClientIp`] | the client's address; behind a CDN say so ([`SippyCupLayer::forwarded_hops`]) |
//! | [`LambdaContext`] | the invocation's request id, deadline, function ARN, tenant |
//! | [`BackgroundTasks`] | takes work for after the answer |
//!
//! With feature `axum` they are extractors (module `axum`), and axum's own `OriginalUri` and
//! `ConnectInfo<SocketAddr>` are there, so handlers and middleware that read those work as they are.
//!
//! In the test of a handler, insert them; no event is needed:
//!
//! ```
//! use sippycup::{EventSource, RequestContext};
//!
//! let context = RequestContext::from_json(EventSource::HttpApi, r#"{"stage":"test"}"#)?;
//! let mut request = http::Request::new(());
//! request.extensions_mut().insert(context);
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! # In a test
//!
//! A [`SippyCup`] is a tower service from event JSON to answer JSON, and the local gateway (feature `local`) makes
//! events of requests. Together they are the app behind a front door of AWS, without a port or a process:
//!
//! ```
//! # #[cfg(feature = "local")]
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! use axum::{Router, routing::get};
//! use http::Request;
//! use sippycup::{SippyCup, gateway::{Body, Gateway, Kind}};
//! use tower::ServiceExt;
//!
//! let app = Router::new().route("/hello", get("Hello!"));
//! let gateway = Gateway::builder(Kind::RestApi).stage("prod").build(SippyCup::new(app.clone()))?;
//! let response = gateway.oneshot(Request::get("/prod/hello").body(Body::empty())?).await?;
//! assert_eq!(response.status(), 200);
//!
//! // The same with streamed answers.
//! let function = SippyCup::new(app).into_streaming();
//! let gateway = Gateway::builder(Kind::FunctionUrl).response_streaming(true).build(function)?;
//! let response = gateway.oneshot(Request::get("/hello").body(Body::empty())?).await?;
//! assert_eq!(response.status(), 200);
//! # Ok::<(), sippycup::BoxError>(())
//! # }).unwrap();
//! ```
//!
//! # The base path, and who states it
//!
//! The first of these that says anything: [`SippyCupLayer::base_path`], the stage variable
//! `SIPPYCUP_SCRIPT_NAME_BASE`, the environment variable of that name, what the event proves. REST APIs prove
//! it always, on their own domain (the stage) and behind base path mappings. An HTTP API behind an API mapping
//! cannot, since the mapping's key is not in the event: state it there, once, as a stage variable.
//!
//! # Environment variables
//!
//! Read once, when [`run`] or [`serve`](serve()) starts:
//!
//! | variable | meaning |
//! |---|---|
//! | `SIPPYCUP_SCRIPT_NAME_BASE` | the public base path, unless the layer or the stage variable of that name states one |
//! | `SIPPYCUP_PUBLIC_HOST` | the public host, such as `shop.example.com`, unless the layer states one or names a header |
//! | `AWS_LAMBDA_HTTP_ENDPOINT` | set by Lambda in Web Functions: where to listen (feature `server`) |
//! | `AWS_LAMBDA_RUNTIME_API` | set by Lambda for functions |
//! | `SIPPYCUP_LISTEN` | where to listen off Lambda, such as `0.0.0.0:8080` (feature `server`); without it the app is served locally |
//! | `AWS_LAMBDA_MAX_CONCURRENCY` | set by Lambda on Managed Instances: how many invocations at once |
//! | `SIPPYCUP_GATEWAY` | the front door of the local gateway, such as `rest,stage=prod,base-path=shop`; default `http` |
//! | `PORT` | the local port, default 9000 |
//!
//! # Not supported
//!
//! Events that are not HTTP, without the feature `events`: they fail with an error that names what it saw. Upgrades, and so axum's
//! `WebSocketUpgrade`: no front door hands a connection to a function. Trailers, and so native gRPC:
//! no front door of Lambda carries them; grpc-web works.
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `lambda` | yes | [`run`], [`serve`](serve()) |
//! | `local` | yes | off Lambda, both serve on this machine behind the local gateway (`gateway`) |
//! | `axum` | no | extractors, `OriginalUri`, `ConnectInfo`, `AxumApp` |
//! | `shutdown` | yes | `on_shutdown` of [`serve`](serve()) |
//! | `server` | no | HTTP without events: containers, MicroVMs, Lambda Web Functions |
//! | `tracing` | yes | spans and events of [`tracing`](https://docs.rs/tracing); without it failures go to standard error |
//! | `logging` | no | `logging::init`: the log as Lambda and CloudWatch read it, and a line for each request |
//! | `metrics` | no | `metrics` of [`serve`](serve()): every request counted in CloudWatch |
//! | `telemetry` | no | traces of OpenTelemetry: `telemetry::TraceLayer`, a processor for `after_invocation` |
//! | `events` | no | `events` of [`serve`](serve()): events that are not HTTP, beside the app; `warm_up` |
//! | `request-id` | no | `LambdaRequestId`: Lambda's request id as tower-http's `x-request-id` |
//! | `lambda-http` | no | `SippyCup::into_lambda_http`, for stacks that `lambda_http` runs |
//! | `lambda-runtime` | no | `into_runtime` of [`serve`](serve()): the app as a `lambda_runtime::Runtime`; `lambda_runtime::Context` in extensions |
//!
//! A feature adds API and never changes what existing code does.
//!
//! The manual is the module `guide`, in the documentation of all features.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "axum")]
pub mod axum;
#[cfg(all(doc, feature = "axum", feature = "local"))]
pub mod guide;

#[doc(inline)]
pub use sippycup_core::{
    BASE_PATH_VARIABLE, BasePath, BinaryPolicy, ClientCertificate, ClientIp, Connection, EventError, EventOptions,
    EventSource, IamPrincipal, InvalidBasePath, InvalidMessage, Message, Pairs, PathParameters, ProxyEvent,
    ProxyResponse, PublicUri, RequestContext, ResponseError, ResponseFormat, ServerUrl, StageVariables,
};
#[cfg(feature = "local")]
#[doc(no_inline)]
pub use sippycup_gateway as gateway;
#[cfg(feature = "request-id")]
#[doc(inline)]
pub use sippycup_lambda::LambdaRequestId;
#[cfg(any(feature = "logging", feature = "metrics", feature = "telemetry"))]
#[doc(inline)]
pub use sippycup_lambda::MatchedRoute;
#[cfg(feature = "events")]
pub use sippycup_lambda::events;
#[cfg(feature = "logging")]
#[doc(inline)]
pub use sippycup_lambda::logging;
#[cfg(feature = "metrics")]
#[doc(inline)]
pub use sippycup_lambda::metrics;
#[cfg(feature = "telemetry")]
#[doc(inline)]
pub use sippycup_lambda::telemetry;
#[cfg(feature = "lambda")]
#[doc(inline)]
pub use sippycup_lambda::{App, BackgroundTasks, LambdaContext, ServeError, TenantId, run, serve, start};
#[cfg(feature = "lambda-http")]
#[doc(inline)]
pub use sippycup_layer::lambda_http;
#[doc(inline)]
pub use sippycup_layer::{
    Body, BoxError, Error, EventFuture, EventService, HttpFuture, HttpService, ResponseFuture, SippyCup, SippyCupLayer,
    StreamFuture, StreamedBody, Streaming,
};

/// The code in the READMEs is code that compiles.
#[cfg(all(doctest, feature = "axum"))]
#[doc = include_str!("../../../README.md")]
#[doc = include_str!("../README.md")]
struct Readme;

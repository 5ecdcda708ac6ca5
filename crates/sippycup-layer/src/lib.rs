//! [`SippyCupLayer`]: tower middleware that puts any `Service<http::Request>` behind any AWS HTTP front
//! door.
//!
//! ```
//! use std::convert::Infallible;
//!
//! use bytes::Bytes;
//! use sippycup_layer::{Body, SippyCupLayer};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = service_fn(async |request: http::Request<Body>| {
//!     Ok::<_, Infallible>(http::Response::new(request.uri().path().to_owned()))
//! });
//! let event = Bytes::from(r#"{"httpMethod":"GET","path":"/hello","requestContext":{}}"#);
//! let answer: Bytes = SippyCupLayer::new().layer(app).oneshot(event).await?;
//! assert_eq!(answer, r#"{"statusCode":200,"multiValueHeaders":{},"body":"/hello","isBase64Encoded":false}"#);
//! # Ok(()) }
//! ```
//!
//! # What the app sees
//!
//! The request that hyper would give it: method, origin-form URI, headers, body. What AWS adds is in the request's
//! extensions: [`RequestContext`](sippycup_core::RequestContext),
//! [`StageVariables`](sippycup_core::StageVariables), [`PathParameters`](sippycup_core::PathParameters),
//! [`EventSource`](sippycup_core::EventSource), [`BasePath`](sippycup_core::BasePath), and where they are
//! known [`PublicUri`](sippycup_core::PublicUri) and [`ClientIp`](sippycup_core::ClientIp). With feature
//! `axum` they are extractors, and axum's `OriginalUri` (with the base path) and `ConnectInfo<SocketAddr>`
//! (port 0, since no event has the port) are there too.
//!
//! # Base paths and redirects
//!
//! The prefix that a stage or a custom domain's base path mapping adds is taken off the path and given to the app as
//! `BasePath`. It is put back in front of a `Location` that the app sends: see [`SippyCupLayer::rewrite_location`].
//!
//! # Errors
//!
//! When the app returns an error, SippyCup makes up no response. Under hyper the connection would break; on Lambda the
//! invocation fails, which CloudWatch counts. To answer the client instead, put axum's `HandleErrorLayer` or
//! tower-http's `CatchPanicLayer` around the app.
//!
//! # Trailers
//!
//! No proxy response can carry trailers; they are dropped. Native gRPC sends its status in trailers and so does not
//! work; grpc-web works.
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `axum` | no | extractors; `OriginalUri` and `ConnectInfo` in every request; `axum::AxumApp` |
//! | `lambda-http` | no | `SippyCup::into_lambda_http`, for stacks that `lambda_http` runs |

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "axum")]
pub mod axum;
mod body;
mod error;
mod event_service;
mod future;
mod http_service;
#[cfg(feature = "lambda-http")]
pub mod lambda_http;
mod layer;
mod rewrite;
mod service;
mod streaming;

pub use self::{
    body::Body,
    error::{BoxError, Error},
    event_service::EventService,
    future::{EventFuture, ResponseFuture},
    http_service::{HttpFuture, HttpService},
    layer::SippyCupLayer,
    service::SippyCup,
    streaming::{StreamFuture, StreamedBody, Streaming},
};

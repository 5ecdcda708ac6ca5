//! Lambda proxy events to [`http::Request`]s, and [`http::Response`]s to proxy responses. No I/O, no
//! runtime, no clock, no environment: bytes and options in, values out.
//!
//! ```text
//! event JSON ──► ProxyEvent ──into_request──► http::Request<Bytes> ──► (your app)
//!                    │ response_format                                     │
//!                    ▼                                                     ▼
//!             ResponseFormat ──────────encode──────────────────► http::Response<Bytes>
//!                                        │
//!                                        ▼
//!                                  ProxyResponse ──► answer JSON
//! ```
//!
//! This crate is the translation alone. The tower middleware is in `sippycup-layer`, `run` is in
//! `sippycup-lambda`, and the facade `sippycup` has them all.
//!
//! # Supported
//!
//! API Gateway REST APIs, HTTP APIs (payload formats 1.0 and 2.0) and WebSocket APIs, Lambda function URLs,
//! load balancers with and without multi-value headers, VPC Lattice events 1 and 2. See [`EventSource`] for
//! how they are told apart, [`ResponseFormat`] for how they are answered, and
//! [`ProxyEvent::into_request`] for what the request is.
//!
//! # Not supported
//!
//! Authorizer, queue, schedule and other events: an [`EventError`] says what it saw. Trailers: no proxy
//! response can carry them.

#[cfg(feature = "axum")]
pub mod axum;
mod base_path;
mod body;
mod chunk;
mod context;
mod error;
mod event;
mod field;
mod header;
mod locate;
mod marks;
mod names;
mod options;
mod public;
mod response;
mod scan;
mod source;
mod target;
mod unescape;
mod uri;
mod variables;
mod wire;
mod write;

pub use self::{
    base_path::{BasePath, InvalidBasePath},
    body::BinaryPolicy,
    context::RequestContext,
    error::{EventError, ResponseError},
    event::ProxyEvent,
    options::EventOptions,
    public::{ClientIp, PublicUri},
    response::{ProxyResponse, ResponseFormat},
    source::EventSource,
    variables::{PathParameters, StageVariables},
};

/// The stage variable, and the environment variable, that states the public base path.
///
/// The name is the Python package's. Stage variables cannot be empty
/// ([`StageVariables`](https://docs.aws.amazon.com/apigateway/latest/api/API_CreateStage.html)): `/` states
/// that the app is at the root.
pub const BASE_PATH_VARIABLE: &str = "SIPPYCUP_SCRIPT_NAME_BASE";

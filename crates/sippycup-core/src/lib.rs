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
//! # The way of an event
//!
//! The modules in the order in which an event passes them, each below the one that calls it:
//!
//! ```text
//! ProxyEvent::from_bytes                      ProxyEvent::into_request
//!   event/read      its bytes, in a box         event/request   the one assembly
//!     event/wire      one walk over all of it     event/target    path and query
//!       json/           where each value stands     event/query     … of maps
//!     event/headers   names and values              uri             what must be encoded
//!       event/layouts   maps met before           base_path/      what of the path is the gateway's
//!       event/names     names met before          event/body      … and its base64
//!   event/dialect   which front door it is        extensions/     what the app may ask for
//!   extensions/     room for it
//!
//! ResponseFormat::encode:  response/  response/policy  response/headers  json/
//! ```
//!
//! A module uses only those to the right of it:
//!
//! ```text
//! event ► response, extensions ► error, base_path ► json, uri, source
//! ```
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

#![cfg_attr(docsrs, feature(doc_cfg))]

mod base_path;
mod certain;
mod error;
mod event;
mod extensions;
mod json;
mod response;
mod source;
mod uri;

#[cfg(feature = "axum")]
pub use self::extensions::axum;
pub use self::{
    base_path::{BASE_PATH_VARIABLE, BasePath, InvalidBasePath},
    error::{EventError, ResponseError},
    event::{EventOptions, ProxyEvent},
    extensions::{
        ClientCertificate, ClientIp, Connection, IamPrincipal, InvalidMessage, Message, Pairs, PathParameters,
        PublicUri, RequestContext, ServerUrl, StageVariables,
    },
    response::{BinaryPolicy, ProxyResponse, ResponseFormat},
    source::EventSource,
};

//! Extractors for axum handlers.
//!
//! | extractor | without an event (off Lambda) |
//! |---|---|
//! | [`BasePath`], [`ServerUrl`] | the root |
//! | [`StageVariables`], [`PathParameters`] | empty |
//! | [`RequestContext`], [`EventSource`], [`PublicUri`], [`ClientIp`] | rejected with 500; `Option<…>` is `None` |
//! | [`Connection`], [`ClientCertificate`], [`IamPrincipal`], which stand in the context | the same, also where the context has none |
//! | [`Message`], of the body | what the body has |
//!
//! ```
//! use sippycup_core::{BasePath, RequestContext};
//!
//! async fn handler(base: BasePath, context: Option<RequestContext>) -> String {
//!     let stage = context.as_ref().and_then(RequestContext::stage).unwrap_or("local");
//!     format!("{stage} under {base}")
//! }
//! ```

use std::{convert::Infallible, error::Error, fmt};

use axum_core::{
    extract::{FromRequest, FromRequestParts, OptionalFromRequestParts, Request},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{StatusCode, request::Parts};
use serde::de::DeserializeOwned;

use super::{
    caller::{ClientCertificate, IamPrincipal},
    connection::Connection,
    context::RequestContext,
    message::{InvalidMessage, Message},
    public::{ClientIp, PublicUri},
    server_url::ServerUrl,
    variables::{PathParameters, StageVariables},
};
use crate::{base_path::BasePath, source::EventSource};

/// The request did not come through SippyCup, or its event did not have what the handler asked for.
#[derive(Debug)]
pub struct MissingContext(&'static str);

impl MissingContext {
    /// The extension of this type is missing: for extractors of other crates.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self(name)
    }
}

impl fmt::Display for MissingContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0;
        write!(
            f,
            "no `{name}` in the request's extensions; is the app behind `SippyCupLayer`, and does this event have one? `Option<{name}>` works everywhere"
        )
    }
}

impl Error for MissingContext {}

impl IntoResponse for MissingContext {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.to_string()).into_response()
    }
}

macro_rules! required {
    ($($name:ident)*) => {$(
        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = MissingContext;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, MissingContext> {
                parts.extensions.get::<Self>().cloned().ok_or(MissingContext(stringify!($name)))
            }
        }

        impl<S: Send + Sync> OptionalFromRequestParts<S> for $name {
            type Rejection = Infallible;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
                Ok(parts.extensions.get::<Self>().cloned())
            }
        }
    )*};
}

macro_rules! defaulted {
    ($($name:ident)*) => {$(
        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = Infallible;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
                Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
            }
        }

        impl<S: Send + Sync> OptionalFromRequestParts<S> for $name {
            type Rejection = Infallible;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
                Ok(parts.extensions.get::<Self>().cloned())
            }
        }
    )*};
}

macro_rules! of_the_context {
    ($($name:ident)*) => {$(
        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = MissingContext;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, MissingContext> {
                parts.extensions.get().and_then(Self::from_context).ok_or(MissingContext(stringify!($name)))
            }
        }

        impl<S: Send + Sync> OptionalFromRequestParts<S> for $name {
            type Rejection = Infallible;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
                Ok(parts.extensions.get().and_then(Self::from_context))
            }
        }
    )*};
}

impl<S: Send + Sync> FromRequestParts<S> for ServerUrl {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::from_extensions(&parts.extensions))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Message<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let body = Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        Self::from_slice(&body).map_err(IntoResponse::into_response)
    }
}

impl IntoResponse for InvalidMessage {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, self.to_string()).into_response()
    }
}

of_the_context!(Connection ClientCertificate IamPrincipal);
required!(RequestContext EventSource PublicUri ClientIp);
defaulted!(BasePath StageVariables PathParameters);

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
use http::{Extensions, StatusCode, request::Parts};
use serde::de::DeserializeOwned;

use super::{
    ClientCertificate, ClientIp, Connection, IamPrincipal, InvalidMessage, Message, PathParameters, PublicUri,
    RequestContext, ServerUrl, StageVariables,
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

/// `$found` looks for the value, `$else` says what a handler gets that cannot do without it.
macro_rules! extractors {
    ($($name:ident)*: $found:expr, $else:expr => $rejection:ty) => {$(
        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = $rejection;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, $rejection> {
                $found(&parts.extensions).map_or_else(|| $else(stringify!($name)), Ok)
            }
        }

        impl<S: Send + Sync> OptionalFromRequestParts<S> for $name {
            type Rejection = Infallible;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
                Ok($found(&parts.extensions))
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

fn own<T: Clone + Send + Sync + 'static>(extensions: &Extensions) -> Option<T> {
    extensions.get().cloned()
}

fn missing<T>(name: &'static str) -> Result<T, MissingContext> {
    Err(MissingContext(name))
}

extractors!(RequestContext EventSource PublicUri ClientIp: own, missing => MissingContext);
extractors!(BasePath StageVariables PathParameters: own, |_| Ok(Self::default()) => Infallible);
extractors!(
    Connection ClientCertificate IamPrincipal:
    |extensions: &Extensions| extensions.get().and_then(Self::from_context), missing => MissingContext
);

//! A proxy event: read once, told apart by its shape, and made into a request.

use std::fmt;

use bytes::Bytes;
use http::{Extensions, HeaderValue};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::value::RawValue;

pub use self::options::EventOptions;
use self::{dialect::Dialect, other::describe, read::Read};
use crate::{error::EventError, extensions::with_room, response::ResponseFormat, source::EventSource};

mod body;
mod dialect;
mod headers;
mod layouts;
mod names;
mod options;
mod other;
mod query;
mod read;
mod received;
mod request;
mod target;
mod wire;

/// An event of one of the HTTP front doors, read but not yet a request.
///
/// ```
/// # use sippycup_core::{EventOptions, ProxyEvent};
/// let event = ProxyEvent::from_bytes(
///     r#"{"httpMethod":"GET","path":"/shop/items","resource":"/{proxy+}","pathParameters":{"proxy":"items"},
///         "multiValueQueryStringParameters":{"tag":["a","b"]},"requestContext":{"path":"/shop/items"}}"#,
/// )?;
/// let request = event.into_request(&EventOptions::default())?;
/// assert_eq!(request.uri(), "/items?tag=a&tag=b");
/// assert_eq!(request.extensions().get::<sippycup_core::BasePath>().unwrap().as_str(), "/shop");
/// # Ok::<(), sippycup_core::EventError>(())
/// ```
pub struct ProxyEvent {
    read: Box<Read>,
    /// `None` if it is no event of HTTP.
    dialect: Option<&'static Dialect>,
    trace_id: Option<HeaderValue>,
    extensions: Extensions,
}

impl ProxyEvent {
    /// Reads an event. The request will share these bytes where it can instead of copying them.
    ///
    /// # Errors
    ///
    /// If the bytes are no JSON document in UTF-8 of less than 256 MiB, or if half a surrogate pair stands in a
    /// header, in a cookie, in the body or in the name of a member. What is no HTTP event, or no base64 where the event says so,
    /// is an error of [`into_request`](Self::into_request) only.
    pub fn from_bytes(json: impl Into<Bytes>) -> Result<Self, EventError> {
        let read = Read::new(json.into())?;
        let dialect = Dialect::detect(&read.json, &read.wire);
        Ok(Self { read, dialect, trace_id: None, extensions: with_room() })
    }

    /// The front door, as the event's shape tells it; `None` if it is no HTTP event.
    #[must_use]
    pub fn source(&self) -> Option<EventSource> {
        self.dialect.map(|dialect| dialect.source)
    }

    /// The event as it came. A clone shares the buffer.
    #[must_use]
    pub fn json(&self) -> &Bytes {
        &self.read.json
    }

    /// Extensions to add to the request. Values from the event replace yours of the same type.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        &mut self.extensions
    }

    /// The invocation's X-Ray trace id, for the request's `x-amzn-trace-id` header. It replaces the event's, which stays
    /// readable in the event only.
    pub fn set_trace_id(&mut self, id: HeaderValue) {
        self.trace_id = Some(id);
    }

    /// How the answer must be written.
    ///
    /// # Errors
    ///
    /// If this is no HTTP event and `options` do not pin a source.
    pub fn response_format(&self, options: &EventOptions) -> Result<ResponseFormat, EventError> {
        let dialect = self.dialect_with(options)?;
        let head = (dialect.method.field)(&self.read.wire).is(&self.read.json, b"HEAD");
        Ok(ResponseFormat { answer: &dialect.answer, head })
    }

    /// Makes the request.
    ///
    /// Its URI is origin-form, as under hyper; everything about the gateway is in its extensions:
    /// [`EventSource`], [`RequestContext`], [`StageVariables`], [`PathParameters`], [`BasePath`], and where
    /// they are known [`PublicUri`] and [`ClientIp`].
    ///
    /// A WebSocket event is a request too: `GET` for `CONNECT`, `POST` for `MESSAGE`, `DELETE` for
    /// `DISCONNECT`; the path is the route key (`/$connect`, `/$default`, `/sendmessage`). A method or path of
    /// the event's own, which only hand-made ones have, counts instead.
    ///
    /// `content-length` is the length of the body, as under hyper, where there is a body or the event has that header.
    /// A `transfer-encoding` is left out: it was that of the client's connection, and the body of an event is whole.
    ///
    /// # Errors
    ///
    /// If this is no HTTP event, if the method or path is missing, if the body is not the base64 that the
    /// event says it is, if half a surrogate pair stands in a text that the request needs, or if path and
    /// query together exceed what `http::Uri` holds (65,534 bytes).
    ///
    /// [`BasePath`]: crate::BasePath
    /// [`ClientIp`]: crate::ClientIp
    /// [`PathParameters`]: crate::PathParameters
    /// [`PublicUri`]: crate::PublicUri
    /// [`RequestContext`]: crate::RequestContext
    /// [`StageVariables`]: crate::StageVariables
    pub fn into_request(self, options: &EventOptions) -> Result<http::Request<Bytes>, EventError> {
        let dialect = self.dialect_with(options)?;
        self.read.into_request(dialect, options, self.trace_id, self.extensions)
    }

    fn dialect_with(&self, options: &EventOptions) -> Result<&'static Dialect, EventError> {
        let dialect = match options.source {
            Some(source) => Dialect::of(source, &self.read.wire),
            None => self.dialect,
        };
        dialect.ok_or_else(|| EventError::not_http(&describe(&self.read.json)))
    }
}

impl fmt::Debug for ProxyEvent {
    /// Shows the source only: an event has credentials in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyEvent").field("source", &self.source()).finish_non_exhaustive()
    }
}

impl<'de> Deserialize<'de> for ProxyEvent {
    /// For `lambda_runtime::run` and the like; copies the event once. [`from_bytes`](Self::from_bytes) does
    /// not.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        Self::from_bytes(Bytes::from(String::from(Box::<str>::from(json)))).map_err(D::Error::custom)
    }
}

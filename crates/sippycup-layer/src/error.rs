//! Why there is no answer to an event.

use std::{error, fmt};

use sippycup_core::{EventError, ResponseError};

/// Any error in a box, as tower's own middleware has it.
pub type BoxError = Box<dyn error::Error + Send + Sync>;

/// An event could not be answered.
///
/// The error of the app or of its response body is the [`source`](error::Error::source).
#[derive(Debug)]
pub struct Error(Reason);

#[derive(Debug)]
enum Reason {
    Body(BoxError),
    Event(EventError),
    Response(ResponseError),
    Service(BoxError),
}

impl Error {
    pub(crate) fn body(error: impl Into<BoxError>) -> Self {
        Self(Reason::Body(error.into()))
    }

    /// An error of the app, or of what answers in its place.
    #[must_use]
    pub fn service(error: impl Into<BoxError>) -> Self {
        Self(Reason::Service(error.into()))
    }

    /// Why the event could not become a request, if that is what went wrong.
    ///
    /// ```
    /// use sippycup_layer::{Body, SippyCup};
    /// # use std::convert::Infallible;
    /// # use tower::{ServiceExt, service_fn};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let app = service_fn(async |_: http::Request<Body>| Ok::<_, Infallible>(http::Response::new(String::new())));
    /// let queue_event = bytes::Bytes::from(r#"{"Records":[{"eventSource":"aws:sqs"}]}"#);
    /// let error = SippyCup::new(app).oneshot(queue_event).await.unwrap_err();
    /// assert!(error.as_event().is_some_and(|event| event.is_not_http()));
    /// # }
    /// ```
    #[must_use]
    pub fn as_event(&self) -> Option<&EventError> {
        match &self.0 {
            Reason::Event(error) => Some(error),
            _ => None,
        }
    }

    /// Whether the app's response body failed before its end.
    #[must_use]
    pub fn is_body(&self) -> bool {
        matches!(self.0, Reason::Body(_))
    }

    /// Whether the event could not become a request: it is no HTTP event, or its JSON or its base64 is broken.
    #[must_use]
    pub fn is_event(&self) -> bool {
        matches!(self.0, Reason::Event(_))
    }

    /// Whether the app's response could not become a proxy response.
    #[must_use]
    pub fn is_response(&self) -> bool {
        matches!(self.0, Reason::Response(_))
    }

    /// Whether the app itself failed.
    #[must_use]
    pub fn is_service(&self) -> bool {
        matches!(self.0, Reason::Service(_))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reason::Body(_) => f.write_str("response body failed"),
            Reason::Event(error) => error.fmt(f),
            Reason::Response(error) => error.fmt(f),
            Reason::Service(_) => f.write_str("service failed"),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.0 {
            Reason::Body(error) | Reason::Service(error) => Some(&**error),
            // These two are shown as they are; their text must not stand twice in a chain.
            Reason::Event(error) => error.source(),
            Reason::Response(error) => error.source(),
        }
    }
}

impl From<EventError> for Error {
    fn from(error: EventError) -> Self {
        Self(Reason::Event(error))
    }
}

impl From<ResponseError> for Error {
    fn from(error: ResponseError) -> Self {
        Self(Reason::Response(error))
    }
}

//! The middleware for callers that hold the event as a value.

use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body as HttpBody;
use sippycup_core::{ProxyEvent, ProxyResponse};
use tower_service::Service;

use crate::{Body, BoxError, Error, EventFuture, SippyCup, StreamFuture, StreamedBody, Streaming};

/// A `Service<ProxyEvent>`: of a [`SippyCup`], which answers with a [`ProxyResponse`], or of a [`Streaming`], which
/// answers with a stream.
///
/// For callers that read the event themselves, to look at it or to put extensions into it before the app is called.
///
/// ```
/// use std::convert::Infallible;
///
/// use sippycup_core::ProxyEvent;
/// use sippycup_layer::{Body, SippyCup};
/// use tower::{ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = service_fn(async |request: http::Request<Body>| {
///     let number = request.extensions().get::<u32>().copied().unwrap_or_default();
///     Ok::<_, Infallible>(http::Response::new(number.to_string()))
/// });
/// let mut event = ProxyEvent::from_bytes(r#"{"httpMethod":"GET","path":"/","requestContext":{}}"#)?;
/// event.extensions_mut().insert(7_u32);
/// let answer = SippyCup::new(app).into_event_service().oneshot(event).await?;
/// assert_eq!(answer.as_bytes(), br#"{"statusCode":200,"multiValueHeaders":{},"body":"7","isBase64Encoded":false}"#);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct EventService<T> {
    pub(crate) inner: T,
}

impl<S, B> Service<ProxyEvent> for EventService<SippyCup<S>>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    B: HttpBody,
    B::Error: Into<BoxError>,
{
    type Response = ProxyResponse;
    type Error = Error;
    type Future = EventFuture<S::Future, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_app(cx)
    }

    fn call(&mut self, event: ProxyEvent) -> Self::Future {
        EventFuture::new(self.inner.call_app(Ok(event)))
    }
}

impl<S, B> Service<ProxyEvent> for EventService<Streaming<S>>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    B: HttpBody,
    B::Error: Into<BoxError>,
{
    type Response = Response<StreamedBody<B>>;
    type Error = Error;
    type Future = StreamFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.inner.poll_app(cx)
    }

    fn call(&mut self, event: ProxyEvent) -> Self::Future {
        StreamFuture { call: self.inner.inner.call_app(Ok(event)) }
    }
}

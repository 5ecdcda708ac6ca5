//! Answers that go out while the app still writes them.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use http::{HeaderValue, Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body::{Body as HttpBody, Frame};
use pin_project_lite::pin_project;
use sippycup_core::{ProxyEvent, ResponseError, ResponseFormat};
use tower_service::Service;

use crate::{Body, BoxError, Error, EventService, SippyCup, future::Call};

/// An app whose answers are streamed: a `Service<Bytes>`, from the JSON of an event to what Lambda's
/// [response streaming](https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html) takes.
///
/// The answer is an `http::Response` as the Runtime API takes it: its only header is the content type
/// `application/vnd.awslambda.http-integration-response`, its body is a [`StreamedBody`]. The status and the headers
/// of the app's response are at the beginning of that body.
///
/// For functions whose URL has invoke mode `RESPONSE_STREAM`, or whose REST API has response transfer mode `STREAM`.
/// No other front door streams, and no event says whether its front door does.
///
/// ```
/// use std::convert::Infallible;
///
/// use bytes::Bytes;
/// use http_body_util::BodyExt;
/// use sippycup_layer::{Body, SippyCup};
/// use tower::{ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = service_fn(async |_: http::Request<Body>| Ok::<_, Infallible>(http::Response::new("hello".to_owned())));
/// let event = Bytes::from(r#"{"httpMethod":"GET","path":"/","requestContext":{}}"#);
/// let answer = SippyCup::new(app).into_streaming().oneshot(event).await?;
/// let sent = answer.into_body().collect().await?.to_bytes();
/// assert!(sent.starts_with(br#"{"statusCode":200,"#) && sent.ends_with(b"}\0\0\0\0\0\0\0\0hello"));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Streaming<S> {
    pub(crate) inner: SippyCup<S>,
}

impl<S> Streaming<S> {
    /// The same app as a `Service<ProxyEvent>`, for callers that read the event themselves.
    pub fn into_event_service(self) -> EventService<Self> {
        EventService { inner: self }
    }
}

impl<S, B> Service<Bytes> for Streaming<S>
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
        self.inner.poll_app(cx)
    }

    fn call(&mut self, event: Bytes) -> Self::Future {
        StreamFuture { call: self.inner.call_app(ProxyEvent::from_bytes(event)) }
    }
}

pin_project! {
    /// The body of a streamed answer: one frame with the prelude, then the app's body as it comes.
    ///
    /// The prelude is the JSON of the status and the headers, and the eight NUL bytes that end it. Trailers of the app
    /// are dropped: there is no way to send them to the client. An error of the app's body is an [`Error`] of which
    /// [`is_body`](Error::is_body) is true.
    pub struct StreamedBody<B> {
        status: StatusCode,
        oversize: Option<ResponseError>,
        prelude: Option<Bytes>,
        #[pin]
        body: Option<B>,
        // Sent where the body has not a byte.
        filler: Option<Bytes>,
    }
}

impl<B> StreamedBody<B> {
    /// A streamed answer that is complete, whatever the app's bodies are, for those who answer an event in its place. The
    /// layer has the format: [`SippyCupLayer::response_format`](crate::SippyCupLayer::response_format).
    ///
    /// # Errors
    ///
    /// If the headers do not fit into the front door's format.
    pub fn complete(response: Response<Bytes>, format: ResponseFormat) -> Result<Response<Self>, Error> {
        let (parts, body) = response.into_parts();
        let prelude = format.encode_prelude(parts.status, &parts.headers)?;
        let filler = (!body.is_empty() && !format.is_bodiless(parts.status)).then_some(body);
        let (status, prelude) = (parts.status, Some(prelude));
        Ok(with_prelude(Self { status, oversize: None, prelude, body: None, filler }))
    }

    /// The status that the client gets.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The error if the headers are larger than the front door takes; see
    /// [`ProxyResponse::oversize`](sippycup_core::ProxyResponse::oversize).
    #[must_use]
    pub fn oversize(&self) -> Option<&ResponseError> {
        self.oversize.as_ref()
    }
}

fn with_prelude<B>(body: StreamedBody<B>) -> Response<StreamedBody<B>> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, WITH_PRELUDE);
    response
}

impl<B> HttpBody for StreamedBody<B>
where
    B: HttpBody,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let mut this = self.project();
        if let Some(prelude) = this.prelude.take() {
            return Poll::Ready(Some(Ok(Frame::data(prelude))));
        }
        while let Some(body) = this.body.as_mut().as_pin_mut() {
            match ready!(body.poll_frame(cx)) {
                Some(Ok(frame)) => {
                    if let Ok(mut data) = frame.into_data() {
                        if data.has_remaining() {
                            *this.filler = None;
                        }
                        return Poll::Ready(Some(Ok(Frame::data(data.copy_to_bytes(data.remaining())))));
                    }
                }
                Some(Err(error)) => {
                    this.body.set(None);
                    *this.filler = None;
                    return Poll::Ready(Some(Err(Error::body(error))));
                }
                None => this.body.set(None),
            }
        }
        Poll::Ready(this.filler.take().map(|filler| Ok(Frame::data(filler))))
    }

    fn is_end_stream(&self) -> bool {
        self.prelude.is_none() && self.filler.is_none() && self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }
}

impl<B> fmt::Debug for StreamedBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamedBody").finish_non_exhaustive()
    }
}

pin_project! {
    /// A streamed answer, until the app has given its head.
    pub struct StreamFuture<F> {
        #[pin]
        pub(crate) call: Call<F>,
    }
}

impl<F, B, E> Future for StreamFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<Response<StreamedBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (response, exit) = ready!(self.project().call.poll(cx))?;
        let (mut parts, body) = response.into_parts();
        let status = parts.status;
        let body = (!exit.format.is_bodiless(status)).then_some(body);
        let (prelude, oversize) = exit.encode_prelude(&mut parts)?;
        let filler = exit.layer.first_byte.then_some(Bytes::from_static(b" "));
        Poll::Ready(Ok(with_prelude(StreamedBody { status, oversize, prelude: Some(prelude), body, filler })))
    }
}

impl<F> fmt::Debug for StreamFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamFuture").finish_non_exhaustive()
    }
}

/// See "Response streaming" in
/// [Building a custom runtime](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html).
const WITH_PRELUDE: HeaderValue = HeaderValue::from_static("application/vnd.awslambda.http-integration-response");

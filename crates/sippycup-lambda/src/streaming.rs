//! A streamed answer on its way to the Runtime API: prelude, eight NULs, the body as it comes, and if that
//! fails the error as trailers.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Response,
    header::{CONTENT_TYPE, TRAILER, TRANSFER_ENCODING},
};
use http_body::{Body as HttpBody, Frame};
use lambda_runtime_api_client::body::Body;
use pin_project_lite::pin_project;
use sippycup_layer::{BoxError, StreamedBody};

use crate::{
    answer::Answer,
    failure::Failure,
    reply::{ERROR_TYPE, Invocation, RuntimeApi},
};

impl<B> Answer for Response<StreamedBody<B>>
where
    B: HttpBody<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    #[cfg(feature = "local")]
    const STREAMED: bool = true;

    async fn send(self, api: &RuntimeApi, invocation: &Invocation) -> Result<(), BoxError> {
        let body = Guarded::new(self.into_body(), |failure| Ok(Frame::trailers(trailers(failure))));
        api.respond(invocation, &HEADERS, Body::new(body)).await?;
        Ok(())
    }

    #[cfg(feature = "local")]
    fn into_local(self) -> sippycup_gateway::Answer {
        self.map(|body| Guarded::new(body, |failure| Err(crate::local::told(failure)))).into()
    }
}

pin_project! {
    /// A body whose failure, an error or a panic, ends it in the way of whoever takes it.
    struct Guarded<B> {
        #[pin]
        body: Option<StreamedBody<B>>,
        last: fn(&Failure) -> Result<Frame<Bytes>, BoxError>,
    }
}

impl<B> Guarded<B> {
    /// `last` is what comes after the failure.
    fn new(body: StreamedBody<B>, last: fn(&Failure) -> Result<Frame<Bytes>, BoxError>) -> Self {
        Self { body: Some(body), last }
    }
}

impl<B> HttpBody for Guarded<B>
where
    B: HttpBody<Error: Into<BoxError>>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut this = self.project();
        let Some(body) = this.body.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        let failure = match catch_unwind(AssertUnwindSafe(|| body.poll_frame(cx))) {
            Ok(polled) => match ready!(polled) {
                None => return Poll::Ready(None),
                Some(Ok(frame)) => return Poll::Ready(Some(Ok(frame))),
                Some(Err(error)) => Failure::from(&error),
            },
            Err(panic) => Failure::panic(&*panic),
        };
        this.body.set(None);
        Poll::Ready(Some((this.last)(&failure)))
    }
}

fn trailers(failure: &Failure) -> HeaderMap {
    let error_type = failure.error_type.as_str();
    tracing::error!(error_type, "streamed response failed: {}", failure.message);
    let mut trailers = HeaderMap::with_capacity(2);
    trailers.insert(ERROR_TYPE, HeaderValue::from_static(error_type));
    if let Ok(body) = HeaderValue::try_from(base64_simd::STANDARD.encode_to_string(failure.to_json())) {
        trailers.insert(ERROR_BODY, body);
    }
    trailers
}

const ERROR_BODY: HeaderName = HeaderName::from_static("lambda-runtime-function-error-body");

/// See "Response streaming" in
/// [Building a custom runtime](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html).
const HEADERS: [(HeaderName, &str); 4] = [
    (CONTENT_TYPE, "application/vnd.awslambda.http-integration-response"),
    (HeaderName::from_static("lambda-runtime-function-response-mode"), "streaming"),
    (TRAILER, "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body"),
    (TRANSFER_ENCODING, "chunked"),
];

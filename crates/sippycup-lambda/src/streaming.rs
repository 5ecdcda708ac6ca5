//! A streamed answer on its way to the Runtime API: prelude, eight NULs, the body as it comes, and if that
//! fails the error as trailers.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Buf, Bytes};
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONTENT_TYPE, TRAILER, TRANSFER_ENCODING},
};
use http_body::{Body as HttpBody, Frame};
use lambda_runtime::Diagnostic;
use lambda_runtime_api_client::body::Body;
use pin_project_lite::pin_project;
use sippycup_layer::{BoxError, StreamedResponse};

use crate::{
    diagnostic,
    invoke::Answer,
    runtime_api::{ERROR_TYPE, Invocation, RuntimeApi},
};

impl<B> Answer for StreamedResponse<B>
where
    B: HttpBody + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    async fn send(self, api: &RuntimeApi, invocation: &Invocation) -> Result<(), BoxError> {
        api.respond(invocation, &HEADERS, Body::new(Streamed::new(self))).await?;
        Ok(())
    }
}

pin_project! {
    /// The bytes of a streamed answer.
    pub(crate) struct Streamed<B> {
        prelude: Option<Bytes>,
        #[pin]
        body: Option<B>,
    }
}

impl<B> Streamed<B> {
    pub(crate) fn new(response: StreamedResponse<B>) -> Self {
        Self { prelude: Some(response.prelude), body: response.body }
    }
}

impl<B> HttpBody for Streamed<B>
where
    B: HttpBody,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut this = self.project();
        if let Some(prelude) = this.prelude.take() {
            return Poll::Ready(Some(Ok(Frame::data(prelude))));
        }
        loop {
            let Some(body) = this.body.as_mut().as_pin_mut() else { return Poll::Ready(None) };
            let failure = match catch_unwind(AssertUnwindSafe(|| body.poll_frame(cx))) {
                Ok(Poll::Pending) => return Poll::Pending,
                Ok(Poll::Ready(None)) => return Poll::Ready(None),
                Ok(Poll::Ready(Some(Ok(frame)))) => match frame.into_data() {
                    Ok(mut data) => {
                        let data = data.copy_to_bytes(data.remaining());
                        return Poll::Ready(Some(Ok(Frame::data(data))));
                    }
                    // The app's own trailers have no way to the client.
                    Err(_) => continue,
                },
                Ok(Poll::Ready(Some(Err(error)))) => diagnostic::from_error(&sippycup_layer::Error::body(error)),
                Err(panic) => diagnostic::from_panic(&*panic),
            };
            this.body.set(None);
            return Poll::Ready(Some(Ok(Frame::trailers(trailers(&failure)))));
        }
    }
}

fn trailers(failure: &Diagnostic) -> HeaderMap {
    tracing::error!(error_type = failure.error_type, "streamed response failed: {}", failure.error_message);
    let json = serde_json::to_vec(failure).unwrap_or_default();
    let body = base64_simd::STANDARD.encode_to_string(json);
    let values = [
        (ERROR_TYPE, failure.error_type.clone()),
        (HeaderName::from_static("lambda-runtime-function-error-body"), body),
    ];
    let mut trailers = HeaderMap::with_capacity(values.len());
    for (name, value) in values {
        if let Ok(value) = HeaderValue::try_from(value) {
            trailers.insert(name, value);
        }
    }
    trailers
}

/// See "Response streaming" in
/// [Building a custom runtime](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html).
const HEADERS: [(HeaderName, &str); 4] = [
    (CONTENT_TYPE, "application/vnd.awslambda.http-integration-response"),
    (HeaderName::from_static("lambda-runtime-function-response-mode"), "streaming"),
    (TRAILER, "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body"),
    (TRANSFER_ENCODING, "chunked"),
];

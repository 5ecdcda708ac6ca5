//! A streamed answer on its way: prelude, eight NUL bytes, the body as it comes, and, if that fails, the error as trailers.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body::{Body as HttpBody, Frame};
use pin_project_lite::pin_project;
use sippycup_layer::{BoxError, StreamedBody};

#[cfg(feature = "local")]
use crate::around::Finish;
use crate::{
    LambdaContext,
    answer::Answer,
    failure::Failure,
    guard::{Watch, describe, guard},
    invocation::poll_late,
    log,
    runtime_api::{ERROR_TYPE, Outgoing},
};

impl<B> Answer for Response<StreamedBody<B>>
where
    B: HttpBody<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    #[cfg(feature = "local")]
    const STREAMED: bool = true;

    fn instead(failure: Failure, watch: &dyn Watch, context: &LambdaContext) -> Result<Self, Failure> {
        let (response, format) = watch.replace(failure, context)?;
        StreamedBody::complete(response, format).map_err(|error| Failure::from(&error))
    }

    fn status(&self) -> Option<StatusCode> {
        Some(self.body().status())
    }

    fn oversize(&self) -> Option<Failure> {
        self.body().oversize().map(Failure::oversize)
    }

    fn into_outgoing(self, context: &LambdaContext) -> Outgoing {
        let body = Guarded::new(self.into_body(), context, (), |failure, context| {
            log::failed(&failure, context);
            Ok(Frame::trailers(trailers(&failure)))
        });
        Outgoing::pieces(Box::pin(body))
    }

    #[cfg(feature = "local")]
    fn into_local(self, finish: Finish) -> sippycup_gateway::Answer {
        let context = finish.invocation.context().clone();
        self.map(|body| Guarded::new(body, &context, finish, |failure, _| Err(crate::local::told(&failure)))).into()
    }
}

pin_project! {
    /// A body whose failure, an error or a panic, ends it in the way of whoever takes it.
    struct Guarded<B, E, H>
    where
        H: Held,
    {
        #[pin]
        body: Option<StreamedBody<B>>,
        context: LambdaContext,
        // Dropped with the end of the body.
        held: Option<H>,
        last: fn(Failure, &LambdaContext) -> Result<Frame<Bytes>, E>,
    }

    impl<B, E, H> PinnedDrop for Guarded<B, E, H>
    where
        H: Held,
    {
        fn drop(this: Pin<&mut Self>) {
            // The client has gone, or the invocation.
            let mut this = this.project();
            let Some(held) = this.held else { return };
            if let Err(failure) = guard(|| held.enter(|| this.body.set(None))) {
                log::failed(&failure, this.context);
            }
        }
    }
}

impl<B, E, H: Held> Guarded<B, E, H> {
    /// `last` is what comes after the failure.
    fn new(
        body: StreamedBody<B>,
        context: &LambdaContext,
        held: H,
        last: fn(Failure, &LambdaContext) -> Result<Frame<Bytes>, E>,
    ) -> Self {
        Self { body: Some(body), context: context.clone(), held: Some(held), last }
    }
}

impl<B, E, H> HttpBody for Guarded<B, E, H>
where
    B: HttpBody<Error: Into<BoxError>>,
    H: Held,
{
    type Data = Bytes;
    type Error = E;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, E>>> {
        let mut this = self.project();
        let (Some(body), Some(held)) = (this.body.as_mut().as_pin_mut(), &*this.held) else { return Poll::Ready(None) };
        let polled = match guard(|| held.enter(|| body.poll_frame(cx))) {
            Ok(Poll::Ready(polled)) => polled.transpose().map_err(describe),
            Ok(Poll::Pending) => Err(ready!(poll_late(this.context.watch(), cx))),
            Err(failure) => Err(failure),
        };
        if let Ok(Some(frame)) = polled {
            return Poll::Ready(Some(Ok(frame)));
        }
        #[cfg(any(feature = "logging", feature = "metrics"))]
        if polled.is_err() {
            this.context.verdict().broken();
        }
        // It ends here, and is the app's until it is dropped.
        let dropped = guard(|| held.enter(|| this.body.set(None)));
        *this.held = None;
        let failure = polled.err().or(dropped.err());
        Poll::Ready(failure.map(|failure| (this.last)(failure, this.context)))
    }
}

/// What lasts as long as a body.
trait Held {
    /// Runs code of the body as the invocation's.
    fn enter<T>(&self, code: impl FnOnce() -> T) -> T;
}

/// Whoever asks for the body is in the invocation already.
impl Held for () {
    fn enter<T>(&self, code: impl FnOnce() -> T) -> T {
        code()
    }
}

#[cfg(feature = "local")]
impl Held for Finish {
    fn enter<T>(&self, code: impl FnOnce() -> T) -> T {
        self.invocation.enter(code)
    }
}

fn trailers(failure: &Failure) -> HeaderMap {
    let mut trailers = HeaderMap::with_capacity(2);
    trailers.insert(ERROR_TYPE, HeaderValue::from_static(failure.error_type.as_header()));
    if let Ok(body) = HeaderValue::try_from(base64_simd::STANDARD.encode_to_string(failure.to_json())) {
        trailers.insert(ERROR_BODY, body);
    }
    trailers
}

const ERROR_BODY: HeaderName = HeaderName::from_static("lambda-runtime-function-error-body");

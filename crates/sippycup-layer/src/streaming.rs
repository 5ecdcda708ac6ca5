//! Answers that go out while the app still writes them.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::Body as HttpBody;
use pin_project_lite::pin_project;
use sippycup_core::ProxyEvent;
use tower_service::Service;

use crate::{Body, BoxError, Error, SippyCup, future::take, rewrite::Exit};

/// An app whose answers are streamed: a `Service<ProxyEvent>` with a [`StreamedResponse`].
///
/// For functions whose URL has invoke mode `RESPONSE_STREAM`, or whose REST API has response transfer mode
/// `STREAM`. No other front door streams, and no event says whether this one does.
#[derive(Clone, Debug)]
pub struct Streaming<S> {
    inner: SippyCup<S>,
}

impl<S> Streaming<S> {
    pub(crate) fn new(inner: SippyCup<S>) -> Self {
        Self { inner }
    }
}

/// A streamed answer: the prelude, with the eight NUL bytes behind it, and the body that follows.
#[derive(Debug)]
#[non_exhaustive]
pub struct StreamedResponse<B> {
    /// Status and headers, as
    /// [response streaming](https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html)
    /// wants them.
    pub prelude: Bytes,
    /// The app's body, or `None` if this answer has none.
    pub body: Option<B>,
}

impl<S, B> Service<ProxyEvent> for Streaming<S>
where
    S: Service<http::Request<Body>, Response = http::Response<B>>,
    S::Error: Into<BoxError>,
    B: HttpBody,
{
    type Response = StreamedResponse<B>;
    type Error = Error;
    type Future = StreamFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.get_mut().poll_ready(cx).map_err(Error::service)
    }

    fn call(&mut self, event: ProxyEvent) -> Self::Future {
        match self.inner.enter(event) {
            Ok((request, exit)) => {
                let call = self.inner.get_mut().call(request);
                StreamFuture { state: State::Calling { call, exit: Some(exit) } }
            }
            Err(error) => StreamFuture { state: State::Failed { error: Some(error) } },
        }
    }
}

pin_project! {
    /// The head of a streamed answer, under way.
    pub struct StreamFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F> {
        Failed { error: Option<Error> },
        Calling { #[pin] call: F, exit: Option<Exit> },
    }
}

impl<F, B, E> Future for StreamFuture<F>
where
    F: Future<Output = Result<http::Response<B>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<StreamedResponse<B>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Failed { error } => Poll::Ready(Err(take(error))),
            StateProj::Calling { call, exit } => {
                let response = ready!(call.poll(cx)).map_err(Error::service)?;
                let exit = take(exit);
                let (mut parts, body) = response.into_parts();
                let body = (!exit.is_bodiless(parts.status)).then_some(body);
                let prelude = exit.encode_prelude(&mut parts)?;
                Poll::Ready(Ok(StreamedResponse { prelude, body }))
            }
        }
    }
}

impl<F> fmt::Debug for StreamFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamFuture").finish_non_exhaustive()
    }
}

//! From the app's answer to the proxy response: call, collect, encode.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::response::Parts;
use http_body::Body as HttpBody;
use pin_project_lite::pin_project;
use sippycup_core::ProxyResponse;

use crate::{BoxError, Error, rewrite::Exit};

pin_project! {
    /// The answer of an [`EventService`](crate::EventService), until it is complete.
    pub struct EventFuture<F, B>
    where
        B: HttpBody,
    {
        #[pin]
        state: State<F, B>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F, B> {
        Calling { #[pin] call: Call<F> },
        Collecting { #[pin] body: B, collected: Collected, head: Option<(Parts, Exit)> },
    }
}

impl<F, B: HttpBody> EventFuture<F, B> {
    pub(crate) fn new(call: Call<F>) -> Self {
        Self { state: State::Calling { call } }
    }
}

impl<F, B, E> Future for EventFuture<F, B>
where
    F: Future<Output = Result<http::Response<B>, E>>,
    E: Into<BoxError>,
    B: HttpBody,
    B::Error: Into<BoxError>,
{
    type Output = Result<ProxyResponse, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            match state.as_mut().project() {
                StateProj::Calling { call } => {
                    let (response, exit) = ready!(call.poll(cx))?;
                    let (parts, body) = response.into_parts();
                    // hyper does not poll the body of such an answer either.
                    if exit.format.is_bodiless(parts.status) {
                        return Poll::Ready(exit.encode(parts, Bytes::new()));
                    }
                    let collected = Collected::default();
                    state.set(State::Collecting { body, collected, head: Some((parts, exit)) });
                }
                StateProj::Collecting { mut body, collected, head } => {
                    while let Some(frame) = ready!(body.as_mut().poll_frame(cx)) {
                        if let Ok(data) = frame.map_err(Error::body)?.into_data() {
                            collected.push(data);
                        }
                    }
                    let (parts, exit) = take(head);
                    return Poll::Ready(exit.encode(parts, std::mem::take(collected).into_bytes()));
                }
            }
        }
    }
}

impl<F, B: HttpBody> fmt::Debug for EventFuture<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventFuture").finish_non_exhaustive()
    }
}

/// The body so far. Nearly every body is one frame, which `http_body_util`'s collector puts into a queue first.
#[derive(Default)]
struct Collected {
    first: Bytes,
    all: BytesMut,
}

impl Collected {
    fn push(&mut self, mut data: impl Buf) {
        if self.first.is_empty() {
            self.first = data.copy_to_bytes(data.remaining());
            return;
        }
        if self.all.is_empty() {
            self.all.extend_from_slice(&self.first);
        }
        self.all.put(data);
    }

    fn into_bytes(self) -> Bytes {
        if self.all.is_empty() { self.first } else { self.all.freeze() }
    }
}

pin_project! {
    /// The answer of a [`SippyCup`](crate::SippyCup), until it is complete.
    pub struct ResponseFuture<F, B>
    where
        B: HttpBody,
    {
        #[pin]
        pub(crate) inner: EventFuture<F, B>,
    }
}

impl<F, B, E> Future for ResponseFuture<F, B>
where
    F: Future<Output = Result<http::Response<B>, E>>,
    E: Into<BoxError>,
    B: HttpBody,
    B::Error: Into<BoxError>,
{
    type Output = Result<Bytes, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().inner.poll(cx).map_ok(ProxyResponse::into_bytes)
    }
}

impl<F, B: HttpBody> fmt::Debug for ResponseFuture<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

pin_project! {
    /// The head of the app's answer and what it needs on the way out, or why the app was not called.
    #[project = CallProj]
    pub(crate) enum Call<F> {
        Failed { error: Option<Error> },
        Calling { #[pin] call: F, exit: Option<Exit> },
    }
}

impl<F, B, E> Future for Call<F>
where
    F: Future<Output = Result<http::Response<B>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<(http::Response<B>, Exit), Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            CallProj::Failed { error } => Poll::Ready(Err(take(error))),
            CallProj::Calling { call, exit } => {
                let response = ready!(call.poll(cx)).map_err(Error::service)?;
                Poll::Ready(Ok((response, take(exit))))
            }
        }
    }
}

/// Takes what a state has kept for its end.
#[expect(clippy::expect_used, reason = "only a future that is polled after it completed gets here twice")]
fn take<T>(slot: &mut Option<T>) -> T {
    slot.take().expect("polled after completion")
}

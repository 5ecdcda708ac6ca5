//! Panics in places where handlers have none: what each of them costs is what is shown.

#![expect(clippy::panic, reason = "what a panic costs is what this shows")]

use std::{
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use serde::Deserialize;
use tower_service::Service;

/// Where a plan has it panic.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Place {
    /// When the answer's body is read.
    Body,
    /// When the answer's body is dropped.
    Drop,
    /// When the app is next asked whether it is ready.
    PollReady,
}

/// Whether the app panics when it is next asked whether it is ready.
static ARMED: AtomicBool = AtomicBool::new(false);

impl Place {
    /// Has it panic there. `body` is the answer's.
    pub(crate) fn arm(self, body: Body) -> Body {
        match self {
            Self::Body | Self::Drop => Body::new(Panicking { body, place: self }),
            Self::PollReady => {
                ARMED.store(true, Ordering::Relaxed);
                body
            }
        }
    }
}

/// A body that panics.
struct Panicking {
    body: Body,
    place: Place,
}

impl http_body::Body for Panicking {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if matches!(self.place, Place::Body) {
            panic!("the plan says panic in the body");
        }
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Panicking {
    fn drop(&mut self) {
        // Two at once would end the process, whatever runs it.
        if matches!(self.place, Place::Drop) && !std::thread::panicking() {
            panic!("the plan says panic in the drop");
        }
    }
}

/// The app, with a `poll_ready` that a plan can have panic.
#[derive(Clone)]
pub(crate) struct Ready<S>(S);

impl<S> Ready<S> {
    pub(crate) fn new(app: S) -> Self {
        Self(app)
    }
}

impl<S: Service<R>, R> Service<R> for Ready<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        if ARMED.swap(false, Ordering::Relaxed) {
            panic!("the plan says panic in poll_ready");
        }
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> S::Future {
        self.0.call(request)
    }
}

//! Bodies that a function sends: whole answers within a limit, streams that are passed on, and the rest that is not wanted.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::{Body as _, Frame};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::sync::{mpsc, oneshot};

use super::FunctionError;
use crate::BoxError;
use crate::answer::error_trailers;

/// What became of a buffered answer.
pub(super) enum Taking {
    Broken(hyper::Error),
    TooLarge,
    Whole(Bytes),
}

/// Reads an answer to its end, also one that is too large: a client that finds its connection closed while it writes may fail for that.
///
/// # Errors
///
/// If the invocation ends before.
pub(super) async fn buffer(
    body: &mut Incoming,
    limit: usize,
    cut: &mut oneshot::Receiver<FunctionError>,
) -> Result<Taking, FunctionError> {
    let mut answer = BytesMut::new();
    let mut too_large = body.size_hint().lower() > limit as u64;
    loop {
        let frame = tokio::select! {
            error = &mut *cut => return Err(error.unwrap_or_else(|_| FunctionError::stopped())),
            frame = body.frame() => frame,
        };
        match frame {
            Some(Ok(frame)) => {
                let data = frame.into_data().unwrap_or_default();
                too_large |= answer.len() + data.len() > limit;
                if too_large {
                    answer = BytesMut::new();
                } else {
                    answer.extend_from_slice(&data);
                }
            }
            Some(Err(error)) => return Ok(Taking::Broken(error)),
            None if too_large => return Ok(Taking::TooLarge),
            None => return Ok(Taking::Whole(answer.freeze())),
        }
    }
}

/// Reads and forgets a body, so that its sender comes to read the response. Not for ever.
pub(super) async fn drain(body: &mut Incoming) {
    let rest = async { while let Some(Ok(_)) = body.frame().await {} };
    let _ = tokio::time::timeout(PATIENCE, rest).await;
}

/// A body as far as there is room for it, and as it comes in time.
pub(super) async fn collect(body: &mut Incoming) -> BytesMut {
    let mut payload = BytesMut::new();
    let read = tokio::time::timeout(PATIENCE, async {
        while let Some(Ok(frame)) = body.frame().await {
            let mut data = frame.into_data().unwrap_or_default();
            data.truncate(SMALL.saturating_sub(payload.len()));
            payload.extend_from_slice(&data);
        }
    });
    // What came within the time counts.
    let _ = read.await;
    payload
}

/// A way for a stream: what the function sends goes in at one end and comes out as a body at the other.
pub(super) fn channel() -> (Passing, Channel) {
    let (frames, receiver) = mpsc::channel(16);
    let (end, ending) = oneshot::channel();
    (Passing { frames, end }, Channel { receiver, ending: Some(ending) })
}

/// The end of the way where the function is.
pub(super) struct Passing {
    frames: mpsc::Sender<Bytes>,
    end: oneshot::Sender<Option<BoxError>>,
}

/// How a stream ended.
pub(super) enum End {
    /// The connection of the function broke.
    Broken(hyper::Error),
    /// The invocation ended before the stream did.
    Cut(FunctionError),
    /// The function reported an error behind what it had sent.
    Failed(FunctionError),
    Whole,
}

impl Passing {
    /// Passes a stream on until it ends. If the client goes away, `abandoned` is called and the rest is read all the same: on Lambda the function would work on too.
    pub(super) async fn pass_on(
        &self,
        body: &mut Incoming,
        mut cut: oneshot::Receiver<FunctionError>,
        abandoned: impl FnOnce(),
    ) -> End {
        loop {
            let read = tokio::select! {
                error = &mut cut => return End::cut(error),
                () = self.frames.closed() => break,
                read = read(body) => read,
            };
            let data = match read {
                Ok(data) => data,
                Err(end) => return end,
            };
            tokio::select! {
                error = &mut cut => return End::cut(error),
                passed = self.frames.send(data) => if passed.is_err() { break },
            }
        }
        abandoned();
        let rest = async {
            loop {
                if let Err(end) = read(body).await {
                    return end;
                }
            }
        };
        tokio::select! {
            error = &mut cut => End::cut(error),
            end = rest => end,
        }
    }

    /// Tells the client that the stream is over.
    pub(super) fn end(self, error: Option<BoxError>) {
        // It fails if the client has gone.
        let _ = self.end.send(error);
    }
}

impl End {
    fn cut(error: Result<FunctionError, oneshot::error::RecvError>) -> Self {
        Self::Cut(error.unwrap_or_else(|_| FunctionError::stopped()))
    }
}

/// The next piece of a stream.
async fn read(body: &mut Incoming) -> Result<Bytes, End> {
    loop {
        return match body.frame().await.map(|frame| frame.map(Frame::into_data)) {
            Some(Ok(Ok(data))) => Ok(data),
            Some(Ok(Err(frame))) => match frame.trailers_ref().and_then(error_trailers) {
                Some((error_type, payload)) => Err(End::Failed(FunctionError::reported(Some(&error_type), payload))),
                None => continue,
            },
            Some(Err(error)) => Err(End::Broken(error)),
            None => Err(End::Whole),
        };
    }
}

/// The end of the way where the client is.
pub(super) struct Channel {
    receiver: mpsc::Receiver<Bytes>,
    ending: Option<oneshot::Receiver<Option<BoxError>>>,
}

impl http_body::Body for Channel {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Some(data) = ready!(self.receiver.poll_recv(cx)) {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        let Some(ending) = &mut self.ending else {
            return Poll::Ready(None);
        };
        let end = ready!(Pin::new(ending).poll(cx));
        self.ending = None;
        Poll::Ready(match end {
            Ok(None) => None,
            Ok(Some(error)) => Some(Err(error)),
            Err(_) => Some(Err("the stream broke off".into())),
        })
    }
}

/// The most bytes that are kept of a body that should be small.
const SMALL: usize = 1 << 20;

/// How long the rest of a body that is not wanted is read.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

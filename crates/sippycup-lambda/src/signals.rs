//! What tells the process to end.

use std::{
    future::poll_fn,
    io,
    pin::pin,
    task::{Context, Poll},
};

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(not(unix))]
use tokio::signal::windows::{CtrlC, ctrl_c};

/// SIGTERM and ctrl-c, from now on. They no longer end the process by themselves.
#[derive(Debug)]
pub(crate) struct Signals {
    #[cfg(unix)]
    signals: [Signal; 2],
    #[cfg(not(unix))]
    signals: [CtrlC; 1],
}

impl Signals {
    #[cfg(unix)]
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { signals: [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?] })
    }

    #[cfg(not(unix))]
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { signals: [ctrl_c()?] })
    }

    /// What a future comes to, unless one of them comes first.
    pub(crate) async fn unless<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        // They come first, whatever there is to do.
        poll_fn(|cx| match self.poll_next(cx) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => work.as_mut().poll(cx).map(Some),
        })
        .await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        for signal in &mut self.signals {
            if signal.poll_recv(cx).is_ready() {
                return Poll::Ready(());
            }
        }
        Poll::Pending
    }
}

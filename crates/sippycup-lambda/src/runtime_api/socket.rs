//! The socket under hyper's connection, and who is woken when it can go on.

use std::{
    future::poll_fn,
    io::{self, IoSlice},
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Two wakers, where hyper knows one.
///
/// hyper's connection and the request that waits for it are polled together, in one future, and talk through
/// channels that wake each other. Given the task's own waker, every message would have the runtime poll the task
/// once more for nothing. So hyper gets a waker that only remembers, and the socket, which alone knows of news from
/// outside, wakes the task.
#[derive(Debug)]
pub(crate) struct Wakers {
    task: Mutex<Waker>,
    /// How often the task has been polled, more or less: it may start again at zero.
    polls: AtomicU32,
    /// hyper wants to be polled again.
    again: AtomicBool,
}

impl Wakers {
    pub(super) fn new() -> Self {
        Self { task: Mutex::new(Waker::noop().clone()), polls: AtomicU32::new(0), again: AtomicBool::new(false) }
    }

    /// Runs what uses sockets with these wakers.
    pub(super) async fn attend<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|cx| {
            self.task().clone_from(cx.waker());
            self.polls.fetch_add(1, Ordering::Relaxed);
            future.as_mut().poll(cx)
        })
        .await
    }

    /// Forgets that hyper wanted to be polled again: it is about to be.
    pub(super) fn start(&self) {
        self.again.store(false, Ordering::Relaxed);
    }

    /// Whether hyper has asked to be polled again since the last start.
    pub(super) fn wants_more(&self) -> bool {
        self.again.load(Ordering::Relaxed)
    }

    /// The task's waker.
    pub(super) fn task(&self) -> MutexGuard<'_, Waker> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.again.store(true, Ordering::Relaxed);
    }
}

/// A socket that wakes the task, whoever polls it.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TokioIo<TcpStream>,
    wakers: Arc<Wakers>,
    /// In which poll of the task there was nothing more to read.
    drained_in: Option<u32>,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, wakers: Arc<Wakers>) -> Self {
        Self { stream: TokioIo::new(stream), wakers, drained_in: None }
    }

    fn as_task<T>(self: Pin<&mut Self>, poll: impl FnOnce(Pin<&mut TokioIo<TcpStream>>, &mut Context<'_>) -> T) -> T {
        let Self { stream, wakers, .. } = self.get_mut();
        poll(Pin::new(stream), &mut Context::from_waker(&wakers.task()))
    }
}

impl Read for Socket {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let polls = Some(self.wakers.polls.load(Ordering::Relaxed));
        // hyper tries again and again. The task is woken when there is more, and polled again for that.
        if self.drained_in == polls {
            return Poll::Pending;
        }
        let polled = self.as_mut().as_task(|stream, cx| stream.poll_read(cx, buffer));
        if polled.is_pending() {
            self.drained_in = polls;
        }
        polled
    }
}

impl Write for Socket {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        self.as_task(|stream, cx| stream.poll_write(cx, buffer))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A socket has nothing to flush, and is asked at every turn.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.as_task(|stream, cx| stream.poll_shutdown(cx))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.as_task(|stream, cx| stream.poll_write_vectored(cx, buffers))
    }
}

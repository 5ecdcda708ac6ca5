//! One HTTP/1.1 connection, driven by the task that waits for a reply. It opens with the first request, and again when it
//! broke.

use std::{
    fmt,
    future::poll_fn,
    io,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::{Body as _, SizeHint};
use hyper::{
    body::Incoming,
    client::conn::http1::{self, SendRequest},
};
use tokio::{net::TcpStream, time::timeout};

use super::{
    endpoint::Endpoint,
    outgoing::Outgoing,
    socket::{Socket, Wakers},
};
use crate::{failure::Cut, log, patience::Patience};

/// A connection to the [Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html), open or not.
pub(crate) struct Connection {
    endpoint: Arc<Endpoint>,
    wakers: Arc<Wakers>,
    open: Option<Open>,
    /// A reply could not be read. Asked again, the Runtime API says the same again.
    is_lenient: bool,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Result<Bytes, Cut>,
}

impl Reply {
    /// What it says, for people.
    pub(crate) fn text(&self) -> String {
        let body = self.body.as_deref().unwrap_or_default();
        String::from_utf8_lossy(body.get(..SHOWN).unwrap_or(body)).trim().to_owned()
    }
}

/// Why there is no reply.
#[derive(Debug)]
pub(crate) enum NoReply {
    /// The connection broke. The request may have arrived.
    Broken,
    /// The connection was refused for as long as it makes sense to wait.
    Unreachable(io::Error),
}

impl Connection {
    pub(super) fn new(endpoint: Arc<Endpoint>, wakers: Arc<Wakers>) -> Self {
        Self { endpoint, wakers, open: None, is_lenient: false }
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(super) fn close(&mut self) {
        self.open = None;
    }

    /// Sends the request and reads the reply, of whose body no more than `limit` bytes.
    ///
    /// A connection that turns out to be closed before anything was sent is opened again.
    pub(crate) async fn exchange(&mut self, mut request: Request<Outgoing>, limit: usize) -> Result<Reply, NoReply> {
        loop {
            if let Some(is_joined) = request.body().is_small()
                && self.open.as_ref().is_some_and(|open| open.is_joined != is_joined)
            {
                Box::pin(self.reopen(is_joined)).await;
            }
            let is_fresh = self.open.is_none();
            let open = match &mut self.open {
                Some(open) => open,
                None => {
                    let connect = Open::connect(&self.endpoint, &self.wakers, self.is_lenient);
                    self.open.insert(Box::pin(connect).await?)
                }
            };
            request.body_mut().wake_task(&self.wakers);
            match open.send(request).await {
                Ok(response) => {
                    let (parts, body) = response.into_parts();
                    let body = open.drive.collect(body, limit).await;
                    // Still sending, or told to close: the next request takes a new one.
                    if body.is_err() || !open.is_idle() {
                        self.open = None;
                    }
                    return Ok(Reply { status: parts.status, headers: parts.headers, body });
                }
                Err(unsent) => {
                    self.open = None;
                    self.is_lenient |= unsent.error.as_ref().is_some_and(hyper::Error::is_parse);
                    log::debug(format_args!("the connection to the Runtime API broke: {unsent}"));
                    match unsent.request {
                        Some(unsent) if !is_fresh => request = unsent,
                        _ => return Err(NoReply::Broken),
                    }
                }
            }
        }
    }

    /// Has hyper write in the other way from now on, over the same socket.
    #[cold]
    async fn reopen(&mut self, is_joined: bool) {
        let Some(open) = self.open.take() else { return };
        let parts = open.drive.connection.into_parts();
        // Bytes of a reply that was not asked for must not be lost: the other connection reads them.
        if parts.read_buf.is_empty() {
            self.open = Open::new(parts.io, self.wakers.clone(), self.is_lenient, is_joined).await.ok();
        }
    }
}

struct Open {
    sender: SendRequest<Outgoing>,
    drive: Drive,
    /// Head and body of a request go into one buffer, which is cheaper for small ones; else none is copied.
    is_joined: bool,
}

/// A request without a reply, and itself if hyper did not begin to send it.
struct Unsent {
    error: Option<hyper::Error>,
    request: Option<Request<Outgoing>>,
}

impl fmt::Display for Unsent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            Some(error) => error.fmt(f),
            None => f.write_str("it has ended"),
        }
    }
}

impl Open {
    /// Waits for as long as the address may still be taken.
    async fn connect(endpoint: &Endpoint, wakers: &Arc<Wakers>, is_lenient: bool) -> Result<Self, NoReply> {
        let mut patience = Patience::default();
        loop {
            let error = match timeout(CONNECT_TIMEOUT, TcpStream::connect(endpoint.address())).await {
                Ok(Ok(stream)) => match Self::over(stream, wakers.clone(), is_lenient).await {
                    Ok(open) => return Ok(open),
                    Err(error) => error,
                },
                Ok(Err(error)) => error,
                Err(_) => io::ErrorKind::TimedOut.into(),
            };
            if patience.is_new() {
                log::warn("", format_args!("cannot connect to the Runtime API at {}: {error}", endpoint.address()));
            }
            if patience.pause().await.is_err() {
                return Err(NoReply::Unreachable(error));
            }
        }
    }

    async fn over(stream: TcpStream, wakers: Arc<Wakers>, is_lenient: bool) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Self::new(Socket::new(stream, wakers.clone()), wakers, is_lenient, true).await
    }

    async fn new(socket: Socket, wakers: Arc<Wakers>, is_lenient: bool, is_joined: bool) -> io::Result<Self> {
        let mut builder = http1::Builder::new();
        if is_lenient {
            // Each reply costs more than usual; so only once it was needed.
            builder
                .max_headers(MANY_HEADERS)
                .ignore_invalid_headers_in_responses(true)
                .allow_spaces_after_header_name_in_responses(true)
                .allow_obsolete_multiline_headers_in_responses(true);
        }
        builder.writev(!is_joined).max_buf_size(BUFFER);
        let (sender, connection) = builder.handshake(socket).await.map_err(io::Error::other)?;
        let waker = Waker::from(wakers.clone());
        Ok(Self { sender, drive: Drive { connection, wakers, waker, is_over: false }, is_joined })
    }

    /// Whether it can take another request.
    fn is_idle(&self) -> bool {
        !self.drive.is_over && self.sender.is_ready()
    }

    async fn send(&mut self, request: Request<Outgoing>) -> Result<Response<Incoming>, Unsent> {
        let mut response = pin!(self.sender.try_send_request(request));
        poll_fn(|cx| {
            self.drive.poll();
            match response.as_mut().poll(&mut self.drive.hyper()) {
                Poll::Ready(Ok(response)) => Poll::Ready(Ok(response)),
                Poll::Ready(Err(mut error)) => {
                    let request = error.take_message();
                    Poll::Ready(Err(Unsent { error: Some(error.into_error()), request }))
                }
                Poll::Pending if self.drive.is_over => Poll::Ready(Err(Unsent { error: None, request: None })),
                Poll::Pending => self.drive.pending(cx),
            }
        })
        .await
    }
}

/// hyper's side of the connection, which makes progress only when it is polled.
struct Drive {
    connection: http1::Connection<Socket, Outgoing>,
    wakers: Arc<Wakers>,
    /// `wakers`, as what hyper is polled with.
    waker: Waker,
    /// It has ended and must not be polled.
    is_over: bool,
}

impl Drive {
    /// Reads and writes what can be read and written. The task is woken when there is more.
    fn poll(&mut self) {
        if !self.is_over {
            self.wakers.start();
            // What it ends with is what the request or the body ends with.
            self.is_over = Pin::new(&mut self.connection).poll(&mut Context::from_waker(&self.waker)).is_ready();
        }
    }

    fn hyper(&self) -> Context<'_> {
        Context::from_waker(&self.waker)
    }

    /// Nothing came out of the last poll.
    fn pending<T>(&self, cx: &Context<'_>) -> Poll<T> {
        if self.wakers.wants_more() {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    async fn collect(&mut self, mut body: Incoming, limit: usize) -> Result<Bytes, Cut> {
        let mut collected = Collected::default();
        poll_fn(|cx| {
            let mut was_driven = false;
            while !body.is_end_stream() {
                match Pin::new(&mut body).poll_frame(&mut self.hyper()) {
                    Poll::Ready(None) => break,
                    Poll::Ready(Some(Ok(frame))) => {
                        was_driven = false;
                        if let Ok(data) = frame.into_data() {
                            collected.push(data, &body.size_hint(), limit)?;
                        }
                    }
                    Poll::Ready(Some(Err(_))) => return Poll::Ready(Err(Cut::Broken)),
                    Poll::Pending if self.is_over => return Poll::Ready(Err(Cut::Broken)),
                    Poll::Pending if was_driven => return self.pending(cx),
                    Poll::Pending => {
                        self.poll();
                        was_driven = true;
                    }
                }
            }
            Poll::Ready(Ok(()))
        })
        .await?;
        Ok(collected.into_bytes())
    }
}

/// A body so far. Most are one piece, which is taken as it is.
#[derive(Default)]
struct Collected {
    first: Bytes,
    all: BytesMut,
}

impl Collected {
    /// `rest` is what is to come after this piece.
    fn push(&mut self, piece: Bytes, rest: &SizeHint, limit: usize) -> Result<(), Cut> {
        let so_far = self.first.len() + self.all.len() + piece.len();
        let whole = so_far.saturating_add(usize::try_from(rest.lower()).unwrap_or(usize::MAX));
        if whole > limit {
            return Err(Cut::TooLarge);
        }
        if so_far == piece.len() {
            self.first = piece;
            return Ok(());
        }
        if self.all.is_empty() {
            self.all.reserve(whole);
            self.all.extend_from_slice(&std::mem::take(&mut self.first));
        }
        self.all.extend_from_slice(&piece);
        Ok(())
    }

    fn into_bytes(self) -> Bytes {
        if self.all.is_empty() { self.first } else { self.all.freeze() }
    }
}

/// What is read at once, in bytes; a head must fit into it. The event is another block, and a decoded body a third. glibc
/// gives memory back as soon as twice the largest block is free, and each page of it costs a fault when it is needed again:
/// with hyper's own 400 KB, megabytes of base64 took five times as long.
const BUFFER: usize = 64 << 10;

/// Long enough for any host that is there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Enough of an error message, in bytes.
const SHOWN: usize = 1_024;

/// More than any Runtime API sends.
const MANY_HEADERS: usize = 4_096;

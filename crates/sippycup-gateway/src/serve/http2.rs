//! HTTP/2, which only clients get that agreed on it in the TLS handshake: no front door of AWS speaks it without TLS.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::{COOKIE, HOST};
use http::{HeaderValue, Request, Response, Uri};
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tower_service::Service;

use super::connection::Connection;
use super::{PATIENCE, Tls};
use crate::{Body, BoxError};

impl<S> Connection<S>
where
    S: Service<Request<Incoming>, Response = Response<Body>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    pub(super) async fn run_secured(mut self, stream: TcpStream, tls: &Tls) {
        let mut ending = self.lifetime.clone();
        let accepted = tokio::select! {
            accepted = tls.accept(stream) => accepted,
            () = ending.end() => return,
        };
        match accepted {
            Ok((stream, secured)) => {
                let is_http2 = secured.is_http2;
                self.secured = Some(secured);
                let io = TokioIo::new(stream);
                if is_http2 { self.http2(io).await } else { self.http1(io).await }
            }
            Err(Some(reason)) => (self.front.report)(&reason),
            Err(None) => {}
        }
    }

    async fn http2<I: Read + Write + Unpin + Send + 'static>(self, io: I) {
        let mut ending = self.lifetime.clone();
        let (busy, asked) = watch::channel(Requests::default());
        let busy = Arc::new(busy);
        let answering = service_fn(move |request| {
            let (connection, busy) = (self.clone(), Busy::new(&busy));
            async move {
                let response = connection.respond(as_of_http1(request)).await;
                drop(busy);
                response
            }
        });
        let mut connection = pin!(builder().serve_connection(io, answering));
        tokio::select! {
            // A client that goes away, or that is sent away, is no news.
            _ = &mut connection => return,
            () = ending.end() => {}
            () = quiet(asked.clone()) => {}
        }
        // Who has not even begun is not waited for: hyper would, for ever.
        if !asked.borrow().any {
            return;
        }
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}

fn builder() -> http2::Builder<TokioExecutor> {
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEADER_LIST)
        .max_pending_accept_reset_streams(RESETS)
        .max_local_error_reset_streams(RESETS)
        // Who holds back the rest of a header cannot answer it either.
        .keep_alive_interval(PATIENCE)
        .keep_alive_timeout(ANSWER);
    http
}

/// A request of HTTP/2 in the form that it has in HTTP/1.1: with a path only, a host and one line of cookies (RFC 9113, 8.2.3 and 8.3.1).
fn as_of_http1(mut request: Request<Incoming>) -> Request<Incoming> {
    if let Some(host) = request.uri().authority().map(|authority| HeaderValue::from_str(authority.as_str())) {
        debug_assert!(host.is_ok(), "a host is a header's value: {host:?}");
        host.ok().and_then(|host| request.headers_mut().insert(HOST, host));
    }
    if let Some(target) = request.uri().path_and_query().cloned() {
        *request.uri_mut() = Uri::from(target);
    }
    let cookies: Vec<&[u8]> = request.headers().get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if cookies.len() > 1
        && let Ok(joined) = HeaderValue::from_bytes(&cookies.join(&b"; "[..]))
    {
        request.headers_mut().insert(COOKIE, joined);
    }
    request
}

/// Until no request has been there for so long as HTTP/1.1 waits for the next one.
async fn quiet(mut asked: watch::Receiver<Requests>) {
    while asked.wait_for(|requests| requests.open == 0).await.is_ok() {
        tokio::select! {
            () = tokio::time::sleep(PATIENCE) => return,
            changed = asked.changed() => if changed.is_err() { break },
        }
    }
    std::future::pending().await
}

/// What a client has asked on one connection.
#[derive(Default)]
struct Requests {
    /// Those that have no response yet.
    open: usize,
    any: bool,
}

/// A request that has no response yet, also one that its client gives up.
struct Busy(Arc<watch::Sender<Requests>>);

impl Busy {
    fn new(asked: &Arc<watch::Sender<Requests>>) -> Self {
        asked.send_modify(|requests| {
            requests.open += 1;
            requests.any = true;
        });
        Self(Arc::clone(asked))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.send_modify(|requests| requests.open = requests.open.saturating_sub(1));
    }
}

/// Requests at once on one connection ("Listeners for your Application Load Balancers": "up to 128 requests in parallel").
const STREAMS: u32 = 128;

/// Bytes of a request's header, each line with 32 for itself: more than fit into the limit of any kind, whose refusal the client should get.
const HEADER_LIST: u32 = 256 << 10;

/// Streams that a client began and gave up before anybody looked at them (CVE-2023-44487), and faulty ones. Beyond it the connection ends.
const RESETS: usize = 20;

/// How long a client may take to answer whether it is there.
const ANSWER: Duration = Duration::from_secs(20);

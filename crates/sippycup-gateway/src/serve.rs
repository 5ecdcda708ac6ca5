//! Gateways and Runtime APIs on TCP listeners.

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tower_service::Service;

use crate::visitor::OverTcp;
use crate::web_socket::Lifetime;
use crate::{Answer, Body, BoxError, Gateway};

impl<F> Gateway<F>
where
    F: Service<Bytes> + Clone + Send + 'static,
    F::Response: Into<Answer> + Send,
    F::Error: Into<BoxError>,
    F::Future: Send,
{
    /// Serves HTTP/1.1 on a listener until `shutdown` resolves; then takes no new connection and lets the open ones finish, for ten seconds at most.
    ///
    /// ```no_run
    /// use bytes::Bytes;
    /// use sippycup_gateway::{Gateway, Kind};
    /// use tower::service_fn;
    ///
    /// # async fn run() -> Result<(), sippycup_gateway::BoxError> {
    /// let function = service_fn(async |_event: Bytes| Ok::<_, std::io::Error>(Bytes::from_static(b"\"hello\"")));
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:9000").await?;
    /// Gateway::builder(Kind::HttpApiV2).build(function)?.serve(listener, std::future::pending()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the listener breaks. A connection that breaks is no error of the listener.
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> io::Result<()> {
        // API Gateway writes the names of an HTTP API's headers like this over HTTP/1.1; `http` cannot carry the spelling.
        let title_case = self.kind().is_http_api();
        serve(listener, self, front(title_case), Arc::new(|_| {}), shutdown).await
    }
}

/// Serves any service of requests on a TCP listener, as [`Gateway::serve`] serves a gateway: [`Gateways`](crate::Gateways), or a gateway inside of middleware.
///
/// ```no_run
/// use bytes::Bytes;
/// use sippycup_gateway::{Gateway, Gateways, Kind, Server};
/// use tower::service_fn;
///
/// # async fn run() -> Result<(), sippycup_gateway::BoxError> {
/// let function = service_fn(async |_event: Bytes| Ok::<_, std::io::Error>(Bytes::from_static(b"\"hello\"")));
/// let gateways = Gateways::new(Gateway::builder(Kind::LoadBalancer).build(function)?)
///     .and(Gateway::builder(Kind::HttpApiV2).stage("dev").build(function)?);
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:9000").await?;
/// Server::new().serve(listener, gateways, std::future::pending()).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Server {
    title_case: bool,
    report: Arc<dyn Fn(&str) + Send + Sync>,
}

impl Server {
    /// A server with names of headers in lower case.
    pub fn new() -> Self {
        Self { title_case: false, report: Arc::new(|_| {}) }
    }

    /// Writes `Content-Type` instead of `content-type`, as the servers of HTTP APIs do; default no.
    pub fn title_case_headers(mut self, title_case: bool) -> Self {
        self.title_case = title_case;
        self
    }

    /// What is done with lines about connections on which no HTTP/1.1 came, and which got 400 or 431 without any service; default nothing.
    pub fn report(mut self, report: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.report = Arc::new(report);
        self
    }

    /// Serves HTTP/1.1 until `shutdown` resolves; then takes no new connection and lets the open ones finish, for ten seconds at most. The client's `SocketAddr` is in the
    /// extensions of each request.
    ///
    /// # Errors
    ///
    /// If the listener breaks. A connection that breaks is no error of the listener.
    pub async fn serve<S>(self, listener: TcpListener, service: S, shutdown: impl Future<Output = ()>) -> io::Result<()>
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
        S::Future: Send,
    {
        serve(listener, Boxed(service), front(self.title_case), self.report, shutdown).await
    }
}

impl Default for Server {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("title_case", &self.title_case).finish_non_exhaustive()
    }
}

/// A service of requests whose bodies are those of this crate, as one of hyper's requests.
#[derive(Clone)]
struct Boxed<S>(S);

impl<S: Service<Request<Body>>> Service<Request<Incoming>> for Boxed<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Incoming>) -> S::Future {
        self.0.call(request.map(Body::new))
    }
}

/// How a front door speaks HTTP. Who takes long to ask loses the connection.
fn front(title_case: bool) -> http1::Builder {
    let mut http = http1::Builder::new();
    // AWS counts the bytes of headers, and not the headers.
    http.title_case_headers(title_case).max_headers(HEADERS).timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    http
}

/// Serves any service of requests. The peer's address travels in the extensions. An error of the service closes the connection.
pub(crate) async fn serve<S>(
    listener: TcpListener,
    service: S,
    http: http1::Builder,
    report: Arc<dyn Fn(&str) + Send + Sync>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()>
where
    S: Service<Request<Incoming>, Response = Response<Body>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    let (end, ending) = watch::channel(false);
    let (alive, mut lives) = mpsc::channel(1);
    let lifetime = Lifetime::new(ending, alive);
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, peer) = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) if is_of_one_connection(&error) => continue,
                Err(error) if is_exhaustion(&error) => {
                    // Descriptors come back when connections end; asking at once again would spin.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
                Err(error) => return Err(error),
            },
        };
        // An event stream must not wait for a full segment.
        let _ = stream.set_nodelay(true);
        let (service, lifetime, held) = (service.clone(), lifetime.clone(), lifetime.clone());
        let respond = move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(lifetime.clone());
            respond(service.clone(), peer, request)
        };
        let connection = http.serve_connection(TokioIo::new(stream), service_fn(respond)).with_upgrades();
        let (report, mut held) = (Arc::clone(&report), held);
        tokio::spawn(async move {
            let mut connection = pin!(connection);
            let served = tokio::select! {
                served = &mut connection => served,
                () = held.end() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            // A client that goes away in between is no news.
            if let Err(error) = served
                && error.is_parse()
            {
                report(&format!("a client was refused, what it sent is no HTTP/1.1 without TLS: {error}"));
            }
        });
    }
    drop(listener);
    let _ = end.send(true);
    drop(lifetime);
    // Nobody sends anything: the channel ends with the last connection, those of WebSocket APIs too.
    let _ = tokio::time::timeout(GRACE, lives.recv()).await;
    Ok(())
}

async fn respond<S>(
    mut service: S,
    peer: SocketAddr,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, S::Error>
where
    S: Service<Request<Incoming>, Response = Response<Body>>,
{
    request.extensions_mut().insert(peer);
    request.extensions_mut().insert(OverTcp);
    poll_fn(|cx| service.poll_ready(cx)).await?;
    service.call(request).await
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    )
}

/// EMFILE and ENFILE have no kind of their own.
fn is_exhaustion(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(23 | 24))
}

/// How long a connection may take to send the head of a request, also of its next one.
const PATIENCE: Duration = Duration::from_secs(30);

/// More than fit into the limits of any kind that has one by the bytes.
const HEADERS: usize = 4096;

const GRACE: Duration = Duration::from_secs(10);

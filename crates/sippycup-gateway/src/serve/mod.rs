//! Gateways and Runtime APIs on TCP listeners: `connection` is one of them, `http2` and `tls` what it may speak, `breaking` a response that may fail on its way.

mod breaking;
#[cfg(feature = "tls")]
mod certificate;
mod connection;
#[cfg(feature = "tls")]
mod http2;
#[cfg(feature = "tls")]
mod tls;

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioTimer;
use tokio::net::TcpListener;
use tower_service::Service;

pub(crate) use connection::{Front, serve};
#[cfg(feature = "tls")]
pub use tls::Tls;

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
        serve(listener, self, Front::new(front(title_case), Arc::new(|_| {})), shutdown).await
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
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
}

impl Server {
    /// A server with names of headers in lower case.
    pub fn new() -> Self {
        Self {
            title_case: false,
            report: Arc::new(|_| {}),
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    /// Writes `Content-Type` instead of `content-type`, as the servers of HTTP APIs do; default no.
    pub fn title_case_headers(mut self, title_case: bool) -> Self {
        self.title_case = title_case;
        self
    }

    /// Speaks TLS, and nothing else: HTTP/2 and HTTP/1.1, as clients choose in the handshake; default HTTP/1.1 without TLS.
    ///
    /// A connection of HTTP/2 takes 128 requests at the same time. A handshake may take 10 s; a request without TLS gets 400.
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// What is done with lines about connections on which no HTTP came, and which got 400 or 431 without any service; default nothing.
    pub fn report(mut self, report: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.report = Arc::new(report);
        self
    }

    /// Serves HTTP/1.1, or with TLS HTTP/2 too, until `shutdown` resolves; then takes no new connection and lets the open ones finish, for ten seconds at most. The client's `SocketAddr` is in the
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
        let front = Front {
            #[cfg(feature = "tls")]
            tls: self.tls,
            ..Front::new(front(self.title_case), self.report)
        };
        serve(listener, Boxed(service), front, shutdown).await
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

/// How long a connection may take to send the head of a request, also of its next one.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// More than fit into the limits of any kind that has one by the bytes.
const HEADERS: usize = 4096;

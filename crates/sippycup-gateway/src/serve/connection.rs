//! A listener, and each of its connections until it ends.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tower_service::Service;

use super::breaking::Breaking;
use crate::request::OverTcp;
use crate::web_socket::Lifetime;
use crate::{Body, BoxError};

/// How a listener speaks, and who is told of clients that speak otherwise.
pub(crate) struct Front {
    pub(crate) http1: http1::Builder,
    pub(crate) report: Arc<dyn Fn(&str) + Send + Sync>,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<super::Tls>,
}

impl Front {
    /// One without TLS.
    pub(crate) fn new(http1: http1::Builder, report: Arc<dyn Fn(&str) + Send + Sync>) -> Self {
        Self {
            http1,
            report,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }
}

/// Serves any service of requests. The peer's address travels in the extensions. An error of the service closes the connection.
pub(crate) async fn serve<S>(
    listener: TcpListener,
    service: S,
    front: Front,
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
    let front = Arc::new(front);
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
        let connection = Connection {
            service: service.clone(),
            peer,
            front: Arc::clone(&front),
            lifetime: lifetime.clone(),
            #[cfg(feature = "tls")]
            secured: None,
        };
        tokio::spawn(connection.run(stream));
    }
    drop(listener);
    let _ = end.send(true);
    drop(lifetime);
    // Nobody sends anything: the channel ends with the last connection, those of WebSocket APIs too.
    let _ = tokio::time::timeout(GRACE, lives.recv()).await;
    Ok(())
}

/// One connection, and what its requests bring along.
#[derive(Clone)]
pub(super) struct Connection<S> {
    pub(super) service: S,
    peer: SocketAddr,
    pub(super) front: Arc<Front>,
    pub(super) lifetime: Lifetime,
    #[cfg(feature = "tls")]
    pub(super) secured: Option<crate::request::Secured>,
}

impl<S> Connection<S>
where
    S: Service<Request<Incoming>, Response = Response<Body>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    async fn run(self, stream: TcpStream) {
        #[cfg(feature = "tls")]
        if let Some(tls) = self.front.tls.clone() {
            return self.run_secured(stream, &tls).await;
        }
        self.http1(TokioIo::new(stream)).await;
    }

    pub(super) async fn http1<I: Read + Write + Unpin + Send + 'static>(self, io: I) {
        let (front, mut ending) = (Arc::clone(&self.front), self.lifetime.clone());
        let answering = service_fn(move |request| self.clone().respond(request));
        let mut connection = pin!(front.http1.serve_connection(io, answering).with_upgrades());
        let served = tokio::select! {
            served = &mut connection => served,
            () = ending.end() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        // A client that goes away in between is no news.
        if let Err(error) = served
            && error.is_parse()
        {
            let spoken = if front.is_secured() { "HTTP" } else { "HTTP/1.1 without TLS" };
            (front.report)(&format!("a client was refused, what it sent is no {spoken}: {error}"));
        }
    }

    pub(super) async fn respond(mut self, mut request: Request<Incoming>) -> Result<Response<Breaking>, S::Error> {
        let extensions = request.extensions_mut();
        extensions.insert(self.lifetime);
        extensions.insert(self.peer);
        extensions.insert(OverTcp);
        #[cfg(feature = "tls")]
        if let Some(secured) = self.secured {
            extensions.insert(secured);
        }
        poll_fn(|cx| self.service.poll_ready(cx)).await?;
        let response = self.service.call(request).await?;
        Ok(response.map(Breaking::new))
    }
}

impl Front {
    #[cfg(feature = "tls")]
    const fn is_secured(&self) -> bool {
        self.tls.is_some()
    }

    #[cfg(not(feature = "tls"))]
    #[expect(clippy::unused_self, reason = "with TLS it is asked")]
    const fn is_secured(&self) -> bool {
        false
    }
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

const GRACE: Duration = Duration::from_secs(10);

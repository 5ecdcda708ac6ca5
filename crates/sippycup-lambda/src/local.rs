//! The app on this machine, when there is no Lambda around it.

use std::{
    env,
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
};

use http_body::Body as HttpBody;
use http_body_util::BodyExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use sippycup_core::ClientIp;
use sippycup_layer::{Body, BoxError};
use tokio::net::TcpListener;
use tower_service::Service;

/// Serves the app over plain HTTP on 127.0.0.1, port `PORT` or 9000, until the process ends.
pub(crate) async fn serve<S, B>(app: S) -> Result<(), BoxError>
where
    S: Service<http::Request<Body>, Response = http::Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: HttpBody + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    let port = match env::var("PORT") {
        Ok(port) => port.parse().map_err(|_| "expected a port number from 0 to 65535 in `PORT`")?,
        Err(_) => 9000,
    };
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener =
        TcpListener::bind(address).await.map_err(|error| format!("cannot listen on {address}: {error}; set `PORT`"))?;
    // Nobody may be reading; that is no reason to stop.
    let _ = writeln!(io::stderr(), "not on Lambda; serving on http://{}", listener.local_addr()?);
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            // A client that went away, or too many open files for now: the others are still there.
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::task::yield_now().await;
                continue;
            }
        };
        let app = app.clone();
        let service = service_fn(move |request| answer(app.clone(), peer, request));
        tokio::spawn(async move {
            if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
                tracing::debug!(%error, "connection failed");
            }
        });
    }
}

async fn answer<S, B>(
    mut app: S,
    peer: SocketAddr,
    request: http::Request<Incoming>,
) -> Result<http::Response<B>, BoxError>
where
    S: Service<http::Request<Body>, Response = http::Response<B>>,
    S::Error: Into<BoxError>,
{
    let (parts, body) = request.into_parts();
    let mut request = http::Request::from_parts(parts, Body::new(body.collect().await?.to_bytes()));
    request.extensions_mut().insert(ClientIp::new(peer.ip()));
    #[cfg(feature = "axum")]
    request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
    std::future::poll_fn(|cx| app.poll_ready(cx)).await.map_err(Into::into)?;
    app.call(request).await.map_err(Into::into)
}

//! The app on this machine, when there is no Lambda around it: behind a gateway in the same process, which
//! writes real events and reads real answers.

use std::{
    env, future,
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
};

use bytes::Bytes;
use sippycup_core::ProxyEvent;
use sippycup_gateway::{Answer, Gateway, GatewayBuilder, Kind};
use sippycup_layer::{BoxError, Streaming};
use tokio::net::TcpListener;
use tower_service::Service;

use crate::streaming::Streamed;

/// Serves the function on 127.0.0.1, port `PORT` or 9000, until the process ends.
///
/// The gateway is the given one, else what `SIPPYCUP_GATEWAY` describes, else of the default kind.
pub(crate) async fn serve<F>(gateway: Option<GatewayBuilder>, default: Kind, function: F) -> Result<(), BoxError>
where
    F: Service<Bytes> + Clone + Send + 'static,
    F::Response: Into<Answer> + Send,
    F::Error: Into<BoxError>,
    F::Future: Send,
{
    let listener = listen().await?;
    let address = listener.local_addr()?;
    let gateway = match (gateway, env::var("SIPPYCUP_GATEWAY")) {
        (Some(gateway), _) => gateway,
        (None, Ok(text)) => text.parse().map_err(|error| format!("SIPPYCUP_GATEWAY: {error}"))?,
        // A function that streams is behind something that lets it.
        (None, Err(_)) => Gateway::builder(default).response_streaming(default == Kind::FunctionUrl),
    };
    // Absolute links that the app makes of its public URI lead back here, where nobody speaks TLS.
    let gateway = gateway.forwarded("http", address.port()).build(function)?;
    let (kind, base) = (gateway.kind(), gateway.base_path());
    let url = format!("http://{address}{base}/");
    // Nobody may be reading; that is no reason to stop.
    let _ = writeln!(io::stderr(), "not on Lambda; serving behind a local gateway ({kind})\n\n    curl -i {url}\n");
    gateway.serve(listener, future::pending()).await?;
    Ok(())
}

async fn listen() -> Result<TcpListener, BoxError> {
    let port = match env::var("PORT") {
        Ok(port) => port.parse().map_err(|_| "expected a port number from 0 to 65535 in `PORT`")?,
        Err(_) => 9000,
    };
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| format!("cannot listen on {address}: {error}; set `PORT`").into())
}

/// A streaming app as a function: event JSON in, a stream out.
#[derive(Clone)]
pub(crate) struct StreamingFunction<S>(pub(crate) Streaming<S>);

impl<S, B> Service<Bytes> for StreamingFunction<S>
where
    Streaming<S>: Service<ProxyEvent, Response = sippycup_layer::StreamedResponse<B>, Error = sippycup_layer::Error>,
    <Streaming<S> as Service<ProxyEvent>>::Future: Send + 'static,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    type Response = Answer;
    type Error = BoxError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Answer, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, event: Bytes) -> Self::Future {
        let called = ProxyEvent::from_bytes(event).map(|event| self.0.call(event));
        Box::pin(async move { Ok(Answer::streaming(Streamed::new(called?.await?), true)) })
    }
}

//! The client's end of a connection, in process.

use bytes::Bytes;
use http::header::{CONNECTION, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::{HeaderValue, Request, Response};
use tower_service::Service;

use super::api::{Api, KIND};
use super::exchange::Log;
use super::handshake::{Handshake, opening};
use super::wire::{Carrier, Closing, Incoming, Outgoing};
use crate::gateway::invoke::Invoke;
use crate::refusal::{Refusal, Refused};
use crate::{Answer, Body, BoxError, Fault, Gateway, Gateways, Kind};

/// The client's end of a connection to a WebSocket API, without a port: made by [`Gateway::connect`]. If it is dropped, the client has gone without closing the connection.
///
/// ```
/// use bytes::Bytes;
/// use http::Request;
/// use sippycup_gateway::{BoxError, Gateway, Kind};
/// use tower::service_fn;
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let function = service_fn(async |_event: Bytes| Ok::<_, BoxError>(Bytes::from_static(br#"{"statusCode": 200, "body": "hello"}"#)));
/// let gateway = Gateway::builder(Kind::WebSocketApi).route("$default").route_response("$default").build(function)?;
/// let mut socket = gateway.connect(Request::get("/prod").body(())?).await.expect("a connection");
/// socket.send("anybody?").await?;
/// assert_eq!(socket.next().await.as_deref(), Some("hello"));
/// # Ok::<(), BoxError>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct Socket {
    id: String,
    protocol: Option<String>,
    carrier: Carrier,
    closed: Option<Closing>,
}

impl Socket {
    /// The id of the connection, as events have it: with it a test asks for `/@connections/{id}`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The subprotocol that `$connect` chose.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    /// Sends a message of text.
    ///
    /// # Errors
    ///
    /// If the connection is closed.
    pub async fn send(&mut self, text: impl Into<String>) -> Result<(), Fault> {
        self.give(Incoming::Text(text.into())).await
    }

    /// Sends a message of bytes, which API Gateway closes the connection for.
    ///
    /// # Errors
    ///
    /// If the connection is closed.
    pub async fn send_binary(&mut self, bytes: impl Into<Bytes>) -> Result<(), Fault> {
        self.give(Incoming::Binary(bytes.into())).await
    }

    /// Sends a ping.
    ///
    /// # Errors
    ///
    /// If the connection is closed.
    pub async fn ping(&mut self) -> Result<(), Fault> {
        self.give(Incoming::Alive).await
    }

    /// The next message; `None` when the connection is closed. It may be given up and called again without loss.
    pub async fn next(&mut self) -> Option<String> {
        match self.carrier.outgoing.recv().await? {
            Outgoing::Text(text) => Some(text),
            Outgoing::Close(closing) => {
                self.closed = Some(closing);
                None
            }
        }
    }

    /// The code and the reason with which the gateway closed the connection, once [`next`](Self::next) has come to the end.
    #[must_use]
    pub fn closed(&self) -> Option<(u16, &str)> {
        self.closed.as_ref().map(|closing| (closing.code, closing.reason.as_str()))
    }

    /// Closes the connection, with a code and a reason if they are given, and waits until the gateway has heard it.
    pub async fn close(self, said: Option<(u16, &str)>) {
        let closing = said.map(|(code, reason)| Closing::new(code, reason));
        let _ = self.carrier.incoming.send(Incoming::Closed(closing)).await;
        self.carrier.incoming.closed().await;
    }

    async fn give(&mut self, incoming: Incoming) -> Result<(), Fault> {
        self.carrier.incoming.send(incoming).await.map_err(|_| Fault::new("the connection is closed"))
    }
}

impl<F> Gateway<F>
where
    F: Service<Bytes> + Clone + Send + 'static,
    F::Response: Into<Answer> + Send,
    F::Error: Into<BoxError>,
    F::Future: Send,
{
    /// Opens a connection to a WebSocket API, without a port. What a client adds by itself to a handshake need not stand in the request.
    ///
    /// # Errors
    ///
    /// The response that refuses the handshake: what `$connect` said, or the gateway's own words, with a [`Fault`] in its extensions.
    pub async fn connect<B>(&self, request: Request<B>) -> Result<Socket, Box<Response<Body>>> {
        connect(Api::new(self.clone(), Vec::new()), request).await
    }
}

impl<F> Gateways<F>
where
    F: Service<Bytes> + Clone + Send + 'static,
    F::Response: Into<Answer> + Send,
    F::Error: Into<BoxError>,
    F::Future: Send,
{
    /// Opens a connection to the WebSocket API that a request is meant for, as [`Gateway::connect`] does.
    ///
    /// # Errors
    ///
    /// The response that refuses the handshake.
    pub async fn connect<B>(&self, request: Request<B>) -> Result<Socket, Box<Response<Body>>> {
        connect(self.api(&request), request).await
    }
}

async fn connect<F: Invoke, B>(api: Api<F>, request: Request<B>) -> Result<Socket, Box<Response<Body>>> {
    let refused = |refused: &Refused| Box::new(refused.response(KIND));
    if api.config().kind() != Kind::WebSocketApi {
        let kind = api.config().kind();
        let reason = format!("{} has no connections: a WebSocket API has", kind.name());
        return Err(Box::new(Refused::new(Refusal::NoStage, reason).response(kind)));
    }
    let (mut parts, _) = request.into_parts();
    let exchange = api.config().observer.begin(&parts);
    for (name, value) in [
        (CONNECTION, "upgrade"),
        (UPGRADE, "websocket"),
        (SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ=="),
        (SEC_WEBSOCKET_VERSION, "13"),
    ] {
        parts.headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    let accepted = api.arrive(&mut parts).map_err(|e| refused(&e))?;
    let handshake = Handshake::read(&parts).map_err(|e| refused(&e))?;
    let gateway = api.route("$connect").map(|(gateway, _)| gateway.clone());
    let opening = opening(api.config(), gateway, &parts, &accepted, &exchange).await.map_err(|e| refused(&e))?;
    let connected = handshake.connect(opening, &exchange).await.map_err(|e| refused(&e))?.map_err(Box::new)?;
    // Nobody reads a response that is none.
    drop(exchange.response(connected.response()));
    let id = connected.open.known.id.clone();
    let protocol = connected.protocol.as_ref().and_then(|name| name.to_str().ok()).map(str::to_owned);
    let (live, carrier) = connected.live(
        api,
        Log::of(&parts.extensions),
        #[cfg(feature = "serve")]
        None,
    );
    tokio::spawn(live);
    Ok(Socket { id, protocol, carrier, closed: None })
}

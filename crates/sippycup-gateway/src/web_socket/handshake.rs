//! From a handshake to a connection: `$connect` decides.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_LENGTH, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, UPGRADE,
};
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode};

use super::answer::Answered;
use super::api::{Api, asks_to_upgrade};
use super::connection::Live;
use super::connections::Open;
use super::exchange::Log;
use super::known::Known;
use super::observe::{Connection, ConnectionStep, Observer};
use super::wire::{Carrier, Wire, wire};
use crate::config::Config;
use crate::encode::web_socket;
use crate::gateway::invoke::{Invoke, ask};
use crate::observe::Exchange;
use crate::refusal::{Refusal, Refused};
use crate::request::{Accepted, Call, Passed};
use crate::stamp::Stamp;
use crate::{Body, Gateway, Sizes};

/// A request that is a handshake.
#[derive(Debug)]
pub(super) struct Handshake {
    accept: String,
}

/// A connection that `$connect` has let in.
#[derive(Debug)]
pub(super) struct Connected {
    accept: String,
    pub(super) protocol: Option<HeaderValue>,
    pub(super) open: Arc<Open>,
    wire: Wire,
    carrier: Carrier,
    sizes: Option<Sizes>,
    exchange: Option<u64>,
}

impl Handshake {
    pub(super) fn read(parts: &Parts) -> Result<Self, Refused> {
        if !asks_to_upgrade(parts) {
            let reason = "a WebSocket API takes handshakes (`Upgrade: websocket`) and calls of `/@connections/{id}`";
            return Err(Refused::new(Refusal::NoStage, reason));
        }
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let (version, key) = (header("sec-websocket-version"), header(SEC_WEBSOCKET_KEY.as_str()));
        match (version, key) {
            (Some("13"), Some(key)) if key.len() == 24 => Ok(Self { accept: accept(key) }),
            _ => Err(Refused::new(
                Refusal::BadRequest,
                "the handshake is malformed: expected `Sec-WebSocket-Version: 13` and a `Sec-WebSocket-Key` of 24 characters",
            )),
        }
    }

    /// Asks `$connect`, if the API has such a route. The inner error is its refusal.
    pub(super) async fn connect<F: Invoke>(
        self,
        opening: Opening<F>,
        exchange: &Exchange,
    ) -> Result<Result<Connected, Response<Body>>, Refused> {
        let Opening { known, event, gateway, stamp, observer } = opening;
        let (mut sizes, mut protocol) = (None, None);
        if let Some(gateway) = gateway {
            let mut told = Sizes::of_event(event.len());
            let answer =
                ask(gateway, exchange, event).await.map_err(|reason| Refused::new(Refusal::FunctionFailed, reason))?;
            told.answered(&answer);
            let answered = Answered::read(&answer).map_err(Refused::malformed)?;
            if !answered.status.is_success() {
                return Ok(Err(refused(answered.status, told)));
            }
            sizes = Some(told);
            protocol = answered.protocol.and_then(|name| HeaderValue::from_str(&name).ok());
        }
        let (wire, carrier) = wire();
        let open = Arc::new(Open::new(known, wire.outgoing.clone(), stamp, observer));
        Ok(Ok(Connected { accept: self.accept, protocol, open, wire, carrier, sizes, exchange: exchange.id() }))
    }
}

impl Connected {
    /// Of a handshake that is over.
    pub(super) fn response(&self) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        if let Ok(accept) = HeaderValue::from_str(&self.accept) {
            headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
        }
        if let Some(protocol) = &self.protocol {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, protocol.clone());
        }
        if let Some(sizes) = self.sizes {
            response.extensions_mut().insert(sizes);
        }
        response
    }

    /// The connection's life, from now on there for whoever posts to it, and the end that its carrier has.
    pub(super) fn live<F: Invoke>(
        self,
        api: Api<F>,
        log: Log,
        #[cfg(feature = "serve")] lifetime: Option<super::Lifetime>,
    ) -> (impl Future<Output = ()> + Send + 'static, Carrier) {
        let protocol = self.protocol.as_ref().and_then(|name| name.to_str().ok()).map(str::to_owned);
        let incoming = self.carrier.incoming.downgrade();
        let connection = Connection::new(Arc::clone(&self.open.known), protocol, self.exchange, incoming);
        self.open.observer.tell(ConnectionStep::Opened(&connection));
        api.config().web_socket.connections.insert(Arc::clone(&self.open));
        let live = Live::new(
            api,
            self.open,
            log,
            #[cfg(feature = "serve")]
            lifetime,
        );
        (live.run(self.wire), self.carrier)
    }
}

/// What is needed to ask, found out without waiting.
pub(super) struct Opening<F> {
    known: Known,
    event: Bytes,
    gateway: Option<Gateway<F>>,
    stamp: Stamp,
    observer: Observer,
}

/// Asks the authorizer, if there is one, and writes the event of `$connect`.
pub(super) async fn opening<F>(
    config: &Config,
    gateway: Option<Gateway<F>>,
    parts: &Parts,
    accepted: &Accepted,
    exchange: &Exchange,
) -> Result<Opening<F>, Refused> {
    let stamp = config.stamper.stamp();
    let (body, unknown, mut passed) = (&Bytes::new(), &Passed::default(), Passed::default());
    let call = Call { front: &config.front, parts, accepted, body, passed: unknown, stamp: &stamp };
    config.admission.admit(&call, &mut passed, exchange).await?;
    let call = Call { passed: &passed, ..call };
    let known = web_socket::known(&call);
    let event = web_socket::written(web_socket::connect(&call, &known));
    let observer = config.web_socket.observer.clone();
    Ok(Opening { known, event, gateway, stamp, observer })
}

/// `$connect` said no. Of its answer only the status reaches the client.
fn refused(status: StatusCode, sizes: Sizes) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    response.extensions_mut().insert(sizes);
    response
}

/// What proves that a handshake was understood (RFC 6455, 4.2.2).
#[cfg(feature = "serve")]
fn accept(key: &str) -> String {
    tokio_tungstenite::tungstenite::handshake::derive_accept_key(key.as_bytes())
}

/// In process nobody reads it.
#[cfg(not(feature = "serve"))]
fn accept(_: &str) -> String {
    String::new()
}

//! Somebody who looks on while messages pass through connections.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::known::Known;
use super::wire::Incoming;
use crate::Fault;

/// What happens to the connections of a WebSocket API, as told to [`GatewayBuilder::connection_observer`](crate::GatewayBuilder::connection_observer).
///
/// The steps of one connection come in their order: [`Opened`](Self::Opened) is the first one. Of a connection that has [`Closed`](Self::Closed), a message that was on its
/// way can still be told.
///
/// ```
/// use std::sync::{Arc, Mutex};
///
/// use bytes::Bytes;
/// use http::Request;
/// use sippycup_gateway::{BoxError, ConnectionStep, Gateway, Kind};
/// use tower::service_fn;
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let opened = Arc::new(Mutex::new(None));
/// let told = Arc::clone(&opened);
/// let function = service_fn(async |_event: Bytes| Ok::<_, BoxError>(Bytes::from_static(br#"{"statusCode": 200, "body": "hello"}"#)));
/// let gateway = Gateway::builder(Kind::WebSocketApi)
///     .route("$default")
///     .route_response("$default")
///     .connection_observer(move |step| {
///         if let ConnectionStep::Opened(connection) = step {
///             *told.lock().unwrap() = Some(connection.clone());
///         }
///     })
///     .build(function)?;
/// let mut socket = gateway.connect(Request::get("/prod").body(())?).await.expect("a connection");
/// let connection = opened.lock().unwrap().clone().expect("it was told");
/// assert_eq!(connection.id(), socket.id());
/// // As if the client had sent it.
/// connection.receive("anybody?").await?;
/// assert_eq!(socket.next().await.as_deref(), Some("hello"));
/// # Ok::<(), BoxError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ConnectionStep<'a> {
    /// A client was let in.
    Opened(&'a Connection),
    /// A message of the client has come.
    Received {
        /// The id of the connection.
        connection: &'a str,
        /// The message.
        text: &'a str,
        /// The key of the route that has got it; `None` if there is none for it.
        route: Option<&'a str>,
        /// The number of its exchange, as a [`Step`](crate::Step) has it, if the gateway of the route has an observer.
        exchange: Option<u64>,
    },
    /// A message is on its way to the client.
    Sent {
        /// The id of the connection.
        connection: &'a str,
        /// The message.
        text: &'a str,
        /// Who sends it.
        by: SentBy,
    },
    /// The connection is over.
    Closed {
        /// The id of the connection.
        connection: &'a str,
        /// The code that `$disconnect` is told.
        code: u16,
        /// The reason that `$disconnect` is told.
        reason: &'a str,
    },
}

/// Who sends a message to a client.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SentBy {
    /// A call of `/@connections/{id}`.
    Call,
    /// The function, in its answer to a message of a route that has a route response.
    Answer,
    /// API Gateway in its own words.
    Gateway,
}

/// A connection, as an observer gets it. It does not keep the connection open.
///
/// In the extensions of a request for `/@connections/{id}` it stands for a signature: no client can put it there.
#[derive(Clone, Debug)]
pub struct Connection {
    known: Arc<Known>,
    protocol: Option<String>,
    exchange: Option<u64>,
    incoming: mpsc::WeakSender<Incoming>,
}

impl Connection {
    pub(super) const fn new(
        known: Arc<Known>,
        protocol: Option<String>,
        exchange: Option<u64>,
        incoming: mpsc::WeakSender<Incoming>,
    ) -> Self {
        Self { known, protocol, exchange, incoming }
    }

    /// The id, as events have it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.known.id
    }

    /// The host name that events show.
    #[must_use]
    pub fn domain_name(&self) -> &str {
        &self.known.domain_name
    }

    /// The address of the client.
    #[must_use]
    pub fn source_ip(&self) -> IpAddr {
        self.known.source_ip
    }

    /// `User-Agent` of the handshake.
    #[must_use]
    pub fn user_agent(&self) -> Option<&str> {
        self.known.user_agent.as_deref()
    }

    /// The subprotocol that `$connect` chose.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    /// The number of the handshake's exchange, as a [`Step`](crate::Step) has it, if the gateway has an observer.
    #[must_use]
    pub const fn exchange(&self) -> Option<u64> {
        self.exchange
    }

    /// Takes a message of text as if the client had sent it.
    ///
    /// # Errors
    ///
    /// If the connection is closed.
    pub async fn receive(&self, text: impl Into<String>) -> Result<(), Fault> {
        let closed = || Fault::new("the connection is closed");
        let incoming = self.incoming.upgrade().ok_or_else(closed)?;
        incoming.send(Incoming::Text(text.into())).await.map_err(|_| closed())
    }
}

/// Who is told. Nothing is done for nobody.
#[derive(Clone, Default)]
pub(crate) struct Observer {
    told: Option<Arc<dyn Told>>,
}

trait Told: Fn(ConnectionStep<'_>) + Send + Sync {}

impl<F: Fn(ConnectionStep<'_>) + Send + Sync> Told for F {}

impl Observer {
    pub(crate) fn new(told: impl Fn(ConnectionStep<'_>) + Send + Sync + 'static) -> Self {
        Self { told: Some(Arc::new(told)) }
    }

    pub(super) fn tell(&self, step: ConnectionStep<'_>) {
        if let Some(told) = &self.told {
            told(step);
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").field("looks", &self.told.is_some()).finish()
    }
}

//! What passes between a connection and its carrier.

use bytes::Bytes;
use tokio::sync::mpsc;
#[cfg(feature = "serve")]
use tokio::sync::watch;

/// One end of a connection, as the gateway has it.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) incoming: mpsc::Receiver<Incoming>,
    pub(super) outgoing: mpsc::Sender<Outgoing>,
}

/// The other end, as the carrier has it.
#[derive(Debug)]
pub(super) struct Carrier {
    pub(super) incoming: mpsc::Sender<Incoming>,
    pub(super) outgoing: mpsc::Receiver<Outgoing>,
}

/// What a client does.
#[derive(Debug)]
#[cfg_attr(not(feature = "serve"), expect(dead_code, reason = "in process there are no frames that can be wrong"))]
pub(super) enum Incoming {
    Text(String),
    Binary(Bytes),
    /// A ping or a pong: nothing to do, but the connection is used.
    Alive,
    /// A frame or a message beyond the limit.
    TooLarge(String),
    /// What is no WebSocket frame, or text that is no UTF-8.
    Malformed(u16, String),
    Closed(Option<Closing>),
}

/// What a client gets.
#[derive(Debug)]
pub(super) enum Outgoing {
    Text(String),
    /// The last one.
    Close(Closing),
}

/// Code and reason of a close frame.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Closing {
    pub(super) code: u16,
    pub(super) reason: String,
}

impl Closing {
    pub(super) fn new(code: u16, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }
}

pub(super) fn wire() -> (Wire, Carrier) {
    let (to_gateway, incoming) = mpsc::channel(1);
    let (outgoing, to_client) = mpsc::channel(BUFFERED);
    (Wire { incoming, outgoing }, Carrier { incoming: to_gateway, outgoing: to_client })
}

/// The server that a connection came through, which waits for its connections as it ends.
#[cfg(feature = "serve")]
#[derive(Clone, Debug)]
pub(crate) struct Lifetime {
    ending: watch::Receiver<bool>,
    /// The server waits until all copies are gone.
    _alive: mpsc::Sender<()>,
}

#[cfg(feature = "serve")]
impl Lifetime {
    pub(crate) const fn new(ending: watch::Receiver<bool>, alive: mpsc::Sender<()>) -> Self {
        Self { ending, _alive: alive }
    }

    /// Waits until the server ends.
    pub(crate) async fn end(&mut self) {
        let _ = self.ending.wait_for(|ending| *ending).await;
    }
}

/// So many messages wait for a client that does not read.
const BUFFERED: usize = 64;

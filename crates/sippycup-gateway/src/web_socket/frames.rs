//! Frames: a connection over a socket that a handshake has left open.
//!
//! They are those of tokio-tungstenite, as axum's and warp's: it is maintained, knows no `unsafe`, limits frames and messages apart as API Gateway does, and writes a
//! message in several frames. fastwebsockets is faster, which does not matter here, and has seen little care of late.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::wire::{Carrier, Closing, Incoming, Outgoing};
use crate::config::Config;

/// The largest frame and message, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    frame: usize,
    message: usize,
}

impl Limits {
    pub(super) const fn of(config: &Config) -> Self {
        Self { frame: config.web_socket.frame_limit, message: config.web_socket.message_limit }
    }
}

/// Carries messages between the socket and the connection, until either ends.
pub(super) async fn carry(upgrade: OnUpgrade, carrier: Carrier, limits: Limits) {
    // A client that has gone before: the connection learns it from the end of its channel.
    let Ok(upgraded) = upgrade.await else { return };
    let config = WebSocketConfig::default().max_frame_size(Some(limits.frame)).max_message_size(Some(limits.message));
    let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
    let (mut sink, mut stream) = socket.split();
    let Carrier { incoming, mut outgoing } = carrier;
    let read = async move {
        while let Some(read) = stream.next().await {
            let (received, is_last) = received(read);
            let Some(received) = received else { continue };
            if incoming.send(received).await.is_err() || is_last {
                break;
            }
        }
        drop(incoming);
        // The answer to a close frame is the end of the stream.
        let rest = async { while let Some(Ok(_)) = stream.next().await {} };
        let _ = tokio::time::timeout(FAREWELL, rest).await;
    };
    let write = async move {
        while let Some(message) = outgoing.recv().await {
            let written = match message {
                Outgoing::Text(text) => write(&mut sink, Bytes::from(text), limits.frame).await,
                Outgoing::Close(Closing { code, reason }) => {
                    let frame = CloseFrame { code: CloseCode::from(code), reason: reason.into() };
                    sink.send(Message::Close(Some(frame))).await
                }
            };
            if written.is_err() {
                break;
            }
        }
        drop(outgoing);
        let _ = tokio::time::timeout(FAREWELL, sink.close()).await;
    };
    tokio::join!(read, write);
}

/// Sends a message, in as many frames as it needs.
async fn write<S>(sink: &mut S, text: Bytes, most: usize) -> Result<(), Error>
where
    S: SinkExt<Message, Error = Error> + Unpin,
{
    let mut rest = text;
    let mut code = OpCode::Data(Data::Text);
    while rest.len() > most {
        let piece = rest.split_to(most);
        sink.feed(Message::Frame(Frame::message(piece, code, false))).await?;
        code = OpCode::Data(Data::Continue);
    }
    sink.send(Message::Frame(Frame::message(rest, code, true))).await
}

/// What a read means, and whether it is the last one.
fn received(read: Result<Message, Error>) -> (Option<Incoming>, bool) {
    match read {
        Ok(Message::Text(text)) => (Some(Incoming::Text(text.as_str().to_owned())), false),
        Ok(Message::Binary(bytes)) => (Some(Incoming::Binary(bytes)), false),
        Ok(Message::Ping(_) | Message::Pong(_)) => (Some(Incoming::Alive), false),
        Ok(Message::Close(frame)) => {
            let closing = frame.map(|frame| Closing::new(frame.code.into(), frame.reason.as_str()));
            (Some(Incoming::Closed(closing)), true)
        }
        Ok(Message::Frame(_)) => (None, false),
        Err(Error::Capacity(CapacityError::MessageTooLong { size, max_size })) => {
            let reason = format!("a frame or a message of {size} bytes, where {max_size} are the limit");
            (Some(Incoming::TooLarge(reason)), true)
        }
        Err(Error::Utf8(_)) => (Some(Incoming::Malformed(1007, "a message of text that is no UTF-8".to_owned())), true),
        Err(Error::Protocol(error)) if error != ProtocolError::ResetWithoutClosingHandshake => {
            (Some(Incoming::Malformed(1002, format!("no WebSocket frame: {error}"))), true)
        }
        Err(_) => (None, true),
    }
}

/// How long a client may take to say goodbye.
const FAREWELL: Duration = Duration::from_secs(3);

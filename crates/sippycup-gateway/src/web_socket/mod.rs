//! WebSocket APIs: connections that stay, and an event for each message.
//!
//! ```text
//! handshake ──► $connect ──► connection ──► select a route ──► event ──► F ──► an answer, if the route has one
//!                                ▲ │
//!     @connections (management) ─┘ └──► idle, too old, closed ──► $disconnect
//! ```
//!
//! `connection` is one connection from its first message to its end, and knows no frames: `frames` brings those of a socket, [`Socket`] is the other end in process.

mod answer;
mod api;
mod connection;
mod connections;
mod exchange;
#[cfg(feature = "serve")]
mod frames;
mod handshake;
mod known;
mod management;
mod observe;
mod select;
mod settings;
#[cfg(feature = "authorizers")]
mod signed;
mod socket;
mod wire;

pub(crate) use api::Api;
pub(crate) use known::Known;
pub(crate) use observe::Observer;
pub use observe::{Connection, ConnectionStep, SentBy};
pub(crate) use select::Selection;
pub(crate) use settings::Settings;
pub use socket::Socket;
#[cfg(feature = "serve")]
pub(crate) use wire::Lifetime;

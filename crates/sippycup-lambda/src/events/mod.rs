//! Events that are not of HTTP, beside an app: what a queue, a schedule or an authorizer sends to the same function.
//!
//! An event goes to the app if it is one of an HTTP front door (and of a WebSocket API, unless
//! [`web_socket_events`](crate::serve::Serve::web_socket_events) has them), and else to a [`Handler`]: a function, or a [`Router`]
//! with one for each [`EventKind`]. The front door makes the members by which that is told, and what a client writes stands
//! inside of some of them: no request can become an event, and no event a request.

mod answer;
mod batch;
mod beside;
mod detect;
mod event;
mod handler;
mod kind;
mod members;
mod router;
mod warm_up;

pub use self::{
    batch::{BatchResponse, NoIdentifier},
    event::{Event, InvalidEvent},
    handler::{Handler, HandlerFuture},
    kind::EventKind,
    router::Router,
    warm_up::WarmUp,
};
pub(crate) use self::{
    beside::{Beside, Events},
    handler::HandlerError,
};

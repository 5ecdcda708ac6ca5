//! What travels in the request's extensions beside the request itself.

#[cfg(feature = "axum")]
pub mod axum;
mod caller;
mod claims;
mod connection;
mod context;
mod message;
mod public;
mod room;
mod server_url;
mod variables;

pub use self::{
    caller::{ClientCertificate, IamPrincipal},
    connection::Connection,
    context::RequestContext,
    message::{InvalidMessage, Message},
    public::{ClientIp, PublicUri},
    server_url::ServerUrl,
    variables::{Pairs, PathParameters, StageVariables},
};
pub(crate) use self::{
    public::{Public, forwarded_for, is_authority},
    room::with_room,
};

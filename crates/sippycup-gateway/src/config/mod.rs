//! The settings of one gateway: `builder`, `limits` and `web_socket` set them, `check` says what AWS would not accept, and `build` makes the gateway.

mod build;
mod builder;
mod check;
mod limits;
mod web_socket;

use std::sync::Arc;
use std::time::Duration;

use crate::Kind;
use crate::admit::Admission;
use crate::cors::Cors;
use crate::front::FrontDoor;
use crate::gateway_response::GatewayResponses;
use crate::health::Health;
use crate::location::Route;
use crate::observe::Observer;
use crate::request::TenantSource;
use crate::rules::Listener;
use crate::stamp::Stamper;
use crate::web_socket::Settings;

pub use builder::GatewayBuilder;

/// The checked settings, as the rest of the crate reads them.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) front: FrontDoor,
    pub(crate) routes: Vec<Route>,
    pub(crate) listener: Option<Listener>,
    /// Made anew by each `build`.
    pub(crate) health: Option<Arc<Health>>,
    pub(crate) cors: Option<Cors>,
    pub(crate) admission: Admission,
    pub(crate) gateway_responses: GatewayResponses,
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) response_streaming: bool,
    pub(crate) request_limit: usize,
    /// Of events.
    pub(crate) payload_limit: usize,
    pub(crate) answer_limit: usize,
    pub(crate) header_limit: usize,
    pub(crate) timeout: Duration,
    pub(crate) stamper: Stamper,
    pub(crate) observer: Observer,
    pub(crate) web_socket: Settings,
    pub(crate) tenant: Option<TenantSource>,
}

impl Config {
    pub(crate) const fn kind(&self) -> Kind {
        self.front.location.kind
    }
}

//! The settings of one gateway.

mod build;
mod builder;
mod check;
mod limits;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crate::cors::Cors;
use crate::gateway_response::GatewayResponses;
use crate::health::Health;
use crate::identity::{Authorizer, ClientCertificate};
use crate::location::Location;
use crate::observe::Observer;
use crate::plans::UsagePlan;
use crate::route::Route;
use crate::rules::Listener;
use crate::stamp::Stamper;
use crate::tenant::TenantSource;
use crate::throttle::{RouteThrottles, Throttle};
use crate::validate::RequestValidator;
use crate::web_socket::Settings;

pub use builder::GatewayBuilder;

/// The checked settings, as the rest of the crate reads them.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) location: Location,
    pub(crate) routes: Vec<Route>,
    pub(crate) listener: Option<Listener>,
    pub(crate) target_group: Option<String>,
    /// Made anew by each `build`.
    pub(crate) health: Option<Arc<Health>>,
    pub(crate) stage_variables: Vec<(String, String)>,
    pub(crate) binary_media_types: Vec<String>,
    pub(crate) authorizer: Option<Authorizer>,
    #[cfg(feature = "authorizers")]
    pub(crate) guard: Option<crate::Guard>,
    #[cfg(feature = "authorizers")]
    pub(crate) scopes: Vec<String>,
    pub(crate) client_certificate: Option<ClientCertificate>,
    pub(crate) cors: Option<Cors>,
    pub(crate) plans: Vec<UsagePlan>,
    /// Whether the authorizer names the API key.
    #[cfg(feature = "authorizers")]
    pub(crate) key_of_authorizer: bool,
    pub(crate) throttle: Option<Throttle>,
    pub(crate) route_throttles: RouteThrottles,
    pub(crate) gateway_responses: GatewayResponses,
    pub(crate) validator: RequestValidator,
    pub(crate) source_ip: Option<IpAddr>,
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) account_id: String,
    pub(crate) api_id: String,
    pub(crate) region: String,
    pub(crate) forwarded_proto: String,
    pub(crate) forwarded_port: u16,
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
    /// What the ARNs of the API begin with.
    #[cfg(feature = "authorizers")]
    pub(crate) fn api_arn(&self) -> String {
        format!("arn:aws:execute-api:{}:{}:{}", self.region, self.account_id, self.api_id)
    }

    pub(crate) fn source_ip(&self, extensions: &http::Extensions) -> IpAddr {
        let peer = || extensions.get::<SocketAddr>().map(SocketAddr::ip);
        self.source_ip.or_else(peer).unwrap_or(IpAddr::from([127, 0, 0, 1]))
    }
}

//! One front door before one function, and several of them on one address.
//!
//! [`Gateway`] is the settings and the function; `service` makes it a tower service, `handle` is one exchange.

pub(crate) mod gateways;
mod handle;
pub(crate) mod invoke;
mod route_entry;
mod service;
mod sizes;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request};
use tokio::time::Instant;

use crate::config::{Config, GatewayBuilder};
use crate::hint::Hints;
use crate::location::Route;
use crate::refusal::Refused;
use crate::request::{Call, Passed};
use crate::{Domain, Fault, Kind, TargetHealth};

pub(crate) use handle::identified;
pub use route_entry::RouteEntry;
pub use service::ResponseFuture;
pub use sizes::Sizes;

/// A front door before a function: a tower service that takes requests and gives responses, over a service that takes event JSON and gives answer JSON.
///
/// Build one with [`Gateway::builder`]. The [crate documentation](crate) shows how tests use it.
#[derive(Clone)]
pub struct Gateway<F> {
    config: Arc<Config>,
    function: F,
}

impl Gateway<()> {
    /// Begins a gateway of a kind, with AWS's defaults.
    pub fn builder(kind: Kind) -> GatewayBuilder {
        GatewayBuilder::new(kind)
    }
}

impl<F> Gateway<F> {
    pub(crate) fn from_config(config: Arc<Config>, function: F) -> Self {
        Self { config, function }
    }

    /// The kind of front door.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.config.kind()
    }

    /// What a client writes between the host and the application's own path: `/prod`, `/shop`, or nothing.
    ///
    /// ```
    /// use sippycup_gateway::{Domain, Gateway, Kind};
    ///
    /// let domain = Domain::new("api.example.com").mapping("shop");
    /// assert_eq!(Gateway::builder(Kind::RestApi).domain(domain).build(())?.base_path(), "/shop");
    /// assert_eq!(Gateway::builder(Kind::RestApi).build(())?.base_path(), "/prod");
    /// assert_eq!(Gateway::builder(Kind::HttpApiV2).build(())?.base_path(), "");
    /// # Ok::<(), sippycup_gateway::ConfigError>(())
    /// ```
    #[must_use]
    pub fn base_path(&self) -> String {
        self.config.front.location.base_path()
    }

    /// Every [`base_path`](Self::base_path) that reaches the gateway: one for each mapping of its domains, the main one first.
    ///
    /// ```
    /// use sippycup_gateway::{Domain, Gateway, Kind};
    ///
    /// let domain = Domain::new("api.example.com").mapping("shop").mapping("shop/v2");
    /// assert_eq!(Gateway::builder(Kind::RestApi).domain(domain).build(())?.base_paths(), ["/shop", "/shop/v2"]);
    /// # Ok::<(), sippycup_gateway::ConfigError>(())
    /// ```
    #[must_use]
    pub fn base_paths(&self) -> Vec<String> {
        self.config.front.location.base_paths()
    }

    /// Every host name and base path that reaches the gateway: those of its custom domains, or else AWS's own.
    ///
    /// ```
    /// use sippycup_gateway::{Domain, Gateway, Kind};
    ///
    /// let domain = Domain::new("api.example.com").mapping("shop");
    /// let gateway = Gateway::builder(Kind::RestApi).domain(domain).build(())?;
    /// assert_eq!(gateway.host_paths(), [("api.example.com", "/shop".to_owned())]);
    /// # Ok::<(), sippycup_gateway::ConfigError>(())
    /// ```
    #[must_use]
    pub fn host_paths(&self) -> Vec<(&str, String)> {
        self.config.front.location.host_paths()
    }

    /// The routing rules of custom domains that lead here, as text: `routing rule 10: base path shop, header x-version: beta*`.
    #[must_use]
    pub fn routing_rules(&self) -> Vec<String> {
        self.config.front.location.domains.iter().flat_map(Domain::rules).map(ToString::to_string).collect()
    }

    /// Whether a request with this host, with or without a port, and this path is under a stage or a mapping of the gateway, or matches a routing rule without any header.
    #[must_use]
    pub fn knows(&self, host: &str, path: &str) -> bool {
        self.config.front.location.locate(Some(host), path, &HeaderMap::new()).is_some()
    }

    /// The routes in the order in which they were added, each as its key: `GET /items/{id}`, `ANY /{proxy+}`, or `$default`. Behind a listener the rules that lead here, and
    /// those that lead nowhere else: `rule 10: path-pattern /img/*`, `default rule`.
    ///
    /// ```
    /// use sippycup_gateway::{Gateway, Kind};
    ///
    /// let gateway = Gateway::builder(Kind::RestApi).route("GET /items/{id}").route("/").build(())?;
    /// assert_eq!(gateway.routes(), ["GET /items/{id}", "ANY /"]);
    /// # Ok::<(), sippycup_gateway::ConfigError>(())
    /// ```
    #[must_use]
    pub fn routes(&self) -> Vec<String> {
        if self.kind() == Kind::WebSocketApi {
            return self.config.web_socket.keys();
        }
        if let Some(listener) = &self.config.listener {
            let entries = listener.entries(self.config.front.target_group.as_deref().unwrap_or_default());
            return entries.map(|(key, _)| key).collect();
        }
        self.config.routes.iter().map(Route::key).collect()
    }

    /// The types of the gateway responses that the gateway has, in the order in which they were added.
    ///
    /// ```
    /// use sippycup_gateway::{Gateway, GatewayResponse, Kind};
    ///
    /// let gateway = Gateway::builder(Kind::RestApi).gateway_response(GatewayResponse::new("DEFAULT_4XX")).build(())?;
    /// assert_eq!(gateway.gateway_responses().collect::<Vec<_>>(), ["DEFAULT_4XX"]);
    /// # Ok::<(), sippycup_gateway::ConfigError>(())
    /// ```
    pub fn gateway_responses(&self) -> impl Iterator<Item = &'static str> {
        self.config.gateway_responses.names()
    }

    /// The name of the target group that the gateway is, if there are target groups and it has one.
    #[must_use]
    pub fn target_group(&self) -> Option<&str> {
        self.config.front.target_group.as_deref()
    }

    /// What the health checks of the target group have found out; `None` if it has none.
    #[must_use]
    pub fn health(&self) -> Option<TargetHealth> {
        self.config.health.as_ref().map(|health| health.now())
    }

    /// Whether both are target groups of the same listener.
    ///
    /// ```
    /// use sippycup_gateway::{Action, Gateway, Kind, Listener};
    ///
    /// let listener = Listener::new(Action::weighted([("blue", 1), ("green", 1)]));
    /// let group = |name| Gateway::builder(Kind::LoadBalancer).listener(listener.clone()).target_group(name).build(());
    /// assert!(group("blue")?.shares_listener(&group("green")?));
    /// # Ok::<(), sippycup_gateway::ConfigError>(())
    /// ```
    #[must_use]
    pub fn shares_listener<G>(&self, other: &Gateway<G>) -> bool {
        matches!((&self.config.listener, &other.config.listener), (Some(one), Some(other)) if one.is(other))
    }

    /// The stage, or `None` if the kind has none.
    #[must_use]
    pub fn stage(&self) -> Option<&str> {
        self.kind().is_api_gateway().then_some(&*self.config.front.location.stage)
    }

    /// The function behind the gateway.
    pub const fn get_ref(&self) -> &F {
        &self.function
    }

    /// The same front door before another function.
    pub fn with_function<G>(&self, function: G) -> Gateway<G> {
        Gateway { config: Arc::clone(&self.config), function }
    }

    /// The event JSON of a request, without invoking anything: an authorizer that runs is not asked, and so has found out nothing.
    ///
    /// # Errors
    ///
    /// If the gateway refuses the request: no such stage or route, too large. It is the [`Fault`] that would be in the extensions of the response.
    ///
    /// ```
    /// use http::Request;
    /// use sippycup_gateway::{Gateway, Kind};
    ///
    /// let gateway = Gateway::builder(Kind::RestApi).build(())?;
    /// assert!(gateway.event(&Request::get("/prod/items").body("".into())?).is_ok());
    /// let fault = gateway.event(&Request::get("/items").body("".into())?).unwrap_err();
    /// assert_eq!(fault.to_string(), "`/items` is under no stage or mapping; paths begin with `/prod`");
    /// # Ok::<(), sippycup_gateway::BoxError>(())
    /// ```
    pub fn event(&self, request: &Request<Bytes>) -> Result<Bytes, Fault> {
        let (mut parts, ()) = request.clone().map(|_| ()).into_parts();
        let (config, parts) = (&*self.config, &mut parts);
        let accepted = config.greet(parts).and_then(|visitor| config.accept(parts, visitor));
        let accepted = &accepted.map_err(Refused::into_fault)?;
        let (stamp, passed, body) = (&config.stamper.stamp(), &Passed::default(), request.body());
        let call = Call { front: &config.front, parts, accepted, body, passed, stamp };
        config.encode(&call, &mut Hints::default()).map_err(Refused::into_fault)
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn location(&self) -> &crate::location::Location {
        &self.config.front.location
    }

    /// The host name AWS itself gives the gateway.
    #[must_use]
    pub fn default_domain(&self) -> &str {
        &self.config.front.location.default_name
    }
}

impl<F> fmt::Debug for Gateway<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway")
            .field("kind", &self.kind().as_str())
            .field("base_path", &self.base_path())
            .finish_non_exhaustive()
    }
}

/// So long from now, or as far off as makes no difference.
pub(crate) fn after(timeout: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(timeout).unwrap_or_else(|| now + FAR)
}

const FAR: Duration = Duration::from_secs(10 * 365 * 86_400);

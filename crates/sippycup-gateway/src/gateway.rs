//! The gateway as a tower service.

mod handle;
mod route_entry;
mod sizes;

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use tokio::time::Instant;
use tower_service::Service;

use crate::admit::Passed;
use crate::config::{Config, GatewayBuilder};
use crate::gateways::Meant;
use crate::hint::Hints;
use crate::invoke::Invoke;
use crate::refusal::Refused;
use crate::route::{self, Route};
use crate::web_socket::Api;
use crate::{Answer, Body, BoxError, Domain, Fault, Kind, TargetHealth};

pub(crate) use handle::identified;
pub use route_entry::RouteEntry;
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
        self.config.location.kind
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
        self.config.location.base_path()
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
        self.config.location.base_paths()
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
        self.config.location.host_paths()
    }

    /// The routing rules of custom domains that lead here, as text: `routing rule 10: base path shop, header x-version: beta*`.
    #[must_use]
    pub fn routing_rules(&self) -> Vec<String> {
        self.config.location.domains.iter().flat_map(Domain::rules).map(ToString::to_string).collect()
    }

    /// Whether a request with this host, with or without a port, and this path is under a stage or a mapping of the gateway, or matches a routing rule without any header.
    #[must_use]
    pub fn knows(&self, host: &str, path: &str) -> bool {
        self.config.location.locate(Some(host), path, &HeaderMap::new()).is_some()
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
            let entries = listener.entries(self.config.target_group.as_deref().unwrap_or_default());
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
        self.config.target_group.as_deref()
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
        self.kind().is_api_gateway().then_some(&*self.config.location.stage)
    }

    /// The route that a request reaches.
    pub(crate) fn route(&self, asked: &Meant<'_>) -> Option<&Route> {
        let located = self.config.location.locate(Some(asked.host), asked.path, asked.headers)?;
        let find = if self.kind() == Kind::RestApi { route::resource } else { route::route };
        find(&self.config.routes, asked.method, &located.route_path).map(|(route, _)| route)
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
        let accepted = self.config.accept(&mut parts).map_err(Refused::into_fault)?;
        let (stamp, passed) = (self.config.stamper.stamp(), Passed::default());
        let event = self.config.encode(&parts, &accepted, request.body(), &stamp, &mut Hints::default(), &passed);
        event.map_err(Refused::into_fault)
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn location(&self) -> &crate::location::Location {
        &self.config.location
    }

    /// The host name AWS itself gives the gateway.
    #[must_use]
    pub fn default_domain(&self) -> &str {
        &self.config.location.default_name
    }
}

impl<F, B> Service<Request<B>> for Gateway<F>
where
    F: Service<Bytes> + Clone + Send + 'static,
    F::Response: Into<Answer> + Send,
    F::Error: Into<BoxError>,
    F::Future: Send,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = ResponseFuture;

    /// Always ready: a function that is not makes the response wait, within the gateway's timeout.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture {
        if self.kind() == Kind::WebSocketApi {
            return ResponseFuture::of(Api::new(self.clone(), Vec::new()), request);
        }
        ResponseFuture { inner: Box::pin(self.clone().handle(request)) }
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

/// The response a [`Gateway`] is working on.
pub struct ResponseFuture {
    inner: Pin<Box<dyn Future<Output = Response<Body>> + Send>>,
}

impl ResponseFuture {
    /// What a WebSocket API answers over HTTP.
    pub(crate) fn of<F, B>(api: Api<F>, request: Request<B>) -> Self
    where
        F: Invoke,
        B: http_body::Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
    {
        Self { inner: Box::pin(api.respond(request)) }
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.inner.as_mut().poll(cx).map(Ok)
    }
}

impl fmt::Debug for ResponseFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFuture")
    }
}

/// So long from now, or as far off as makes no difference.
pub(crate) fn after(timeout: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(timeout).unwrap_or_else(|| now + FAR)
}

const FAR: Duration = Duration::from_secs(10 * 365 * 86_400);

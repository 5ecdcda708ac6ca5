//! The gateway as a tower service.

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::ORIGIN;
use http::{HeaderName, HeaderValue, Method, Request, Response};
use tokio::time::Instant;
use tower_service::Service;

use crate::admit::Passed;
use crate::config::{Config, GatewayBuilder};
use crate::decode::{Asked, decode};
use crate::hint::Hints;
use crate::intake::event;
use crate::invoke::Invoke;
use crate::observe::{Step, on_behalf};
use crate::refusal::{Refusal, Refused};
use crate::route::{self, Route};
use crate::stamp::Stamp;
use crate::web_socket::Api;
use crate::{Answer, Body, BoxError, Fault, Kind};

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

    /// Whether a request with this host, with or without a port, and this path is under a stage or a mapping of the gateway.
    #[must_use]
    pub fn knows(&self, host: &str, path: &str) -> bool {
        self.config.location.locate(Some(host), path).is_some()
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
            return listener.keys(self.config.target_group.as_deref().unwrap_or_default());
        }
        self.config.routes.iter().map(Route::key).collect()
    }

    /// The name of the target group that the gateway is, if there are target groups and it has one.
    #[must_use]
    pub fn target_group(&self) -> Option<&str> {
        self.config.target_group.as_deref()
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
    pub(crate) fn route(&self, method: &Method, host: &str, path: &str) -> Option<&Route> {
        let located = self.config.location.locate(Some(host), path)?;
        let find = if self.kind() == Kind::RestApi { route::resource } else { route::route };
        find(&self.config.routes, method, &located.route_path).map(|(route, _)| route)
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

impl<F> Gateway<F>
where
    F: Service<Bytes>,
    F::Response: Into<Answer>,
    F::Error: Into<BoxError>,
{
    async fn handle<B>(mut self, request: Request<B>) -> Response<Body>
    where
        B: http_body::Body,
        B::Error: Into<BoxError>,
    {
        let config = Arc::clone(&self.config);
        let kind = config.location.kind;
        let (mut parts, body) = request.into_parts();
        let exchange = config.observer.begin(&parts);
        let method = parts.method.clone();
        let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (accept, host) = (header("accept"), header("host"));
        // The ids in the event are the ids in the response.
        let stamp = config.stamper.stamp();
        let trace = stamp.trace(header("x-amzn-trace-id").as_deref(), kind.is_load_balancer());
        if let Some(response) = config.answer(&mut parts, &exchange) {
            return exchange.response(response);
        }
        let mut hints = Hints::default();
        if let Some(response) = config.preflight(&parts, &mut hints) {
            return exchange.response(identified(response, kind, &stamp, &trace));
        }
        let origin = parts.headers.get(ORIGIN).cloned();
        let with_cors = |mut response: Response<Body>| {
            if let Some(cors) = &config.cors {
                cors.write(kind, origin.as_ref(), response.headers_mut());
            }
            response
        };
        let mut verdict = None;
        let event = match event(&config, &mut parts, body, &stamp, &mut hints, &exchange, &mut verdict).await {
            Ok(event) => event,
            Err(refused) => {
                let mut response = refused.response(kind);
                verdict.map(|verdict| response.extensions_mut().insert(verdict));
                if !hints.is_empty() && response.extensions().get::<Hints>().is_none() {
                    response.extensions_mut().insert(hints);
                }
                return exchange.response(identified(with_cors(response), kind, &stamp, &trace));
            }
        };
        let mut sizes = Sizes { event: event.len(), answer: None };
        let asked = Asked { method, accept, deadline: after(config.timeout) };
        let response = tokio::time::timeout_at(asked.deadline, async {
            let answer = match on_behalf(&exchange, self.invoke(event)).await {
                Ok(answer) => exchange.answer(answer),
                Err(error) => {
                    exchange.tell(|| Step::Failed(&error));
                    match error_type(&error) {
                        Some("Function.ResponseSizeTooLarge") => hints.too_large(&config),
                        Some("Sandbox.Timedout") => hints.timed_out(&config, asked.accept.as_deref()),
                        _ => {}
                    }
                    let reason = format!("the function failed: {error}");
                    return Refused::new(Refusal::FunctionFailed, reason).response(kind);
                }
            };
            sizes.answer = answer.buffered_len();
            decode(&config, &asked, answer, &mut hints).await
        });
        let mut response = response.await.unwrap_or_else(|_| {
            hints.timed_out(&config, asked.accept.as_deref());
            let reason = format!("no answer within {} s", config.timeout.as_secs_f32());
            Refused::new(Refusal::TimedOut, reason).response(kind)
        });
        hints.of_redirect(&config, host.as_deref(), response.headers());
        response.extensions_mut().insert(sizes);
        verdict.map(|verdict| response.extensions_mut().insert(verdict));
        if !hints.is_empty() {
            response.extensions_mut().insert(hints);
        }
        exchange.response(identified(with_cors(response), kind, &stamp, &trace))
    }

    pub(crate) async fn invoke(&mut self, event: Bytes) -> Result<Answer, BoxError> {
        poll_fn(|cx| self.function.poll_ready(cx)).await.map_err(Into::into)?;
        self.function.call(event).await.map(Into::into).map_err(Into::into)
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

/// How large event and answer were: in the extensions of every response for which an event was written, for whoever logs.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    event: usize,
    answer: Option<usize>,
}

impl Sizes {
    pub(crate) const fn of_event(event: usize) -> Self {
        Self { event, answer: None }
    }

    pub(crate) fn answered(&mut self, answer: &Answer) {
        self.answer = answer.buffered_len();
    }

    /// Bytes of the event.
    #[must_use]
    pub const fn event(&self) -> usize {
        self.event
    }

    /// Bytes of the answer; `None` if there was none, or a stream.
    #[must_use]
    pub const fn answer(&self) -> Option<usize> {
        self.answer
    }
}

/// So long from now, or as far off as makes no difference.
pub(crate) fn after(timeout: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(timeout).unwrap_or_else(|| now + FAR)
}

const FAR: Duration = Duration::from_secs(10 * 365 * 86_400);

/// Why Lambda says that a function failed.
#[cfg(feature = "function")]
fn error_type(error: &BoxError) -> Option<&str> {
    error.downcast_ref::<crate::FunctionError>().map(crate::FunctionError::error_type)
}

#[cfg(not(feature = "function"))]
fn error_type(_: &BoxError) -> Option<&str> {
    None
}

/// Adds the headers by which AWS names its own request.
pub(crate) fn identified(mut response: Response<Body>, kind: Kind, stamp: &Stamp, trace: &str) -> Response<Body> {
    let ids = match kind {
        Kind::RestApi | Kind::WebSocketApi => {
            &[("x-amzn-requestid", &*stamp.uuid), ("x-amz-apigw-id", &*stamp.extended_id), ("x-amzn-trace-id", trace)][..]
        }
        Kind::HttpApiV1 | Kind::HttpApiV2 => &[("apigw-requestid", &*stamp.extended_id)],
        Kind::FunctionUrl => &[("x-amzn-requestid", &*stamp.uuid), ("x-amzn-trace-id", trace)],
        _ => &[],
    };
    for (name, id) in ids {
        if let Ok(value) = HeaderValue::from_str(id) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

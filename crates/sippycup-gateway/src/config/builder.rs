//! The builder: one method for each setting.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use super::Config;
use crate::admit::Admission;
use crate::admit::validate::RequestValidator;
use crate::answer::ANSWER_LIMIT;
use crate::cors::Cors;
use crate::front::FrontDoor;
use crate::gateway_response::{GatewayResponse, GatewayResponses};
use crate::health::HealthCheck;
use crate::location::{Domain, Location, Route};
use crate::observe::{Observer, Step};
use crate::request::{Authorizer, ClientCertificate, TenantSource};
use crate::rules::Listener;
use crate::stamp::Stamper;
use crate::web_socket::Settings;
use crate::{ConfigError, Kind};

/// Settings of a [`Gateway`](crate::Gateway); made by [`Gateway::builder`](crate::Gateway::builder), consumed by [`build`](GatewayBuilder::build).
///
/// The common ones can be read from text, for an environment variable for example: a kind, then settings, separated by commas. `stage`, `domain`, `base-path` (repeatable),
/// `stage-in-path`, `var.NAME`, `route` (repeatable), `binary` (repeatable), `source-ip`, `stream`, `allow-host` (repeatable).
///
/// ```
/// use sippycup_gateway::GatewayBuilder;
///
/// let gateway = "rest,stage=prod,base-path=shop,var.LEVEL=debug".parse::<GatewayBuilder>()?.build(())?;
/// assert_eq!(gateway.base_path(), "/shop");
/// # Ok::<(), sippycup_gateway::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct GatewayBuilder {
    pub(crate) config: Config,
    pub(crate) route_responses: Vec<String>,
    pub(super) stage: Option<String>,
    pub(super) domains: Vec<Domain>,
    pub(super) timeout: Option<Duration>,
    pub(super) health_check: Option<HealthCheck>,
    pub(super) error: Option<ConfigError>,
}

impl GatewayBuilder {
    pub(crate) fn new(kind: Kind) -> Self {
        let location = Location { kind, stage: String::new(), default_name: String::new(), domains: Vec::new() };
        let request_limit = match kind {
            Kind::FunctionUrl | Kind::VpcLatticeV1 | Kind::VpcLatticeV2 => 6 << 20,
            Kind::LoadBalancer | Kind::LoadBalancerMultiValue => 1 << 20,
            Kind::RestApi | Kind::HttpApiV1 | Kind::HttpApiV2 | Kind::WebSocketApi => 10 << 20,
        };
        let config = Config {
            front: FrontDoor::new(location),
            routes: Vec::new(),
            listener: None,
            health: None,
            cors: None,
            admission: Admission::default(),
            gateway_responses: GatewayResponses::default(),
            allowed_hosts: Vec::new(),
            response_streaming: false,
            request_limit,
            payload_limit: if kind.is_load_balancer() { 1 << 20 } else { 6 << 20 },
            answer_limit: if kind.is_load_balancer() { 1 << 20 } else { ANSWER_LIMIT },
            header_limit: if kind.is_load_balancer() { 64 << 10 } else { 10_240 },
            timeout: Duration::ZERO,
            stamper: Stamper::default(),
            observer: Observer::default(),
            web_socket: Settings::default(),
            tenant: None,
        };
        Self {
            config,
            route_responses: Vec::new(),
            stage: None,
            domains: Vec::new(),
            timeout: None,
            health_check: None,
            error: None,
        }
    }

    /// The stage; default `prod` for a REST API and a WebSocket API, `$default` for an HTTP API. The other kinds have none.
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.stage = Some(stage.into());
        self
    }

    /// Adds a stage variable; names and values are held to AWS's alphabet and lengths.
    pub fn stage_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.config.front.stage_variables.push((name.into(), value.into()));
        self
    }

    /// Adds a resource or route: `/items/{id}` for any method, `GET /items/{id}`, `ANY /{proxy+}`, or `$default`.
    ///
    /// Of a WebSocket API the key of a route: `$connect`, `$disconnect`, `$default`, or what the [selection expression](Self::route_selection) gives.
    ///
    /// Without any, a REST API has `/` and `/{proxy+}`, an HTTP API `$default`, a WebSocket API its three own ones. The other kinds have no routes.
    pub fn route(mut self, route: &str) -> Self {
        let added = match self.config.kind() {
            Kind::WebSocketApi => self.config.web_socket.add_route(route),
            _ => Route::parse(route).map(|route| self.config.routes.push(route)),
        };
        if let Err(error) = added {
            self.fails(error);
        }
        self
    }

    /// The listener in front (load balancers and VPC Lattice): its rules choose which requests the target group gets; default none, so that it gets them all.
    ///
    /// Clones of a listener are one listener: give it to each of the target groups, and put them into [`Gateways`](crate::Gateways).
    pub fn listener(mut self, listener: Listener) -> Self {
        self.config.listener = Some(listener);
        self
    }

    /// The name of the target group (load balancers and VPC Lattice), by which rules forward to it and which ARNs in events have; default the one that the listener forwards to
    /// if there is only one.
    pub fn target_group(mut self, name: impl Into<String>) -> Self {
        self.config.front.target_group = Some(name.into());
        self
    }

    /// The health check of the target group (load balancers); default none, as for functions on AWS. VPC Lattice checks no functions.
    ///
    /// A gateway checks nothing by itself: [`Gateway::check_health`](crate::Gateway::check_health) does it once, [`Gateway::watch_health`](crate::Gateway::watch_health) again and again. The outcome is [`Gateway::health`](crate::Gateway::health).
    pub fn health_check(mut self, check: HealthCheck) -> Self {
        self.health_check = Some(check);
        self
    }

    /// The tenant of an invocation: what the integration of a REST API maps to the header `X-Amz-Tenant-Id` of its call of Lambda
    /// ([tenant isolation](https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation-invoke.html)); default none.
    ///
    /// An expression of `integration.request.header.X-Amz-Tenant-Id`: `method.request.header.x-tenant-id`, `method.request.querystring.NAME`, `method.request.path.NAME`,
    /// `stageVariables.NAME`, `context.authorizer.NAME` or a text in single quotes. A [`Function`](crate::Function) (feature `function`) is told the tenant; a request without one is
    /// invoked without one.
    pub fn tenant(mut self, expression: &str) -> Self {
        match TenantSource::parse(expression) {
            Ok(source) => self.config.tenant = Some(source),
            Err(error) => self.fails(error),
        }
        self
    }

    /// Adds a custom domain. Requests whose host is no known name are meant for the first one.
    pub fn domain(mut self, domain: Domain) -> Self {
        self.domains.push(domain);
        self
    }

    /// Adds one of a REST API's `binaryMediaTypes`: `image/png`, `image/*` or `*/*`; default none.
    pub fn binary_media_type(mut self, media_type: impl Into<String>) -> Self {
        self.config.front.binary_media_types.push(media_type.into());
        self
    }

    /// What an authorizer would have found out, instead of one that runs; default nothing.
    pub fn authorizer(mut self, authorizer: Authorizer) -> Self {
        self.config.front.authorizer = Some(authorizer);
        self
    }

    /// The authorizer of all routes, which runs; default none, so that everybody passes. Routes with other authorizers are another gateway of the same API, see
    /// [`Gateways`](crate::Gateways).
    ///
    /// ```
    /// use bytes::Bytes;
    /// use http::Request;
    /// use serde_json::json;
    /// use sippycup_gateway::{Body, BoxError, DevelopmentKey, Gateway, JwtAuthorizer, Kind};
    /// use tower::{ServiceExt, service_fn};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let key = DevelopmentKey::new([7; 32]);
    /// let jwt = JwtAuthorizer::new("https://login.example.com").audience("shop").development_key(key.clone());
    /// let function = service_fn(async |_event: Bytes| Ok::<_, BoxError>(Bytes::from_static(br#"{"statusCode": 200}"#)));
    /// let gateway = Gateway::builder(Kind::HttpApiV2).guard(jwt).build(function)?;
    ///
    /// let request = Request::get("/").body(Body::empty())?;
    /// assert_eq!(gateway.clone().oneshot(request).await?.status(), 401);
    /// let claims = json!({"sub": "42", "exp": 4_000_000_000_u64});
    /// let token = key.sign(claims.as_object().expect("an object"));
    /// let request = Request::get("/").header("authorization", format!("Bearer {token}")).body(Body::empty())?;
    /// assert_eq!(gateway.oneshot(request).await?.status(), 200);
    /// # Ok::<(), BoxError>(())
    /// # }).unwrap();
    /// ```
    #[cfg(feature = "authorizers")]
    #[cfg_attr(docsrs, doc(cfg(feature = "authorizers")))]
    pub fn guard(mut self, guard: impl Into<crate::Guard>) -> Self {
        self.config.admission.guard = Some(guard.into());
        self
    }

    /// Adds one of the `authorizationScopes` of the routes: a token must have one of them; default none, so that any token will do.
    #[cfg(feature = "authorizers")]
    #[cfg_attr(docsrs, doc(cfg(feature = "authorizers")))]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.config.front.scopes.push(scope.into());
        self
    }

    /// The client certificate of mutual TLS; default none. Function URLs and load balancers show none in their events.
    pub fn client_certificate(mut self, certificate: ClientCertificate) -> Self {
        self.config.front.client_certificate = Some(certificate);
        self
    }

    /// CORS (HTTP APIs and function URLs); default none, so that the function answers `OPTIONS` and says what pages may do.
    ///
    /// Over TCP, pages of the origins that it names may send requests; `*` alone allows no page of another site.
    pub fn cors(mut self, cors: Cors) -> Self {
        self.config.cors = Some(cors);
        self
    }

    /// Adds a gateway response: what a REST API answers to one type of error where it answers itself; by default as AWS does.
    pub fn gateway_response(mut self, response: GatewayResponse) -> Self {
        if let Err(error) = self.config.gateway_responses.add(response) {
            self.fails(error);
        }
        self
    }

    /// What is checked of a request before the function is asked (REST APIs); default nothing. Routes with other models are another gateway of the same API, see
    /// [`Gateways`](crate::Gateways).
    pub fn request_validator(mut self, mut validator: RequestValidator) -> Self {
        if let Err(error) = validator.finish() {
            self.fails(error);
        }
        self.config.admission.validator = validator;
        self
    }

    /// The client's address; default the `SocketAddr` in the extensions of the request, else 127.0.0.1.
    pub fn source_ip(mut self, source_ip: IpAddr) -> Self {
        self.config.front.source_ip = Some(source_ip);
        self
    }

    /// Adds a host name that clients of a gateway on TCP may use, and whose web pages may send requests: `shop.example.com`, `*.example.com` for all names below one, `*` for any.
    ///
    /// Known without are loopback names, names that end in `.localhost`, addresses, the gateway's domains and AWS's own name for it. On any other name, and from pages of other
    /// sites, a request gets 403: every page that a browser on this machine shows could ask otherwise. Somebody who follows a link of another site may pass, but not with what
    /// [`authorizer`](Self::authorizer) and [`client_certificate`](Self::client_certificate) inject. A gateway that is called as a service checks nothing of this.
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.config.allowed_hosts.push(name.into());
        self
    }

    /// The account; default `123456789012`.
    pub fn account_id(mut self, account_id: impl Into<String>) -> Self {
        self.config.front.account_id = account_id.into();
        self
    }

    /// The id of the API or function URL, which begins its host name; default `a1b2c3d4e5`.
    pub fn api_id(mut self, api_id: impl Into<String>) -> Self {
        self.config.front.api_id = api_id.into();
        self
    }

    /// The region, part of host names and ARNs; default `us-east-1`.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.config.front.region = region.into();
        self
    }

    /// What `X-Forwarded-Proto` and `X-Forwarded-Port` say; default `https` and 443, as on AWS.
    pub fn forwarded(mut self, proto: impl Into<String>, port: u16) -> Self {
        self.config.front.forwarded_proto = proto.into();
        self.config.front.forwarded_port = port;
        self
    }

    /// Whether a REST API's `responseTransferMode` is `STREAM`, or a function URL's invoke mode `RESPONSE_STREAM`; default no. The other kinds cannot stream.
    pub fn response_streaming(mut self, streaming: bool) -> Self {
        self.config.response_streaming = streaming;
        self
    }

    /// The largest request body, in bytes; default 10 MB for API Gateway, 6 MB for function URLs and Lattice, 1 MB for load balancers. Beyond it: 413.
    pub fn request_limit(mut self, bytes: usize) -> Self {
        self.config.request_limit = bytes;
        self
    }

    /// The largest event and the largest answer of the function, in bytes of JSON; default 6 MB (of an answer 6,291,556), for load balancers
    /// 1 MB.
    pub fn payload_limit(mut self, bytes: usize) -> Self {
        self.config.payload_limit = bytes;
        self.config.answer_limit = bytes;
        self
    }

    /// The most bytes of request header names and values; default 10,240, for load balancers 64 KB. Beyond it: 431.
    pub fn header_limit(mut self, bytes: usize) -> Self {
        self.config.header_limit = bytes;
        self
    }

    /// How long the gateway waits for the function's answer, of a streamed one for its last byte; default 29 s for REST and WebSocket APIs, 30 s for HTTP APIs, 60 s for load balancers and
    /// Lattice, 15 min for function URLs and for REST APIs that stream.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The clock of `requestTimeEpoch` and the other times; default the system's.
    ///
    /// ```
    /// use std::time::{Duration, UNIX_EPOCH};
    /// use http::Request;
    /// use sippycup_gateway::{Gateway, Kind};
    ///
    /// let gateway = Gateway::builder(Kind::HttpApiV2).clock(|| UNIX_EPOCH + Duration::from_secs(1_700_000_000)).build(())?;
    /// let event = gateway.event(&Request::get("/").body("".into())?)?;
    /// let event: serde_json::Value = serde_json::from_slice(&event)?;
    /// assert_eq!(event["requestContext"]["time"], "14/Nov/2023:22:13:20 +0000");
    /// # Ok::<(), sippycup_gateway::BoxError>(())
    /// ```
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.config.stamper.set_clock(clock);
        self
    }

    /// The random numbers in request and trace ids; default random. A constant makes events repeatable.
    pub fn entropy(mut self, entropy: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        self.config.stamper.set_entropy(entropy);
        self
    }

    /// An observer: it is called with each [`Step`] of each exchange and the number of the exchange, in the task that works on it, so it must return quickly; default
    /// none.
    pub fn observer(mut self, told: impl Fn(u64, Step<'_>) + Send + Sync + 'static) -> Self {
        self.config.observer = Observer::new(told);
        self
    }

    /// The first error is the one that [`build`](Self::build) gives.
    pub(crate) fn fails(&mut self, error: ConfigError) {
        self.error.get_or_insert(error);
    }
}

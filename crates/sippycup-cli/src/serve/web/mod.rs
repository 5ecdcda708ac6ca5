//! A Web Function: its process speaks HTTP/1.1 itself, and what stands before it only passes requests on, as AWS does.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/web-functions-http.html>

mod process;

use std::convert::Infallible;
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::{CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue};
use http::uri::Authority;
use http::{Method, Request, Response, StatusCode, Version};
use http_body_util::BodyExt;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use sippycup_gateway::{Body, BoxError, ExchangeNumber, Moment, Observed, Server, Terminal};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower_service::Service;

use super::common::Common;
use super::describe::Description;
use crate::certain::Certain;
use crate::inspect::{Door, Inspector};
use crate::record::Recorder;
use crate::template::WebPlan;
use process::{Connected, Process};

/// What passes requests on to the process of a Web Function.
#[derive(Clone)]
pub(crate) struct WebFunction {
    shared: Arc<Shared>,
}

struct Shared {
    plan: WebPlan,
    /// Names under which it may be asked.
    allowed: Vec<String>,
    terminal: Terminal,
    process: Process,
    observer: Arc<dyn Fn(Moment<'_>) + Send + Sync>,
}

/// Who looks on while a Web Function works.
pub(super) struct Looking<'a> {
    pub(super) inspector: Option<&'a Inspector>,
    /// Its place among all functions.
    pub(super) at: usize,
    pub(super) recorder: Option<Recorder>,
}

impl WebFunction {
    /// Starts the process, with an address of its own.
    pub(super) async fn start(
        plan: WebPlan,
        allowed: &[String],
        terminal: Terminal,
        looking: &Looking<'_>,
    ) -> Result<Self, BoxError> {
        // Free a moment ago: who takes it meanwhile is told by the process, which cannot listen then.
        let address = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?.local_addr()?;
        let observer: Arc<dyn Fn(Moment<'_>) + Send + Sync> = match looking.inspector {
            Some(inspector) => Arc::new(inspector.moments(looking.at)),
            None => Arc::new(|_| {}),
        };
        let process = Process::start(plan.clone(), address, terminal, Arc::clone(&observer))?;
        Ok(Self { shared: Arc::new(Shared { plan, allowed: allowed.to_vec(), terminal, process, observer }) })
    }

    /// One that listens nowhere: requests are given to it.
    pub(crate) async fn alone(plan: WebPlan, terminal: Terminal) -> Result<Self, BoxError> {
        let looking = Looking { inspector: None, at: 0, recorder: None };
        // Recorded requests name the host that they had.
        Self::start(plan, &["*".to_owned()], terminal, &looking).await
    }

    /// Tells where it is, and passes requests on until it should stop.
    pub(super) fn open(
        self,
        common: &Common<'_>,
        listener: TcpListener,
        description: &mut Description,
        looking: Looking<'_>,
    ) -> io::Result<JoinHandle<io::Result<()>>> {
        let (plan, terminal, address) = (&self.shared.plan, self.shared.terminal, listener.local_addr()?);
        let certificate = common.certificate;
        let scheme = if certificate.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{address}/");
        terminal.line(&format!("      web: {url}  ({})", plan.id));
        description.add_web(&plan.id, &plan.endpoint, url);
        let shutdown = common.stopped();
        let mut server = Server::new().report(move |line| terminal.line(line));
        if let Some(certificate) = certificate {
            server = server.tls(certificate.tls.clone());
        }
        let Looking { inspector, recorder, .. } = looking;
        let door = Door::of_web(&plan.id, address, certificate.is_some());
        let (shown, recorded) = (inspector.map(|i| i.web(door)), recorder.map(|r| r.exchanges(plan.endpoint.clone())));
        if shown.is_none() && recorded.is_none() {
            return Ok(tokio::spawn(server.serve(listener, self, shutdown)));
        }
        let observed = Observed::new(self, move |exchange, step| {
            shown.iter().for_each(|shown| shown(exchange, step));
            recorded.iter().for_each(|recorded| recorded(exchange, step));
        });
        if let Some(inspector) = inspector {
            inspector.listener(address, observed.clone());
        }
        Ok(tokio::spawn(server.serve(listener, observed, shutdown)))
    }

    /// Ends the process, and starts it anew.
    pub(super) fn restart(&self) {
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move { shared.process.restart().await });
    }

    pub(crate) fn stop(&self) {
        self.shared.process.stop();
    }
}

impl Service<Request<Body>> for WebFunction {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let shared = self.shared.clone();
        Box::pin(async move { Ok(shared.answer(request).await) })
    }
}

impl Shared {
    async fn answer(&self, mut request: Request<Body>) -> Response<Body> {
        if request.version() == Version::HTTP_10 {
            return refused(StatusCode::HTTP_VERSION_NOT_SUPPORTED, None);
        }
        if !METHODS.contains(request.method()) || !request.headers().contains_key(HOST) {
            return refused(StatusCode::BAD_REQUEST, None);
        }
        // A web page of a stranger may have made its own name point here.
        if !self.is_allowed(request.headers()) {
            return refused(StatusCode::NOT_FOUND, None);
        }
        let line = format!("{} {}", request.method(), request.uri().path());
        let exchange = request.extensions().get::<ExchangeNumber>().map(|number| number.get());
        let id = self.prepare(&mut request);
        let invocation = id.to_str().unwrap_or_default();
        (self.observer)(Moment::Queued { invocation, exchange });
        let deadline = self.plan.function.timeout.0;
        let answered = match tokio::time::timeout(deadline, self.pass(request, invocation)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                self.terminal.function(&self.plan.id, &format!("cannot be asked: {error}"));
                refused(StatusCode::BAD_GATEWAY, Some("Runtime.Unavailable"))
            }
            Err(_) => refused(StatusCode::GATEWAY_TIMEOUT, Some("Runtime.RequestTimeout")),
        };
        self.terminal.line(&format!("{line} {} ({})", answered.status().as_u16(), self.plan.id));
        let (mut parts, body) = answered.into_parts();
        strip(&mut parts.headers);
        parts.headers.insert(REQUEST_ID, id);
        Response::from_parts(parts, body)
    }

    fn is_allowed(&self, headers: &HeaderMap) -> bool {
        let host =
            headers.get(HOST).and_then(|host| host.to_str().ok()).and_then(|host| host.parse::<Authority>().ok());
        let Some(host) = host else { return false };
        let host = host.host().trim_matches(['[', ']']).to_ascii_lowercase();
        let is_named = |allowed: &String| match allowed.strip_prefix('*') {
            Some(end) => host.ends_with(end),
            None => host == *allowed,
        };
        host == "localhost"
            || host.ends_with(".localhost")
            || host.parse::<IpAddr>().is_ok()
            || self.allowed.iter().any(is_named)
    }

    /// The headers as AWS passes them on.
    fn prepare(&self, request: &mut Request<Body>) -> HeaderValue {
        let client = request.extensions().get::<SocketAddr>().map(SocketAddr::ip);
        let headers = request.headers_mut();
        strip(headers);
        let own: Vec<HeaderName> = headers
            .keys()
            .filter(|name| OWN.contains(&name.as_str()) || name.as_str().starts_with("lambda-web-"))
            .cloned()
            .collect();
        own.iter().for_each(|name| drop(headers.remove(name)));
        if let Some(client) = client {
            // What a client says about itself stands before its address.
            let said = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
            let chain: Vec<String> = said.map(str::to_owned).chain([client.to_string()]).collect();
            if let Ok(chain) = HeaderValue::from_str(&chain.join(", ")) {
                headers.insert(FORWARDED_FOR, chain);
            }
        }
        if let Ok(endpoint) = HeaderValue::from_str(&self.plan.endpoint) {
            headers.insert(ENDPOINT, endpoint);
        }
        let id = HeaderValue::from_str(&id());
        debug_assert!(id.is_ok(), "digits and hyphens are a header value");
        let id = id.unwrap_or(HeaderValue::from_static("-"));
        headers.insert(REQUEST_ID, id.clone());
        id
    }

    async fn pass(&self, mut request: Request<Body>, invocation: &str) -> Result<Response<Body>, BoxError> {
        let Connected { stream, environment, cold } = self.process.connect().await?;
        (self.observer)(Moment::Invoked { environment, invocation, cold });
        let working = Working { observer: Arc::clone(&self.observer), environment, invocation: invocation.to_owned() };
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        // From a client of HTTP/2 it is one of HTTP/1.1 from here on.
        *request.version_mut() = Version::HTTP_11;
        let response = sender.send_request(request).await?;
        Ok(response.map(|body| {
            Body::new(body.map_frame(move |frame| {
                // It works as long as somebody may read.
                let _ = &working;
                frame
            }))
        }))
    }
}

/// The process works on a request, until this is dropped.
struct Working {
    observer: Arc<dyn Fn(Moment<'_>) + Send + Sync>,
    environment: u64,
    invocation: String,
}

impl Drop for Working {
    fn drop(&mut self) {
        (self.observer)(Moment::Answered { environment: self.environment, invocation: &self.invocation });
    }
}

/// Removes what is about a connection, and what `Connection` names.
fn strip(headers: &mut HeaderMap) {
    let named = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named = named.flat_map(|value| value.split(',')).filter_map(|name| name.trim().parse::<HeaderName>().ok());
    let named: Vec<HeaderName> = named.filter(|name| *name != HOST).collect();
    named.iter().for_each(|name| drop(headers.remove(name)));
    HOPS.iter().for_each(|name| drop(headers.remove(*name)));
}

/// Like a UUID.
fn id() -> String {
    let hash = |half: u8| RandomState::new().hash_one(half);
    let digits = format!("{:016x}{:016x}", hash(0), hash(1));
    debug_assert_eq!(digits.len(), 32, "{digits}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| digits.get(range).certain());
    parts.join("-")
}

fn refused(status: StatusCode, error: Option<&'static str>) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    if let Some(error) = error {
        response.headers_mut().insert(ERROR_TYPE, HeaderValue::from_static(error));
    }
    response
}

const METHODS: &[Method] =
    &[Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::OPTIONS, Method::DELETE];

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const REQUEST_ID: HeaderName = HeaderName::from_static("lambda-web-request-id");
const ENDPOINT: HeaderName = HeaderName::from_static("lambda-web-endpoint-name");
const ERROR_TYPE: HeaderName = HeaderName::from_static("lambda-web-error-type");

const HOPS: &[&str] = &[
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "upgrade",
];

const OWN: &[&str] = &["x-http-method", "x-http-method-override", "x-method-override", "x-real-ip"];

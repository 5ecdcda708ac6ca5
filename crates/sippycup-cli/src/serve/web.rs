//! A Web Function: its process speaks HTTP/1.1 itself, and what stands before it only passes requests on, as AWS does.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/web-functions-http.html>

use std::convert::Infallible;
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::process::Stdio;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::{CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue};
use http::uri::Authority;
use http::{Method, Request, Response, StatusCode, Version};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use sippycup_gateway::{Body, BoxError, Server, Terminal};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, watch as signal};
use tokio::task::JoinHandle;
use tower_service::Service;

use crate::certain::Certain;
use crate::describe::Description;
use crate::plan::Pair;
use crate::supervise::supervised;
use crate::template::WebPlan;
use crate::tls::Certificate;

/// What passes requests on to the process of a Web Function.
#[derive(Clone)]
pub(super) struct WebFunction {
    shared: Arc<Shared>,
}

struct Shared {
    plan: WebPlan,
    address: SocketAddr,
    /// Names under which it may be asked.
    allowed: Vec<String>,
    terminal: Terminal,
    process: Mutex<Child>,
}

impl WebFunction {
    /// Starts the process, with an address of its own.
    pub(super) async fn start(plan: WebPlan, allowed: &[String], terminal: Terminal) -> Result<Self, BoxError> {
        // Free a moment ago: who takes it meanwhile is told by the process, which cannot listen then.
        let address = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?.local_addr()?;
        let process = Mutex::new(spawn(&plan, address, terminal)?);
        Ok(Self { shared: Arc::new(Shared { plan, address, allowed: allowed.to_vec(), terminal, process }) })
    }

    /// Tells where it is, and passes requests on until it should stop.
    pub(super) fn open(
        self,
        listener: TcpListener,
        certificate: Option<&Certificate>,
        mut stopping: signal::Receiver<bool>,
        description: &mut Description,
    ) -> io::Result<JoinHandle<io::Result<()>>> {
        let (plan, terminal) = (&self.shared.plan, self.shared.terminal);
        let scheme = if certificate.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}/", listener.local_addr()?);
        terminal.line(&format!("      web: {url}  ({})", plan.id));
        description.add_web(&plan.id, &plan.endpoint, url);
        let shutdown = async move {
            let _ = stopping.wait_for(|stop| *stop).await;
        };
        let mut server = Server::new().report(move |line| terminal.line(line));
        if let Some(certificate) = certificate {
            server = server.tls(certificate.tls.clone());
        }
        Ok(tokio::spawn(server.serve(listener, self, shutdown)))
    }

    pub(super) fn stop(&self) {
        // The process ends with its standard input, as with this command.
        if let Ok(mut process) = self.shared.process.try_lock() {
            drop(process.stdin.take());
            // A supervisor that is killed would leave the rest behind.
            if cfg!(not(unix)) {
                let _ = process.start_kill();
            }
        }
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
        let id = self.prepare(&mut request);
        let deadline = self.plan.function.timeout.0;
        let answered = match tokio::time::timeout(deadline, self.pass(request)).await {
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

    async fn pass(&self, mut request: Request<Body>) -> Result<Response<Body>, BoxError> {
        let stream = self.connect().await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        // From a client of HTTP/2 it is one of HTTP/1.1 from here on.
        *request.version_mut() = Version::HTTP_11;
        let response = sender.send_request(request).await?;
        Ok(response.map(Body::new))
    }

    /// A connection to the process, which is started anew, once, if it ended. It is ready once it accepts one.
    async fn connect(&self) -> Result<TcpStream, BoxError> {
        let mut tries = STARTING.as_millis() / PAUSE.as_millis();
        let mut anew = false;
        loop {
            let error = match TcpStream::connect(self.address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => error,
            };
            tries = tries.saturating_sub(1);
            if tries == 0 {
                return Err(format!("the function does not listen on {}: {error}", self.address).into());
            }
            let mut process = self.process.lock().await;
            if let Some(status) = process.try_wait()? {
                if anew {
                    return Err(format!("it ended ({status}) before it listened on {}", self.address).into());
                }
                anew = true;
                self.terminal.function(&self.plan.id, &format!("it ended ({status}), and is started anew"));
                *process = spawn(&self.plan, self.address, self.terminal)?;
            }
            drop(process);
            tokio::time::sleep(PAUSE).await;
        }
    }
}

fn spawn(plan: &WebPlan, address: SocketAddr, terminal: Terminal) -> Result<Child, BoxError> {
    let line = supervised(&plan.function.command);
    let (program, arguments) = line.split_first().ok_or("the function has no command")?;
    let mut command = Command::new(program);
    command.args(arguments).env("AWS_LAMBDA_HTTP_ENDPOINT", address.to_string());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(cfg!(not(unix)));
    for Pair { name, value } in plan.function.env.iter().map(|said| &said.value) {
        command.env(name, value);
    }
    if let Some(directory) = &plan.function.directory {
        command.current_dir(&directory.value);
    }
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command.spawn().map_err(|error| format!("cannot start `{}`: {error}", program.display()))?;
    if let Some(output) = child.stdout.take() {
        tokio::spawn(told(output, plan.id.clone(), terminal));
    }
    if let Some(output) = child.stderr.take() {
        tokio::spawn(told(output, plan.id.clone(), terminal));
    }
    Ok(child)
}

async fn told(output: impl AsyncRead + Unpin, name: String, terminal: Terminal) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        terminal.function(&name, &line);
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

/// How long a process may take until it listens, and how long it is left alone between two tries.
const STARTING: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(25);

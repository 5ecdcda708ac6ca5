//! The Invoke API of Lambda, for SDKs that invoke functions by their names.

mod answer;
mod error;
mod event_stream;
mod name;

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use tower_service::Service;

use crate::function::direct::Direct;
use crate::gateway::invoke::Invoke;
use crate::observe::{Exchange, Observer, Step};
use crate::request::OverTcp;
use crate::request::tenant::{self, is_tenant};
use crate::request::visitor::Names;
use crate::{Answer, Body, BoxError, Terminal};
use answer::{Invoked, no_content, response, streamed};
use error::Refused;
use name::{Operation, operation};

/// Lambda's Invoke API before functions with names: a tower service of requests as SDKs and the AWS CLI send them.
///
/// It knows [`Invoke`](https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html) (`RequestResponse`, `Event`, `DryRun`, with the end of the log),
/// [`InvokeWithResponseStream`](https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html) and
/// [`InvokeAsync`](https://docs.aws.amazon.com/lambda/latest/api/API_InvokeAsync.html). Functions are found by name, by ARN, or by either with a version or an alias, which do
/// not matter here. Signatures are not checked. Over TCP web pages get 403.
///
/// ```
/// use bytes::Bytes;
/// use http::Request;
/// use sippycup_gateway::{Body, BoxError, InvokeApi};
/// use tower::{ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let function = service_fn(async |event: Bytes| Ok::<_, BoxError>(event));
/// let api = InvokeApi::new().function("echo", function);
/// let request = Request::post("/2015-03-31/functions/echo/invocations").body(Body::from("{\"a\": 1}"))?;
/// let response = api.oneshot(request).await?;
/// assert_eq!((response.status().as_u16(), &response.headers()["x-amz-executed-version"]), (200, &"$LATEST".parse()?));
/// # Ok::<(), BoxError>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
#[must_use]
pub struct InvokeApi<F> {
    functions: Vec<(String, F)>,
    allowed_hosts: Vec<String>,
    observer: Observer,
}

impl<F> InvokeApi<F> {
    /// An API without functions, which answers 404 to everything.
    pub const fn new() -> Self {
        Self { functions: Vec::new(), allowed_hosts: Vec::new(), observer: Observer::none() }
    }

    /// Adds a function.
    pub fn function(mut self, name: impl Into<String>, function: F) -> Self {
        self.functions.push((name.into(), function));
        self
    }

    /// Adds a host name that clients may use over TCP, beside loopback names and addresses: as [`GatewayBuilder::allow_host`](crate::GatewayBuilder::allow_host).
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.allowed_hosts.push(name.into());
        self
    }

    /// An observer: it is called with each [`Step`] of each call and the number of its exchange, as [`GatewayBuilder::observer`](crate::GatewayBuilder::observer); default none.
    ///
    /// The event is what the client sent. Nothing is routed, and nobody authorized. Of an invocation of the type `Event` the response comes before the event, and the end is that of the function.
    pub fn observer(mut self, told: impl Fn(u64, Step<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Observer::new(told);
        self
    }

    fn check_visitor(&self, parts: &Parts) -> Result<(), Refused> {
        let names = Names { allowed: &self.allowed_hosts, cors: None, is_own: |_: &str| false };
        match parts.extensions.get::<OverTcp>() {
            Some(OverTcp) => names.no_page(&parts.headers).map_err(|reason| Refused::forbidden(&reason)),
            None => Ok(()),
        }
    }
}

impl<F> Default for InvokeApi<F> {
    fn default() -> Self {
        Self::new()
    }
}

/// One call, and the function that it is for.
struct Call<F> {
    function: F,
    event: Bytes,
    asked: Asked,
    told: Told,
}

impl<F: Invoke> Call<F> {
    async fn read<B>(api: InvokeApi<F>, parts: &Parts, body: B, exchange: &Exchange) -> Result<Self, Refused>
    where
        B: http_body::Body,
        B::Error: Into<BoxError>,
    {
        api.check_visitor(parts)?;
        let (operation, name) =
            operation(parts.uri.path()).filter(|_| parts.method == Method::POST).ok_or_else(|| {
                Refused::unknown(&format!(
                    "no operation of Lambda that runs here: {} {}",
                    parts.method,
                    parts.uri.path()
                ))
            })?;
        let asked = Asked::read(operation, &parts.headers)?;
        let Some(function) = api.functions.into_iter().find(|(known, _)| *known == name).map(|(_, function)| function)
        else {
            return Err(Refused::no_function(&name));
        };
        let told = Told { name, terminal: parts.extensions.get().copied() };
        let event = event(body, &asked, exchange).await?;
        Ok(Self { function, event, asked, told })
    }

    async fn made(self, exchange: Exchange) -> Response<Body> {
        let Self { function, event, asked, told } = self;
        match asked.sort {
            Sort::DryRun => exchange.response(no_content()),
            Sort::Event => {
                let (parts, body) = response(StatusCode::ACCEPTED, Bytes::new()).into_parts();
                exchange.tell(|| Step::Response(&parts));
                tokio::spawn(async move {
                    let invoked = Invoked::of(function, event, &Arc::new(asked.direct), &exchange).await;
                    if let Some(reason) = invoked.failure(&exchange).await {
                        told.failed(&reason);
                    }
                    exchange.over();
                });
                Response::from_parts(parts, body)
            }
            Sort::RequestResponse => {
                let invoked = Invoked::of(function, event, &Arc::new(asked.direct), &exchange).await;
                let response = match invoked.begun() {
                    Ok(invoked) if asked.operation == Operation::Stream => streamed(invoked, asked.tail, told),
                    Ok(invoked) => invoked.response(asked.tail, &exchange).await,
                    Err(refused) => refused.response(),
                };
                exchange.response(response)
            }
        }
    }
}

impl<F, B> Service<Request<B>> for InvokeApi<F>
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
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (parts, body) = request.into_parts();
        let api = self.clone();
        Box::pin(async move {
            let exchange = api.observer.begin(&parts);
            Ok(match Call::read(api, &parts, body, &exchange).await {
                Ok(call) => call.made(exchange).await,
                Err(refused) => exchange.response(refused.response()),
            })
        })
    }
}

impl<F> fmt::Debug for InvokeApi<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.functions.iter().map(|(name, _)| name).collect();
        f.debug_struct("InvokeApi").field("functions", &names).finish_non_exhaustive()
    }
}

/// Where the developer reads of a failure that comes too late for the line of the request.
struct Told {
    name: String,
    terminal: Option<Terminal>,
}

impl Told {
    fn failed(&self, reason: &str) {
        if let Some(terminal) = self.terminal {
            terminal.line(&format!("{} failed: {reason}", Terminal::printable(&self.name)));
        }
    }
}

/// What the headers ask for.
struct Asked {
    sort: Sort,
    operation: Operation,
    tail: bool,
    direct: Direct,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Sort {
    DryRun,
    Event,
    RequestResponse,
}

impl Asked {
    fn read(operation: Operation, headers: &HeaderMap) -> Result<Self, Refused> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let sort = match (operation, header("x-amz-invocation-type")) {
            (Operation::Async, _) => Sort::Event,
            (_, None | Some("RequestResponse")) => Sort::RequestResponse,
            (Operation::Invoke, Some("Event")) => Sort::Event,
            (_, Some("DryRun")) => Sort::DryRun,
            (_, Some(other)) => {
                return Err(Refused::parameter(&format!("expected another invocation type than {other}")));
            }
        };
        let tail = match header("x-amz-log-type") {
            None | Some("None") => false,
            Some("Tail") => true,
            Some(other) => {
                return Err(Refused::parameter(&format!("expected None or Tail as log type, found {other}")));
            }
        };
        let context = header("x-amz-client-context").map(|context| {
            let decoded = STANDARD.decode(context).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let is_json = |text: &String| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
            let one_line = |text: &String| !text.contains(char::is_control);
            decoded
                .filter(|text| context.len() <= CONTEXT && is_json(text) && one_line(text))
                .ok_or_else(|| Refused::parameter("Client context must be a valid Base64-encoded JSON object."))
        });
        let tenant = header("x-amz-tenant-id").map(str::to_owned);
        if tenant.as_ref().is_some_and(|id| !is_tenant(id)) {
            return Err(Refused::parameter(&tenant::invalid().to_string()));
        }
        Ok(Self { sort, operation, tail, direct: Direct::new(tenant, context.transpose()?) })
    }

    /// What Lambda says of an event that is too large; `size` if the client told it.
    fn too_large(&self, size: Option<u64>) -> Refused {
        let (limit, sort) = (self.limit(), if self.sort == Sort::Event { "Event" } else { "RequestResponse" });
        Refused::too_large(&match size {
            Some(size) => {
                format!("{size} byte payload is too large for the {sort} invocation type (limit {limit} bytes)")
            }
            None => format!("Request must be smaller than {limit} bytes for the InvokeFunction operation"),
        })
    }

    /// How large an event may be, in bytes.
    const fn limit(&self) -> usize {
        match (self.operation, self.sort) {
            (Operation::Async, _) => 256 << 10,
            (_, Sort::Event) => 1 << 20,
            _ => 6 << 20,
        }
    }
}

/// The event, which must be JSON. Nothing is an empty object.
async fn event<B>(body: B, asked: &Asked, exchange: &Exchange) -> Result<Bytes, Refused>
where
    B: http_body::Body,
    B::Error: Into<BoxError>,
{
    let size = body.size_hint().exact();
    let body = std::pin::pin!(Limited::new(body, asked.limit()));
    let event = match body.collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => return Err(asked.too_large(size)),
        Err(error) => return Err(Refused::content(&format!("the body broke off: {error}"))),
    };
    exchange.tell(|| Step::RequestBody(&event));
    if event.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    match serde_json::from_slice::<serde::de::IgnoredAny>(&event) {
        Ok(_) => Ok(event),
        Err(error) => Err(Refused::content(&format!("Could not parse payload into json: {error}"))),
    }
}

/// The largest client context, in bytes of base64.
const CONTEXT: usize = 3583;

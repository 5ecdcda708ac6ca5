//! The Lambda Runtime API of one environment.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::UNIX_EPOCH;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tower_service::Service;

use super::FunctionError;
use super::intake::{self, End, Taking, collect, drain};
use super::message::{ATTACHED, Message, NotTaken, Taken, Turn};
use super::settings::Settings;
use crate::answer::INTEGRATION_RESPONSE;
use crate::request::visitor::Names;
use crate::serve;
use crate::{Answer, Body, BoxError};

/// Serves until it is to end, the task is aborted or the listener breaks.
pub(super) async fn serve(
    listener: TcpListener,
    environment: u64,
    settings: Arc<Settings>,
    pool: mpsc::UnboundedSender<Message>,
    ending: impl Future<Output = ()>,
) {
    let mut http = http1::Builder::new();
    http.title_case_headers(true);
    let api = RuntimeApi { environment, settings: Arc::clone(&settings), pool };
    let reporting = Arc::clone(&settings);
    let report = Arc::new(move |line: &str| reporting.report(line));
    if let Err(error) = serve::serve(listener, api, serve::Front::new(http, report), ending).await {
        settings.report(&format!("the Runtime API broke: {error}"));
    }
}

#[derive(Clone)]
pub(super) struct RuntimeApi {
    pub(super) environment: u64,
    pub(super) settings: Arc<Settings>,
    pub(super) pool: mpsc::UnboundedSender<Message>,
}

impl RuntimeApi {
    async fn handle(self, request: Request<Incoming>) -> Result<Response<Body>, Closed> {
        let names = Names { allowed: &self.settings.allowed_hosts, cors: None, is_own: |_: &str| false };
        if let Err(reason) = names.no_page(request.headers()) {
            self.settings.report(&format!("the Runtime API refused a request: {reason}"));
            return Ok(error(StatusCode::FORBIDDEN, "Runtime.Forbidden", &reason));
        }
        let path = request.uri().path().to_owned();
        let parts: Vec<_> = path.strip_prefix("/2018-06-01/runtime/").unwrap_or_default().split('/').collect();
        match (request.method(), parts.as_slice()) {
            (&Method::GET, ["invocation", "next"]) => self.next().await,
            (&Method::POST, ["invocation", id, "response"]) => self.response(id, request).await,
            (&Method::POST, ["invocation", id, "error"]) => Ok(self.error(id, request).await),
            (&Method::POST, ["init", "error"]) => Ok(self.init_error(request).await),
            (&Method::POST, ["restore", "error"]) if self.restores() => Ok(self.init_error(request).await),
            // A restored function asks this until it may go on; here it may at once.
            (&Method::GET, ["restore", "next"]) if self.restores() => Ok(Response::new(Body::empty())),
            _ => match self.extension(request).await {
                Ok(response) => response,
                Err(request) => {
                    drain(&mut request.into_body()).await;
                    Ok(error(StatusCode::NOT_FOUND, "Runtime.NotFound", &format!("no such path: {path}")))
                }
            },
        }
    }

    /// Lambda has the paths of SnapStart only for functions with SnapStart; what a function started elsewhere has is not known.
    fn restores(&self) -> bool {
        self.settings.snap_start || self.environment == ATTACHED
    }

    async fn next(self) -> Result<Response<Body>, Closed> {
        let (hand, work) = oneshot::channel();
        let _ = self.pool.send(Message::Next { environment: self.environment, hand });
        // The function is being stopped. Clients of the Runtime API do not expect any answer that says so.
        let work = work.await.map_err(|_| Closed)?;
        let mut response = Response::builder()
            .header(CONTENT_TYPE, "application/json")
            .header("lambda-runtime-aws-request-id", &work.id)
            .header(
                "lambda-runtime-deadline-ms",
                work.deadline.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis().to_string(),
            )
            .header("lambda-runtime-invoked-function-arn", self.settings.arn())
            .header("lambda-runtime-invocation-id", &work.invocation_id)
            .header("lambda-runtime-trace-id", &work.trace_id);
        let direct = work.direct.as_ref();
        if let Some(tenant) = direct.and_then(|direct| direct.tenant.as_ref()).or(self.settings.tenant.as_ref()) {
            response = response.header("lambda-runtime-aws-tenant-id", tenant);
        }
        if let Some(context) = direct.and_then(|direct| direct.client_context.as_ref()) {
            response = response.header("lambda-runtime-client-context", context);
        }
        response.body(Body::from(work.event)).map_err(|error| {
            debug_assert!(false, "every header was checked: {error}");
            Closed
        })
    }

    async fn response(self, id: &str, request: Request<Incoming>) -> Result<Response<Body>, Closed> {
        let (take, taken) = oneshot::channel();
        let echo = echo(request.headers());
        let _ = self.pool.send(Message::Answer { environment: self.environment, id: id.to_owned(), echo, take });
        let Taken { reply, mut cut } = match taken.await.unwrap_or(Err(NotTaken::Unknown)) {
            Ok(taken) => taken,
            Err(not) => {
                drain(&mut request.into_body()).await;
                return Ok(self.not_taken(id, not));
            }
        };
        let (parts, mut body) = request.into_parts();
        let mode = parts.headers.get("lambda-runtime-function-response-mode");
        if mode.is_some_and(|mode| mode == "streaming") {
            return self.stream(id, Taken { reply, cut }, &parts.headers, &mut body).await;
        }
        let limit = self.settings.payload_limit;
        let (answer, response) = match intake::buffer(&mut body, limit, &mut cut).await {
            Ok(Taking::Whole(json)) => (Ok(Answer::from(json)), Ok(accepted())),
            Ok(Taking::TooLarge) => {
                let message = format!("Response payload size exceeded maximum allowed payload size ({limit} bytes).");
                let said = format!("Exceeded maximum allowed payload size ({limit} bytes).");
                let refused = error(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &said);
                (Err(FunctionError::new("Function.ResponseSizeTooLarge", message)), Ok(refused))
            }
            Ok(Taking::Broken(e)) => {
                let message = format!("the answer broke off: {e}");
                let refused = error(StatusCode::BAD_REQUEST, TRUNCATED, &message);
                (Err(FunctionError::new(TRUNCATED, message)), Ok(refused))
            }
            Err(cut) => (Err(cut), Err(Closed)),
        };
        self.done(id, answer.is_err());
        // Nobody waits if the client has gone.
        let _ = reply.send(answer);
        if response.is_err() {
            self.await_end(&mut body).await;
        }
        response
    }

    /// A process that is about to be ended should not find its connection closed before: it would say so.
    async fn await_end(&self, body: &mut Incoming) {
        if self.environment != ATTACHED && self.settings.max_concurrency.is_none() {
            drain(body).await;
        }
    }

    /// Passes a stream on while it comes.
    async fn stream(
        &self,
        id: &str,
        taken: Taken,
        headers: &HeaderMap,
        body: &mut Incoming,
    ) -> Result<Response<Body>, Closed> {
        let content_type = headers.get(CONTENT_TYPE);
        let prelude = content_type.is_some_and(|t| t.as_bytes() == INTEGRATION_RESPONSE.as_bytes());
        let (passing, channel) = intake::channel();
        let _ = taken.reply.send(Ok(Answer::streaming(channel, prelude)));
        let abandoned = || {
            let _ = self.pool.send(Message::Abandoned { environment: self.environment, id: id.to_owned() });
        };
        let (error, response): (Option<BoxError>, _) = match passing.pass_on(body, taken.cut, abandoned).await {
            End::Whole => (None, Ok(accepted())),
            End::Failed(failed) => (Some(failed.into()), Ok(accepted())),
            End::Broken(broken) => {
                let failed = FunctionError::new(TRUNCATED, format!("the stream broke off: {broken}"));
                (Some(failed.into()), Ok(error(StatusCode::BAD_REQUEST, TRUNCATED, "the stream broke off")))
            }
            End::Cut(cut) => (Some(cut.into()), Err(Closed)),
        };
        self.done(id, error.is_some());
        passing.end(error);
        if response.is_err() {
            self.await_end(body).await;
        }
        response
    }

    async fn error(self, id: &str, request: Request<Incoming>) -> Response<Body> {
        let (take, turn) = oneshot::channel();
        let echo = echo(request.headers());
        let _ = self.pool.send(Message::Error { environment: self.environment, id: id.to_owned(), echo, take });
        let turn = turn.await.unwrap_or(Turn::Not(NotTaken::Unknown));
        let failed = reported(request, ERROR_TYPE).await;
        match turn {
            Turn::Reply(reply) => {
                self.done(id, false);
                // Who waits for the answer hears of it, and if nobody does, the developer.
                if let Err(Err(failed)) = reply.send(Err(failed)) {
                    self.settings.report(&format!("the function reported {failed}"));
                }
                accepted()
            }
            Turn::Late => accepted(),
            Turn::Not(not) => self.not_taken(id, not),
        }
    }

    /// Always before the reply: otherwise the client's next request could find this process busy, and cause another to be started.
    fn done(&self, id: &str, refused: bool) {
        let _ = self.pool.send(Message::Done { environment: self.environment, id: id.to_owned(), refused });
    }

    async fn init_error(self, request: Request<Incoming>) -> Response<Body> {
        let failed = reported(request, ERROR_TYPE).await;
        let (taken, is_taken) = oneshot::channel();
        let _ = self.pool.send(Message::InitError { environment: self.environment, error: failed, taken });
        match is_taken.await {
            Ok(false) => error(StatusCode::FORBIDDEN, "InvalidStateTransition", NO_INIT_ERROR),
            Ok(true) | Err(_) => accepted(),
        }
    }

    fn not_taken(&self, id: &str, not: NotTaken) -> Response<Body> {
        // An id of ours has 36 bytes; what else somebody asks for need not be told in full.
        let id: String = id.chars().take(64).collect();
        match not {
            NotTaken::Expired => {
                self.settings
                    .report(&format!("the function answered invocation {id} too late, or as another delivery"));
                error(StatusCode::GONE, "InvokeTimeout", "Invoke timeout")
            }
            NotTaken::Unknown => {
                self.settings
                    .report(&format!("the function answered invocation {id}, which is unknown or answered already"));
                error(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID")
            }
        }
    }
}

impl Service<Request<Incoming>> for RuntimeApi {
    type Response = Response<Body>;
    type Error = Closed;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Closed>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Closed>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        Box::pin(self.clone().handle(request))
    }
}

/// The connection is closed in the place of a response.
#[derive(Debug)]
pub(super) struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the invocation has ended")
    }
}

impl Error for Closed {}

/// The invocation id that an answer brings back. One that is no text is none of ours.
fn echo(headers: &HeaderMap) -> Option<String> {
    let echo = headers.get("lambda-runtime-invocation-id")?;
    Some(String::from_utf8_lossy(echo.as_bytes()).into_owned())
}

/// An error report, with the type that a header names.
pub(super) async fn reported(request: Request<Incoming>, name: &str) -> FunctionError {
    let (parts, mut body) = request.into_parts();
    let payload = collect(&mut body).await;
    let header = parts.headers.get(name).and_then(|v| v.to_str().ok());
    FunctionError::reported(header, payload.freeze())
}

pub(super) fn accepted() -> Response<Body> {
    let mut response = Response::new(Body::from("{\"status\":\"OK\"}\n"));
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}

pub(super) fn error(status: StatusCode, error_type: &str, message: &str) -> Response<Body> {
    let body = serde_json::json!({ "errorMessage": message, "errorType": error_type });
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response
}

const NO_INIT_ERROR: &str =
    "State transition from Ready to InitError failed for runtime. Error: State transition is not allowed";

const TRUNCATED: &str = "Runtime.TruncatedResponse";

const ERROR_TYPE: &str = "lambda-runtime-function-error-type";

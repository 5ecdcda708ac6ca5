//! The Lambda Runtime API of one environment.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tower_service::Service;

use super::FunctionError;
use super::message::{Message, Reply};
use super::settings::Settings;
use crate::answer::INTEGRATION_RESPONSE;
use crate::{Answer, Body, BoxError};

/// Serves until the task is aborted or the listener breaks.
pub(super) async fn serve(
    listener: TcpListener,
    environment: u64,
    settings: Arc<Settings>,
    pool: mpsc::UnboundedSender<Message>,
) {
    let api = RuntimeApi { environment, settings: Arc::clone(&settings), pool };
    if let Err(error) = crate::serve::serve(listener, api, true, std::future::pending()).await {
        settings.report(&format!("the Runtime API broke: {error}"));
    }
}

#[derive(Clone)]
struct RuntimeApi {
    environment: u64,
    settings: Arc<Settings>,
    pool: mpsc::UnboundedSender<Message>,
}

impl RuntimeApi {
    async fn handle(self, request: Request<Incoming>) -> Response<Body> {
        let path = request.uri().path().to_owned();
        let Some(rest) = path.strip_prefix("/2018-06-01/runtime/") else {
            return error(StatusCode::NOT_FOUND, "Runtime.NotFound", &format!("no such path: {path}"));
        };
        match (request.method(), rest.split('/').collect::<Vec<_>>().as_slice()) {
            (&Method::GET, ["invocation", "next"]) => self.next().await,
            (&Method::POST, ["invocation", id, "response"]) => self.response(id, request).await,
            (&Method::POST, ["invocation", id, "error"]) => self.error(id, request).await,
            (&Method::POST, ["init" | "restore", "error"]) => self.init_error(request).await,
            // A restored function asks this until it may go on; here it may at once.
            (&Method::GET, ["restore", "next"]) => Response::new(Body::empty()),
            _ => error(StatusCode::NOT_FOUND, "Runtime.NotFound", &format!("no such path: {path}")),
        }
    }

    async fn next(self) -> Response<Body> {
        let (hand, work) = oneshot::channel();
        let _ = self.pool.send(Message::Next { environment: self.environment, hand });
        let Ok(work) = work.await else {
            return error(StatusCode::SERVICE_UNAVAILABLE, "Runtime.Stopped", "the function is being stopped");
        };
        let deadline = SystemTime::now() + self.settings.timeout;
        let response = Response::builder()
            .header(CONTENT_TYPE, "application/json")
            .header("lambda-runtime-aws-request-id", &work.id)
            .header(
                "lambda-runtime-deadline-ms",
                deadline.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis().to_string(),
            )
            .header("lambda-runtime-invoked-function-arn", self.settings.arn())
            .header("lambda-runtime-trace-id", &work.trace_id)
            .body(Body::from(work.event));
        // Only the trace id comes from outside, and a header brought it.
        response.unwrap_or_else(|e| error(StatusCode::INTERNAL_SERVER_ERROR, "Runtime.Unknown", &e.to_string()))
    }

    async fn response(self, id: &str, request: Request<Incoming>) -> Response<Body> {
        let Some(reply) = self.take(id).await else {
            return self.invalid_id(id);
        };
        let (parts, body) = request.into_parts();
        let mode = parts.headers.get("lambda-runtime-function-response-mode");
        if mode.is_some_and(|mode| mode == "streaming") {
            self.stream(id, reply, &parts.headers, body).await
        } else {
            self.buffer(id, reply, body).await
        }
    }

    async fn buffer(&self, id: &str, reply: Reply, body: Incoming) -> Response<Body> {
        let limit = self.settings.payload_limit;
        let (answer, response) = match Limited::new(body, limit).collect().await {
            Ok(body) => (Ok(Answer::from(body.to_bytes())), accepted()),
            Err(e) if e.is::<LengthLimitError>() => {
                let message = format!("Response payload size exceeded maximum allowed payload size ({limit} bytes).");
                let refused = error(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message);
                (Err(FunctionError::new("Function.ResponseSizeTooLarge", message)), refused)
            }
            Err(e) => {
                let message = format!("the answer broke off: {e}");
                let refused = error(StatusCode::BAD_REQUEST, TRUNCATED, &message);
                (Err(FunctionError::new(TRUNCATED, message)), refused)
            }
        };
        self.done(id);
        // Nobody waits if the client has gone.
        let _ = reply.send(answer);
        response
    }

    /// Passes a stream on while it comes. If the client goes away, the rest is read all the same: it is no fault of the function.
    async fn stream(&self, id: &str, reply: Reply, headers: &HeaderMap, mut body: Incoming) -> Response<Body> {
        let content_type = headers.get(CONTENT_TYPE);
        let prelude = content_type.is_some_and(|t| t.as_bytes() == INTEGRATION_RESPONSE.as_bytes());
        let (sender, receiver) = mpsc::channel(16);
        let _ = reply.send(Ok(Answer::streaming(Channel { receiver }, prelude)));
        let mut response = accepted();
        while let Some(frame) = body.frame().await {
            let frame = match frame.map(Frame::into_trailers) {
                Ok(Ok(trailers)) => match trailer_error(&trailers) {
                    Some(error) => Err(error.into()),
                    None => continue,
                },
                Ok(Err(data)) => Ok(data),
                Err(error) => Err(BoxError::from(error)),
            };
            let broken = frame.is_err();
            let _ = sender.send(frame).await;
            if broken {
                response = error(StatusCode::BAD_REQUEST, TRUNCATED, "the stream broke off");
                break;
            }
        }
        // Before the client sees the end, for the same reason as in `done`.
        self.done(id);
        drop(sender);
        response
    }

    async fn error(self, id: &str, request: Request<Incoming>) -> Response<Body> {
        let Some(reply) = self.take(id).await else {
            return self.invalid_id(id);
        };
        let failed = reported(request).await;
        self.settings.report(&format!("the function reported {failed}"));
        self.done(id);
        let _ = reply.send(Err(failed));
        accepted()
    }

    /// Always before the reply: otherwise the client's next request could find this process busy, and cause another to be started.
    fn done(&self, id: &str) {
        let _ = self.pool.send(Message::Done { environment: self.environment, id: id.to_owned() });
    }

    async fn init_error(self, request: Request<Incoming>) -> Response<Body> {
        let error = reported(request).await;
        let _ = self.pool.send(Message::InitError { environment: self.environment, error });
        accepted()
    }

    async fn take(&self, id: &str) -> Option<Reply> {
        let (take, taken) = oneshot::channel();
        let _ = self.pool.send(Message::Answer { environment: self.environment, id: id.to_owned(), take });
        taken.await.ok().flatten()
    }

    fn invalid_id(&self, id: &str) -> Response<Body> {
        self.settings.report(&format!("the function answered invocation {id}, which is unknown or answered already"));
        error(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID")
    }
}

impl Service<Request<Incoming>> for RuntimeApi {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let api = self.clone();
        Box::pin(async move { Ok(api.handle(request).await) })
    }
}

async fn reported(request: Request<Incoming>) -> FunctionError {
    let (parts, body) = request.into_parts();
    let header = parts.headers.get("lambda-runtime-function-error-type").and_then(|v| v.to_str().ok());
    let payload = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    FunctionError::reported(header, payload)
}

/// A failure in mid-stream is told in trailers, the error itself in base64.
fn trailer_error(trailers: &HeaderMap) -> Option<FunctionError> {
    let text = |name: &str| trailers.get(name).and_then(|v| v.to_str().ok());
    let error_type = text("lambda-runtime-function-error-type")?;
    let body = text("lambda-runtime-function-error-body").and_then(|b| STANDARD.decode(b).ok()).unwrap_or_default();
    Some(FunctionError::reported(Some(error_type), Bytes::from(body)))
}

fn accepted() -> Response<Body> {
    let mut response = Response::new(Body::from("{\"status\":\"OK\"}\n"));
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}

fn error(status: StatusCode, error_type: &str, message: &str) -> Response<Body> {
    let body = serde_json::json!({ "errorMessage": message, "errorType": error_type });
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response
}

/// The receiving end of a stream.
struct Channel {
    receiver: mpsc::Receiver<Result<Frame<Bytes>, BoxError>>,
}

impl http_body::Body for Channel {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.receiver.poll_recv(cx)
    }
}

const TRUNCATED: &str = "Runtime.TruncatedResponse";

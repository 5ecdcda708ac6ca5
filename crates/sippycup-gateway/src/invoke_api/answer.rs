//! What an invocation answers: at once, or as events of a stream.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use http_body::Frame;
use http_body_util::BodyExt;
use serde_json::{Map, Value, json};

use super::Told;
use super::error::Refused;
use super::event_stream::frame;
use crate::function::direct::{self, Direct};
use crate::gateway::invoke::Invoke;
use crate::observe::{Exchange, Step, on_behalf};
use crate::stamp::{Stamper, iso_time};
use crate::{Answer, Body, BoxError, Fault, FunctionError};

/// An invocation that has begun to answer, or has failed.
pub(super) struct Invoked {
    answer: Result<Answer, Failure>,
    direct: Arc<Direct>,
    began: Instant,
}

/// What the function reports, or Lambda about it.
struct Failure {
    error_type: String,
    /// For the developer, who can be told more.
    reason: String,
    payload: Bytes,
    log: Option<String>,
    is_without_tenant: bool,
}

impl Failure {
    fn of(error: &BoxError, direct: &Direct) -> Self {
        let id = direct.id().unwrap_or_default();
        let reason = error.to_string();
        match error.downcast_ref::<FunctionError>() {
            Some(error) => Self {
                error_type: error.error_type().to_owned(),
                reason,
                payload: error.payload_of(id),
                log: error.log_of(id, &iso_time(Stamper::default().stamp().epoch_millis())),
                is_without_tenant: error.is_without_tenant(),
            },
            None => Self {
                error_type: "Error".to_owned(),
                payload: json!({ "errorType": "Error", "errorMessage": &reason }).to_string().into(),
                reason,
                log: None,
                is_without_tenant: false,
            },
        }
    }
}

/// A failure, which who observes the exchange is told.
fn failed(error: &BoxError, direct: &Direct, exchange: &Exchange) -> Failure {
    exchange.tell(|| Step::Failed(error));
    Failure::of(error, direct)
}

impl Invoked {
    pub(super) async fn of<F: Invoke>(
        mut function: F,
        event: Bytes,
        direct: &Arc<Direct>,
        exchange: &Exchange,
    ) -> Self {
        let began = Instant::now();
        exchange.tell(|| Step::Event(&event));
        let answer = direct::on_behalf(Arc::clone(direct), async {
            std::future::poll_fn(|cx| function.poll_ready(cx)).await.map_err(Into::into)?;
            function.call(event).await.map(Into::into).map_err(Into::into)
        });
        let answer = match on_behalf(exchange, answer).await {
            Ok(answer) => Ok(exchange.answer(answer)),
            Err(error) => Err(failed(&error, direct, exchange)),
        };
        Self { answer, direct: Arc::clone(direct), began }
    }

    /// Refuses an invocation that Lambda does not begin.
    pub(super) fn begun(self) -> Result<Self, Refused> {
        match &self.answer {
            Err(failure) if failure.is_without_tenant => Err(Refused::parameter(&failure.reason)),
            _ => Ok(self),
        }
    }

    /// Why there is no answer, if there is none; a function that streams is read to its end.
    pub(super) async fn failure(self, exchange: &Exchange) -> Option<String> {
        match self.answer {
            Ok(answer) => {
                let error = answer.into_body().collect().await.err()?;
                Some(failed(&error, &self.direct, exchange).reason)
            }
            Err(failure) => Some(failure.reason),
        }
    }

    /// The whole answer; a function that streams is read to its end.
    pub(super) async fn response(self, tail: bool, exchange: &Exchange) -> Response<Body> {
        let Self { answer, direct, began } = self;
        let answer = match answer {
            Ok(answer) => match answer.into_body().collect().await {
                Ok(collected) => Ok(collected.to_bytes()),
                Err(error) => Err(failed(&error, &direct, exchange)),
            },
            Err(failure) => Err(failure),
        };
        let log = if tail { Some(log(&direct, began, answer.as_ref().err()).await) } else { None };
        let (body, failure) = match answer {
            Ok(body) if body.is_empty() => (Bytes::from_static(b"null"), None),
            Ok(body) => (body, None),
            Err(failure) => (failure.payload, Some(failure.reason)),
        };
        let mut response = response(StatusCode::OK, body);
        let headers = response.headers_mut();
        headers.insert("x-amz-executed-version", HeaderValue::from_static("$LATEST"));
        if failure.is_some() {
            headers.insert("x-amz-function-error", HeaderValue::from_static("Unhandled"));
        }
        if let Some(log) = log.and_then(|log| HeaderValue::try_from(log).ok()) {
            headers.insert("x-amz-log-result", log);
        }
        if let Some(id) = direct.id().and_then(|id| HeaderValue::from_str(id).ok()) {
            headers.insert("x-amzn-requestid", id);
        }
        if let Some(reason) = failure {
            response.extensions_mut().insert(Fault::new(&format!("the function failed: {reason}")));
        }
        response
    }
}

/// A response in JSON, with an id.
pub(super) fn response(status: StatusCode, body: Bytes) -> Response<Body> {
    let mut response = no_content();
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    *response.body_mut() = Body::from(body);
    response
}

pub(super) fn no_content() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    if let Ok(id) = HeaderValue::try_from(Stamper::default().stamp().uuid) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}

/// The answer as events, while the function writes it.
pub(super) fn streamed(invoked: Invoked, tail: bool, told: Told) -> Response<Body> {
    let Invoked { answer, direct, began } = invoked;
    let mut response = response(StatusCode::OK, Bytes::new());
    response.headers_mut().remove(CONTENT_LENGTH);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/vnd.amazon.eventstream"));
    headers.insert("x-amz-executed-version", HeaderValue::from_static("$LATEST"));
    if let Some(id) = direct.id().and_then(|id| HeaderValue::from_str(id).ok()) {
        headers.insert("x-amzn-requestid", id);
    }
    let ending = Ending { direct, began, tail };
    let part = match answer {
        Ok(answer) => Part::Chunks(answer.into_body(), Some(ending)),
        Err(failure) => {
            let reason = format!("the function failed: {}", failure.reason);
            response.extensions_mut().insert(Fault::new(&reason));
            Part::complete(Some(failure), ending)
        }
    };
    *response.body_mut() = Body::new(Events { part, told });
    response
}

/// A body of event frames.
struct Events {
    part: Part,
    told: Told,
}

/// What the last event needs.
struct Ending {
    direct: Arc<Direct>,
    began: Instant,
    tail: bool,
}

enum Part {
    Chunks(Body, Option<Ending>),
    Complete(Pin<Box<dyn Future<Output = Bytes> + Send>>),
    Over,
}

impl Part {
    fn complete(failure: Option<Failure>, Ending { direct, began, tail }: Ending) -> Self {
        Self::Complete(Box::pin(async move {
            let mut members = Map::new();
            if tail {
                members.insert("LogResult".to_owned(), log(&direct, began, failure.as_ref()).await.into());
            }
            if let Some(Failure { error_type, payload, .. }) = failure {
                members.insert("ErrorCode".to_owned(), error_type.into());
                members.insert("ErrorDetails".to_owned(), String::from_utf8_lossy(&payload).into());
            }
            frame("InvokeComplete", "application/json", Value::Object(members).to_string().as_bytes())
        }))
    }
}

impl http_body::Body for Events {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Self { part, told } = &mut *self;
        loop {
            let (next, out) = match part {
                Part::Over => return Poll::Ready(None),
                Part::Chunks(body, ending) => match std::task::ready!(Pin::new(body).poll_frame(cx)) {
                    Some(Ok(piece)) => match piece.into_data() {
                        Ok(data) if !data.is_empty() => {
                            let out = frame("PayloadChunk", "application/octet-stream", &data);
                            return Poll::Ready(Some(Ok(Frame::data(out))));
                        }
                        _ => continue,
                    },
                    end => {
                        let Some(ending) = ending.take() else { return Poll::Ready(None) };
                        let failure = end.and_then(Result::err).map(|error| Failure::of(&error, &ending.direct));
                        if let Some(failure) = &failure {
                            told.failed(&failure.reason);
                        }
                        (Part::complete(failure, ending), None)
                    }
                },
                Part::Complete(frame) => (Part::Over, Some(std::task::ready!(frame.as_mut().poll(cx)))),
            };
            *part = next;
            if let Some(out) = out {
                return Poll::Ready(Some(Ok(Frame::data(out))));
            }
        }
    }
}

/// The end of the log, in base64.
async fn log(direct: &Direct, began: Instant, failure: Option<&Failure>) -> String {
    // Lines come through pipes, and may be on their way when the answer is there.
    tokio::time::sleep(ON_THEIR_WAY).await;
    let id = direct.id().unwrap_or_default();
    let took = began.elapsed().as_secs_f64() * 1000.0;
    let mut log = format!("START RequestId: {id} Version: $LATEST\n").into_bytes();
    log.extend(direct.tail());
    log.extend(failure.and_then(|failure| failure.log.as_deref()).unwrap_or_default().bytes());
    log.extend(
        format!(
            "END RequestId: {id}\nREPORT RequestId: {id}\tDuration: {took:.2} ms\tBilled Duration: {:.0} ms\t\n",
            took.ceil()
        )
        .into_bytes(),
    );
    STANDARD.encode(log.last_chunk::<4096>().map_or(&*log, |end| end))
}

const ON_THEIR_WAY: Duration = Duration::from_millis(50);

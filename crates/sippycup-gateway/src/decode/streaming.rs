//! Streamed answers: a JSON prelude, eight NULs, then the body as it comes.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::Response;
use http_body::Frame;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::{Instant, Sleep};

use super::buffered;
use super::parts::{Asked, Parts, status};
use crate::answer::error_trailers;
use crate::config::Config;
use crate::hint::Hints;
use crate::json::Json;
use crate::refusal::{Refusal, Refused};
use crate::{Body, BoxError, Fault, Kind};

pub(super) async fn decode(
    config: &Config,
    asked: &Asked,
    body: Body,
    prelude: bool,
    hints: &mut Hints,
) -> Result<Response<Body>, Refused> {
    let mut body = Stream::new(body, asked.deadline);
    let kind = config.kind();
    if !(config.response_streaming && kind.can_stream()) {
        // Invoked without streaming, Lambda collects the stream, prelude and NULs included, and hands it on as if it were the answer.
        let limit = config.answer_limit;
        let payload = Limited::new(body, limit).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                hints.too_large(kind);
                let reason = format!("an answer of more than {limit} bytes, which are the limit");
                Refused::new(Refusal::FunctionFailed, reason).and(COLLECTED)
            } else {
                broken(&error)
            }
        })?;
        let payload = payload.to_bytes();
        let mut response = buffered::decode(config, asked, payload, hints).map_err(|refused| refused.and(COLLECTED))?;
        // An HTTP API makes a response of anything. This one is probably a mistake.
        response.extensions_mut().insert(Fault::new(COLLECTED));
        return Ok(response);
    }
    if !prelude {
        if kind == Kind::RestApi {
            return Err(Refused::malformed("a stream without a prelude"));
        }
        let headers = vec![("content-type".to_owned(), "application/octet-stream".to_owned())];
        return Parts { headers, ..Parts::default() }.with_body(config, asked, None, Body::new(body));
    }
    let mut head = BytesMut::new();
    let end = loop {
        if let Some(end) = head.windows(DELIMITER.len()).position(|window| window == DELIMITER) {
            break end;
        }
        if head.len() > PRELUDE_LIMIT {
            return Err(Refused::malformed("no eight NULs within the first 16 KB of the stream"));
        }
        match body.frame().await {
            Some(Ok(frame)) => head.extend_from_slice(&frame.into_data().unwrap_or_default()),
            Some(Err(error)) => return Err(broken(&error)),
            None => {
                return Err(Refused::malformed("the stream ended before the eight NULs"));
            }
        }
    };
    let json = head.split_to(end);
    body.first = Some(head.split_off(DELIMITER.len()).freeze()).filter(|first| !first.is_empty());
    let parts = prelude_parts(kind, &json)?;
    parts.with_body(config, asked, None, Body::new(body))
}

fn prelude_parts(kind: Kind, json: &[u8]) -> Result<Parts, Refused> {
    let Ok(Json::Object(object)) = Json::parse(json) else {
        return Err(Refused::malformed("the prelude is no JSON object"));
    };
    let mut parts = Parts::default();
    let text = |key: &str, value: Json| {
        value.into_text().ok_or_else(|| Refused::malformed(format!("expected a string in `{key}` of the prelude")))
    };
    for (key, value) in object {
        match (key.as_str(), value) {
            ("statusCode", value) => {
                parts.status =
                    Some(status(value).ok_or_else(|| Refused::malformed("expected a status code in the prelude"))?)
            }
            ("headers" | "multiValueHeaders", Json::Object(entries)) => {
                if key == "multiValueHeaders" && kind != Kind::RestApi {
                    return Err(Refused::malformed("a function URL takes no multiValueHeaders in a prelude"));
                }
                for (name, value) in entries {
                    match value {
                        Json::Array(values) => {
                            for value in values {
                                parts.headers.push((name.clone(), text(&key, value)?));
                            }
                        }
                        value => parts.headers.push((name, text(&key, value)?)),
                    }
                }
            }
            ("cookies", Json::Array(cookies)) => {
                for cookie in cookies {
                    parts.headers.push(("set-cookie".to_owned(), text(&key, cookie)?));
                }
            }
            (_, Json::Null) => {}
            _ => {
                return Err(Refused::malformed(format!("cannot read `{key}` of the prelude")));
            }
        }
    }
    Ok(parts)
}

/// What a function streams: its body, but for the trailers, which no front door passes on. If they report an error, the stream breaks there.
struct Stream {
    /// What has been read of it already.
    first: Option<Bytes>,
    rest: Option<Body>,
    deadline: Pin<Box<Sleep>>,
}

impl Stream {
    fn new(body: Body, deadline: Instant) -> Self {
        Self { first: None, rest: Some(body), deadline: Box::pin(tokio::time::sleep_until(deadline)) }
    }

    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        let Some(rest) = &mut self.rest else {
            return Poll::Ready(None);
        };
        while let Some(frame) = ready!(http_body::Body::poll_frame(Pin::new(&mut *rest), cx)) {
            let trailers = match frame.map(Frame::into_data) {
                Ok(Ok(data)) => return Poll::Ready(Some(Ok(data))),
                Ok(Err(frame)) => frame.into_trailers().unwrap_or_default(),
                Err(error) => return Poll::Ready(Some(Err(error))),
            };
            if let Some((error_type, json)) = error_trailers(&trailers) {
                return Poll::Ready(Some(Err(reported(&error_type, &json).into())));
            }
        }
        Poll::Ready(None)
    }
}

impl http_body::Body for Stream {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        let end = if self.rest.is_some() && self.deadline.as_mut().poll(cx).is_ready() {
            Some("the gateway waits no longer for the end of the stream".into())
        } else {
            match ready!(self.poll_rest(cx)) {
                Some(Ok(data)) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                Some(Err(error)) => Some(error),
                None => None,
            }
        };
        // The function learns at once that nobody reads on.
        self.rest = None;
        Poll::Ready(end.map(Err))
    }
}

/// An error as a function reports it behind what it has sent.
fn reported(error_type: &str, json: &[u8]) -> String {
    match Json::parse(json) {
        Ok(Json::Object(members)) => {
            let message = members.into_iter().find(|(key, _)| key == "errorMessage").and_then(|(_, m)| m.into_text());
            format!("{error_type}: {}", message.unwrap_or_default())
        }
        _ => error_type.to_owned(),
    }
}

fn broken(error: &BoxError) -> Refused {
    Refused::new(Refusal::FunctionFailed, format!("the function broke off its stream: {error}"))
}

const COLLECTED: &str = "the function streamed, but this gateway is not set to stream";

const DELIMITER: &[u8] = &[0; 8];

/// Lambda must find the delimiter this early (API Gateway developer guide, "Set up a Lambda proxy integration with payload response streaming").
const PRELUDE_LIMIT: usize = 16 << 10;

//! Streamed answers: a JSON prelude, eight NULs, then the body as it comes.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http::Response;
use http_body::Frame;
use http_body_util::BodyExt;

use super::{Asked, Parts, buffered, status};
use crate::config::Config;
use crate::json::Json;
use crate::refusal::{Refusal, Refused};
use crate::{Body, BoxError, Fault, Kind};

pub(super) async fn decode(
    config: &Config,
    asked: &Asked,
    mut body: Body,
    prelude: bool,
) -> Result<Response<Body>, Refused> {
    let kind = config.location.kind;
    if !(config.response_streaming && matches!(kind, Kind::FunctionUrl | Kind::RestApi)) {
        // Invoked without streaming, Lambda collects the stream, prelude and NULs included, and hands it on as if it were the answer.
        let payload = body.collect().await.map_err(|e| broken(&e))?.to_bytes();
        let mut response = buffered::decode(config, asked, payload).map_err(|refused| refused.and(COLLECTED))?;
        // An HTTP API makes a response of anything. This one is probably a mistake.
        response.extensions_mut().insert(Fault::new(COLLECTED));
        return Ok(response);
    }
    if !prelude {
        if kind == Kind::RestApi {
            return Err(Refused::malformed("a stream without a prelude"));
        }
        let headers = vec![("content-type".to_owned(), "application/octet-stream".to_owned())];
        return Parts { headers, ..Parts::default() }.with_body(config, asked, None, body);
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
    let first = head.split_off(DELIMITER.len()).freeze();
    let parts = prelude_parts(kind, &json)?;
    parts.with_body(config, asked, None, prepended(first, body))
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

fn prepended(first: Bytes, rest: Body) -> Body {
    Body::new(Prepended { first: Some(first).filter(|f| !f.is_empty()), rest })
}

/// One chunk, then the frames of a body.
struct Prepended {
    first: Option<Bytes>,
    rest: Body,
}

impl http_body::Body for Prepended {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(Ok(Frame::data(first)))),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }
}

fn broken(error: &BoxError) -> Refused {
    Refused::new(Refusal::FunctionFailed, format!("the function broke off its stream: {error}"))
}

const COLLECTED: &str = "the function streamed, but this gateway is not set to stream";

const DELIMITER: &[u8] = &[0; 8];

/// Lambda must find the delimiter this early (API Gateway developer guide, "Set up a Lambda proxy integration with payload response streaming").
const PRELUDE_LIMIT: usize = 16 << 10;

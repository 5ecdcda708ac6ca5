//! What an answer says, and how it becomes a response by the rules of the kind.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use tokio::time::Instant;

use crate::config::Config;
use crate::hint::Hints;
use crate::json::Json;
use crate::refusal::{Refusal, Refused};
use crate::request::HeaderNames;
use crate::request::names::{is_hop_by_hop, title_case};
use crate::{Body, Kind, media_type};

/// What the gateway must know of the request to read the answer.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) accept: Option<String>,
    /// When the gateway waits no longer, also for the end of a stream.
    pub(crate) deadline: Instant,
}

/// The parts of a proxy response, before the rules of the kind.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) status: Option<u16>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
    pub(super) base64: bool,
}

impl Parts {
    pub(super) fn into_response(
        mut self,
        config: &Config,
        asked: &Asked,
        hints: &mut Hints,
    ) -> Result<Response<Body>, Refused> {
        let body = self.decoded_body(config, asked, hints)?;
        let response = self.with_body(config, asked, Some(body.len()), body.into())?;
        hints.of_answer(config.kind(), config.response_streaming, response.headers());
        Ok(response)
    }

    /// Base64 is taken off where the kind does that; a REST API only for clients that accept a binary type first.
    fn decoded_body(&mut self, config: &Config, asked: &Asked, hints: &mut Hints) -> Result<Bytes, Refused> {
        let rest = config.kind() == Kind::RestApi;
        // A client that names nothing accepts anything (RFC 9110, 12.5.1), which is matched by `*/*` alone.
        let accept = asked.accept.as_deref().unwrap_or("*/*");
        let first_accepted = accept.split_once(',').map_or(accept, |(first, _)| first);
        let binary = !rest || media_type::matches_any(first_accepted, &config.front.binary_media_types);
        let body = std::mem::take(&mut self.body);
        if !self.base64 || !binary {
            if self.base64 && !body.is_empty() {
                hints.base64_text(&config.front.binary_media_types, first_accepted);
            }
            return Ok(Bytes::from(body));
        }
        STANDARD.decode(body).map(Bytes::from).map_err(|error| {
            let refusal = if rest { Refusal::Configuration } else { Refusal::Malformed };
            Refused::new(
                refusal,
                format!("malformed answer: isBase64Encoded is true, but the body is no base64: {error}"),
            )
        })
    }

    pub(super) fn with_body(
        self,
        config: &Config,
        asked: &Asked,
        length: Option<usize>,
        body: Body,
    ) -> Result<Response<Body>, Refused> {
        let kind = config.kind();
        let status = self.status.unwrap_or(200);
        let status =
            StatusCode::from_u16(status).map_err(|_| Refused::malformed(format!("{status} is no status code")))?;
        let mut spelled = Vec::new();
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        for (name, value) in self.headers {
            let Some(name) = forwarded_name(kind, &name) else {
                continue;
            };
            let wrong = |what: &str| Refused::malformed(format!("{what} of header `{name}` is not allowed in HTTP"));
            let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong("the name"))?;
            let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| wrong("the value"))?;
            spelled.push(name);
            headers.append(key, value);
        }
        let size: usize = headers.iter().map(|(k, v)| k.as_str().len() + v.len()).sum();
        if kind.is_load_balancer() && size > 32 << 10 {
            return Err(Refused::malformed(format!("{size} bytes of headers, where a load balancer takes 32768")));
        }
        let default = match kind {
            Kind::FunctionUrl | Kind::RestApi => Some("application/json"),
            Kind::HttpApiV1 | Kind::HttpApiV2 => Some("text/plain; charset=utf-8"),
            _ => None,
        };
        if let (false, Some(default)) = (headers.contains_key(CONTENT_TYPE), default) {
            spelled.push("Content-Type".to_owned());
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(default));
        }
        let bodiless = status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED;
        if let (false, Some(length)) = (bodiless, length) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        if !bodiless && asked.method != Method::HEAD {
            *response.body_mut() = body;
        }
        response.extensions_mut().insert(spelled.into_iter().collect::<HeaderNames>());
        Ok(response)
    }
}

/// Reads `statusCode`; `None` if it is there and no status code.
pub(super) fn status(value: Json) -> Option<u16> {
    let status = match value {
        Json::Number(n) => u16::try_from(n.as_u64()?).ok()?,
        Json::String(s) => s.parse().ok()?,
        _ => return None,
    };
    // An interim status cannot end an exchange.
    (200..=599).contains(&status).then_some(status)
}

/// The name under which a header of the answer reaches the client, if it does.
fn forwarded_name(kind: Kind, name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    match kind {
        Kind::RestApi => match lower.as_str() {
            "transfer-encoding" => None,
            "connection" | "content-length" | "date" | "server" | "www-authenticate" => {
                Some(format!("x-amzn-Remapped-{name}"))
            }
            _ => Some(name.to_owned()),
        },
        Kind::FunctionUrl if lower == "content-length" => Some("x-amzn-remapped-content-length".to_owned()),
        _ if is_hop_by_hop(&lower) || lower == "content-length" => None,
        Kind::HttpApiV1 | Kind::HttpApiV2 => Some(title_case(name)),
        Kind::FunctionUrl => Some(lower),
        _ => Some(name.to_owned()),
    }
}

//! `/@connections/{id}`: what functions ask of connections, through the API Gateway Management API.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::connections::Open;
use super::observe::SentBy;
#[cfg(feature = "authorizers")]
use super::signed::Signers;
use super::wire::Outgoing;
use crate::config::Config;
use crate::observe::{Exchange, Step};
use crate::refusal::Refused;
use crate::stamp::iso_time;
use crate::{Body, BoxError, Fault};

/// Answers a call. The signature of an SDK is checked if somebody has given the keys, and else taken as it is.
pub(super) async fn respond<B>(
    config: &Config,
    parts: &Parts,
    id: &str,
    body: B,
    exchange: &Exchange,
    #[cfg(feature = "authorizers")] signers: Option<&Signers<'_>>,
) -> Result<Response<Body>, Refused>
where
    B: http_body::Body,
    B::Error: Into<BoxError>,
{
    let method = parts.method.clone();
    if ![Method::GET, Method::POST, Method::DELETE].contains(&method) {
        let stage = &config.front.location.stage;
        let message = format!("No method found matching route {stage}/@connections/{id} for http method {method}.");
        return Ok(error(StatusCode::FORBIDDEN, "ForbiddenException", Some(&message)));
    }
    if !is_well_formed(id) {
        let message = format!("Invalid connectionId: {id}");
        return Ok(error(StatusCode::BAD_REQUEST, "BadRequestException", Some(&message)));
    }
    let limit = config.web_socket.message_limit;
    let message = if method == Method::POST { collected(body, limit).await } else { Ok(Bytes::new()) };
    if let Ok(message) = &message {
        exchange.tell(|| Step::RequestBody(message));
    }
    // Whoever has not signed learns nothing of connections.
    #[cfg(feature = "authorizers")]
    if let Some(signers) = signers {
        match &message {
            Ok(message) => signers.admit(config, parts, message, exchange).await?,
            Err(unread) => return Ok(unread.response()),
        }
    }
    let Some(open) = config.web_socket.connections.get(id) else {
        let mut gone = error(StatusCode::GONE, "GoneException", None);
        gone.extensions_mut().insert(Fault::new(&format!("there is no connection `{id}`")));
        return Ok(gone);
    };
    Ok(match (method, message) {
        (Method::GET, _) => json_page(StatusCode::OK, &described(&open)),
        (Method::DELETE, _) => {
            open.close.notify_one();
            empty(StatusCode::NO_CONTENT)
        }
        (_, Err(unread)) => unread.response(),
        (_, Ok(message)) => post(config, &open, &message).await,
    })
}

async fn post(config: &Config, open: &Open, message: &Bytes) -> Response<Body> {
    // Whatever it is, API Gateway sends text.
    let text = String::from_utf8_lossy(message).into_owned();
    match tokio::time::timeout(PATIENCE, open.outgoing.reserve()).await {
        Ok(Ok(permit)) => {
            open.tell_sent(&text, SentBy::Call);
            permit.send(Outgoing::Text(text));
            open.use_now(config.stamper.stamp());
            let mut response = empty(StatusCode::OK);
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
            response
        }
        Ok(Err(_)) => error(StatusCode::GONE, "GoneException", None),
        Err(_) => {
            let mut slow = error(StatusCode::TOO_MANY_REQUESTS, "LimitExceededException", None);
            slow.extensions_mut().insert(Fault::new("the client does not read what it was sent before"));
            slow
        }
    }
}

fn described(open: &Open) -> String {
    let known = &open.known;
    let text = |value: &str| Value::from(value).to_string();
    let agent = known.user_agent.as_deref().map_or("null".to_owned(), text);
    format!(
        r#"{{ "identity" : {{ "sourceIp" : "{}", "userAgent" : {agent} }}, "connectedAt" : "{}", "lastActiveAt" : "{}" }}"#,
        known.source_ip,
        iso_time(known.connected_at),
        iso_time(open.last_active()),
    )
}

/// `L0SM9cOFvHcCIhw=`: eleven bytes as base64.
fn is_well_formed(id: &str) -> bool {
    id.len() == 16
        && id
            .strip_suffix('=')
            .is_some_and(|id| id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'+' | b'/')))
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn json_page(status: StatusCode, page: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(page.to_owned()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(page.len()));
    response
}

/// The SDKs read the sort of an error in its header. Only some have a body.
fn error(status: StatusCode, code: &'static str, message: Option<&str>) -> Response<Body> {
    let mut response = match message {
        Some(message) => json_page(status, &json!({ "message": message }).to_string()),
        None => {
            let mut response = empty(status);
            response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
            response
        }
    };
    response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(code));
    if let Some(message) = message {
        response.extensions_mut().insert(Fault::new(message));
    }
    response
}

enum Unread {
    Broken,
    TooLarge,
}

impl Unread {
    fn response(&self) -> Response<Body> {
        match self {
            Self::TooLarge => {
                error(StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLargeException", Some("Message too long"))
            }
            Self::Broken => error(StatusCode::BAD_REQUEST, "BadRequestException", Some("Bad Request")),
        }
    }
}

/// A message, if it is whole and within the limit.
async fn collected<B>(body: B, limit: usize) -> Result<Bytes, Unread>
where
    B: http_body::Body,
    B::Error: Into<BoxError>,
{
    let body = pin!(http_body_util::Limited::new(body, limit));
    match tokio::time::timeout(PATIENCE, body.collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(Unread::TooLarge),
        _ => Err(Unread::Broken),
    }
}

/// How long a message may take to come, and how long it waits for a client that does not read.
const PATIENCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_that_api_gateway_could_have_given_out() {
        for (id, is_one) in [
            ("R1kmxc2VNjMCFIA=", true),
            ("-_kmxc2VNjMCFIA=", true),
            ("WDGT8fY4joECJrQ=test", false),
            ("R1kmxc2VNjMCFIA", false),
            ("R1kmxc2V?jMCFIA=", false),
            ("", false),
        ] {
            assert_eq!(is_well_formed(id), is_one, "{id}");
        }
    }
}

//! What is read of requests of the page, and how they are answered.

use std::time::{SystemTime, UNIX_EPOCH};

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sippycup_gateway::Body;

/// The value of a parameter of numbers and words, which need no escapes.
pub(super) fn parameter<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

pub(super) fn json_of(value: &Value) -> Response<Body> {
    answer("application/json", value.to_string().into_bytes())
}

/// What the page asks for, in JSON of so many bytes at most.
pub(super) async fn wanted<T: DeserializeOwned>(body: Body, most: usize) -> Result<T, Response<Body>> {
    let Ok(body) = Limited::new(body, most).collect().await else {
        return Err(said(StatusCode::PAYLOAD_TOO_LARGE, &format!("expected no more than {} MB", most >> 20)));
    };
    serde_json::from_slice(&body.to_bytes()).map_err(|error| said(StatusCode::BAD_REQUEST, &error.to_string()))
}

/// Milliseconds since 1970.
pub(super) fn millis(at: SystemTime) -> u64 {
    u64::try_from(at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn said(status: StatusCode, why: &str) -> Response<Body> {
    let mut response = json_of(&json!({ "error": why }));
    *response.status_mut() = status;
    response
}

/// Every response says that nothing of it is for others: not for pages of other origins, not for frames, not for caches.
pub(super) fn answer(content_type: &'static str, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("content-security-policy"), POLICY),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("x-frame-options"), "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The page is made of its own files alone; pictures of bodies are made by its script.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

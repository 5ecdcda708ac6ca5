//! The app behind both: an axum router with one route that reads the body and answers.

use axum::body::Body;
use axum::{Router, routing::any};
use bytes::Bytes;
use http::{HeaderValue, header::CONTENT_TYPE};
use http_body_util::BodyExt;

use crate::bodies;

const SMALL: &[u8] =
    br#"{"id":7,"name":"Sippy cup 7","tags":["blue","spill-proof"],"stock":49,"price":"190","currency":"CHF"}"#;

/// What the app answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    Json100,
    Json100k,
    Html100k,
    Binary1m,
    Binary4m,
}

impl Answer {
    pub fn body(self) -> (&'static str, Bytes) {
        match self {
            Self::Json100 => ("application/json", Bytes::from_static(SMALL)),
            Self::Json100k => ("application/json", bodies::json(100_000).into()),
            Self::Html100k => ("text/html; charset=utf-8", bodies::html(100_000).into()),
            Self::Binary1m => ("application/octet-stream", bodies::binary(1 << 20).into()),
            Self::Binary4m => ("application/octet-stream", bodies::binary(4 << 20).into()),
        }
    }
}

/// The route takes any path: the front doors, and the two crates, do not agree on one.
pub fn app(answer: Answer) -> Router {
    let (content_type, body) = answer.body();
    // Not as `Bytes`: that extractor has a limit of 2 MB.
    let handler = async move |read: Body| {
        std::hint::black_box(read.collect().await.expect("the body of an event").to_bytes());
        ([(CONTENT_TYPE, HeaderValue::from_static(content_type))], body.clone())
    };
    Router::new().route("/{*path}", any(handler))
}

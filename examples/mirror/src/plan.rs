//! `…/__respond`: the request's body says what the answer is.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use http_body::Frame;
use serde::Deserialize;
use sippycup::{BackgroundTasks, LambdaContext};

use crate::{hooks, panics::Place};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Plan {
    status: Option<u16>,
    headers: Vec<(String, String)>,
    body_base64: String,
    size: Option<usize>,
    fail_after: Option<usize>,
    panic: bool,
    panic_in: Option<Place>,
    sleep_ms: u64,
    chunks_ms: Option<u64>,
    spawn_ms: Option<u64>,
}

/// Answers as the plan says; a plan that cannot be followed is answered with 400 and the reason.
pub(crate) async fn follow(plan: &[u8], context: Option<LambdaContext>, tasks: Option<BackgroundTasks>) -> Response {
    let plan: Plan = match serde_json::from_slice(plan) {
        Ok(plan) => plan,
        Err(error) => return (StatusCode::BAD_REQUEST, format!("not a plan: {error}")).into_response(),
    };
    if let (Some(millis), Some(tasks)) = (plan.spawn_ms, tasks) {
        hooks::spawn(&tasks, context, Duration::from_millis(millis));
    }
    plan.answer().await.unwrap_or_else(|reason| (StatusCode::BAD_REQUEST, reason).into_response())
}

impl Plan {
    #[expect(clippy::panic, reason = "what a panic in a handler costs is what this part of a plan shows")]
    async fn answer(self) -> Result<Response, String> {
        tokio::time::sleep(Duration::from_millis(self.sleep_ms)).await;
        if self.panic {
            panic!("the plan says panic");
        }
        let body = match self.size {
            Some(size) => vec![b'a'; size],
            None => base64_simd::STANDARD
                .decode_to_vec(&self.body_base64)
                .map_err(|error| format!("body_base64: {error}"))?,
        };
        let mut response = Response::new(self.body(Bytes::from(body)));
        let status = self.status.unwrap_or(200);
        *response.status_mut() = StatusCode::from_u16(status).map_err(|error| format!("status: {error}"))?;
        for (name, value) in &self.headers {
            let name = HeaderName::try_from(name).map_err(|error| format!("headers: {error}"))?;
            let value = HeaderValue::from_bytes(&bytes_of(value)).map_err(|error| format!("headers: {error}"))?;
            response.headers_mut().append(name, value);
        }
        Ok(response)
    }

    fn body(&self, bytes: Bytes) -> Body {
        let body = match (self.fail_after, self.chunks_ms) {
            (None, None) => Body::from(bytes),
            (fail_after, chunks_ms) => Body::new(Scripted::new(bytes, fail_after, chunks_ms)),
        };
        match self.panic_in {
            None => body,
            Some(place) => place.arm(body),
        }
    }
}

/// One byte for each character where they all fit, else UTF-8.
fn bytes_of(value: &str) -> Vec<u8> {
    let latin_1: Result<Vec<u8>, _> = value.chars().map(|character| u8::try_from(u32::from(character))).collect();
    latin_1.unwrap_or_else(|_| value.as_bytes().to_vec())
}

/// A body in pieces, with pauses, and with an end that may be an error.
struct Scripted {
    chunks: VecDeque<Bytes>,
    failure: Option<String>,
    pause: Duration,
    sleep: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Scripted {
    fn new(mut bytes: Bytes, fail_after: Option<usize>, chunks_ms: Option<u64>) -> Self {
        if let Some(length) = fail_after {
            bytes.truncate(length);
        }
        let size = if chunks_ms.is_some() { 1024 } else { bytes.len().max(1) };
        let chunks = bytes.chunks(size).map(|chunk| bytes.slice_ref(chunk)).collect();
        Self {
            chunks,
            failure: fail_after.map(|length| format!("the plan says fail after {length} bytes")),
            pause: Duration::from_millis(chunks_ms.unwrap_or_default()),
            sleep: None,
        }
    }
}

impl http_body::Body for Scripted {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(sleep) = &mut self.sleep {
            std::task::ready!(sleep.as_mut().poll(cx));
            self.sleep = None;
        }
        let Some(chunk) = self.chunks.pop_front() else {
            return Poll::Ready(self.failure.take().map(|failure| Err(io::Error::other(failure))));
        };
        if !self.pause.is_zero() {
            self.sleep = Some(Box::pin(tokio::time::sleep(self.pause)));
        }
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }
}

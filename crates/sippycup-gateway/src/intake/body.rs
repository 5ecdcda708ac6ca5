//! The body of a request, which an event has whole.

use std::pin::pin;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http_body_util::BodyExt;

use crate::BoxError;
use crate::refusal::{Refusal, Refused};

/// Collects it, if it is whole and not too large. A client that stops sending is not waited for.
pub(super) async fn collected<B>(body: B, limit: usize) -> Result<Bytes, Refused>
where
    B: http_body::Body,
    B::Error: Into<BoxError>,
{
    // What is announced as too large is refused before it is sent.
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large(limit));
    }
    let refused = |reason: String| Refused::new(Refusal::BadRequest, reason);
    let mut body = pin!(body);
    let mut collected = BytesMut::new();
    while let Some(frame) = tokio::time::timeout(PATIENCE, body.frame())
        .await
        .map_err(|_| refused(format!("nothing more came of the body for {} s", PATIENCE.as_secs())))?
    {
        let frame = frame
            .map_err(|error| refused(format!("the body of the request is malformed or broke off: {}", error.into())))?;
        if let Ok(data) = frame.into_data() {
            if data.remaining() > limit - collected.len() {
                return Err(too_large(limit));
            }
            collected.put(data);
        }
    }
    Ok(collected.freeze())
}

pub(super) fn too_large(limit: usize) -> Refused {
    Refused::new(Refusal::RequestTooLarge, format!("the body has more than {limit} bytes"))
}

/// How long a client may send nothing of its body.
const PATIENCE: Duration = Duration::from_secs(60);

//! What a function answers: JSON, or a stream that begins with JSON.

use bytes::Bytes;

use crate::{Body, BoxError};

/// The answer of a function: complete ([`Answer::buffered`], or `Bytes` with `into`), or in response mode `streaming`.
///
/// ```
/// use sippycup_gateway::{Answer, Body};
///
/// let buffered = Answer::buffered(r#"{"statusCode": 204}"#);
/// let streamed = Answer::streaming(Body::from("{\"statusCode\":200}\0\0\0\0\0\0\0\0data: hello\n\n"), true);
/// assert!(!buffered.is_streaming() && streamed.is_streaming());
/// ```
#[derive(Debug)]
pub struct Answer {
    pub(crate) content: Content,
}

#[derive(Debug)]
pub(crate) enum Content {
    Buffered(Bytes),
    Streaming { body: Body, prelude: bool },
}

impl Answer {
    /// A complete answer, as JSON.
    pub fn buffered(json: impl Into<Bytes>) -> Self {
        Self { content: Content::Buffered(json.into()) }
    }

    /// An answer in response mode `streaming`. With `prelude` it has the content type `application/vnd.awslambda.http-integration-response`: JSON and eight NULs come
    /// before the body.
    pub fn streaming<B>(body: B, prelude: bool) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self { content: Content::Streaming { body: Body::new(body), prelude } }
    }

    /// Whether the function streams.
    #[must_use]
    pub const fn is_streaming(&self) -> bool {
        matches!(self.content, Content::Streaming { .. })
    }

    pub(crate) fn buffered_len(&self) -> Option<usize> {
        match &self.content {
            Content::Buffered(json) => Some(json.len()),
            Content::Streaming { .. } => None,
        }
    }
}

impl From<Bytes> for Answer {
    fn from(json: Bytes) -> Self {
        Self::buffered(json)
    }
}

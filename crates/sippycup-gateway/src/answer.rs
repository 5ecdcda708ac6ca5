//! What a function answers: JSON, or a stream that begins with JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Response};

use crate::{Body, BoxError};

/// The answer of a function: complete ([`Answer::buffered`], or `Bytes` with `into`), or in response mode
/// `streaming` ([`Answer::streaming`], or an `http::Response` with `into`).
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

    /// The JSON of an answer that does not stream.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use sippycup_gateway::Answer;
    ///
    /// let answer = Answer::from(Bytes::from_static(br#"{"statusCode": 204}"#));
    /// assert!(answer.as_json().is_some_and(|json| json.starts_with(b"{")));
    /// ```
    #[must_use]
    pub const fn as_json(&self) -> Option<&Bytes> {
        match &self.content {
            Content::Buffered(json) => Some(json),
            Content::Streaming { .. } => None,
        }
    }

    pub(crate) const fn has_prelude(&self) -> bool {
        matches!(self.content, Content::Streaming { prelude: true, .. })
    }

    /// What the function wrote, as one body: JSON or the stream, with its prelude.
    #[must_use]
    pub fn into_body(self) -> Body {
        match self.content {
            Content::Buffered(json) => Body::from(json),
            Content::Streaming { body, .. } => body,
        }
    }

    /// Puts another body in the place of the stream's, for example one that also counts or copies it. An answer that does not stream stays as it is.
    #[must_use]
    pub fn map_stream<B>(self, map: impl FnOnce(Body) -> B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        match self.content {
            Content::Streaming { body, prelude } => Self::streaming(map(body), prelude),
            Content::Buffered(_) => self,
        }
    }

    pub(crate) fn buffered_len(&self) -> Option<usize> {
        match &self.content {
            Content::Buffered(json) => Some(json.len()),
            Content::Streaming { .. } => None,
        }
    }
}

/// An answer in response mode `streaming`, as the Runtime API takes it: the content type says whether there is a prelude.
impl<B> From<Response<B>> for Answer
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    fn from(answer: Response<B>) -> Self {
        let prelude = answer.headers().get(CONTENT_TYPE).is_some_and(|value| value == INTEGRATION_RESPONSE);
        Self::streaming(answer.into_body(), prelude)
    }
}

impl From<Bytes> for Answer {
    fn from(json: Bytes) -> Self {
        Self::buffered(json)
    }
}

/// The error that a function reports in trailers after it has begun to answer: its type, and the JSON of it.
pub(crate) fn error_trailers(trailers: &HeaderMap) -> Option<(String, Bytes)> {
    let text = |name: &str| trailers.get(name).and_then(|value| value.to_str().ok());
    let error_type = text("lambda-runtime-function-error-type")?;
    let body = text("lambda-runtime-function-error-body").and_then(|body| STANDARD.decode(body).ok());
    Some((error_type.to_owned(), body.unwrap_or_default().into()))
}

/// The largest answer that Lambda takes, in bytes: a hundred more than the largest event.
pub(crate) const ANSWER_LIMIT: usize = (6 << 20) + 100;

/// The content type of a stream that begins with a prelude.
pub(crate) const INTEGRATION_RESPONSE: &str = "application/vnd.awslambda.http-integration-response";

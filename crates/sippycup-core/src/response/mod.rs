//! From `http::Response` to the proxy response that the front door of the request understands.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::{Serialize, Serializer, ser::Error as _};
use serde_json::value::RawValue;

use self::headers::Sendable;
pub use self::policy::BinaryPolicy;
pub(crate) use self::{headers::Shape, limits::Limits};
use crate::{error::ResponseError, json::Writer};

mod headers;
mod limits;
mod policy;

/// How the answer to an event must be written. It is all that has to be kept of an event until it is answered.
///
/// | source | headers | beside `statusCode`, `body`, `isBase64Encoded` |
/// |---|---|---|
/// | REST API, HTTP API 1.0 | `multiValueHeaders` | nothing: REST APIs answer 502 to any other key |
/// | HTTP API 2.0, function URL | `headers`, repeats joined with `, ` | `cookies`, always |
/// | load balancer, multi-value | `multiValueHeaders` | `statusDescription` |
/// | load balancer; VPC Lattice | `headers`, repeats joined; several `set-cookie` as case variants of the name | `statusDescription` |
/// | WebSocket API | `headers`, repeats joined | nothing |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseFormat {
    pub(crate) answer: &'static Answer,
    /// Whether the request was a `HEAD` request.
    pub(crate) head: bool,
}

/// What one front door reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) shape: Shape,
    /// Whether `statusDescription` is wanted.
    pub(crate) described: bool,
    /// The headers in front of a streamed body.
    pub(crate) prelude: Shape,
    /// Names of headers that stay behind, beside those that do everywhere.
    pub(crate) kept: &'static [&'static str],
    pub(crate) limits: Limits,
}

impl ResponseFormat {
    /// Whether the answer with this status goes out without a body: a `HEAD` request's, 1xx, 204 and 304.
    /// A body that does not go out need not be collected.
    #[must_use]
    pub fn is_bodiless(self, status: StatusCode) -> bool {
        self.head || status.is_informational() || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
    }

    /// Writes the proxy response.
    ///
    /// Hop-by-hop headers and `content-length` stay behind: the front door frames the answer itself (and a
    /// REST API would send them on under other names; there `date` and `server` stay behind too). A header
    /// value that is not UTF-8 cannot stand in JSON and is read as ISO-8859-1, one character per byte. The
    /// body goes out byte for byte: as text if it is UTF-8, else as base64; `policy` may ask for more base64.
    ///
    /// # Errors
    ///
    /// If there are more `set-cookie` headers than one name has spellings (512), where the format has no
    /// other place for them.
    pub fn encode(
        self,
        response: http::Response<Bytes>,
        policy: &BinaryPolicy,
    ) -> Result<ProxyResponse, ResponseError> {
        let (parts, body) = response.into_parts();
        let body = if self.is_bodiless(parts.status) { Bytes::new() } else { body };
        let base64 = policy.is_base64(&parts.headers, &body);
        let headers = Sendable::new(&parts.headers, self.answer.kept);
        let head = room(&parts.headers);
        let value_bytes = self.answer.limits.measure(head, &headers);

        let mut out = Writer::with_capacity(capacity(head, &body, base64));
        out.raw("{\"statusCode\":");
        out.raw(parts.status.as_str());
        if self.answer.described {
            out.raw(",\"statusDescription\":\"");
            out.raw(parts.status.as_str());
            if let Some(reason) = parts.status.canonical_reason() {
                out.raw(" ");
                out.raw(reason);
            }
            out.raw("\"");
        }
        headers.write(&mut out, self.answer.shape)?;
        out.raw(",\"body\":\"");
        if base64 {
            out.base64(&body);
            out.raw("\",\"isBase64Encoded\":true}");
        } else {
            out.text(&body);
            out.raw("\",\"isBase64Encoded\":false}");
        }
        Ok(ProxyResponse { json: out.into_bytes(), status: parts.status, limits: &self.answer.limits, value_bytes })
    }

    /// Writes what stands in front of a streamed body: the prelude that
    /// [response streaming](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming)
    /// asks for, and the eight NUL bytes behind it.
    ///
    /// Only function URLs and REST APIs stream, and only when they are configured to; the event does not say.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode).
    pub fn encode_prelude(self, status: StatusCode, headers: &HeaderMap) -> Result<Bytes, ResponseError> {
        let mut out = Writer::with_capacity(capacity(room(headers), &[], false));
        out.raw("{\"statusCode\":");
        out.raw(status.as_str());
        Sendable::new(headers, self.answer.kept).write(&mut out, self.answer.prelude)?;
        out.raw("}\0\0\0\0\0\0\0\0");
        Ok(out.into_bytes())
    }

    /// The error if these headers are larger than the front door takes; see
    /// [`ProxyResponse::oversize`].
    #[must_use]
    pub fn oversize(self, headers: &HeaderMap) -> Option<ResponseError> {
        let Answer { limits, kept, .. } = self.answer;
        limits.oversize(0, limits.measure(room(headers), &Sendable::new(headers, kept)))
    }
}

/// The JSON that goes back to Lambda.
#[derive(Clone, Debug)]
pub struct ProxyResponse {
    json: Bytes,
    status: StatusCode,
    limits: &'static Limits,
    /// Bytes in the values of the headers, if they might be too many.
    value_bytes: usize,
}

impl ProxyResponse {
    /// The status that the client gets.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The error if the answer is larger than its front door takes; `None` if it fits. Clients would get a 5xx
    /// that says nothing of sizes.
    ///
    /// | at most | bytes of JSON | bytes in the values of all headers |
    /// |---|---|---|
    /// | REST API, HTTP API | 6,291,556 | 10,240 |
    /// | load balancer | 1,048,576 | 32,768 |
    /// | all others | 6,291,556 | |
    ///
    /// See the quotas of [Lambda](https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html),
    /// [REST APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html),
    /// [HTTP APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html) and
    /// [load balancers](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html). That a
    /// REST API takes 10 MB does not help: Lambda hands it no more than its own 6 MB.
    ///
    /// ```
    /// # use bytes::Bytes;
    /// # use sippycup_core::{BinaryPolicy, EventOptions, ProxyEvent};
    /// let event = ProxyEvent::from_bytes(r#"{"httpMethod":"GET","path":"/","requestContext":{"elb":{}}}"#)?;
    /// let format = event.response_format(&EventOptions::default())?;
    /// let answer = format.encode(http::Response::new(Bytes::from(vec![b'a'; 2_000_000])), &BinaryPolicy::default()).unwrap();
    /// assert!(answer.oversize().unwrap().to_string().contains("a load balancer refuses a response of 2000094 bytes"));
    /// # Ok::<(), sippycup_core::EventError>(())
    /// ```
    #[must_use]
    pub fn oversize(&self) -> Option<ResponseError> {
        self.limits.oversize(self.json.len(), self.value_bytes)
    }

    /// The JSON document.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.json
    }

    /// The JSON document, without a copy.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.json
    }
}

impl Serialize for ProxyResponse {
    /// For `lambda_runtime::run` and the like. With `serde_json` the document goes through as it is.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json: &RawValue = serde_json::from_slice(&self.json).map_err(S::Error::custom)?;
        json.serialize(serializer)
    }
}

/// The room that the headers need, unless they have many escapes; more than their values have bytes.
fn room(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 12).sum()
}

/// Enough for everything unless the text has more escapes than one in four bytes.
fn capacity(head: usize, body: &[u8], base64: bool) -> usize {
    let body = if base64 { body.len().div_ceil(3) * 4 } else { body.len() + body.len() / 4 };
    head + body + 160
}

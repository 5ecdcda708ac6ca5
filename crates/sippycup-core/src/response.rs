//! From `http::Response` to the proxy response that the front door of the request understands.

use std::iter;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::{Serialize, Serializer, ser::Error as _};
use serde_json::value::RawValue;

use crate::{
    BinaryPolicy, EventSource,
    error::ResponseError,
    write::{Writer, case_variant, case_variants},
};

/// How the answer to an event must be written. The only thing that survives from the request's half.
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
    shape: Shape,
    head: bool,
    rest_api: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Every value of a header in an array.
    Multi { described: bool },
    /// One value for a header, cookies in a list of their own.
    Cookies,
    /// One value for a header and nothing else.
    Single { described: bool },
}

impl ResponseFormat {
    pub(crate) fn new(source: EventSource, format_2: bool, multi_headers: bool, head: bool) -> Self {
        let shape = match source {
            EventSource::FunctionUrl => Shape::Cookies,
            EventSource::HttpApi if format_2 => Shape::Cookies,
            EventSource::HttpApi | EventSource::RestApi => Shape::Multi { described: false },
            EventSource::LoadBalancer if multi_headers => Shape::Multi { described: true },
            EventSource::LoadBalancer | EventSource::VpcLattice => Shape::Single { described: true },
            EventSource::WebSocket => Shape::Single { described: false },
        };
        Self { shape, head, rest_api: source == EventSource::RestApi }
    }

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
        let headers = Sendable::new(&parts.headers, self.rest_api);

        let mut out = Writer::with_capacity(capacity(&parts.headers, &body, base64));
        out.raw("{\"statusCode\":");
        out.raw(parts.status.as_str());
        if let Shape::Multi { described: true } | Shape::Single { described: true } = self.shape {
            out.raw(",\"statusDescription\":\"");
            out.raw(parts.status.as_str());
            if let Some(reason) = parts.status.canonical_reason() {
                out.raw(" ");
                out.raw(reason);
            }
            out.raw("\"");
        }
        match self.shape {
            Shape::Multi { .. } => headers.write_multi(&mut out),
            Shape::Cookies => headers.write_with_cookies(&mut out),
            Shape::Single { .. } => headers.write_with_cookie_variants(&mut out)?,
        }
        out.raw(",\"body\":\"");
        if base64 {
            out.base64(&body);
            out.raw("\",\"isBase64Encoded\":true}");
        } else {
            out.text(&body);
            out.raw("\",\"isBase64Encoded\":false}");
        }
        Ok(ProxyResponse { json: out.into_bytes() })
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
        let sendable = Sendable::new(headers, self.rest_api);
        let mut out = Writer::with_capacity(capacity(headers, &[], false));
        out.raw("{\"statusCode\":");
        out.raw(status.as_str());
        if self.shape == (Shape::Multi { described: false }) {
            sendable.write_multi(&mut out);
        } else {
            sendable.write_with_cookies(&mut out);
        }
        out.raw("}\0\0\0\0\0\0\0\0");
        Ok(out.into_bytes())
    }
}

/// The JSON that goes back to Lambda.
#[derive(Clone, Debug)]
pub struct ProxyResponse {
    json: Bytes,
}

impl ProxyResponse {
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

/// The headers that go on to the client.
struct Sendable<'a> {
    headers: &'a HeaderMap,
    /// Whether every name has one value, as nearly always.
    single: bool,
    has_connection: bool,
    has_cookies: bool,
    rest_api: bool,
}

impl<'a> Sendable<'a> {
    fn new(headers: &'a HeaderMap, rest_api: bool) -> Self {
        let single = headers.keys_len() == headers.len();
        let mut sendable = Self { headers, single, has_connection: false, has_cookies: false, rest_api };
        for name in headers.keys() {
            sendable.has_connection |= *name == header::CONNECTION;
            sendable.has_cookies |= *name == header::SET_COOKIE;
        }
        sendable
    }

    /// Every name that goes on, with its values.
    fn each(&self, mut write: impl FnMut(&'a HeaderName, &mut dyn Iterator<Item = &'a HeaderValue>)) {
        if self.single {
            // Spares looking every name up again.
            for (name, value) in self.headers.iter().filter(|(name, _)| !self.stays_behind(name)) {
                write(name, &mut iter::once(value));
            }
            return;
        }
        for name in self.headers.keys().filter(|name| !self.stays_behind(name)) {
            write(name, &mut self.headers.get_all(name).iter());
        }
    }

    fn cookies(&self) -> impl Iterator<Item = &'a HeaderValue> {
        self.has_cookies.then(|| self.headers.get_all(header::SET_COOKIE)).into_iter().flatten()
    }

    fn stays_behind(&self, name: &HeaderName) -> bool {
        match name.as_str() {
            "connection" | "content-length" | "keep-alive" | "proxy-connection" | "te" | "trailer"
            | "transfer-encoding" | "upgrade" => return true,
            // A REST API sends these two on as `x-amzn-remapped-…` beside its own.
            "date" | "server" if self.rest_api => return true,
            _ => {}
        }
        // `Connection` names further headers that are for the next hop alone.
        self.has_connection
            && self.headers.get_all(header::CONNECTION).iter().any(|value| {
                value
                    .as_bytes()
                    .split(|byte| *byte == b',')
                    .any(|named| named.trim_ascii().eq_ignore_ascii_case(name.as_str().as_bytes()))
            })
    }

    /// `,"multiValueHeaders":{…}`
    fn write_multi(&self, out: &mut Writer) {
        out.raw(",\"multiValueHeaders\":{");
        let mut open = "\"";
        self.each(|name, values| {
            out.raw(std::mem::replace(&mut open, ",\""));
            out.raw(name.as_str());
            out.raw("\":[");
            out.list(values);
            out.raw("]");
        });
        out.raw("}");
    }

    /// `,"headers":{…` without the cookies, with the values of a name joined, and without the closing brace;
    /// returns whether there is none.
    fn write_joined(&self, out: &mut Writer) -> bool {
        out.raw(",\"headers\":{");
        let mut empty = true;
        self.each(|name, values| {
            if *name == header::SET_COOKIE {
                return;
            }
            out.raw(if std::mem::take(&mut empty) { "\"" } else { ",\"" });
            out.raw(name.as_str());
            out.raw("\":\"");
            for (index, value) in values.enumerate() {
                if index != 0 {
                    out.raw(", ");
                }
                out.value(value);
            }
            out.raw("\"");
        });
        empty
    }

    /// `,"headers":{…},"cookies":[…]`
    fn write_with_cookies(&self, out: &mut Writer) {
        self.write_joined(out);
        out.raw("},\"cookies\":[");
        out.list(self.cookies());
        out.raw("]");
    }

    /// The trick for formats that have one value for each name: `set-cookie`, `Set-cookie`, `sEt-cookie`, …
    /// are different names in JSON and the same on the wire. Cookies must not be joined with commas.
    fn write_with_cookie_variants(&self, out: &mut Writer) -> Result<(), ResponseError> {
        let name = header::SET_COOKIE;
        let limit = case_variants(name.as_str());
        let mut empty = self.write_joined(out);
        for (index, value) in self.cookies().enumerate() {
            if index == limit {
                return Err(ResponseError::too_many_cookies(self.cookies().count(), limit));
            }
            out.raw(if std::mem::take(&mut empty) { "\"" } else { ",\"" });
            out.raw(&case_variant(name.as_str(), index));
            out.raw("\":\"");
            out.value(value);
            out.raw("\"");
        }
        out.raw("}");
        Ok(())
    }
}

/// Enough for everything unless the text has more escapes than one in four bytes.
fn capacity(headers: &HeaderMap, body: &[u8], base64: bool) -> usize {
    let headers: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 12).sum();
    let body = if base64 { body.len().div_ceil(3) * 4 } else { body.len() + body.len() / 4 };
    headers + body + 160
}

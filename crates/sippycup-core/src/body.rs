//! Bodies, and the base64 they travel in. The only file that knows base64.

use bytes::Bytes;
use http::{HeaderMap, header};

use crate::{
    error::EventError,
    field::{Field, Kind},
};

/// The request body of the event. The event's flag alone says whether it is base64: no content type is
/// proof of anything.
pub(crate) fn decode(json: &Bytes, body: Field, unescaped: Option<Vec<u8>>, base64: bool) -> Result<Bytes, EventError> {
    let text = match body.kind() {
        Kind::Missing | Kind::Null => return Ok(Bytes::new()),
        // Only hand-made events have anything but a string here; its JSON text loses nothing.
        Kind::Array | Kind::Object => return Ok(body.share(json)),
        _ => unescaped.map_or_else(|| body.share(json), Bytes::from),
    };
    if !base64 || text.is_empty() {
        return Ok(text);
    }
    let raw = !body.is_escaped();
    decode_base64(&text, raw)
        .map(Bytes::from)
        .ok_or_else(|| EventError::member("body", "base64, as `isBase64Encoded` says", "something else"))
}

/// Whether `isBase64Encoded` says so.
pub(crate) fn is_base64(json: &[u8], flag: Field) -> bool {
    flag.kind() == Kind::True || (flag.kind() == Kind::String && flag.raw(json).eq_ignore_ascii_case(b"true"))
}

/// Whether a string has a raw control character, which JSON forbids.
pub(crate) fn has_control(text: &[u8]) -> bool {
    text.iter().fold(u8::MAX, |least, byte| least.min(*byte)) < b' '
}

/// Strict about padding and trailing bits, since a cut body would pass otherwise. White space alone is
/// passed over: MIME encoders break lines, and no data is in it. In a `raw` text, which is as it stands in the
/// document, a line break would be broken JSON.
fn decode_base64(text: &[u8], raw: bool) -> Option<Vec<u8>> {
    if let Ok(bytes) = base64_simd::STANDARD.decode_to_vec(text) {
        return Some(bytes);
    }
    let unbroken: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if unbroken.len() == text.len() || (raw && has_control(text)) {
        return None;
    }
    base64_simd::STANDARD.decode_to_vec(&unbroken).ok()
}

/// Which response bodies go out as base64 although they are text.
///
/// By default the bytes decide: what is UTF-8 goes out as text and survives a JSON string exactly, anything
/// else is base64. A `content-encoding` other than `identity` always means base64. No list of media types
/// can lose data here; one is needed only where a gateway should treat text as binary.
///
/// A REST API decodes base64 only if its `binaryMediaTypes` match the request's `Accept`; see
/// [Content type conversions](https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html).
#[derive(Clone, Debug, Default)]
pub struct BinaryPolicy {
    media_types: Vec<String>,
}

impl BinaryPolicy {
    /// Adds media types whose bodies are always base64: `image/png`, `image/*` or `*/*`, without
    /// parameters.
    ///
    /// ```
    /// # use sippycup_core::BinaryPolicy;
    /// let policy = BinaryPolicy::default().base64_for(["image/*", "application/pdf"]);
    /// ```
    #[must_use]
    pub fn base64_for(mut self, media_types: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.media_types.extend(media_types.into_iter().map(Into::into));
        self
    }

    /// Whether this body goes out as base64.
    #[must_use]
    pub fn is_base64(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        if body.is_empty() {
            return false;
        }
        // An answer has few headers: to look at each costs less than to look one up.
        let encoded = headers.iter().any(|(name, value)| {
            *name == header::CONTENT_ENCODING && !value.as_bytes().eq_ignore_ascii_case(b"identity")
        });
        encoded || self.forces(headers) || simdutf8::compat::from_utf8(body).is_err()
    }

    fn forces(&self, headers: &HeaderMap) -> bool {
        if self.media_types.is_empty() {
            return false;
        }
        let content_type = headers.get(header::CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
        let essence = content_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        self.media_types.iter().any(|pattern| matches(pattern.as_bytes(), essence))
    }
}

fn matches(pattern: &[u8], media_type: &[u8]) -> bool {
    if pattern == b"*/*" {
        return true;
    }
    match pattern.strip_suffix(b"*") {
        Some(range) => media_type.get(..range.len()).is_some_and(|start| start.eq_ignore_ascii_case(range)),
        None => media_type.eq_ignore_ascii_case(pattern),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn broken_base64_is_not_half_decoded() {
        for broken in ["!!!", "YQ", "YQ=", "YR==", "_-8=", "YWJj=", "YQ==YQ=="] {
            assert_eq!(decode_base64(broken.as_bytes(), false), None, "{broken}");
        }
        assert_eq!(decode_base64(b"YWJj\nZGVm", true), None);
        assert_eq!(decode_base64(b"YWJj\r\nZGVm\r\n", false).unwrap(), b"abcdef");
    }

    #[test]
    fn media_types_are_matched_without_parameters_and_case() {
        let policy = BinaryPolicy::default().base64_for(["image/*", "text/csv"]);
        let is_base64 = |content_type: &'static str| {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))]);
            policy.is_base64(&headers, b"text")
        };
        assert!(is_base64("image/svg+xml"));
        assert!(is_base64("Text/CSV; charset=utf-8"));
        assert!(!is_base64("text/csvx"));
        assert!(!is_base64("images/x"));
        assert!(BinaryPolicy::default().base64_for(["*/*"]).is_base64(&HeaderMap::new(), b"text"));
    }
}

//! Which bodies travel as base64.

use http::{HeaderMap, header};

use crate::certain::Certain;

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
        encoded || (!self.media_types.is_empty() && self.forces(headers)) || simdutf8::compat::from_utf8(body).is_err()
    }

    fn forces(&self, headers: &HeaderMap) -> bool {
        let content_type = headers.get(header::CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
        let essence = content_type.split(|byte| *byte == b';').next().certain().trim_ascii();
        self.media_types.iter().any(|pattern| matches(pattern.as_bytes(), essence))
    }
}

fn matches(pattern: &[u8], media_type: &[u8]) -> bool {
    match pattern.strip_suffix(b"*") {
        Some(b"*/") => true,
        Some(range) => media_type.get(..range.len()).is_some_and(|start| start.eq_ignore_ascii_case(range)),
        None => media_type.eq_ignore_ascii_case(pattern),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

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

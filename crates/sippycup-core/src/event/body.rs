//! The body of the request, and the base64 it may travel in.

use bytes::Bytes;

use crate::{
    error::EventError,
    json::{Fault, Field, Kind, has_control},
};

/// The request body of the event. The event's flag alone says whether it is base64: no content type is
/// proof of anything.
pub(crate) fn decode(json: &Bytes, body: Field, unescaped: Option<Vec<u8>>, base64: bool) -> Result<Bytes, EventError> {
    let text = match body.kind() {
        Kind::Missing | Kind::Null => return Ok(Bytes::new()),
        // Only hand-made events have anything but a string here; its JSON text loses nothing, and is no base64.
        Kind::Array | Kind::Object => return Ok(body.share(json)),
        _ => unescaped.map_or_else(|| body.share(json), Bytes::from),
    };
    if !base64 || text.is_empty() {
        return Ok(text);
    }
    let raw = !body.is_escaped();
    decode_base64(&text, raw).map(Bytes::from).ok_or_else(|| match Fault::not_utf8(json) {
        Some(fault) => EventError::json(json, fault),
        None => EventError::member("body", "base64, as `isBase64Encoded` says", "something else"),
    })
}

/// Whether `isBase64Encoded` says so.
pub(crate) fn is_base64(json: &[u8], flag: Field) -> bool {
    flag.kind() == Kind::True || (flag.kind() == Kind::String && flag.raw(json).eq_ignore_ascii_case(b"true"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_its_json_whatever_the_event_says_of_base64() {
        let json = Bytes::from_static(br#"{"a":1}"#);
        for base64 in [true, false] {
            assert_eq!(decode(&json, Field::whole(&json), None, base64).unwrap(), json);
        }
    }

    #[test]
    fn broken_base64_is_not_half_decoded() {
        for broken in ["!!!", "YQ", "YQ=", "YR==", "_-8=", "YWJj=", "YQ==YQ=="] {
            assert_eq!(decode_base64(broken.as_bytes(), false), None, "{broken}");
        }
        assert_eq!(decode_base64(b"YWJj\nZGVm", true), None);
        assert_eq!(decode_base64(b"YWJj\r\nZGVm\r\n", false).unwrap(), b"abcdef");
    }
}

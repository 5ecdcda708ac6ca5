//! What the client got.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

/// A response, as far as it is judged.
pub(crate) struct Got {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) streamed: bool,
    /// Why the gateway answered itself.
    pub(crate) fault: Option<String>,
}

/// The beginning of a body, in a line.
pub(crate) fn excerpt(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(80).collect::<String>().escape_debug().to_string()
}

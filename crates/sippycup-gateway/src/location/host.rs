//! The host that a request names.

use http::header::HOST;
use http::uri::Authority;
use http::{HeaderMap, Uri};

/// The name or address of an authority, without the brackets of IPv6.
pub(crate) fn without_port(authority: &str) -> &str {
    let name = match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => authority,
    };
    name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name)
}

/// The host that a request names, with or without a port; empty if it names none. An absolute-form target says it, whatever the header does (RFC 9112, 3.2.2).
pub(crate) fn named_host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> &'a str {
    let header = || headers.get(HOST).and_then(|host| host.to_str().ok());
    uri.authority().map(without_user).or_else(header).unwrap_or_default()
}

/// An authority as the header has it, without the user that may stand in front.
pub(crate) fn without_user(authority: &Authority) -> &str {
    let text = authority.as_str();
    text.rsplit_once('@').map_or(text, |(_, host)| host)
}

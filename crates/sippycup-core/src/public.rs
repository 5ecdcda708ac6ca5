//! What the public sees of a request: its absolute URI, and where it came from.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    ops::Deref,
};

use http::{
    HeaderMap, HeaderValue, Uri,
    uri::{Authority, Parts, PathAndQuery, Scheme},
};

use crate::{BasePath, EventSource};

/// The absolute URI of the request as the client wrote it, with the base path.
///
/// Only there if the host is known and is a host; a client's `Host` or `X-Forwarded-Proto` that is something
/// else makes it unknown, and changes nothing else. Behind an HTTP API with an API mapping the mapping's key
/// is only in it if it was stated (see [`BasePath`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUri(Uri);

impl PublicUri {
    /// A URI of your own, for tests of handlers that read one.
    #[must_use]
    pub fn from_uri(uri: Uri) -> Self {
        Self(uri)
    }

    /// The URI.
    #[must_use]
    pub fn into_uri(self) -> Uri {
        self.0
    }

    /// `target` is the app's own path and query; `exact_root` says that the client asked for the base path
    /// without a slash behind it.
    pub(crate) fn new(
        source: EventSource,
        host: Option<&[u8]>,
        forwarded_proto: Option<&HeaderValue>,
        base: &BasePath,
        target: &PathAndQuery,
        exact_root: bool,
    ) -> Option<Self> {
        let web_socket = source == EventSource::WebSocket;
        let scheme = match forwarded_proto.map(HeaderValue::as_bytes) {
            _ if web_socket => "wss".parse().ok()?,
            // Nobody but a load balancer can be called over plain HTTP, and that one says so.
            None => Scheme::HTTPS,
            Some(proto) if proto.eq_ignore_ascii_case(b"https") => Scheme::HTTPS,
            Some(proto) if proto.eq_ignore_ascii_case(b"http") => Scheme::HTTP,
            Some(_) => return None,
        };
        let mut parts = Parts::default();
        parts.scheme = Some(scheme);
        parts.authority = Some(authority(host?)?);
        parts.path_and_query = Some(if base.is_root() && !web_socket {
            target.clone()
        } else {
            // The app's path of a WebSocket event is the route key, which no client wrote.
            let path = if web_socket || exact_root { "" } else { target.path() };
            let slash = if base.is_root() && path.is_empty() { "/" } else { "" };
            let query = target.query().map_or(String::new(), |query| format!("?{query}"));
            PathAndQuery::from_maybe_shared(format!("{base}{slash}{path}{query}").into_bytes()).ok()?
        });
        Uri::from_parts(parts).ok().map(Self)
    }
}

impl Deref for PublicUri {
    type Target = Uri;

    fn deref(&self) -> &Uri {
        &self.0
    }
}

impl fmt::Display for PublicUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The address of the client, as the gateway saw it.
///
/// From the request context, or behind load balancers and VPC Lattice, which do not say, from
/// `X-Forwarded-For`: the entry that the outermost proxy of yours appended (see
/// [`EventOptions::forwarded_hops`](crate::EventOptions::forwarded_hops)). What a client wrote into the
/// header itself is never taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientIp(pub(crate) IpAddr);

impl ClientIp {
    /// An address of your own, for tests of handlers that read one.
    #[must_use]
    pub fn new(ip: IpAddr) -> Self {
        Self(ip)
    }

    /// The address.
    #[must_use]
    pub fn ip(self) -> IpAddr {
        self.0
    }
}

/// The entry of `X-Forwarded-For` that is `hops` from the right.
pub(crate) fn forwarded_for(headers: &HeaderMap, hops: usize) -> Option<IpAddr> {
    let back = hops.checked_sub(1)?;
    let lines =
        headers.get_all("x-forwarded-for").into_iter().filter_map(|line| std::str::from_utf8(line.as_bytes()).ok());
    let entries: Vec<_> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    address(entries.iter().rev().nth(back)?)
}

/// A load balancer can be told to add the client's port.
fn address(entry: &str) -> Option<IpAddr> {
    let bare = entry.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().or_else(|| entry.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// A host name or address with an optional port, and nothing that could be taken for anything else.
fn authority(host: &[u8]) -> Option<Authority> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':' | b'[' | b']');
    if !host.iter().all(plain) {
        return None;
    }
    let authority = Authority::try_from(host).ok()?;
    let colon = authority.as_str().rsplit(']').next().is_some_and(|behind| behind.contains(':'));
    (!authority.host().is_empty() && (!colon || authority.port_u16().is_some())).then_some(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_host_or_nothing() {
        for host in ["a.example", "A_b.example:443", "[::1]", "[::1]:80", "xn--a", "256.256.256.256", "-a.com"] {
            assert_eq!(authority(host.as_bytes()).unwrap().as_str(), host);
        }
        for host in [
            "",
            "a b",
            "[::1",
            "x:99999",
            "x:",
            ":80",
            "h%zz",
            "e<x>",
            "evil.com/x",
            "evil.com#",
            "evil.com?x",
            "evil.com\\x",
            "u@evil.com",
            "münchen.de",
        ] {
            assert_eq!(authority(host.as_bytes()), None, "{host}");
        }
    }

    #[test]
    fn the_client_is_what_the_last_trusted_proxy_saw() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", HeaderValue::from_static("203.0.113.9, 192.0.2.1"));
        headers.append("x-forwarded-for", HeaderValue::from_static(" 2001:db8::1 "));
        assert_eq!(forwarded_for(&headers, 0), None);
        assert_eq!(forwarded_for(&headers, 1), Some("2001:db8::1".parse().unwrap()));
        assert_eq!(forwarded_for(&headers, 2), Some("192.0.2.1".parse().unwrap()));
        assert_eq!(forwarded_for(&headers, 4), None);
        for entry in ["192.0.2.7:5000", "192.0.2.7"] {
            assert_eq!(address(entry), Some("192.0.2.7".parse().unwrap()));
        }
        assert_eq!(address("[2001:db8::1]:443"), Some("2001:db8::1".parse().unwrap()));
        assert_eq!(address("[2001:db8::1]"), Some("2001:db8::1".parse().unwrap()));
        assert_eq!(address("unknown"), None);
    }
}

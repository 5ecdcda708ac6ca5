//! What the public sees of a request: its absolute URI, and where it came from.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    ops::Deref,
    sync::OnceLock,
};

use http::{HeaderValue, Uri, uri::PathAndQuery};

use crate::{
    base_path::BasePath,
    certain::Certain,
    uri::{MAX_TARGET, is_host_byte},
};

/// The absolute URI of the request as the client wrote it, with the base path.
///
/// Only there if the host is known and is a host; a client's `Host` or `X-Forwarded-Proto` that is something
/// else makes it unknown, and changes nothing else. Behind an HTTP API with an API mapping the mapping's key
/// is only in it if it was stated (see [`BasePath`]).
#[derive(Clone)]
pub struct PublicUri {
    parts: Option<PublicParts>,
    uri: OnceLock<Uri>,
}

/// How the public writes the URIs of a front door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Public {
    /// With the app's path behind the base path.
    Http,
    /// With the base path alone: the app's path is the route key, which no client wrote.
    WebSocket,
}

/// What the URI is made of when it is asked for.
#[derive(Clone)]
struct PublicParts {
    scheme: &'static str,
    host: HeaderValue,
    base: BasePath,
    target: PathAndQuery,
    /// Whether the path is the base path alone, without a slash behind it.
    bare: bool,
}

impl PublicUri {
    /// A URI of your own, for tests of handlers that read one.
    #[must_use]
    pub fn from_uri(uri: Uri) -> Self {
        Self { parts: None, uri: OnceLock::from(uri) }
    }

    /// The URI.
    #[must_use]
    pub fn into_uri(self) -> Uri {
        (*self).clone()
    }

    /// `target` is the app's own path and query; `exact_root` says that the client asked for the base path
    /// without a slash behind it.
    pub(crate) fn new(
        public: Public,
        host: Option<HeaderValue>,
        forwarded_proto: Option<&[u8]>,
        base: &BasePath,
        target: &PathAndQuery,
        exact_root: bool,
    ) -> Option<Self> {
        let scheme = match forwarded_proto {
            _ if public == Public::WebSocket => "wss",
            // Of the front doors only a load balancer can be called over plain HTTP, and its event says which scheme it was.
            None => "https",
            Some(proto) if proto.eq_ignore_ascii_case(b"https") => "https",
            Some(proto) if proto.eq_ignore_ascii_case(b"http") => "http",
            Some(_) => return None,
        };
        let host = host.filter(|host| is_authority(host.as_bytes()))?;
        // The target of `OPTIONS *` has no absolute form.
        if target.path() == "*" || base.as_str().len() + target.as_str().len() > MAX_TARGET {
            return None;
        }
        let bare = exact_root || public == Public::WebSocket;
        let parts = PublicParts { scheme, host, base: base.clone(), target: target.clone(), bare };
        Some(Self { parts: Some(parts), uri: OnceLock::new() })
    }
}

impl PublicParts {
    fn uri(&self) -> Option<Uri> {
        let path = if self.bare { "" } else { self.target.path() };
        let slash = if self.base.is_root() && path.is_empty() { "/" } else { "" };
        let query = self.target.query().map_or(String::new(), |query| format!("?{query}"));
        let target = PathAndQuery::try_from(format!("{}{slash}{path}{query}", self.base)).ok()?;
        Uri::builder().scheme(self.scheme).authority(self.host.as_bytes()).path_and_query(target).build().ok()
    }
}

impl Deref for PublicUri {
    type Target = Uri;

    fn deref(&self) -> &Uri {
        // The parts were checked when they were put here.
        self.uri.get_or_init(|| self.parts.as_ref().and_then(PublicParts::uri).certain())
    }
}

impl From<Uri> for PublicUri {
    fn from(uri: Uri) -> Self {
        Self::from_uri(uri)
    }
}

impl From<PublicUri> for Uri {
    fn from(uri: PublicUri) -> Self {
        uri.into_uri()
    }
}

impl PartialEq for PublicUri {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for PublicUri {}

impl fmt::Debug for PublicUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublicUri").field(&**self).finish()
    }
}

impl fmt::Display for PublicUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// The address of the client, as the gateway saw it.
///
/// From the request context, or behind load balancers and VPC Lattice, which do not say, from
/// `X-Forwarded-For`: the entry that the outermost proxy of yours appended (see
/// [`EventOptions::forwarded_hops`](crate::EventOptions::forwarded_hops)).
///
/// A client can write the header itself. What it wrote is taken for its address where nothing appends to it: behind a
/// load balancer whose attribute
/// [`routing.http.xff_header_processing.mode`](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html)
/// is `preserve` and not `append`, and where `forwarded_hops` counts more proxies than there are. Do not grant anything
/// for an address alone there; `forwarded_hops(0)` believes none of the header.
///
/// Absent where the client is unknown: load balancers in mode `remove`, their health checks, API Gateway's console test,
/// VPC Lattice's first event version, `X-Forwarded-For: unknown`. Take `Option<ClientIp>` in handlers that answer those.
///
/// ```
/// # use std::net::IpAddr;
/// # use sippycup_core::{ClientIp, PublicUri};
/// // In a test of a handler that reads them:
/// let mut request = http::Request::new(());
/// request.extensions_mut().insert(ClientIp::from(IpAddr::from([192, 0, 2, 1])));
/// request.extensions_mut().insert(PublicUri::from(http::Uri::from_static("https://shop.example.com/items")));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

impl From<IpAddr> for ClientIp {
    fn from(ip: IpAddr) -> Self {
        Self(ip)
    }
}

impl From<ClientIp> for IpAddr {
    fn from(ClientIp(ip): ClientIp) -> Self {
        ip
    }
}

impl fmt::Display for ClientIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The entry of `X-Forwarded-For`, which may stand on several lines, that is `hops` from the right.
pub(crate) fn forwarded_for<'a>(lines: impl DoubleEndedIterator<Item = &'a [u8]>, hops: usize) -> Option<IpAddr> {
    let back = hops.checked_sub(1)?;
    let entry = lines.rev().flat_map(|line| line.rsplit(|byte| *byte == b',')).nth(back)?;
    address(std::str::from_utf8(entry.trim_ascii()).ok()?)
}

/// A load balancer can be told to add the client's port.
fn address(entry: &str) -> Option<IpAddr> {
    let bare = entry.strip_prefix('[').and_then(|entry| entry.strip_suffix(']')).unwrap_or(entry);
    bare.parse().ok().or_else(|| entry.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// Whether this is a host name or address with an optional port, and nothing that could be taken for anything
/// else.
pub(crate) fn is_authority(host: &[u8]) -> bool {
    // Most have neither brackets nor a port.
    if host.iter().all(|byte| is_host_byte(*byte)) {
        return !host.is_empty();
    }
    has_brackets_or_port(host)
}

#[cold]
fn has_brackets_or_port(host: &[u8]) -> bool {
    let Ok(host) = std::str::from_utf8(host) else { return false };
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (name, port) = bracketed.unwrap_or_else(|| host.split_at(host.find(':').unwrap_or(host.len())));
    let is_of_name = |byte| is_host_byte(byte) || (bracketed.is_some() && byte == b':');
    // `parse` takes a plus sign too.
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    !name.is_empty() && name.bytes().all(is_of_name) && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_host_or_nothing() {
        for host in ["a.example", "A_b.example:443", "[::1]", "[::1]:80", "xn--a", "256.256.256.256", "-a.com"] {
            assert!(is_authority(host.as_bytes()), "{host}");
            assert_eq!(host.parse::<http::uri::Authority>().unwrap().as_str(), host);
        }
        for host in [
            "",
            "a b",
            "[::1",
            "::1",
            "[::1]x",
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
            "a:1:2",
            "[u@x]",
        ] {
            assert!(!is_authority(host.as_bytes()), "{host}");
        }
    }

    #[test]
    fn the_client_is_what_the_last_trusted_proxy_saw() {
        let lines = ["203.0.113.9, 192.0.2.1", " 2001:db8::1 "];
        let forwarded_for = |hops| forwarded_for(lines.iter().map(|line| line.as_bytes()), hops);
        assert_eq!(forwarded_for(0), None);
        assert_eq!(forwarded_for(1), Some("2001:db8::1".parse().unwrap()));
        assert_eq!(forwarded_for(2), Some("192.0.2.1".parse().unwrap()));
        assert_eq!(forwarded_for(4), None);
        for entry in ["192.0.2.7:5000", "192.0.2.7"] {
            assert_eq!(address(entry), Some("192.0.2.7".parse().unwrap()));
        }
        assert_eq!(address("[2001:db8::1]:443"), Some("2001:db8::1".parse().unwrap()));
        assert_eq!(address("[2001:db8::1]"), Some("2001:db8::1".parse().unwrap()));
        assert_eq!(address("unknown"), None);
    }
}

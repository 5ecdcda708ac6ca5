//! Where the Runtime API is.

use bytes::Bytes;
use http::{
    HeaderValue,
    uri::{Authority, PathAndQuery},
};

/// The address in `AWS_LAMBDA_RUNTIME_API`: a host with a port, and for some emulators a path in front of all others.
#[derive(Debug)]
pub(crate) struct Endpoint {
    /// What to connect to, always with a port.
    address: String,
    host: HeaderValue,
    prefix: String,
}

impl Endpoint {
    /// `None` if there is no host in it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix("http://").unwrap_or(text);
        let (authority, prefix) = text.split_at(text.find('/').unwrap_or(text.len()));
        let authority: Authority = authority.parse().ok()?;
        let port = match authority.as_str().strip_prefix(authority.host())? {
            "" => 80,
            port => port.strip_prefix(':')?.parse::<u16>().ok()?,
        };
        let prefix = prefix.trim_end_matches('/');
        if authority.host().is_empty() || !(prefix.is_empty() || prefix.parse::<PathAndQuery>().is_ok()) {
            return None;
        }
        Some(Self {
            address: format!("{}:{port}", authority.host()),
            host: HeaderValue::from_str(authority.as_str()).ok()?,
            prefix: prefix.to_owned(),
        })
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn host(&self) -> &HeaderValue {
        &self.host
    }

    /// The path made of these parts, below the prefix.
    pub(crate) fn path(&self, parts: &[&str]) -> PathAndQuery {
        let length = self.prefix.len() + parts.iter().map(|part| part.len()).sum::<usize>();
        let mut path = String::with_capacity(length);
        path.push_str(&self.prefix);
        path.extend(parts.iter().copied());
        let path = PathAndQuery::from_maybe_shared(Bytes::from(path));
        debug_assert!(path.is_ok(), "the prefix was parsed, and the parts are paths");
        path.unwrap_or_else(|_| PathAndQuery::from_static("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_ports_and_prefixes_are_told_apart() {
        for (text, address, host, path) in [
            ("127.0.0.1:9001", "127.0.0.1:9001", "127.0.0.1:9001", "/next"),
            ("169.254.100.1:9001/", "169.254.100.1:9001", "169.254.100.1:9001", "/next"),
            ("localhost", "localhost:80", "localhost", "/next"),
            ("[::1]:9001", "[::1]:9001", "[::1]:9001", "/next"),
            ("127.0.0.1:9000/my-fn", "127.0.0.1:9000", "127.0.0.1:9000", "/my-fn/next"),
            ("http://127.0.0.1:9000/a/b/", "127.0.0.1:9000", "127.0.0.1:9000", "/a/b/next"),
        ] {
            let endpoint = Endpoint::parse(text).unwrap();
            assert_eq!(endpoint.address(), address, "{text}");
            assert_eq!(endpoint.host(), host, "{text}");
            assert_eq!(endpoint.path(&["/", "next"]), path, "{text}");
        }
    }

    #[test]
    fn what_names_no_host_is_none() {
        for text in ["", "/", "not a host", ":9001", "user@host:1", "host:port", "host:1/a b"] {
            assert!(Endpoint::parse(text).is_none(), "{text}");
        }
    }
}

//! Where the Runtime API is.

use std::borrow::Cow;

use bytes::Bytes;
use http::{
    HeaderValue,
    uri::{Authority, PathAndQuery},
};
#[cfg(feature = "lambda-runtime")]
use http::{
    Uri,
    uri::{Parts, Scheme},
};

/// The address in `AWS_LAMBDA_RUNTIME_API`: a host with a port, and for some emulators a path in front of all others.
#[derive(Debug)]
pub(crate) struct Endpoint {
    /// What to connect to, always with a port.
    address: String,
    host: HeaderValue,
    prefix: String,
    #[cfg(feature = "lambda-runtime")]
    authority: Authority,
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
            #[cfg(feature = "lambda-runtime")]
            authority,
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

    /// The path of what ends an invocation.
    pub(crate) fn path_of(&self, id: &str, what: &str) -> PathAndQuery {
        self.path(&["/2018-06-01/runtime/invocation/", &path_segment(id), "/", what])
    }

    /// The same with scheme and host, for clients that know no other way to say where to connect to.
    #[cfg(feature = "lambda-runtime")]
    pub(crate) fn uri_of(&self, id: &str, what: &str) -> Uri {
        let mut parts = Parts::default();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(self.path_of(id, what));
        let uri = Uri::from_parts(parts);
        debug_assert!(uri.is_ok(), "all parts are there");
        uri.unwrap_or_default()
    }
}

/// The id as it came; all that AWS sends can stand in a path.
fn path_segment(id: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte);
    if id.bytes().all(is_plain) {
        return Cow::Borrowed(id);
    }
    let encode = |byte: u8| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    Cow::Owned(id.bytes().map(encode).collect())
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

    #[test]
    fn an_id_that_cannot_stand_in_a_path_is_encoded() {
        assert_eq!(path_segment("8476a536-e9f4-11e8-9739-2dfe598c3fcd"), "8476a536-e9f4-11e8-9739-2dfe598c3fcd");
        assert_eq!(path_segment("a b/../c?d#e%"), "a%20b%2F..%2Fc%3Fd%23e%25");
    }
}

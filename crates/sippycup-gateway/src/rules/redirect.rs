//! Redirects.

use http::header::{LOCATION, SERVER};
use http::{HeaderValue, Response, StatusCode};

use super::asked::Asked;
use super::fixed_response::BALANCER;
use crate::location::host::without_port;
use crate::refusal::html;
use crate::{Body, ConfigError};

/// A redirect of a load balancer. What is not set stays as the client sent it; `#{protocol}`, `#{host}`, `#{port}`, `#{path}` (without its leading slash) and `#{query}` stand
/// for that.
#[derive(Clone, Debug)]
#[must_use]
pub struct Redirect {
    pub(super) status_code: u16,
    protocol: String,
    host: String,
    port: String,
    path: String,
    query: String,
}

impl Redirect {
    /// A redirect to the URL of the request, of which at least one of protocol, host, port and path must be changed. The status is 301 or 302.
    pub fn new(status_code: u16) -> Self {
        let kept = |name: &str| format!("#{{{name}}}");
        Self {
            status_code,
            protocol: kept("protocol"),
            host: kept("host"),
            port: kept("port"),
            path: "/#{path}".to_owned(),
            query: kept("query"),
        }
    }

    /// `HTTP`, `HTTPS` or `#{protocol}`.
    pub fn protocol(mut self, protocol: impl Into<String>) -> Self {
        self.protocol = protocol.into();
        self
    }

    /// The host name, of 128 bytes at most.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = host.into();
        self
    }

    /// The port, from 1 to 65535, or `#{port}`.
    pub fn port(mut self, port: impl Into<String>) -> Self {
        self.port = port.into();
        self
    }

    /// The path, with its leading slash, of 128 bytes at most.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// The query, without `?`, of 128 bytes at most.
    pub fn query(mut self, query: impl Into<String>) -> Self {
        self.query = query.into();
        self
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let wrong = |what: String| Err(ConfigError::new(format!("redirect: {what}")));
        if !matches!(self.status_code, 301 | 302) {
            return wrong(format!("expected the status 301 or 302, found {}", self.status_code));
        }
        if !matches!(&*self.protocol, "HTTP" | "HTTPS" | "#{protocol}") {
            return wrong(format!("expected the protocol HTTP, HTTPS or #{{protocol}}, found `{}`", self.protocol));
        }
        if self.port != "#{port}" && self.port.parse::<u16>().ok().is_none_or(|port| port == 0) {
            return wrong(format!("expected a port from 1 to 65535 or #{{port}}, found `{}`", self.port));
        }
        if !self.path.starts_with('/') {
            return wrong(format!("expected a path with a leading slash, found `{}`", self.path));
        }
        if self.host.is_empty() {
            return wrong("expected a host".to_owned());
        }
        for (what, text) in [("host", &self.host), ("path", &self.path), ("query", &self.query)] {
            if text.len() > 128 || !text.bytes().all(|b| b.is_ascii_graphic()) {
                return wrong(format!("expected a {what} of 128 ASCII characters at most, without blanks"));
            }
        }
        let place = [&*self.protocol, &*self.host, &*self.port, &*self.path];
        if place == ["#{protocol}", "#{host}", "#{port}", "/#{path}"] {
            return wrong(
                "it leads to where the request came from: set one of protocol, host, port and path".to_owned(),
            );
        }
        Ok(())
    }

    pub(super) fn response(&self, asked: &Asked<'_>, place: Place<'_>) -> Response<Body> {
        let status = StatusCode::from_u16(self.status_code);
        debug_assert!(status.is_ok(), "a status was checked: {}", self.status_code);
        let status = status.unwrap_or(StatusCode::FOUND);
        let mut response = html(status);
        response.headers_mut().insert(SERVER, HeaderValue::from_static(BALANCER));
        if let Ok(location) = HeaderValue::from_str(&self.location(asked, place)) {
            response.headers_mut().insert(LOCATION, location);
        }
        response
    }

    fn location(&self, asked: &Asked<'_>, place: Place<'_>) -> String {
        let host = match without_port(asked.host) {
            "" => place.name.to_owned(),
            // The brackets of IPv6.
            name if name.contains(':') => format!("[{name}]"),
            name => name.to_owned(),
        };
        let port = place.port.to_string();
        let sent = [
            ("protocol", place.protocol),
            ("host", &*host),
            ("port", &*port),
            ("path", asked.path.strip_prefix('/').unwrap_or(asked.path)),
            ("query", asked.query),
        ];
        let filled = |text: &str| filled(text, &sent);
        let protocol = filled(&self.protocol).to_ascii_lowercase();
        let query = filled(&self.query);
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{protocol}://{}:{}{}{mark}{query}", filled(&self.host), filled(&self.port), filled(&self.path))
    }
}

/// Where a listener is, as clients see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) protocol: &'a str,
    pub(crate) port: u16,
    pub(crate) name: &'a str,
}

/// Replaces the placeholders by what the client sent, once: a placeholder that the client sent stays as it is.
fn filled(text: &str, sent: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, from)) = rest.split_once("#{") {
        filled.push_str(before);
        let known = sent.iter().find_map(|(name, value)| Some((from.strip_prefix(name)?.strip_prefix('}')?, *value)));
        let (behind, value) = known.unwrap_or((from, "#{"));
        filled.push_str(value);
        rest = behind;
    }
    filled + rest
}

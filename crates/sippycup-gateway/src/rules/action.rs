//! Actions of rules.

#[cfg(feature = "authorizers")]
use std::sync::Arc;

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION, SERVER};
use http::{HeaderValue, Response, StatusCode};

use super::Asked;
use crate::location::without_port;
use crate::refusal::html;
use crate::{Body, ConfigError, Kind};

/// What happens to a request: it is forwarded to a target group, or the listener answers it.
///
/// ```
/// use sippycup_gateway::{Action, FixedResponse, Redirect};
///
/// let forward = Action::forward("shop");
/// let canary = Action::weighted([("shop", 95), ("shop-next", 5)]);
/// let answer = Action::from(FixedResponse::new(503).content_type("text/plain").message_body("closed"));
/// let redirect = Action::from(Redirect::new(301).protocol("HTTPS").port("443"));
/// # let _ = (forward, canary, answer, redirect);
/// ```
#[derive(Clone, Debug)]
pub struct Action {
    kind: ActionKind,
    #[cfg(feature = "authorizers")]
    guard: Option<Arc<crate::Guard>>,
}

#[derive(Clone, Debug)]
enum ActionKind {
    Fixed(FixedResponse),
    Forward(Vec<(String, u16)>),
    Redirect(Redirect),
}

impl Action {
    /// Forwards to one target group.
    #[must_use]
    pub fn forward(target_group: impl Into<String>) -> Self {
        Self::weighted([(target_group, 1)])
    }

    /// Forwards to target groups by their weights, from 0 to 999: each gets its share of all requests.
    #[must_use]
    pub fn weighted<N: Into<String>>(target_groups: impl IntoIterator<Item = (N, u16)>) -> Self {
        let groups = target_groups.into_iter().map(|(name, weight)| (name.into(), weight));
        Self::of(ActionKind::Forward(groups.collect()))
    }

    /// The authorizer that a request passes before it is forwarded: the `jwt-validation` action of a load balancer, which stands before the forward action of the same rule or of
    /// the default action. It is asked instead of that of the gateway, and for requests of this rule only. Source: "Verify JWTs using an Application Load Balancer".
    ///
    /// ```
    /// use sippycup_gateway::{Action, JwtAuthorizer, Listener, Rule};
    ///
    /// let validated = Action::forward("admin").guard(JwtAuthorizer::new("https://login.example.com"));
    /// let listener = Listener::new(Action::forward("shop")).rule(Rule::new(1, validated).path_pattern(["/admin/*"]));
    /// # let _ = listener;
    /// ```
    #[cfg(feature = "authorizers")]
    #[must_use]
    pub fn guard(mut self, guard: impl Into<crate::Guard>) -> Self {
        self.guard = Some(Arc::new(guard.into()));
        self
    }

    const fn of(kind: ActionKind) -> Self {
        Self {
            kind,
            #[cfg(feature = "authorizers")]
            guard: None,
        }
    }

    #[cfg(feature = "authorizers")]
    pub(crate) fn own_guard(&self) -> Option<Arc<crate::Guard>> {
        self.guard.clone()
    }

    /// Those that it forwards to, with their weights; none if the listener answers.
    pub(super) fn target_groups(&self) -> &[(String, u16)] {
        match &self.kind {
            ActionKind::Forward(groups) => groups,
            ActionKind::Fixed(_) | ActionKind::Redirect(_) => &[],
        }
    }

    pub(crate) const fn is_forward(&self) -> bool {
        matches!(self.kind, ActionKind::Forward(_))
    }

    pub(super) fn choose(&self, chooser: &dyn Fn(u32) -> u32) -> Option<&str> {
        let groups = self.target_groups();
        let sum = groups.iter().map(|(_, weight)| u32::from(*weight)).sum();
        let mut rest = if sum > 0 && groups.len() > 1 { chooser(sum).min(sum - 1) } else { 0 };
        let chosen = groups.iter().find(|(_, weight)| {
            let is_here = rest < u32::from(*weight);
            rest = rest.saturating_sub(u32::from(*weight));
            is_here
        });
        chosen.map(|(name, _)| &**name)
    }

    pub(super) fn check(&self, kind: Kind) -> Result<(), ConfigError> {
        let wrong = |what: &str| Err(ConfigError::new(what));
        #[cfg(feature = "authorizers")]
        if let Some(guard) = &self.guard {
            if !kind.is_load_balancer() {
                return Err(ConfigError::new(format!("{} has no actions that read tokens", kind.name())));
            }
            if !self.is_forward() {
                return wrong("a token is read before a request is forwarded, and this action answers itself");
            }
            guard.check_kind(kind)?;
        }
        match &self.kind {
            ActionKind::Forward(groups) => {
                let most = if kind.is_lattice() { 10 } else { 5 };
                if groups.is_empty() || groups.len() > most {
                    return Err(ConfigError::new(format!(
                        "expected 1 to {most} target groups, found {}",
                        groups.len()
                    )));
                }
                if groups.iter().any(|(name, _)| name.is_empty()) {
                    return wrong("expected the name of a target group");
                }
                if groups.iter().any(|(_, weight)| *weight > 999) {
                    return wrong("expected weights from 0 to 999");
                }
                Ok(())
            }
            ActionKind::Fixed(fixed) => fixed.check(kind),
            ActionKind::Redirect(_) if kind.is_lattice() => wrong("a service of VPC Lattice has no redirects"),
            ActionKind::Redirect(redirect) => redirect.check(),
        }
    }

    /// The answer of the listener itself.
    pub(crate) fn response(&self, kind: Kind, asked: &Asked<'_>, place: Place<'_>) -> Option<Response<Body>> {
        match &self.kind {
            ActionKind::Fixed(fixed) => Some(fixed.response(kind)),
            ActionKind::Forward(_) => None,
            ActionKind::Redirect(redirect) => Some(redirect.response(asked, place)),
        }
    }
}

impl From<FixedResponse> for Action {
    fn from(fixed: FixedResponse) -> Self {
        Self::of(ActionKind::Fixed(fixed))
    }
}

impl From<Redirect> for Action {
    fn from(redirect: Redirect) -> Self {
        Self::of(ActionKind::Redirect(redirect))
    }
}

/// Where a listener is, as clients see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) protocol: &'a str,
    pub(crate) port: u16,
    pub(crate) name: &'a str,
}

/// The same answer to everything: `fixed-response` of a load balancer, `FixedResponse` of VPC Lattice.
#[derive(Clone, Debug)]
#[must_use]
pub struct FixedResponse {
    status_code: u16,
    content_type: Option<String>,
    message_body: String,
}

impl FixedResponse {
    /// An answer without a body. A load balancer takes a status of 2XX, 4XX or 5XX, VPC Lattice any from 100.
    pub const fn new(status_code: u16) -> Self {
        Self { status_code, content_type: None, message_body: String::new() }
    }

    /// One of `text/plain`, `text/css`, `text/html`, `application/javascript` and `application/json`; default `text/plain; charset=utf-8`, if there is a body.
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// The body, of 1,024 bytes at most.
    pub fn message_body(mut self, body: impl Into<String>) -> Self {
        self.message_body = body.into();
        self
    }

    fn check(&self, kind: Kind) -> Result<(), ConfigError> {
        let wrong = |what: String| Err(ConfigError::new(format!("fixed response: {what}")));
        let status = self.status_code;
        if kind.is_lattice() {
            if !self.message_body.is_empty() || self.content_type.is_some() {
                return wrong("that of VPC Lattice has a status and no body".to_owned());
            }
            // A status below 200 cannot be the only one of a response.
            return if (200..600).contains(&status) {
                Ok(())
            } else {
                wrong(format!("expected a status from 200 to 599, found {status}"))
            };
        }
        if !matches!(status / 100, 2 | 4 | 5) {
            return wrong(format!("expected a status of 2XX, 4XX or 5XX, found {status}"));
        }
        if self.message_body.len() > 1024 {
            return wrong("expected a body of 1,024 bytes at most".to_owned());
        }
        match &self.content_type {
            Some(sort) if !CONTENT_TYPES.contains(&&**sort) => {
                wrong(format!("expected one of the content types {}, found `{sort}`", CONTENT_TYPES.join(", ")))
            }
            _ => Ok(()),
        }
    }

    fn response(&self, kind: Kind) -> Response<Body> {
        let mut response = Response::new(Body::from(self.message_body.clone()));
        let status = StatusCode::from_u16(self.status_code);
        debug_assert!(status.is_ok(), "a status was checked: {}", self.status_code);
        *response.status_mut() = status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        let has_body = !matches!(self.status_code, 204 | 304);
        if !has_body {
            *response.body_mut() = Body::empty();
        } else {
            response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(self.message_body.len()));
        }
        let sort =
            self.content_type.as_deref().or((!self.message_body.is_empty()).then_some("text/plain; charset=utf-8"));
        if let Some(sort) = sort.and_then(|sort| HeaderValue::from_str(sort).ok()).filter(|_| has_body) {
            response.headers_mut().insert(CONTENT_TYPE, sort);
        }
        if kind.is_load_balancer() {
            response.headers_mut().insert(SERVER, HeaderValue::from_static(BALANCER));
        }
        response
    }
}

/// A redirect of a load balancer. What is not set stays as the client sent it; `#{protocol}`, `#{host}`, `#{port}`, `#{path}` (without its leading slash) and `#{query}` stand
/// for that.
#[derive(Clone, Debug)]
#[must_use]
pub struct Redirect {
    status_code: u16,
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

    fn check(&self) -> Result<(), ConfigError> {
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

    fn response(&self, asked: &Asked<'_>, place: Place<'_>) -> Response<Body> {
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
            ("#{protocol}", place.protocol),
            ("#{host}", &*host),
            ("#{port}", &*port),
            ("#{path}", asked.path.strip_prefix('/').unwrap_or(asked.path)),
            ("#{query}", asked.query),
        ];
        let filled = |text: &str| filled(text, &sent);
        let protocol = filled(&self.protocol).to_ascii_lowercase();
        let query = filled(&self.query);
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{protocol}://{}:{}{}{mark}{query}", filled(&self.host), filled(&self.port), filled(&self.path))
    }
}

/// Replaces the placeholders by what the client sent, once: a placeholder that the client sent stays as it is.
fn filled(text: &str, sent: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("#{") {
        let (before, from) = rest.split_at(at);
        filled.push_str(before);
        match sent.iter().find_map(|(name, value)| Some((from.strip_prefix(name)?, value))) {
            Some((behind, value)) => {
                filled.push_str(value);
                rest = behind;
            }
            None => {
                filled.push_str("#{");
                rest = from.strip_prefix("#{").unwrap_or_default();
            }
        }
    }
    filled + rest
}

const CONTENT_TYPES: [&str; 5] = ["text/plain", "text/css", "text/html", "application/javascript", "application/json"];

/// As a load balancer calls itself.
const BALANCER: &str = "awselb/2.0";

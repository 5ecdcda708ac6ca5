//! CORS of HTTP APIs and function URLs: the gateway answers preflight requests, and writes headers into responses.
//!
//! Sources: "Configure CORS for HTTP APIs in API Gateway", `Cors` of the Lambda API.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD,
    HeaderName, ORIGIN,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

use crate::{Body, ConfigError, Kind};

/// The CORS configuration of an HTTP API or a function URL. REST APIs and load balancers have none: there the function answers, or nobody.
///
/// An HTTP API answers a preflight request that no route takes, and replaces what the function says in `access-control-*`. A function URL answers every preflight request,
/// and adds its headers to those of the function, so that both may be there.
///
/// ```
/// use bytes::Bytes;
/// use http::Request;
/// use sippycup_gateway::{Body, BoxError, Cors, Gateway, Kind};
/// use tower::{ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let cors = Cors::new().allow_origin("https://shop.example.com").allow_method("GET");
/// let function = service_fn(async |_event: Bytes| Ok::<_, BoxError>(Bytes::from_static(br#"{"statusCode": 200}"#)));
/// let gateway = Gateway::builder(Kind::HttpApiV2).route("GET /items").cors(cors).build(function)?;
///
/// let preflight = Request::options("/items")
///     .header("origin", "https://shop.example.com")
///     .header("access-control-request-method", "GET")
///     .body(Body::empty())?;
/// let response = gateway.oneshot(preflight).await?;
/// assert_eq!(response.status(), 204);
/// assert_eq!(response.headers()["access-control-allow-origin"], "https://shop.example.com");
/// # Ok::<(), BoxError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, Default)]
pub struct Cors {
    origins: Vec<String>,
    methods: Vec<String>,
    headers: Vec<String>,
    exposed: Vec<String>,
    max_age: Option<u32>,
    credentials: bool,
}

impl Cors {
    /// A configuration that allows nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an origin: `https://shop.example.com`, `https://*`, `http://*` or `*`.
    #[must_use]
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(origin.into());
        self
    }

    /// Adds a method, or `*`. A function URL takes no `OPTIONS`, and needs none.
    #[must_use]
    pub fn allow_method(mut self, method: impl Into<String>) -> Self {
        self.methods.push(method.into());
        self
    }

    /// Adds a header of requests, or `*`; browsers do not take `*` for `Authorization`.
    #[must_use]
    pub fn allow_header(mut self, header: impl Into<String>) -> Self {
        self.headers.push(header.into());
        self
    }

    /// Adds a header of responses that pages may read.
    #[must_use]
    pub fn expose_header(mut self, header: impl Into<String>) -> Self {
        self.exposed.push(header.into());
        self
    }

    /// How many seconds a browser may remember the answer to a preflight request, a day at most for a function URL.
    #[must_use]
    pub const fn max_age(mut self, seconds: u32) -> Self {
        self.max_age = Some(seconds);
        self
    }

    /// Whether pages may send cookies; default no. An HTTP API refuses it beside the origin `*`.
    #[must_use]
    pub const fn allow_credentials(mut self, credentials: bool) -> Self {
        self.credentials = credentials;
        self
    }

    pub(crate) fn check(&self, kind: Kind) -> Result<(), ConfigError> {
        let wrong = |what: String| Err(ConfigError::new(format!("CORS: {what}")));
        if !kind.is_http_api() && kind != Kind::FunctionUrl {
            return wrong(format!("{} has no configuration of it: the function answers", kind.name()));
        }
        let texts = self.origins.iter().chain(&self.methods).chain(&self.headers).chain(&self.exposed);
        if let Some(text) = texts.into_iter().find(|text| text.is_empty() || HeaderValue::from_str(text).is_err()) {
            return wrong(format!("`{}` cannot be in a header", text.escape_debug()));
        }
        if kind.is_http_api() {
            let wild =
                |origin: &&String| origin.contains('*') && !["*", "http://*", "https://*"].contains(&origin.as_str());
            return match self.origins.iter().find(wild) {
                Some(origin) => {
                    wrong(format!("origin `{origin}`: a wildcard stands for all origins, or all of a scheme"))
                }
                None if self.credentials && self.origins.iter().any(|origin| origin == "*") => {
                    wrong("credentials are not for the origin `*`".to_owned())
                }
                None => Ok(()),
            };
        }
        let known = ["*", "DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"];
        match (self.methods.iter().find(|method| !known.contains(&method.as_str())), self.max_age) {
            (Some(method), _) => wrong(format!("method `{method}`: a function URL takes {}", known.join(", "))),
            (None, Some(86_401..)) => wrong("a function URL takes 86,400 s at most".to_owned()),
            (None, _) => Ok(()),
        }
    }

    /// Whether the configuration names this very origin: its pages have business here.
    pub(crate) fn names(&self, origin: &str) -> bool {
        self.origins.iter().any(|known| known == origin)
    }

    /// The answer to a preflight request; without headers for an origin that is not allowed.
    pub(crate) fn preflight(&self, kind: Kind, headers: &HeaderMap) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = if kind == Kind::FunctionUrl { StatusCode::OK } else { StatusCode::NO_CONTENT };
        let Some(origin) = self.origin(kind, headers.get(ORIGIN)) else { return response };
        let mut set = |name: HeaderName, value: Option<HeaderValue>| {
            value.map(|value| response.headers_mut().insert(name, value));
        };
        set(ACCESS_CONTROL_ALLOW_ORIGIN, Some(origin));
        set(ACCESS_CONTROL_ALLOW_METHODS, list(&self.methods));
        set(ACCESS_CONTROL_ALLOW_HEADERS, list(&self.headers));
        set(ACCESS_CONTROL_MAX_AGE, self.max_age.map(HeaderValue::from));
        set(ACCESS_CONTROL_ALLOW_CREDENTIALS, self.credentials.then(|| HeaderValue::from_static("true")));
        response
    }

    /// Writes the headers of an ordinary response.
    pub(crate) fn write(&self, kind: Kind, asked: Option<&HeaderValue>, headers: &mut HeaderMap) {
        if kind.is_http_api() {
            let own: Vec<_> =
                headers.keys().filter(|name| name.as_str().starts_with("access-control-")).cloned().collect();
            for name in own {
                headers.remove(name);
            }
        }
        let Some(origin) = self.origin(kind, asked) else { return };
        headers.append(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if let Some(exposed) = list(&self.exposed) {
            headers.append(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
        if self.credentials {
            headers.append(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
    }

    /// What `access-control-allow-origin` says to an origin, if it is allowed. An HTTP API answers `*` where that is configured, a function URL the origin.
    fn origin(&self, kind: Kind, asked: Option<&HeaderValue>) -> Option<HeaderValue> {
        let asked = asked?;
        let text = asked.to_str().ok()?;
        let everybody = self.origins.iter().any(|origin| origin == "*");
        if everybody && kind.is_http_api() {
            return Some(HeaderValue::from_static("*"));
        }
        let fits = |origin: &String| match origin.strip_suffix("://*") {
            Some(scheme) => text.split_once("://").is_some_and(|(other, _)| other == scheme),
            None => origin == text,
        };
        (everybody || self.origins.iter().any(fits)).then(|| asked.clone())
    }
}

/// Whether a request is a preflight one: `OPTIONS` with both headers of one.
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(ORIGIN) && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

fn list(values: &[String]) -> Option<HeaderValue> {
    if values.is_empty() {
        return None;
    }
    let list = HeaderValue::from_str(&values.join(","));
    debug_assert!(list.is_ok(), "each of them was checked: {values:?}");
    list.ok()
}

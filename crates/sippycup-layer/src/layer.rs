//! The configuration of the middleware.

use std::sync::Arc;

use http::{HeaderName, uri::Authority};
use sippycup_core::{BasePath, BinaryPolicy, EventOptions, EventSource, ProxyEvent, ResponseFormat};
use tower_layer::Layer;

use crate::{Error, SippyCup};

/// Puts a `Service<http::Request<Body>>` behind AWS's HTTP front doors.
///
/// The defaults suit most apps; each method says what its default is. See the [crate documentation](crate) for an
/// example.
#[derive(Clone, Debug)]
#[must_use]
pub struct SippyCupLayer {
    pub(crate) events: EventOptions,
    pub(crate) binary: BinaryPolicy,
    pub(crate) rewrite_location: bool,
    pub(crate) cookie_paths: CookiePaths,
    pub(crate) rewrite_headers: Vec<HeaderName>,
    /// Whether the public host is stated, and so is not that of the request.
    pub(crate) states_host: bool,
    pub(crate) first_byte: bool,
}

/// Which paths of cookies get the base path in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CookiePaths {
    None,
    /// Those of cookies that would never reach the app otherwise.
    Below,
    /// And `/`.
    All,
}

impl SippyCupLayer {
    /// A layer with the defaults.
    pub fn new() -> Self {
        Self {
            events: EventOptions::default(),
            binary: BinaryPolicy::default(),
            rewrite_location: true,
            cookie_paths: CookiePaths::Below,
            rewrite_headers: Vec::new(),
            states_host: false,
            first_byte: false,
        }
    }

    /// The public base path, whatever stage variables and events say.
    ///
    /// Default: the stage variable `SIPPYCUP_SCRIPT_NAME_BASE`, else
    /// [`base_path_fallback`](Self::base_path_fallback), else what the event proves. A REST API proves its
    /// base path always. An HTTP API with payload format 2.0 behind an API mapping cannot: the mapping's key
    /// is not in the event
    /// ([Lambda integrations](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html)).
    pub fn base_path(mut self, path: BasePath) -> Self {
        self.events = self.events.base_path(path);
        self
    }

    /// The public base path where nothing else states one. Default: what the event proves.
    pub fn base_path_fallback(mut self, path: BasePath) -> Self {
        self.events = self.events.base_path_fallback(path);
        self
    }

    /// Whether the literal part of the API resource (`/nested` of `/nested/{proxy+}`) belongs to the base
    /// path too, as in the Python package. Default: `false`.
    pub fn mount_at_resource(mut self, mount: bool) -> Self {
        self.events = self.events.mount_at_resource(mount);
        self
    }

    /// How many proxies of yours append to `X-Forwarded-For` before the app sees it: the client is the entry that many
    /// from the right. Default: 1 behind load balancers and VPC Lattice, 0 (the caller that the event names) behind
    /// all others. With CloudFront in front of a function URL it is 1. See [`EventOptions::forwarded_hops`].
    pub fn forwarded_hops(mut self, hops: usize) -> Self {
        self.events = self.events.forwarded_hops(hops);
        self
    }

    /// The public host of every request, for [`PublicUri`](sippycup_core::PublicUri) and redirects. Default: the
    /// `Host` of the request, which is not what the client typed where a CDN or another proxy stands in front.
    ///
    /// ```
    /// # use http::uri::Authority;
    /// # use sippycup_layer::SippyCupLayer;
    /// let layer = SippyCupLayer::new().public_host(Authority::from_static("shop.example.com"));
    /// ```
    pub fn public_host(mut self, host: Authority) -> Self {
        self.events = self.events.public_host(host);
        self.states_host = true;
        self
    }

    /// The header in which a proxy of yours hands on the public host, such as `x-forwarded-host`. Default: none,
    /// because a client can send any header. See [`EventOptions::public_host_header`].
    pub fn public_host_header(mut self, name: HeaderName) -> Self {
        self.events = self.events.public_host_header(name);
        self.states_host = true;
        self
    }

    /// The public host where nothing else states one. Default: the `Host` of the request.
    pub fn public_host_fallback(mut self, host: Authority) -> Self {
        self.events = self.events.public_host_fallback(host);
        self.states_host = true;
        self
    }

    /// Treats every event as one of this source. Default: each event shows its source.
    pub fn source(mut self, source: EventSource) -> Self {
        self.events = self.events.source(source);
        self
    }

    /// Which bodies go out as base64 although they are text. Default: none.
    pub fn binary_policy(mut self, policy: BinaryPolicy) -> Self {
        self.binary = policy;
        self
    }

    /// Whether the base path is put in front of the app's `Location` and `Content-Location`. Default: `true`.
    ///
    /// Only a path (`/login`) or an absolute URI with the request's own host is changed, and only if it does not start
    /// with the base path already: links that an app builds with `BasePath::join` stay as they are. So does a link to a
    /// route that has the name of the base path itself (`/shop` below the base path `/shop`).
    pub fn rewrite_location(mut self, rewrite: bool) -> Self {
        self.rewrite_location = rewrite;
        self
    }

    /// Whether the base path is put in front of the `Path` of the app's cookies.
    ///
    /// Default: every `Path` but `/`, unless it has the base path already. A browser does not send a cookie with
    /// `Path=/admin` to `/prod/admin`, so the app would never see it again; one with `Path=/` comes back as it is.
    ///
    /// `true`: `/` too, so that other apps on the same host do not see the cookie. A cookie called `__Host-…` keeps
    /// its `Path=/`, which browsers ask of it. `false`: none.
    ///
    /// Set and remove a cookie with the same `Path`. A cookie without one gets the path of the page from the browser, which is
    /// `/prod` below a stage. So an app that sets `a=1; Path=/` removes it with `a=; Max-Age=0` only at the root of a
    /// host ([RFC 6265](https://www.rfc-editor.org/rfc/rfc6265#section-5.1.4), 5.1.4).
    pub fn rewrite_cookie_path(mut self, rewrite: bool) -> Self {
        self.cookie_paths = if rewrite { CookiePaths::All } else { CookiePaths::None };
        self
    }

    /// Whether a streamed answer without a body gets one byte, a space. Default: `false`.
    ///
    /// A stream that has nothing behind its head (302, 204, an answer to `HEAD`) is complete, and still some clients behind
    /// CloudFront were reported to wait 20 to 30 seconds for it until a byte was sent. Turn it on if you see that. What it
    /// costs: an answer with a status that has a body, such as 302, has the body ` ` for its clients. Answers that are not
    /// streamed stay as they are.
    pub fn first_byte(mut self, send: bool) -> Self {
        self.first_byte = send;
        self
    }

    /// How the answer to this event must be written, for those who answer it in the app's place.
    ///
    /// # Errors
    ///
    /// If this is no HTTP event.
    pub fn response_format(&self, event: &ProxyEvent) -> Result<ResponseFormat, Error> {
        Ok(event.response_format(&self.events)?)
    }

    /// Further headers of the app in whose links the base path is put in front, as in a `Location`. Default: none.
    ///
    /// | header | what is changed |
    /// |---|---|
    /// | `refresh` | the address behind `url=` |
    /// | `link` | every address between `<` and `>` |
    /// | `hx-location` | the address, or the member `path` of the JSON |
    /// | any other, such as `hx-redirect` or `hx-push-url` | the whole value, where it is an address |
    ///
    /// ```
    /// # use http::{HeaderName, header};
    /// # use sippycup_layer::SippyCupLayer;
    /// let layer = SippyCupLayer::new().rewrite_headers([header::LINK, HeaderName::from_static("hx-redirect")]);
    /// ```
    pub fn rewrite_headers(mut self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        self.rewrite_headers.extend(names);
        self
    }
}

impl Default for SippyCupLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for SippyCupLayer {
    type Service = SippyCup<S>;

    fn layer(&self, inner: S) -> SippyCup<S> {
        SippyCup { inner, layer: Arc::new(self.clone()) }
    }
}

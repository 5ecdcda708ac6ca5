//! What the user decides about how events become requests.

use http::{HeaderMap, HeaderName, HeaderValue, header::HOST, uri::Authority};

use crate::{base_path::BasePath, extensions::is_authority, source::EventSource};

/// How events become requests. What is not set is taken from the event.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct EventOptions {
    pub(crate) source: Option<EventSource>,
    pub(crate) base_path: Option<BasePath>,
    pub(crate) base_path_fallback: Option<BasePath>,
    pub(crate) mount_at_resource: bool,
    pub(crate) forwarded_hops: Option<usize>,
    pub(crate) public_host: Option<Authority>,
    pub(crate) public_host_header: Option<HeaderName>,
    pub(crate) public_host_fallback: Option<Authority>,
}

impl EventOptions {
    /// Every event is of this source, whatever it looks like. Default: told from each event's shape. With
    /// [`Server`](EventSource::Server) or [`WebFunction`](EventSource::WebFunction), which have no events, every event is refused.
    pub fn source(mut self, source: EventSource) -> Self {
        self.source = Some(source);
        self
    }

    /// The public base path, whatever the event says. Default: the stage variable
    /// [`BASE_PATH_VARIABLE`](crate::BASE_PATH_VARIABLE), else inferred from the event.
    pub fn base_path(mut self, path: BasePath) -> Self {
        self.base_path = Some(path);
        self
    }

    /// The public base path where neither [`base_path`](Self::base_path) nor the stage variable states
    /// one. Default: inferred from the event.
    pub fn base_path_fallback(mut self, path: BasePath) -> Self {
        self.base_path_fallback = Some(path);
        self
    }

    /// Whether the literal part of the API resource, up to the first `{`, belongs to the base path too:
    /// `/nested` of `/nested/{proxy+}`. Default: `false`, the app's routes are what the developer wrote.
    pub fn mount_at_resource(mut self, mount: bool) -> Self {
        self.mount_at_resource = mount;
        self
    }

    /// How many proxies of yours append to `X-Forwarded-For` before the app sees it: the client is the entry that
    /// many from the right. 0 trusts none of the header.
    ///
    /// Default: 1 behind load balancers and VPC Lattice, which append to the header and do not name the client
    /// elsewhere; 0 behind all others, whose events name the caller. That caller is a CDN where one stands in front:
    /// CloudFront
    /// [appends to the header](https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html#RequestCustomIPAddresses).
    pub fn forwarded_hops(mut self, hops: usize) -> Self {
        self.forwarded_hops = Some(hops);
        self
    }

    /// The public host of every request, whatever the event says. Default: the `Host` of the request, which is not
    /// what the client typed where a CDN or another proxy stands in front.
    ///
    /// ```
    /// # use http::uri::Authority;
    /// # use sippycup_core::EventOptions;
    /// let options = EventOptions::default().public_host(Authority::from_static("shop.example.com"));
    /// ```
    pub fn public_host(mut self, host: Authority) -> Self {
        self.public_host = Some(host);
        self
    }

    /// The header in which a proxy of yours hands on the public host, such as `x-forwarded-host`. It counts where
    /// [`public_host`](Self::public_host) states none. Default: none, because a client can send any header.
    ///
    /// Name only a header that the proxy sets on every request, and let nobody past the proxy.
    pub fn public_host_header(mut self, name: HeaderName) -> Self {
        self.public_host_header = Some(name);
        self
    }

    /// The public host where neither [`public_host`](Self::public_host) nor
    /// [`public_host_header`](Self::public_host_header) says one. Default: the `Host` of the request.
    pub fn public_host_fallback(mut self, host: Authority) -> Self {
        self.public_host_fallback = Some(host);
        self
    }

    /// The public host: the one that is stated, else that of the request.
    pub(crate) fn host_of(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let stated = |host: &Authority| host_value(host.as_str());
        if let Some(host) = &self.public_host {
            return stated(host);
        }
        let handed_on = self.public_host_header.as_ref().and_then(|name| headers.get(name));
        if let Some(host) = handed_on.filter(|host| is_authority(host.as_bytes())) {
            return Some(host.clone());
        }
        self.public_host_fallback.as_ref().map_or_else(|| headers.get(HOST).cloned(), stated)
    }
}

/// A host as a header has it.
pub(super) fn host_value(host: &str) -> Option<HeaderValue> {
    let host = HeaderValue::from_str(host);
    debug_assert!(host.is_ok(), "a host is a header's value: {host:?}");
    host.ok()
}

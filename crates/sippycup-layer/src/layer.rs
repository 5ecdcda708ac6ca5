//! The configuration of the middleware.

use sippycup_core::{BasePath, BinaryPolicy, EventOptions, EventSource};
use tower_layer::Layer;

use crate::SippyCup;

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
    pub(crate) rewrite_cookie_path: bool,
}

impl SippyCupLayer {
    /// A layer with the defaults.
    pub fn new() -> Self {
        Self {
            events: EventOptions::default(),
            binary: BinaryPolicy::default(),
            rewrite_location: true,
            rewrite_cookie_path: false,
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

    /// How many proxies that you trust append to `X-Forwarded-For` on the way from the client, the front door
    /// included. Default: 1.
    ///
    /// Used behind load balancers and VPC Lattice, whose events do not have the client's address. With 0 no client is
    /// known there.
    pub fn forwarded_hops(mut self, hops: usize) -> Self {
        self.events = self.events.forwarded_hops(hops);
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

    /// Whether the base path is put in front of the `Path` of the app's cookies, so that other apps on the same host do
    /// not see them. Default: `false`.
    pub fn rewrite_cookie_path(mut self, rewrite: bool) -> Self {
        self.rewrite_cookie_path = rewrite;
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
        SippyCup::with_layer(inner, self.clone())
    }
}

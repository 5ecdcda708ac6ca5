//! What the user decides about how events become requests.

use crate::{base_path::BasePath, source::EventSource};

/// How events become requests. What nobody sets is as the event proves it.
#[derive(Clone, Debug)]
#[must_use]
pub struct EventOptions {
    pub(crate) source: Option<EventSource>,
    pub(crate) base_path: Option<BasePath>,
    pub(crate) base_path_fallback: Option<BasePath>,
    pub(crate) mount_at_resource: bool,
    pub(crate) forwarded_hops: usize,
}

impl EventOptions {
    /// Every event is of this source, whatever it looks like. Default: told from each event's shape.
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

    /// How many proxies of yours append to `X-Forwarded-For` before the app sees it, for load balancers
    /// and VPC Lattice, whose events do not name the client. The client is the entry that many from the
    /// right. Default: 1, the load balancer itself; 0 trusts nobody, and the client is unknown.
    pub fn forwarded_hops(mut self, hops: usize) -> Self {
        self.forwarded_hops = hops;
        self
    }
}

impl Default for EventOptions {
    fn default() -> Self {
        Self { source: None, base_path: None, base_path_fallback: None, mount_at_resource: false, forwarded_hops: 1 }
    }
}

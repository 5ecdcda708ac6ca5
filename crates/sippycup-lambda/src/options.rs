//! How an app is run, besides the defaults.

#[cfg(feature = "metrics")]
use std::sync::Arc;

#[cfg(feature = "local")]
use sippycup_gateway::GatewayBuilder;
use sippycup_layer::SippyCupLayer;

#[cfg(feature = "shutdown")]
use crate::shutdown::Shutdown;
use crate::{around::Around, snapshot::Hooks};

/// All settings of a [`Serve`](crate::serve::Serve), for the driver.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) layer: SippyCupLayer,
    pub(crate) around: Around,
    /// Whether a streamed answer without a body gets one byte.
    pub(crate) first_byte: bool,
    #[cfg(feature = "shutdown")]
    pub(crate) shutdown: Shutdown,
    pub(crate) snapshot: Hooks,
    #[cfg(feature = "metrics")]
    pub(crate) metrics: Result<Option<Arc<dyn crate::observe::Observer>>, crate::metrics::InvalidMetrics>,
    /// What is beside the app.
    #[cfg(feature = "events")]
    pub(crate) events: crate::events::Events,
    /// The largest body of a request that is taken over HTTP, in bytes.
    #[cfg(feature = "server")]
    pub(crate) body_limit: usize,
    /// What stands before the app on this machine; `None` is what the environment says.
    #[cfg(feature = "local")]
    pub(crate) gateway: Option<GatewayBuilder>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            layer: SippyCupLayer::new(),
            around: Around::default(),
            first_byte: false,
            #[cfg(feature = "shutdown")]
            shutdown: Shutdown::default(),
            snapshot: Hooks::default(),
            #[cfg(feature = "metrics")]
            metrics: Ok(None),
            #[cfg(feature = "events")]
            events: crate::events::Events::default(),
            #[cfg(feature = "server")]
            body_limit: BODY_LIMIT,
            #[cfg(feature = "local")]
            gateway: None,
        }
    }
}

/// What Lambda gives a function at most, in one event
/// ([quotas](https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)).
#[cfg(feature = "server")]
const BODY_LIMIT: usize = 6 * 1024 * 1024;

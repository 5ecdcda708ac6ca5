//! Requests that the page sends to front doors.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{Request, Response};
use sippycup_gateway::Body;
use tokio::sync::mpsc;
use tower_service::Service;

/// What answers at an address.
pub(crate) trait Front: Send + Sync {
    fn answer(&self, request: Request<Body>) -> Pin<Box<dyn Future<Output = Response<Body>> + Send>>;
}

impl<S> Front for S
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + Sync,
    S::Future: Send + 'static,
{
    fn answer(&self, request: Request<Body>) -> Pin<Box<dyn Future<Output = Response<Body>> + Send>> {
        // All of them are always ready.
        let answered = self.clone().call(request);
        Box::pin(async move {
            let Ok(response) = answered.await;
            response
        })
    }
}

/// Who can send requests to the front doors, by their addresses.
#[derive(Clone, Default)]
pub(super) struct Sender {
    listeners: Arc<Mutex<HashMap<SocketAddr, Arc<dyn Front>>>>,
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl Sender {
    pub(super) fn listeners(&self) -> MutexGuard<'_, HashMap<SocketAddr, Arc<dyn Front>>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// In the extensions of a request that the page sends.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// The exchange that it repeats, or from which it was made.
    pub(super) repeats: Option<u64>,
    pub(super) began: mpsc::UnboundedSender<u64>,
}

impl Sent {
    pub(super) fn began(&self, exchange: u64) {
        // Nobody waits if the page has gone.
        let _ = self.began.send(exchange);
    }
}

//! One listener before one or several gateways: who gets the request, and the line that tells of it.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use http::{Request, Response};
use hyper::body::Incoming;
use tower_service::Service;

use super::record::Recorded;
use super::terminal::Terminal;
use crate::{Body, Gateway};

#[derive(Clone)]
pub(super) struct Front {
    gateways: Arc<[Gateway<Recorded>]>,
    terminal: Terminal,
}

impl Front {
    pub(super) fn new(gateways: Vec<Gateway<Recorded>>, terminal: Terminal) -> Self {
        Self { gateways: gateways.into(), terminal }
    }

    /// A host that a gateway is known by decides, with the longest mapping; on any other host the path does.
    fn choose(&self, host: &str, path: &str) -> Option<Gateway<Recorded>> {
        let host = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let named = |g: &&Gateway<Recorded>| g.location().mapping_length(host, path);
        let by_domain = self.gateways.iter().filter(|g| named(g).is_some()).max_by_key(named);
        let by_name = || self.gateways.iter().find(|g| g.default_domain().eq_ignore_ascii_case(host));
        let by_path = || {
            self.gateways
                .iter()
                .filter(|g| g.location().locate(None, path).is_some())
                .max_by_key(|g| g.base_path().len())
        };
        by_domain.or_else(by_name).or_else(by_path).or(self.gateways.first()).cloned()
    }
}

impl Service<Request<Incoming>> for Front {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let (method, target) = (request.method().clone(), request.uri().to_string());
        let header = request.headers().get(http::header::HOST).and_then(|h| h.to_str().ok());
        let host = request.uri().authority().map(http::uri::Authority::as_str).or(header).unwrap_or_default();
        let gateway = self.choose(host, request.uri().path());
        let terminal = self.terminal;
        let began = Instant::now();
        Box::pin(async move {
            let response = match gateway {
                Some(mut gateway) => gateway.call(request).await?,
                None => Response::new(Body::empty()),
            };
            terminal.request(&method, &target, &response, began.elapsed());
            Ok(response)
        })
    }
}

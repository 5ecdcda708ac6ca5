//! The gateways of one listener, and the line that tells of each request.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use http::{Request, Response};
use sippycup_gateway::{Body, Gateways};
use tower_service::Service;

use crate::record::Recorded;
use crate::terminal::Terminal;

#[derive(Clone)]
pub(crate) struct Front {
    pub(crate) gateways: Gateways<Recorded>,
    pub(crate) terminal: Terminal,
}

impl Service<Request<Body>> for Front {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (method, target) = (request.method().clone(), request.uri().to_string());
        let terminal = self.terminal;
        let began = Instant::now();
        let response = self.gateways.call(request);
        Box::pin(async move {
            let response = response.await?;
            terminal.request(&method, &target, &response, began.elapsed());
            Ok(response)
        })
    }
}

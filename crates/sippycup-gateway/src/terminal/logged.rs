//! A line for each request, and one more if its response breaks off.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use tower_service::Service;

use super::{Terminal, text};
use crate::{Body, BoxError};

/// A service of requests with a line for each; made by [`Terminal::requests`].
#[derive(Clone, Debug)]
pub struct Logged<S> {
    pub(super) terminal: Terminal,
    pub(super) service: S,
}

impl<S, B> Service<Request<B>> for Logged<S>
where
    S: Service<Request<B>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // Connections that stay tell of each message.
        request.extensions_mut().insert(self.terminal);
        // A target may have any character that is not ASCII.
        let asked = text::shortened(format!("{} {}", request.method(), request.uri()));
        let asked = text::printable(&asked).into_owned();
        let mut exchange = Exchange { terminal: self.terminal, asked, began: Instant::now(), open: true };
        let response = self.service.call(request);
        Box::pin(async move {
            let response = response.await?;
            exchange.open = false;
            exchange.terminal.request(&exchange.asked, &response, exchange.began.elapsed());
            Ok(match http_body::Body::size_hint(response.body()).exact() {
                Some(_) => response,
                None => response.map(|body| Body::new(Watched { body, bytes: 0, exchange })),
            })
        })
    }
}

/// A request and what is to be said of it.
struct Exchange {
    terminal: Terminal,
    asked: String,
    began: Instant,
    /// There is no response yet.
    open: bool,
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if self.open {
            self.terminal.abandoned(&self.asked, self.began.elapsed());
        }
    }
}

/// The body of a response that is not known to its end.
struct Watched {
    body: Body,
    bytes: usize,
    exchange: Exchange,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => self.bytes += frame.data_ref().map_or(0, Bytes::len),
            Poll::Ready(Some(Err(error))) => {
                let Exchange { terminal, asked, began, .. } = &self.exchange;
                terminal.broken(asked, began.elapsed(), self.bytes, error);
            }
            _ => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// `12 ms`.
pub(super) fn milliseconds(took: Duration) -> String {
    format!("{} ms", took.as_millis())
}

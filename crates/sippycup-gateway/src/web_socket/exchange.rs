//! One event and its answer, and who is told of it.

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, request};
use http_body_util::BodyExt;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time::Instant;

use super::answer::Answered;
use super::connections::Open;
#[cfg(feature = "serve")]
use crate::Terminal;
use crate::gateway::invoke::{self, Invoke};
use crate::observe::Step;
use crate::{Body, Fault, Gateway, Sizes};

/// What the function is asked.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) event: Bytes,
    /// The key of the route.
    pub(super) key: &'a str,
    /// The message.
    pub(super) body: String,
}

/// Asks the function, and tells the developer; nothing if it failed.
pub(super) async fn ask<F: Invoke>(gateway: Gateway<F>, asked: Asked<'_>, open: &Open, log: &Log) -> Option<Answered> {
    let began = Instant::now();
    let Asked { event, key, body } = asked;
    let exchange = gateway.config().observer.begin(&parts(key));
    if key != DISCONNECT {
        open.tell_received(&body, Some(key), exchange.id());
    }
    let body = Bytes::from(body);
    exchange.tell(|| Step::Routed {
        domain: &open.known.domain_name,
        mapping: None,
        stage: gateway.stage(),
        route: key,
        path: "/",
    });
    exchange.tell(|| Step::RequestBody(&body));
    let mut sizes = Sizes::of_event(event.len());
    let answered = match invoke::ask(gateway, &exchange, event).await {
        Ok(answer) => {
            sizes.answered(&answer);
            Answered::read(&answer).map_err(|reason| format!("malformed answer: {reason}"))
        }
        Err(reason) => Err(reason),
    };
    let mut response = Response::new(Body::empty());
    match &answered {
        Ok(answered) => {
            *response.status_mut() = answered.status;
            *response.body_mut() = Body::from(answered.body.clone().unwrap_or_default());
        }
        Err(reason) => {
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            response.extensions_mut().insert(Fault::new(reason));
        }
    }
    response.extensions_mut().insert(sizes);
    log.event(open, key, &response, began);
    // Read to its end for the observer.
    let _ = exchange.response(response).into_body().collect().await;
    answered.ok()
}

/// A message as a request, for the observer, which reads its method and its path.
fn parts(key: &str) -> request::Parts {
    let method = if key == DISCONNECT { "DISCONNECT" } else { "MESSAGE" };
    let mut request = Request::new(());
    let method = Method::from_bytes(method.as_bytes());
    debug_assert!(method.is_ok(), "both are tokens");
    *request.method_mut() = method.unwrap_or_default();
    let path = format!("/{}", utf8_percent_encode(key, NON_ALPHANUMERIC));
    let uri = path.parse();
    debug_assert!(uri.is_ok(), "what a path cannot have is escaped: {path}");
    *request.uri_mut() = uri.unwrap_or_default();
    request.into_parts().0
}

/// The route that gets no message.
const DISCONNECT: &str = "$disconnect";

/// Where the developer reads what happens to messages.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    #[cfg(feature = "serve")]
    terminal: Option<Terminal>,
}

#[cfg(feature = "serve")]
impl Log {
    pub(super) fn of(extensions: &http::Extensions) -> Self {
        Self { terminal: extensions.get::<Terminal>().copied() }
    }

    fn event(&self, open: &Open, key: &str, response: &Response<Body>, began: Instant) {
        if let Some(terminal) = self.terminal {
            terminal.request(&format!("WS {} {}", open.known.id, Terminal::printable(key)), response, began.elapsed());
        }
    }

    pub(super) fn line(&self, open: &Open, reason: &str) {
        if let Some(terminal) = self.terminal {
            terminal.line(&format!("WS {}: {reason}", open.known.id));
        }
    }
}

#[cfg(not(feature = "serve"))]
#[expect(clippy::unused_self, reason = "with a terminal it needs all of it")]
impl Log {
    pub(super) fn of(_: &http::Extensions) -> Self {
        Self::default()
    }

    fn event(&self, _: &Open, _: &str, _: &Response<Body>, _: Instant) {}

    pub(super) fn line(&self, _: &Open, _: &str) {}
}

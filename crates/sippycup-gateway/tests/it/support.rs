//! What every test needs: a function with a fixed answer, a request.

use std::convert::Infallible;

use bytes::Bytes;
use http::Response;
use http_body_util::BodyExt;
use serde_json::Value;
use sippycup_gateway::{Answer, Body, Gateway, GatewayBuilder};
use tower::ServiceExt;

pub(crate) type Request = http::Request<Bytes>;

/// A function that always gives the same answer.
pub(crate) fn answering(
    answer: impl Into<Bytes>,
) -> impl tower::Service<Bytes, Response = Bytes, Error = Infallible, Future: Send> + Clone + Send + 'static {
    let answer = answer.into();
    tower::service_fn(move |_event: Bytes| {
        let answer = answer.clone();
        async move { Ok(answer) }
    })
}

/// The response to a request for which the function answers with the given JSON.
pub(crate) async fn respond(builder: GatewayBuilder, request: Request, answer: impl Into<Bytes>) -> Response<Body> {
    ask(builder.build(answering(answer)).unwrap(), request).await
}

pub(crate) async fn ask<F>(gateway: Gateway<F>, request: Request) -> Response<Body>
where
    F: tower::Service<Bytes, Future: Send, Error: Into<sippycup_gateway::BoxError>> + Clone + Send + 'static,
    F::Response: Into<Answer> + Send,
{
    gateway.oneshot(request.map(Body::from)).await.unwrap()
}

pub(crate) async fn text(response: Response<Body>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

/// The event a gateway writes for a request.
pub(crate) fn event(builder: GatewayBuilder, request: &Request) -> Value {
    serde_json::from_slice(&builder.build(()).unwrap().event(request).unwrap()).unwrap()
}

pub(crate) fn get(target: &str) -> Request {
    http::Request::get(target).body(Bytes::new()).unwrap()
}

/// Whether a process works; one that ended and waits to be noticed does not.
pub(crate) fn alive(pid: &str) -> bool {
    let state = std::process::Command::new("ps").args(["-o", "stat=", "-p", pid]).output().unwrap().stdout;
    state.first().is_some_and(|state| *state != b'Z')
}

//! Entered as on Lambda: an invocation in, the answer handed to the client of the Runtime API.
//!
//! hyper-util's client sends the answer of both, and is no business of either. So the work is taken up to where
//! it first waits, which is for the Runtime API's reply, with a connection open and idle; and the client alone, as
//! `lambda_runtime` wraps it, given a ready request, is measured in the same way and taken off.

use std::{
    cell::RefCell,
    future::{Ready, poll_fn, ready},
    hint::black_box,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context as Cx, Poll, Waker},
};

use axum::Router;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};
use lambda_http::Adapter;
use lambda_runtime::{Context, Error, LambdaInvocation, layers::TracingLayer};
use lambda_runtime_api_client::{PooledClient, body::Body, build_request};
use sippycup_layer::{SippyCup, SippyCupLayer};
use tokio::runtime::{Builder, Runtime};
use tower::{Layer, Service};

use crate::{
    app::app,
    case::Case,
    meter::{Meter, Subject, now},
};

/// A service, as a function.
type Serve<I> = Box<dyn FnMut(I) -> Sending>;
type Sending = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

/// SippyCup as `run` sets it up.
pub fn ours(case: &Case) -> Subject {
    let tap = Tap::default();
    let runtime = sippycup_lambda::serve(app(case.answer)).into_runtime().expect("the variables are set");
    let _ = runtime.layer(tap.clone());
    let event = case.event.clone();
    until_sent(tap.take(), move || invocation(&event))
}

/// `lambda_http` as its `run` sets it up.
pub fn theirs(case: &Case) -> Subject {
    let tap = Tap::default();
    let runtime = lambda_runtime::Runtime::new(Adapter::from(app(case.answer))).layer(TracingLayer::new());
    let _ = runtime.layer(tap.clone());
    let event = case.event.clone();
    until_sent(tap.take(), move || invocation(&event))
}

/// The client of the Runtime API alone, with the case's answer in a request that is ready.
pub fn client(case: &Case) -> Subject {
    let mut service: SippyCup<Router> = SippyCupLayer::new().layer(app(case.answer));
    let answer = now(service.call(case.event.clone().into())).expect("the app answers");
    let client = Arc::new(PooledClient::builder().build());
    let send = move |request| -> Sending {
        let client = client.clone();
        Box::pin(async move { client.call(request).await.map(|_| ()) })
    };
    let request = move || {
        let uri = format!("/2018-06-01/runtime/invocation/{REQUEST_ID}/response");
        build_request().method(Method::POST).uri(uri).body(Body::from(answer.to_vec())).expect("a request")
    };
    until_sent(Box::new(send), request)
}

/// Handles inputs up to where each first waits; the rest stays outside of the meter.
fn until_sent<I: 'static>(mut service: Serve<I>, mut input: impl FnMut() -> I + 'static) -> Subject {
    let runtime = tokio();
    Box::new(move |events, meter| {
        runtime.block_on(async {
            for _ in 0..events {
                one(&mut service, input(), meter).await;
            }
        });
    })
}

async fn one<I>(service: &mut Serve<I>, input: I, meter: &mut dyn Meter) {
    let mut input = Some(input);
    let mut future = None;
    let start = poll_fn(|cx: &mut Cx<'_>| {
        let mut polled = Poll::Pending;
        meter.around(&mut || {
            let mut sending = service(input.take().expect("there is one"));
            polled = black_box(sending.as_mut().poll(cx));
            future = Some(sending);
        });
        Poll::Ready(polled.is_pending())
    });
    assert!(start.await, "the answer was not sent, or there was nobody to send it to");
    future.expect("the service was called").await.expect("the Runtime API takes the answer");
    // Lets the connection come back to the client's pool.
    for _ in 0..4 {
        tokio::task::yield_now().await;
    }
}

fn tokio() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Takes the service out of a `Runtime`, which is of no use afterwards.
#[derive(Clone, Default)]
struct Tap(Rc<RefCell<Option<Serve<LambdaInvocation>>>>);

impl Tap {
    fn take(&self) -> Serve<LambdaInvocation> {
        self.0.borrow_mut().take().expect("the runtime was layered")
    }
}

impl<S> Layer<S> for Tap
where
    S: Service<LambdaInvocation, Response = (), Error = Error, Future: 'static> + 'static,
{
    type Service = Taken;

    fn layer(&self, mut service: S) -> Taken {
        *self.0.borrow_mut() = Some(Box::new(move |invocation| {
            let ready = service.poll_ready(&mut Cx::from_waker(Waker::noop()));
            assert!(ready.is_ready(), "an app without I/O is always ready");
            Box::pin(service.call(invocation))
        }));
        Taken
    }
}

/// What is left in the `Runtime`.
struct Taken;

impl Service<LambdaInvocation> for Taken {
    type Response = ();
    type Error = Error;
    type Future = Ready<Result<(), Error>>;

    fn poll_ready(&mut self, _: &mut Cx<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: LambdaInvocation) -> Self::Future {
        ready(Ok(()))
    }
}

const REQUEST_ID: &str = "8476a536-e9f4-11e8-9739-2dfe598c3fcd";

/// The headers of Lambda's `next`.
const HEADERS: [(&str, &str); 5] = [
    ("lambda-runtime-aws-request-id", REQUEST_ID),
    ("lambda-runtime-deadline-ms", "1732608197000"),
    ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-west-1:123456789012:function:cups"),
    ("lambda-runtime-trace-id", "Root=1-6745b0c2-4f1d2ab96a0e1c7d5b3f8e20;Parent=53995c3f42cd8ad8;Sampled=1"),
    ("content-type", "application/json"),
];

fn headers() -> HeaderMap {
    HEADERS.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
}

/// What `lambda_runtime` makes of them.
pub fn context() -> Context {
    Context::new(REQUEST_ID, Context::default().env_config, &headers()).expect("the headers are right")
}

fn invocation(event: &[u8]) -> LambdaInvocation {
    let mut response = Response::new(());
    *response.headers_mut() = headers();
    let (parts, ()) = response.into_parts();
    LambdaInvocation { parts, body: Bytes::copy_from_slice(event), context: context() }
}

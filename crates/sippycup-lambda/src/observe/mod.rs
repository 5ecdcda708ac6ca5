//! What is told of each request: the app, with an eye on what goes in and what comes out.

mod body;
mod exchange;
mod unready;
mod verdict;

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{Request, Response};
use http_body::Body as HttpBody;
use pin_project_lite::pin_project;
use sippycup_layer::{Body, BoxError};
use tower_service::Service;

use self::{body::ObservedBody, exchange::Report};
pub(crate) use self::{
    exchange::{Exchange, Observer, Observers},
    unready::Unready,
    verdict::{Pending, Verdict},
};
use crate::App;

/// The app, observed.
pub(crate) fn observed<S: App>(app: S, observers: Observers) -> impl App {
    Observed { app, observers }
}

#[derive(Clone)]
struct Observed<S> {
    app: S,
    observers: Observers,
}

impl<S, B> Service<Request<Body>> for Observed<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    B: HttpBody<Error: Into<BoxError>>,
{
    type Response = Response<ObservedBody<B>>;
    type Error = S::Error;
    type Future = ObservedFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.app.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let report = Report::begin(&mut request, &self.observers);
        // What is told must not be told while a panic unwinds: a second one would end the process.
        match catch_unwind(AssertUnwindSafe(|| self.app.call(request))) {
            Ok(call) => ObservedFuture { call, report },
            Err(panic) => {
                drop(report);
                resume_unwind(panic)
            }
        }
    }
}

pin_project! {
    /// The app's answer on its way.
    struct ObservedFuture<F> {
        #[pin]
        call: F,
        // Without an observer there is none. It is told of when it is dropped.
        report: Option<Report>,
    }
}

impl<F, B, E> Future for ObservedFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<ObservedBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.call.poll(cx));
        let mut report = this.report.take();
        Poll::Ready(answer.map(|response| {
            if let Some(exchange) = report.as_mut().and_then(Report::exchange) {
                exchange.answered(response.status());
            }
            response.map(|body| ObservedBody::new(body, report))
        }))
    }
}

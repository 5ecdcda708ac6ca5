//! One invocation: event to the app, answer to the Runtime API. A panic ends no more than that.

use std::{
    any::Any,
    future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use http::HeaderValue;
use lambda_runtime::LambdaInvocation;
use sippycup_core::ProxyEvent;
use sippycup_layer::{BoxError, Error};
use tower_service::Service;

use crate::{
    answer::Answer,
    failure::Failure,
    reply::{Invocation, RuntimeApi},
};

/// Answers invocations with a service of [`ProxyEvent`]s.
#[derive(Clone)]
pub(crate) struct Invoke<T> {
    app: T,
    api: RuntimeApi,
}

impl<T> Invoke<T> {
    pub(crate) fn new(app: T, api: RuntimeApi) -> Self {
        Self { app, api }
    }
}

impl<T> Service<LambdaInvocation> for Invoke<T>
where
    T: Service<ProxyEvent, Error = Error, Response: Answer, Future: Send + 'static> + 'static,
{
    type Response = ();
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.app.poll_ready(cx).map_err(BoxError::from)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let mut id = Invocation::new(&invocation);
        let api = self.api.clone();
        let trace_id = id.trace_id.take();
        let answer = answer(&mut self.app, move || event(invocation, trace_id));
        Box::pin(async move {
            match answer.await {
                Ok(answer) => answer.send(&api, &id).await,
                Err(failure) => api.fail(&id, &failure).await,
            }
        })
    }
}

/// Asks the app. Every error and every panic becomes a [`Failure`], which is what Lambda is told.
pub(crate) fn answer<T, E>(
    app: &mut T,
    event: E,
) -> impl Future<Output = Result<T::Response, Failure>> + Send + use<T, E>
where
    T: Service<ProxyEvent, Error = Error, Future: Send>,
    E: FnOnce() -> Result<ProxyEvent, Error>,
{
    // The app's own `call` may panic before there is a future. The future has a box of its own: so it is moved once,
    // and the futures below, each of which would hold it and be moved with it, stay small.
    let called = catch_unwind(AssertUnwindSafe(|| Ok::<_, Error>(Box::pin(app.call(event()?)))));
    let called = match called {
        Err(panic) => Err(Failure::panic(&*panic)),
        Ok(called) => called.map_err(|error| Failure::from(&error)),
    };
    async move {
        match catch_panic(called?).await {
            Err(panic) => Err(Failure::panic(&*panic)),
            Ok(answer) => answer.map_err(|error| Failure::from(&error)),
        }
    }
}

fn event(invocation: LambdaInvocation, trace_id: Option<HeaderValue>) -> Result<ProxyEvent, Error> {
    let mut event = ProxyEvent::from_bytes(invocation.body)?;
    if let Some(id) = trace_id {
        event.set_trace_id(id);
    }
    event.insert_extension(invocation.context);
    Ok(event)
}

/// Gives the payload of the panic if polling `future` panics.
async fn catch_panic<F: Future>(mut future: Pin<Box<F>>) -> Result<F::Output, Box<dyn Any + Send>> {
    future::poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}

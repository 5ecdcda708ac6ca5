//! One invocation: event to the app, answer to the Runtime API. A panic stays inside.

use std::{
    any::Any,
    future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use http::{HeaderValue, StatusCode};
use lambda_runtime::{Diagnostic, LambdaInvocation};
use lambda_runtime_api_client::body::Body;
use sippycup_core::{ProxyEvent, ProxyResponse};
use sippycup_layer::{BoxError, Error};
use tower_service::Service;

use crate::{
    diagnostic,
    runtime_api::{Invocation, RuntimeApi},
};

/// An answer that can go to the Runtime API.
pub(crate) trait Answer {
    /// Sends it.
    fn send(self, api: &RuntimeApi, invocation: &Invocation) -> impl Future<Output = Result<(), BoxError>> + Send;
}

impl Answer for ProxyResponse {
    async fn send(self, api: &RuntimeApi, invocation: &Invocation) -> Result<(), BoxError> {
        let json = self.into_bytes();
        let length = json.len();
        let status = api.respond(invocation, &[], Body::from(json)).await?;
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            api.fail(invocation, &diagnostic::too_large(length)).await?;
        }
        Ok(())
    }
}

/// Answers invocations with an app that speaks [`ProxyEvent`].
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
    T: Service<ProxyEvent, Error = Error> + 'static,
    T::Response: Answer + Send,
    T::Future: Send + 'static,
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

/// Asks the app. Whatever goes wrong, a panic too, ends in what Lambda is told about it.
pub(crate) fn answer<T, E>(
    app: &mut T,
    event: E,
) -> impl Future<Output = Result<T::Response, Diagnostic>> + Send + use<T, E>
where
    T: Service<ProxyEvent, Error = Error>,
    T::Future: Send,
    E: FnOnce() -> Result<ProxyEvent, Error>,
{
    // The app's own `call` may panic before there is a future. In a box of its own the future moves once; inside
    // of those below it would move, and take up room, with each.
    let called = catch_unwind(AssertUnwindSafe(|| Ok::<_, Error>(Box::pin(app.call(event()?)))));
    let called = match called {
        Err(panic) => Err(diagnostic::from_panic(&*panic)),
        Ok(called) => called.map_err(|error| diagnostic::from_error(&error)),
    };
    async move {
        match catch_panic(called?).await {
            Err(panic) => Err(diagnostic::from_panic(&*panic)),
            Ok(answer) => answer.map_err(|error| diagnostic::from_error(&error)),
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

/// Ends in the panic's payload where polling `future` panics.
async fn catch_panic<F: Future>(mut future: Pin<Box<F>>) -> Result<F::Output, Box<dyn Any + Send>> {
    future::poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}

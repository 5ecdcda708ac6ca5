//! One invocation: the event to the app, its answer back. Whatever goes wrong in the app, a panic too, stays inside.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll},
};

use bytes::Bytes;
use sippycup_core::ProxyEvent;
use sippycup_layer::Error;
use tower_service::Service;

use crate::{
    BackgroundTasks, LambdaContext,
    failure::Failure,
    guard::{describe, guard},
};

/// Asks the app whether it can be called. Its error stays whole: whoever calls decides what it ends.
pub(crate) fn poll_ready<T, R>(app: &mut T, cx: &mut Context<'_>) -> Poll<Result<Result<(), Error>, Failure>>
where
    T: Service<R, Error = Error>,
{
    match guard(|| app.poll_ready(cx)) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(ready)) => Poll::Ready(Ok(ready)),
        Err(failure) => Poll::Ready(Err(failure)),
    }
}

/// Calls the app, and waits for what it answers.
pub(crate) fn call<T>(
    app: &mut T,
    event: Bytes,
    context: &LambdaContext,
) -> impl Future<Output = Result<T::Response, Failure>> + use<T>
where
    T: Service<ProxyEvent, Error = Error>,
{
    let called = read(event, context).and_then(|event| guard(|| app.call(event)));
    finish(called)
}

/// Waits for what the app answers that was called.
pub(crate) async fn finish<F, A>(called: Result<F, Failure>) -> Result<A, Failure>
where
    F: Future<Output = Result<A, Error>>,
{
    // Not in a box: it is large, but the allocator takes longer than to move it does.
    let mut call = pin!(Some(called?));
    let answer = poll_fn(|cx| poll_call(call.as_mut(), cx)).await;
    // The app is done when all is dropped that it held for this.
    match (answer, guard(|| call.set(None))) {
        (Ok(answer), Err(failure)) => Err(guard(|| drop(answer)).err().unwrap_or(failure)),
        (answer, _) => answer,
    }
}

fn poll_call<F, A>(call: Pin<&mut Option<F>>, cx: &mut Context<'_>) -> Poll<Result<A, Failure>>
where
    F: Future<Output = Result<A, Error>>,
{
    let Some(call) = call.as_pin_mut() else { return Poll::Pending };
    match guard(|| call.poll(cx)) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(answer)) => Poll::Ready(answer.map_err(describe)),
        Err(failure) => Poll::Ready(Err(failure)),
    }
}

fn read(event: Bytes, context: &LambdaContext) -> Result<ProxyEvent, Failure> {
    let mut event = ProxyEvent::from_bytes(event).map_err(|error| Failure::from(&error.into()))?;
    if let Some(id) = context.trace_header() {
        event.set_trace_id(id.clone());
    }
    event.insert_extension(context.clone());
    event.insert_extension(BackgroundTasks::new(context.clone()));
    #[cfg(feature = "lambda-runtime")]
    event.insert_extension(crate::lambda_runtime::context(context));
    Ok(event)
}

//! One invocation: the event to the app, its answer back. Whatever goes wrong in the app, a panic too, stays inside.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use pin_project_lite::pin_project;
use sippycup_core::ProxyEvent;
use sippycup_layer::Error;
use tower_service::Service;

use crate::{
    BackgroundTasks, LambdaContext,
    answer::Answer,
    around::Around,
    failure::Failure,
    guard::{Watch, describe, guard},
};

/// Asks the app whether it can be called. Its error is handed on unchanged: the caller decides what it ends.
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

/// Waits until the app can be called.
pub(crate) async fn ready<T>(app: &mut T, context: &LambdaContext) -> Result<Result<(), Error>, Failure>
where
    T: Service<ProxyEvent, Error = Error>,
{
    poll_fn(|cx| match poll_ready(app, cx) {
        Poll::Pending => {
            #[cfg(any(feature = "logging", feature = "metrics"))]
            context.verdict().waits();
            poll_late(context.watch(), cx).map(Err)
        }
        ready => ready,
    })
    .await
}

/// Waits until the app, a clone for this invocation, can be called, calls it and drops it. The error is that of an app
/// which is not to be called again.
#[cfg(any(feature = "lambda-runtime", feature = "local"))]
pub(crate) async fn run<T>(
    app: Result<T, Failure>,
    event: Bytes,
    context: &LambdaContext,
    around: &Around,
) -> Result<Result<T::Response, Failure>, Error>
where
    T: Service<ProxyEvent, Error = Error, Response: Answer>,
{
    let mut app = match app {
        Ok(app) => app,
        Err(failure) => return Ok(refuse(event, failure, context, around)),
    };
    let answer = match ready(&mut app, context).await {
        Ok(Ok(())) => Ok(call(&mut app, event, context).await),
        Ok(Err(error)) => {
            give_up(event, context, around);
            Err(error)
        }
        Err(failure) => Ok(refuse(event, failure, context, around)),
    };
    guard(|| drop(app)).map_or_else(|failure| Ok(Err(failure)), |()| answer)
}

/// Calls the app, and waits for what it answers.
pub(crate) fn call<'c, T>(
    app: &mut T,
    event: Bytes,
    context: &'c LambdaContext,
) -> impl Future<Output = Result<T::Response, Failure>> + use<'c, T>
where
    T: Service<ProxyEvent, Error = Error, Response: Answer>,
{
    #[cfg(any(feature = "logging", feature = "metrics"))]
    let pending = crate::observe::Pending::new(context);
    let end = move |has_failed: bool| {
        #[cfg(any(feature = "logging", feature = "metrics"))]
        pending.end(has_failed);
        #[cfg(not(any(feature = "logging", feature = "metrics")))]
        let _ = has_failed;
    };
    let mut call = None;
    let refused = read(event, context).and_then(|event| guard(|| call = Some(app.call(event)))).err();
    Call { call, refused, context, end: Some(end) }
}

pin_project! {
    /// A call of the app until it is settled. Written by hand because every invocation has one in a box: an `async` block
    /// has room for the app's future once more for each block that it is handed on to.
    struct Call<'c, F, E> {
        #[pin]
        call: Option<F>,
        refused: Option<Failure>,
        context: &'c LambdaContext,
        end: Option<E>,
    }
}

impl<F, E, A> Future for Call<'_, F, E>
where
    F: Future<Output = Result<A, Error>>,
    E: FnOnce(bool),
    A: Answer,
{
    type Output = Result<A, Failure>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let answer = match this.refused.take() {
            Some(failure) => Err(failure),
            None => ready!(poll_call(this.call.as_mut(), this.context.watch(), cx)),
        };
        let settled = settle(answer, this.context);
        if let Some(end) = this.end.take() {
            end(settled.is_err());
        }
        Poll::Ready(settled)
    }
}

/// The outcome of an event that the app was not ready for.
#[cold]
pub(crate) fn refuse<A: Answer>(
    event: Bytes,
    failure: Failure,
    context: &LambdaContext,
    around: &Around,
) -> Result<A, Failure> {
    #[cfg(any(feature = "logging", feature = "metrics"))]
    let pending = around.unready.begin(event.clone(), context);
    #[cfg(not(any(feature = "logging", feature = "metrics")))]
    let _ = around;
    if let Some(watch) = context.watch() {
        watch.see_unread(event);
    }
    let refused = settle(Err(failure), context);
    #[cfg(any(feature = "logging", feature = "metrics"))]
    pending.end(refused.is_err());
    refused
}

/// Tells of an event that nobody answers, because the app is not to be called again.
#[cold]
pub(crate) fn give_up(event: Bytes, context: &LambdaContext, around: &Around) {
    #[cfg(any(feature = "logging", feature = "metrics"))]
    around.unready.begin(event, context).end(true);
    #[cfg(not(any(feature = "logging", feature = "metrics")))]
    let _ = (event, context, around);
}

/// Waits until the app has no more time, for ever without guards.
pub(crate) fn poll_late(watch: Option<&dyn Watch>, cx: &mut Context<'_>) -> Poll<Failure> {
    watch.map_or(Poll::Pending, |watch| watch.poll_late(cx))
}

/// What goes out: the answer, unless it is too large or a guard decides otherwise.
fn settle<A: Answer>(answer: Result<A, Failure>, context: &LambdaContext) -> Result<A, Failure> {
    let answer = answer.and_then(|answer| match answer.oversize() {
        None => Ok(answer),
        Some(failure) => Err(discard(answer, failure)),
    });
    match context.watch() {
        None => answer,
        Some(watch) => judge(answer, watch, context),
    }
}

/// Lets the guards decide. A function of its own, so that functions without guards do not pay for it.
#[inline(never)]
fn judge<A: Answer>(answer: Result<A, Failure>, watch: &dyn Watch, context: &LambdaContext) -> Result<A, Failure> {
    let failure = match answer {
        Ok(answer) => match answer.status().and_then(|status| watch.fails(status)) {
            None => return Ok(answer),
            Some(failure) => return Err(discard(answer, failure)),
        },
        Err(failure) => failure,
    };
    A::instead(failure, watch, context)
}

/// The answer, when the app is done with it: when all is dropped that it held for this.
pub(crate) fn when_dropped<A>(answer: Result<A, Failure>, dropping: impl FnOnce()) -> Result<A, Failure> {
    match (answer, guard(dropping)) {
        (Ok(answer), Err(failure)) => Err(discard(answer, failure)),
        (answer, _) => answer,
    }
}

/// Drops an answer that does not go out because of this failure. To drop it is to run code of the app.
#[cold]
#[inline(never)]
fn discard<A>(answer: A, failure: Failure) -> Failure {
    guard(|| drop(answer)).err().unwrap_or(failure)
}

/// What the app answers that was called, unless it is late.
pub(crate) fn poll_call<F, A>(
    mut call: Pin<&mut Option<F>>,
    watch: Option<&dyn Watch>,
    cx: &mut Context<'_>,
) -> Poll<Result<A, Failure>>
where
    F: Future<Output = Result<A, Error>>,
{
    let Some(running) = call.as_mut().as_pin_mut() else {
        debug_assert!(false, "a call is polled until it is done, and no longer");
        return Poll::Pending;
    };
    let answer = match guard(|| running.poll(cx)) {
        Ok(Poll::Pending) => Err(ready!(poll_late(watch, cx))),
        Ok(Poll::Ready(answer)) => answer.map_err(describe),
        Err(failure) => Err(failure),
    };
    Poll::Ready(when_dropped(answer, || call.set(None)))
}

fn read(event: Bytes, context: &LambdaContext) -> Result<ProxyEvent, Failure> {
    let mut event = ProxyEvent::from_bytes(event).map_err(|error| Failure::from(&error.into()))?;
    if let Some(watch) = context.watch() {
        watch.see(&event);
    }
    if let Some(id) = context.trace_header() {
        event.set_trace_id(id.clone());
    }
    event.extensions_mut().insert(context.clone());
    event.extensions_mut().insert(BackgroundTasks::new(context.clone()));
    #[cfg(feature = "lambda-runtime")]
    event.extensions_mut().insert(crate::lambda_runtime::context(context));
    Ok(event)
}

//! The body of an answer over HTTP.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use http_body::{Body as HttpBody, Frame, SizeHint};
use pin_project_lite::pin_project;
use sippycup_layer::BoxError;
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    LambdaContext,
    around::Finish,
    failure::{ErrorType, Failure},
    guard::guard,
    hook::said,
    log,
};

pin_project! {
    /// The app's body. Its failure, an error or a panic, is logged, and ends the connection: half an answer must not look
    /// like a whole one.
    pub(crate) struct ServedBody<B> {
        #[pin]
        body: Option<B>,
        context: Option<LambdaContext>,
        // The place that the request takes up.
        permit: Option<OwnedSemaphorePermit>,
        // Goes with the end of the answer.
        finish: Option<Finish>,
    }

    impl<B> PinnedDrop for ServedBody<B> {
        fn drop(this: Pin<&mut Self>) {
            // The client has gone, or the end was known before.
            let mut this = this.project();
            let Some(finish) = this.finish else { return };
            if let Err(failure) = guard(|| finish.invocation.enter(|| this.body.set(None))) {
                log::failed(&failure, &this.context.take().unwrap_or_else(LambdaContext::none));
            }
        }
    }
}

impl<B> ServedBody<B> {
    pub(super) fn new(
        body: B,
        context: Option<LambdaContext>,
        permit: Option<OwnedSemaphorePermit>,
        finish: Finish,
    ) -> Self {
        Self { body: Some(body), context, permit, finish: Some(finish) }
    }

    pub(super) fn empty() -> Self {
        Self { body: None, context: None, permit: None, finish: None }
    }
}

impl<B> HttpBody for ServedBody<B>
where
    B: HttpBody<Error: Into<BoxError>>,
{
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        let mut this = self.project();
        let (Some(body), Some(finish)) = (this.body.as_mut().as_pin_mut(), &*this.finish) else {
            return Poll::Ready(None);
        };
        let polled = match guard(|| finish.invocation.enter(|| body.poll_frame(cx).map_err(Into::into))) {
            Ok(polled) => ready!(polled).transpose().map_err(failure_of),
            Err(failure) => Err(failure),
        };
        if let Ok(Some(frame)) = polled {
            return Poll::Ready(Some(Ok(frame)));
        }
        let dropped = guard(|| finish.invocation.enter(|| this.body.set(None)));
        this.permit.take();
        this.finish.take();
        let failure = polled.err().or(dropped.err());
        Poll::Ready(failure.map(|failure| {
            log::failed(&failure, &this.context.take().unwrap_or_else(LambdaContext::none));
            Err(failure.message.into())
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(|body| guard(|| body.is_end_stream()).unwrap_or(false))
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or(SizeHint::with_exact(0), |body| guard(|| body.size_hint()).unwrap_or_default())
    }
}

fn failure_of(error: BoxError) -> Failure {
    Failure::new(ErrorType::Body, format!("response body failed: {}", said(error)))
}

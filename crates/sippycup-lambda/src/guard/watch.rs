//! One invocation, under guards.

use std::{
    panic::RefUnwindSafe,
    pin::Pin,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Response, StatusCode};
use sippycup_core::{BinaryPolicy, EventSource, ProxyEvent, ProxyResponse, ResponseFormat};
use tokio::time::{Sleep, sleep};

use super::{answer::in_form, settings::Settings};
use crate::{
    LambdaContext,
    failure::{ErrorType, Failure, Reason},
    log,
};

/// The guards of an invocation, in its context. An object, so that only those functions have its code that ask for a guard.
/// What the context is for, this must be too.
pub(crate) trait Watch: RefUnwindSafe + Send + Sync {
    /// Takes note of the front door that the answer is for.
    fn see(&self, event: &ProxyEvent);

    /// The same of an event that the app does not get.
    fn see_unread(&self, event: Bytes);

    /// Waits until the app has no more time, for ever if it has enough.
    fn poll_late(&self, cx: &mut Context<'_>) -> Poll<Failure>;

    /// The failure that an answer of the app with this status is, if it is one.
    fn fails(&self, status: StatusCode) -> Option<Failure>;

    /// What is answered in the place of a failure, for a format, or the failure.
    fn replace(&self, failure: Failure, context: &LambdaContext) -> Result<(Response<Bytes>, ResponseFormat), Failure>;

    /// The same, written.
    fn replace_whole(&self, failure: Failure, context: &LambdaContext) -> Result<ProxyResponse, Failure> {
        let (response, format) = self.replace(failure, context)?;
        let written = format.encode(response, &BinaryPolicy::default());
        written.map_err(|error| Failure::from(&error.into()))
    }
}

pub(super) fn begin(settings: Arc<Settings>, context: &LambdaContext) -> Box<dyn Watch> {
    let remaining = settings.margin.and_then(|margin| Some(context.remaining()?.saturating_sub(margin)));
    let timer = remaining.map(|remaining| Mutex::new(Box::pin(sleep(remaining))));
    Box::new(Invocation { settings, timer, door: OnceLock::new() })
}

struct Invocation {
    settings: Arc<Settings>,
    /// Ends when the app must be done.
    timer: Option<Mutex<Pin<Box<Sleep>>>>,
    /// Empty until there is an event, and if that is none for the app.
    door: OnceLock<(EventSource, ResponseFormat)>,
}

impl Watch for Invocation {
    fn see(&self, event: &ProxyEvent) {
        let source = event.source().filter(|source| self.settings.beside != Some(*source));
        let format = self.settings.layer.response_format(event).ok();
        if let Some(door) = source.zip(format) {
            let _ = self.door.set(door);
        }
    }

    fn see_unread(&self, event: Bytes) {
        // One that cannot be read has no front door.
        if let Ok(event) = ProxyEvent::from_bytes(event) {
            self.see(&event);
        }
    }

    fn poll_late(&self, cx: &mut Context<'_>) -> Poll<Failure> {
        let (Some(timer), Some(margin)) = (&self.timer, self.settings.margin) else { return Poll::Pending };
        timer.lock().unwrap_or_else(PoisonError::into_inner).as_mut().poll(cx).map(|()| Failure::late(margin))
    }

    fn fails(&self, status: StatusCode) -> Option<Failure> {
        let statuses = self.settings.fail_on.as_ref()?;
        statuses.contains(&status.as_u16()).then(|| Failure::of_status(status))
    }

    fn replace(&self, failure: Failure, context: &LambdaContext) -> Result<(Response<Bytes>, ResponseFormat), Failure> {
        let status = match failure.reason {
            Reason::Late => Some(StatusCode::GATEWAY_TIMEOUT),
            Reason::TooLarge => self.settings.oversize_as,
            Reason::Other if failure.error_type == ErrorType::Panic && self.settings.panic_as_500 => {
                Some(StatusCode::INTERNAL_SERVER_ERROR)
            }
            Reason::Other => None,
        };
        let (Some(status), Some((source, format))) = (status, self.door.get()) else { return Err(failure) };
        log::answered(&failure, status, context);
        let response = in_form(*source, status);
        #[cfg(any(feature = "logging", feature = "metrics"))]
        context.verdict().instead(status, response.body().len());
        Ok((response, *format))
    }
}

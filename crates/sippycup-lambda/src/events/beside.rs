//! Where an invocation goes: to the app, or to what handles other events beside it.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::StatusCode;
use pin_project_lite::pin_project;
use sippycup_core::{EventSource, ProxyEvent};
use sippycup_layer::Error;
use tower_service::Service;

use super::{
    answer::{Verdict, judge},
    event::Event,
    handler::{Handler, HandlerError, HandlerFuture},
    kind::EventKind,
    warm_up::WarmUp,
};
#[cfg(feature = "local")]
use crate::around::Finish;
use crate::{LambdaContext, answer::Answer, failure::Failure, guard::Watch, log, runtime_api::Outgoing};

/// What there is beside the app.
#[derive(Clone, Default)]
pub(crate) struct Events {
    pub(crate) handler: Option<Arc<dyn Handler>>,
    /// Whether the handler gets the events of WebSocket APIs.
    pub(crate) web_sockets: bool,
    pub(crate) warm_up: Option<Arc<WarmUp>>,
}

/// An app that gets the events of HTTP, and beside it what gets the others.
#[derive(Clone)]
pub(crate) struct Beside<T> {
    app: T,
    events: Events,
}

/// An answer of the app, or to another event.
pub(crate) enum Reply<A> {
    App(A),
    Event(Bytes),
}

impl<T> Beside<T> {
    pub(crate) fn new(app: T, events: Events) -> Self {
        Self { app, events }
    }
}

impl<T> Service<ProxyEvent> for Beside<T>
where
    T: Service<ProxyEvent, Error = Error>,
{
    type Response = Reply<T::Response>;
    type Error = Error;
    type Future = ReplyFuture<T::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.app.poll_ready(cx)
    }

    fn call(&mut self, mut event: ProxyEvent) -> Self::Future {
        // The only place where this is decided. Without a handler an event that the app refuses goes to it, for its error.
        let is_other = event.source().is_none_or(|source| self.events.source() == Some(source));
        let other = if is_other { self.events.answer(&mut event) } else { None };
        match other {
            Some(answer) => ReplyFuture::Event { answer },
            None => ReplyFuture::App { answer: self.app.call(event) },
        }
    }
}

impl Events {
    /// The front door whose events are for the handler, if there is one.
    pub(crate) fn source(&self) -> Option<EventSource> {
        (self.web_sockets && self.handler.is_some()).then_some(EventSource::WebSocket)
    }

    fn answer(&self, event: &mut ProxyEvent) -> Option<HandlerFuture> {
        if self.handler.is_none() && self.warm_up.is_none() {
            return None;
        }
        let context = event.extensions_mut().remove::<LambdaContext>();
        let request_id = context.as_ref().map_or_else(String::new, |context| context.request_id().to_owned());
        let source = event.source();
        let event = match Event::from_bytes(event.json().clone()).map(|event| event.with_context(context)) {
            Ok(event) if source.is_some() => event.of_kind(EventKind::WebSocket),
            Ok(event) => event,
            Err(error) => return Some(HandlerFuture::of_json(async { Err(error.into()) })),
        };
        if let Some(answer) = self.warm_up.as_ref().and_then(|warm_up| warm_up.answer(&event)) {
            return Some(HandlerFuture::of_json(async { Ok(answer) }));
        }
        let answer = self.handler.as_ref()?.handle(event.clone());
        Some(HandlerFuture::of_json(async move {
            let answer = answer.await?;
            match judge(&event, &answer) {
                Verdict::Fine => Ok(answer),
                Verdict::Odd(why) => {
                    log::warn(&request_id, format_args!("{why}"));
                    Ok(answer)
                }
                Verdict::Refused(error) => Err(error.into()),
            }
        }))
    }
}

/// An answer to another event goes out when it is complete, however those of the app do.
impl<A: Answer> Answer for Reply<A> {
    #[cfg(feature = "local")]
    const STREAMED: bool = A::STREAMED;

    fn instead(failure: Failure, watch: &dyn Watch, context: &LambdaContext) -> Result<Self, Failure> {
        A::instead(failure, watch, context).map(Self::App)
    }

    fn status(&self) -> Option<StatusCode> {
        match self {
            Self::App(answer) => answer.status(),
            Self::Event(_) => None,
        }
    }

    fn oversize(&self) -> Option<Failure> {
        match self {
            Self::App(answer) => answer.oversize(),
            Self::Event(json) => (json.len() > LIMIT).then(|| Failure::too_large(json.len())),
        }
    }

    fn into_outgoing(self, context: &LambdaContext) -> Outgoing {
        match self {
            Self::App(answer) => answer.into_outgoing(context),
            Self::Event(json) => Outgoing::Whole(json),
        }
    }

    #[cfg(feature = "local")]
    fn into_local(self, finish: Finish) -> sippycup_gateway::Answer {
        match self {
            Self::App(answer) => answer.into_local(finish),
            Self::Event(json) => json.into(),
        }
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { handler, web_sockets, warm_up } = self;
        let mut shown = f.debug_struct("Events");
        shown.field("handler", &handler.is_some()).field("web_sockets", web_sockets).field("warm_up", warm_up).finish()
    }
}

pin_project! {
    /// The answer to come.
    #[project = Projected]
    pub(crate) enum ReplyFuture<F> {
        App { #[pin] answer: F },
        Event { #[pin] answer: HandlerFuture },
    }
}

impl<F, A> Future for ReplyFuture<F>
where
    F: Future<Output = Result<A, Error>>,
{
    type Output = Result<Reply<A>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            Projected::App { answer } => answer.poll(cx).map_ok(Reply::App),
            Projected::Event { answer } => {
                answer.poll(cx).map_ok(Reply::Event).map_err(|error| Error::service(HandlerError(error)))
            }
        }
    }
}

/// The largest answer that Lambda takes, in bytes; see "Invocation payload" in
/// [Lambda quotas](https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). The number is the one that
/// Lambda's own message has.
const LIMIT: usize = 6 * 1024 * 1024 + 100;

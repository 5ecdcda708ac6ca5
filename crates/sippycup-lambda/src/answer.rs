//! Answers of the app, and how they are sent.

use http::StatusCode;
use sippycup_core::{ProxyEvent, ProxyResponse};
use sippycup_layer::{Error, EventService, SippyCup, Streaming};
use tower_service::Service;

#[cfg(feature = "local")]
use crate::around::Finish;
use crate::{App, LambdaContext, failure::Failure, guard::Watch, runtime_api::Outgoing};

/// Each answer goes out when it is complete.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Buffered;

/// The head of an answer goes out when the app has it, the body as it comes.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Streamed;

/// How answers go out.
#[expect(unnameable_types, reason = "the two that there are have it, and nobody needs its name")]
#[expect(private_bounds, reason = "what a function answers is sent here and nowhere else")]
pub trait Answers: Send + 'static {
    /// An app as a function from events to answers.
    type Function<S: App>: Service<ProxyEvent, Error = Error, Response: Answer, Future: Send + 'static>
        + Clone
        + Send
        + 'static;

    /// Makes the app a function.
    fn function<S: App>(app: SippyCup<S>) -> Self::Function<S>;
}

impl Answers for Buffered {
    type Function<S: App> = EventService<SippyCup<S>>;

    fn function<S: App>(app: SippyCup<S>) -> Self::Function<S> {
        app.into_event_service()
    }
}

impl Answers for Streamed {
    type Function<S: App> = EventService<Streaming<S>>;

    fn function<S: App>(app: SippyCup<S>) -> Self::Function<S> {
        app.into_streaming().into_event_service()
    }
}

/// An answer, complete or streamed.
pub(crate) trait Answer: Sized + Send + 'static {
    /// Whether the front door must let answers be streamed.
    #[cfg(feature = "local")]
    const STREAMED: bool;

    /// What guards answer in the place of a failure, or the failure.
    fn instead(failure: Failure, watch: &dyn Watch, context: &LambdaContext) -> Result<Self, Failure>;

    /// The status that a client gets; `None` if the answer is none of HTTP.
    fn status(&self) -> Option<StatusCode>;

    /// The failure that the answer is if its front door does not take it.
    fn oversize(&self) -> Option<Failure>;

    /// For the Runtime API.
    fn into_outgoing(self, context: &LambdaContext) -> Outgoing;

    /// For the local gateway. `finish` goes when the answer is complete.
    #[cfg(feature = "local")]
    fn into_local(self, finish: Finish) -> sippycup_gateway::Answer;
}

impl Answer for ProxyResponse {
    #[cfg(feature = "local")]
    const STREAMED: bool = false;

    fn instead(failure: Failure, watch: &dyn Watch, context: &LambdaContext) -> Result<Self, Failure> {
        watch.replace_whole(failure, context)
    }

    fn status(&self) -> Option<StatusCode> {
        Some(Self::status(self))
    }

    fn oversize(&self) -> Option<Failure> {
        Self::oversize(self).as_ref().map(Failure::oversize)
    }

    fn into_outgoing(self, _: &LambdaContext) -> Outgoing {
        Outgoing::Whole(self.into_bytes())
    }

    #[cfg(feature = "local")]
    fn into_local(self, _: Finish) -> sippycup_gateway::Answer {
        self.into_bytes().into()
    }
}

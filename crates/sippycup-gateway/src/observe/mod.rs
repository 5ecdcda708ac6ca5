//! Observers: they are told what happens to each exchange of a gateway. [`Observed`] is any service whose exchanges are told.

mod observed;
mod watched;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::{Response, request, response};

use crate::{Answer, Body, BoxError, Verdict};
pub use observed::{ExchangeNumber, Observed};
use watched::Watched;

/// What happens to one exchange, a request and its response, step by step; told to [`GatewayBuilder::observer`](crate::GatewayBuilder::observer).
///
/// The steps of one exchange come in this order, and those that do not happen are left out. [`End`](Self::End) is always there, and always the last one.
///
/// ```
/// use std::sync::{Arc, Mutex};
///
/// use bytes::Bytes;
/// use http::Request;
/// use sippycup_gateway::{Body, BoxError, Gateway, Kind, Step};
/// use tower::{ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let seen = Arc::new(Mutex::new(Vec::new()));
/// let steps = Arc::clone(&seen);
/// let function = service_fn(async |_event: Bytes| Ok::<_, BoxError>(Bytes::from_static(br#"{"statusCode": 204}"#)));
/// let gateway = Gateway::builder(Kind::RestApi)
///     .observer(move |_exchange, step| match step {
///         Step::Routed { route, .. } => steps.lock().unwrap().push(route.to_owned()),
///         Step::Response(parts) => steps.lock().unwrap().push(parts.status.to_string()),
///         _ => {}
///     })
///     .build(function)?;
/// gateway.oneshot(Request::get("/prod/items").body(Body::empty())?).await?;
/// assert_eq!(*seen.lock().unwrap(), ["ANY /{proxy+}", "204 No Content"]);
/// # Ok::<(), BoxError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Step<'a> {
    /// A request has come. Its body is still to be read.
    Request(&'a request::Parts),
    /// The request belongs here.
    Routed {
        /// The host name that the event shows.
        domain: &'a str,
        /// The base path of the mapping, without slashes at its ends, if the host is a custom domain.
        mapping: Option<&'a str>,
        /// The stage, if the kind has one.
        stage: Option<&'a str>,
        /// The key of the route: `GET /items/{id}`, `ANY /{proxy+}` or `$default`.
        route: &'a str,
        /// The path as the routes see it, without stage and mapping.
        path: &'a str,
    },
    /// A piece of the request's body, as it passes. Gateways read it as a whole, and tell [`RequestBody`](Self::RequestBody).
    RequestPiece(&'a Bytes),
    /// The body of the request, which is whole now.
    RequestBody(&'a Bytes),
    /// An authorizer has said something about the request, also if it refuses it.
    Authorized(&'a Verdict),
    /// The event that the function gets.
    Event(&'a Bytes),
    /// The function has answered with JSON.
    Answer(&'a Bytes),
    /// The function has begun to answer with a stream; `prelude` if that begins with JSON and eight NULs.
    Streaming {
        /// Whether JSON and eight NULs come before the body.
        prelude: bool,
    },
    /// A piece of the function's stream, as it passes.
    AnswerPiece(&'a Bytes),
    /// The function has failed.
    Failed(&'a BoxError),
    /// The response begins. [`Fault`](crate::Fault) and [`Hints`](crate::Hints) are in its extensions.
    Response(&'a response::Parts),
    /// A piece of the response's body, as it passes: with pieces of the function's stream between.
    ResponsePiece(&'a Bytes),
    /// Nothing more comes.
    End(End<'a>),
}

/// How an exchange ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum End<'a> {
    /// The response was read to its end.
    Whole,
    /// The response broke off.
    Broken(&'a BoxError),
    /// The client went away before the end.
    Abandoned,
}

/// The observer, if there is one. Without one nothing is done for it.
#[derive(Clone, Default)]
pub(crate) struct Observer {
    told: Option<Arc<dyn Told>>,
}

trait Told: Fn(u64, Step<'_>) + Send + Sync {}

impl<F: Fn(u64, Step<'_>) + Send + Sync> Told for F {}

impl Observer {
    pub(crate) fn new(told: impl Fn(u64, Step<'_>) + Send + Sync + 'static) -> Self {
        Self { told: Some(Arc::new(told)) }
    }

    #[cfg(feature = "function")]
    pub(crate) const fn none() -> Self {
        Self { told: None }
    }

    /// An exchange begins. Each has a number of its own, the same for all gateways of the process.
    pub(crate) fn begin(&self, parts: &request::Parts) -> Exchange {
        let told = self.told.clone().map(|told| (LAST.fetch_add(1, Ordering::Relaxed) + 1, told));
        let exchange = Exchange { told };
        exchange.tell(|| Step::Request(parts));
        exchange
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").field("looks", &self.told.is_some()).finish()
    }
}

/// An exchange, with its observer if there is one. If it is dropped before its end, the client has gone.
pub(crate) struct Exchange {
    told: Option<(u64, Arc<dyn Told>)>,
}

impl Exchange {
    pub(crate) fn tell<'a>(&self, step: impl FnOnce() -> Step<'a>) {
        if let Some((id, told)) = &self.told {
            told(*id, step());
        }
    }

    /// The number of the exchange, if somebody looks.
    pub(crate) fn id(&self) -> Option<u64> {
        self.told.as_ref().map(|(id, _)| *id)
    }

    /// Tells of an answer, of a stream as it passes.
    pub(crate) fn answer(&self, answer: Answer) -> Answer {
        let Some((id, told)) = &self.told else { return answer };
        if let Some(json) = answer.as_json() {
            told(*id, Step::Answer(json));
            return answer;
        }
        told(*id, Step::Streaming { prelude: answer.has_prelude() });
        let (id, told) = (*id, Arc::clone(told));
        answer.map_stream(|body| Watched::new(body, move |piece| told(id, Step::AnswerPiece(piece)), None))
    }

    /// Tells of a response, and of its body as it passes.
    pub(crate) fn response(mut self, response: Response<Body>) -> Response<Body> {
        let Some((id, told)) = self.told.take() else { return response };
        let (parts, body) = response.into_parts();
        told(id, Step::Response(&parts));
        let ending = Self { told: Some((id, Arc::clone(&told))) };
        let body = Watched::new(body, move |piece| told(id, Step::ResponsePiece(piece)), Some(ending));
        Response::from_parts(parts, Body::new(body))
    }

    /// Nothing more comes.
    #[cfg(feature = "function")]
    pub(crate) fn over(mut self) {
        self.end(End::Whole);
    }

    fn end(&mut self, end: End<'_>) {
        if let Some((id, told)) = self.told.take() {
            told(id, Step::End(end));
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.end(End::Abandoned);
    }
}

static LAST: AtomicU64 = AtomicU64::new(0);

#[cfg(feature = "function")]
tokio::task_local! {
    /// The exchange that this task invokes a function for.
    static CURRENT: u64;
}

/// Does something for an exchange, so that a function which it calls can tell for which.
#[cfg(feature = "function")]
pub(crate) async fn on_behalf<F: Future>(exchange: &Exchange, done: F) -> F::Output {
    match exchange.id() {
        Some(id) => Box::pin(CURRENT.scope(id, done)).await,
        None => done.await,
    }
}

#[cfg(not(feature = "function"))]
pub(crate) async fn on_behalf<F: Future>(_: &Exchange, done: F) -> F::Output {
    done.await
}

/// The exchange for which this task works, if somebody looks at it.
#[cfg(feature = "function")]
pub(crate) fn current() -> Option<u64> {
    CURRENT.try_with(|id| *id).ok()
}

//! One request: its body is read, the app is called, and whatever goes wrong in the app stays inside.

use std::{convert::Infallible, future::poll_fn, net::SocketAddr, pin::pin, sync::Arc};

use http::{Request, Response, StatusCode};
use http_body::Body as _;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use sippycup_core::{ClientIp, EventSource};
use sippycup_layer::{Body, HttpService, SippyCup};
use tokio::sync::Semaphore;
use tower_service::Service;

use super::body::ServedBody;
use crate::{
    App, BackgroundTasks, LambdaContext,
    around::{Afterwards, Around},
    failure::Failure,
    guard::{describe, guard},
    invocation, log, span,
};

/// The app, and what holds for every request.
#[derive(Clone)]
pub(super) struct Exchange<S> {
    app: HttpService<S>,
    body_limit: usize,
    afterwards: Afterwards,
    /// How many more requests a Web Function may have at the same time.
    room: Option<Arc<Semaphore>>,
    source: EventSource,
}

/// To clone an app is to run code of its own.
pub(super) fn clone<S: App>(exchange: &Exchange<S>) -> Result<Exchange<S>, Failure> {
    guard(|| exchange.clone())
}

impl<S: App> Exchange<S> {
    pub(super) fn new(app: SippyCup<S>, source: EventSource, body_limit: usize, afterwards: Afterwards) -> Self {
        let is_web_function = source == EventSource::WebFunction;
        let room = is_web_function.then(|| Arc::new(Semaphore::new(AT_ONCE)));
        Self { app: app.into_http_service(source), body_limit, afterwards, room, source }
    }

    /// Answers a request. It never fails: where the app does, the response is a 500.
    pub(super) async fn respond(
        self,
        peer: SocketAddr,
        mut request: Request<Incoming>,
    ) -> Result<Response<ServedBody<S::ResponseBody>>, Infallible> {
        let Self { app, body_limit, afterwards, room, source } = self;
        let context = room.as_ref().and_then(|_| LambdaContext::of_web_function(request.headers()));
        let permit = match room {
            Some(room) => room.acquire_owned().await.ok(),
            None => None,
        };
        // A listener for both versions of IP shows an address of version 4 as one of version 6.
        request.extensions_mut().insert(ClientIp::new(peer.ip().to_canonical()));
        if let Some(context) = &context {
            request.extensions_mut().insert(context.clone());
        }
        let untold = Untold { around: afterwards.around.clone(), source };
        let mut request = match read(request, body_limit).await {
            Ok(request) => request,
            Err((request, status)) => {
                untold.tell(request, Some(status));
                return Ok(refused(status));
            }
        };
        let invocation = context.clone().unwrap_or_else(LambdaContext::none);
        request.extensions_mut().insert(BackgroundTasks::new(invocation.clone()));
        let answering = async {
            let finish = afterwards.of(invocation);
            (call(app, request, untold).await, finish)
        };
        let (answer, finish) = match &context {
            Some(context) => span::within(context, answering).await,
            None => answering.await,
        };
        Ok(match answer {
            Ok(response) => response.map(|body| ServedBody::new(body, context, permit, finish)),
            Err(failure) => failed(&failure, context),
        })
    }
}

/// What the client gets of an app that fails: the front doors of Lambda say no more.
pub(super) fn failed<B>(failure: &Failure, context: Option<LambdaContext>) -> Response<ServedBody<B>> {
    log::failed(failure, &context.unwrap_or_else(LambdaContext::none));
    refused(StatusCode::INTERNAL_SERVER_ERROR)
}

fn refused<B>(status: StatusCode) -> Response<ServedBody<B>> {
    let mut response = Response::new(ServedBody::empty());
    *response.status_mut() = status;
    response
}

/// Reads the body as a whole, as an event would have it.
async fn read(request: Request<Incoming>, limit: usize) -> Result<Request<Body>, (Request<Body>, StatusCode)> {
    let (parts, body) = request.into_parts();
    let read = match body.size_hint().lower() > limit as u64 {
        true => Err(StatusCode::PAYLOAD_TOO_LARGE),
        false => match Limited::new(body, limit).collect().await {
            Ok(body) => Ok(Body::from(body.to_bytes())),
            Err(error) if error.is::<LengthLimitError>() => Err(StatusCode::PAYLOAD_TOO_LARGE),
            // The client broke off, or what it sends is no HTTP.
            Err(_) => Err(StatusCode::BAD_REQUEST),
        },
    };
    match read {
        Ok(body) => Ok(Request::from_parts(parts, body)),
        Err(status) => Err((Request::from_parts(parts, Body::empty()), status)),
    }
}

async fn call<S: App>(
    mut app: HttpService<S>,
    request: Request<Body>,
    untold: Untold,
) -> Result<Response<S::ResponseBody>, Failure> {
    let ready = poll_fn(|cx| invocation::poll_ready(&mut app, cx)).await;
    let answer = match ready.and_then(|ready| ready.map_err(describe)) {
        Ok(()) => match guard(|| app.call(request)) {
            Ok(call) => {
                let mut call = pin!(Some(call));
                poll_fn(|cx| invocation::poll_call(call.as_mut(), None, cx)).await
            }
            Err(failure) => Err(failure),
        },
        Err(failure) => {
            untold.tell(request, None);
            Err(failure)
        }
    };
    invocation::when_dropped(answer, || drop(app))
}

/// A request of which nobody is told unless the app gets it.
struct Untold {
    around: Arc<Around>,
    source: EventSource,
}

impl Untold {
    /// Tells of a request that the app does not get, and of the status that it is answered with, if it is no failure.
    fn tell(self, request: Request<Body>, answered: Option<StatusCode>) {
        let Self { around, source } = self;
        #[cfg(any(feature = "logging", feature = "metrics"))]
        around.unready.tell(request, source, answered);
        #[cfg(not(any(feature = "logging", feature = "metrics")))]
        let _ = (around, source, request, answered);
    }
}

/// As many as Lambda gives an environment of a Web Function
/// ([Web Functions](https://docs.aws.amazon.com/lambda/latest/dg/web-functions.html)).
const AT_ONCE: usize = 128;

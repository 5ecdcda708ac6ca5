//! The function that `it/runtime_api/logging.rs` and its siblings start: an axum app that says what it does.
//!
//! `OBSERVED` has its options, separated by commas: `logging`, `stream`, `own` for a subscriber of its own, `metrics`, `fails` for an
//! app that fails, `guards` for all guards, `runtime` for the loop of `lambda_runtime`, `never-ready`, `fails-to-be-ready` and
//! `panics-for-ready` for an app that is not ready.

use std::{
    env, future, io,
    panic::panic_any,
    pin::Pin,
    sync::LazyLock,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    Json, Router,
    body::{Body as AxumBody, Bytes},
    extract::Path,
    http::{HeaderMap, Request, StatusCode},
    routing::{any, get, post},
};
use http_body::Frame;
use lambda_runtime::layers::TracingLayer;
use serde::Deserialize;
use serde_json::{Value, json};
use sippycup::{
    BackgroundTasks, BoxError, ClientCertificate, Connection, IamPrincipal, LambdaRequestId, Message, ServerUrl,
    TenantId, axum::MatchedPathLayer, logging, metrics::Metrics,
};
use tokio::{sync::Barrier, task::JoinHandle};
use tower::{Service, service_fn};
use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};
use tracing::Instrument;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let options = env::var("OBSERVED").unwrap_or_default();
    let has = |option| options.split(',').any(|given| given == option);
    if has("own") {
        tracing_subscriber::fmt().with_ansi(false).with_writer(io::stderr).init();
    }
    if has("logging") {
        logging::init();
    }
    if has("fails") {
        let app = service_fn(async |_: Request<sippycup::Body>| {
            Err::<http::Response<AxumBody>, _>(BoxError::from("failed on purpose"))
        });
        return Ok(sippycup::serve(app).await?);
    }
    let readiness = match (has("never-ready"), has("fails-to-be-ready"), has("panics-for-ready")) {
        (true, _, _) => Readiness::Never,
        (_, true, _) => Readiness::Fails,
        (_, _, true) => Readiness::Panics,
        _ => Readiness::Given,
    };
    let serve = sippycup::serve(Getting { app: app(), readiness })
        .after_invocation(|| async { tracing::warn!("after the invocation") });
    let serve = match (has("metrics"), has("metrics-wrong")) {
        (true, _) => serve.metrics(Metrics::new("shop").dimension("service", "orders").by_route()),
        (_, true) => serve.metrics(Metrics::new("")),
        _ => serve,
    };
    let serve = match has("guards") {
        true => serve
            .deadline_margin(Duration::from_secs(60))
            .oversize_as(StatusCode::INSUFFICIENT_STORAGE)
            .panic_as_500()
            .fail_on(500..=599),
        false => serve,
    };
    if has("runtime") && has("stream") {
        return serve.streaming().into_runtime()?.layer(TracingLayer::new()).run().await;
    }
    if has("runtime") {
        return serve.into_runtime()?.layer(TracingLayer::new()).run().await;
    }
    match has("stream") {
        true => serve.streaming().await?,
        false => serve.await?,
    }
    Ok(())
}

/// The app, which may not get ready.
#[derive(Clone)]
struct Getting {
    app: Router,
    readiness: Readiness,
}

#[derive(Clone, Copy)]
enum Readiness {
    Given,
    Never,
    Fails,
    Panics,
}

#[expect(clippy::panic, reason = "what a panic costs is what is tested")]
impl Service<Request<sippycup::Body>> for Getting {
    type Response = <Router as Service<Request<sippycup::Body>>>::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match self.readiness {
            Readiness::Given => Poll::Ready(Ok(())),
            Readiness::Never => Poll::Pending,
            Readiness::Fails => Poll::Ready(Err("not ready on purpose".into())),
            Readiness::Panics => panic_any("not ready"),
        }
    }

    fn call(&mut self, request: Request<sippycup::Body>) -> Self::Future {
        let answer = self.app.call(request);
        Box::pin(async { Ok(answer.await?) })
    }
}

fn app() -> Router {
    Router::new()
        .route("/items/{id}", get(item))
        .route("/upload/{id}", post(async |body: Bytes| format!("{} bytes", body.len())))
        .route("/status/{code}", get(async |Path(code): Path<u16>| StatusCode::from_u16(code).unwrap_or_default()))
        .route("/everywhere", get(everywhere))
        .route("/body-error", get(async || AxumBody::new(Failing(false))))
        .route("/panic", get(panics))
        .route("/never", get(async || future::pending::<()>().await))
        .route("/half", get(async || AxumBody::new(Half)))
        .route("/size/{size}", get(async |Path(size): Path<usize>| "a".repeat(size)))
        .route("/two/{who}", get(two))
        .route("/sendmessage", post(message))
        .route("/who", any(who))
        .route("/$connect", any(who))
        .route("/long", get(async || tracing::warn!(long = "\u{1b}".repeat(1 << 18), "a long line")))
        .layer(MatchedPathLayer::new())
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(LambdaRequestId))
}

async fn item(Path(id): Path<String>, tasks: BackgroundTasks) -> String {
    let order = tracing::info_span!("order", order = 1, price = "of the span");
    let says = async {
        tracing::warn!(price = 9.5, sold = true, big = u64::MAX, level = "mine", error = says(), "no\nstock\u{1b}[31m");
    };
    says.instrument(order).await;
    let spawned = tokio::spawn(async { tracing::warn!("spawned") }.in_current_span());
    let _ = spawned.await;
    tasks.spawn(async { tracing::warn!("a task") });
    id
}

/// Says what it does wherever its code runs, and what that spawns.
async fn everywhere(tasks: BackgroundTasks) -> AxumBody {
    tasks.spawn(async {
        let _ = spawned("by a task").await;
    });
    AxumBody::new(Telling { spawned: spawned("by the handler"), is_of_handler: true })
}

fn spawned(by: &'static str) -> JoinHandle<()> {
    tracing::warn!("{by}");
    tokio::spawn(async move { tracing::warn!("spawned {by}") }.in_current_span())
}

/// No bytes. It waits for what the handler spawned, and then for what it spawns itself.
struct Telling {
    spawned: JoinHandle<()>,
    is_of_handler: bool,
}

impl http_body::Body for Telling {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        loop {
            let _ = ready!(Pin::new(&mut self.spawned).poll(cx));
            if !std::mem::replace(&mut self.is_of_handler, false) {
                return Poll::Ready(None);
            }
            self.spawned = spawned("by the body");
        }
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        tracing::warn!("dropped");
    }
}

/// Who asks, and where.
async fn who(
    certificate: Option<ClientCertificate>,
    principal: Option<IamPrincipal>,
    tenant: Option<TenantId>,
    connection: Option<Connection>,
    server: ServerUrl,
    headers: HeaderMap,
) -> Json<Value> {
    // Only for who knows that a load balancer with mutual TLS writes them.
    let trusted = ClientCertificate::from_trusted_load_balancer(&headers);
    let connection = connection.map(|connection| {
        json!([connection.id(), connection.event_type(), connection.management_endpoint("eu-central-1")])
    });
    Json(json!({
        "certificate": certificate.as_ref().and_then(ClientCertificate::subject),
        "principal": principal.as_ref().map(IamPrincipal::arn),
        "tenant": tenant.as_ref().map(TenantId::as_str),
        "connection": connection,
        "server": server.as_str(),
        "trusted": trusted.as_ref().and_then(ClientCertificate::subject),
    }))
}

/// What was said, when two messages are under way at the same time if it says so.
async fn message(message: Message<Heard>) -> Json<Value> {
    static TWO: LazyLock<Barrier> = LazyLock::new(|| Barrier::new(2));
    if message.data.waits {
        TWO.wait().await;
    }
    Json(json!([message.action, message.data.text]))
}

#[derive(Deserialize)]
struct Heard {
    text: String,
    waits: bool,
}

fn says() -> tracing::field::DebugValue<io::Error> {
    tracing::field::debug(io::Error::from(io::ErrorKind::NotFound))
}

#[expect(clippy::panic, reason = "what a panic costs is what is tested")]
async fn panics() {
    panic_any("on\npurpose");
}

/// Says who it is when two are under way, twice.
async fn two(Path(who): Path<String>) {
    static TWO: LazyLock<Barrier> = LazyLock::new(|| Barrier::new(2));
    for _ in 0..2 {
        TWO.wait().await;
        tracing::warn!("it is {who}");
    }
}

/// Two bytes, then an error.
struct Failing(bool);

impl http_body::Body for Failing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(Some(match std::mem::replace(&mut self.0, true) {
            true => Err(io::Error::other("the body failed on purpose")),
            false => Ok(Frame::data(Bytes::from_static(b"he"))),
        }))
    }
}

/// A body without an end.
struct Half;

impl http_body::Body for Half {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Pending
    }
}

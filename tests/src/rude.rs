//! The Lambda function that `it/runtime_api` starts: an app that panics wherever it is told to.
//!
//! `RUDE` has its options, separated by commas: `stream`, `threads` for a multi-threaded runtime, `subscriber` for one of
//! `tracing`, `subscriber-for-a-while` for one that is gone when the app is served, `theirs` where `lambda_runtime` polls, `hooks` and their failures.

#![expect(clippy::panic, reason = "what a panic costs is what is tested")]

use std::{
    env, error, fmt, future, io,
    io::Write,
    panic::{self, panic_any},
    pin::Pin,
    sync::{
        LazyLock,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use serde_json::json;
use sippycup::{BackgroundTasks, Body, BoxError, LambdaContext};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime,
    sync::Barrier,
};
use tower::Service;

use self::body::RudeBody;

#[path = "rude/body.rs"]
mod body;

fn main() -> Result<(), BoxError> {
    // What a panic says is what the log is to say.
    panic::set_hook(Box::new(|_| {}));
    let options = env::var("RUDE").unwrap_or_default();
    let has = |option| options.split(',').any(|given| given == option);
    let mut builder =
        if has("threads") { runtime::Builder::new_multi_thread() } else { runtime::Builder::new_current_thread() };
    let runtime = match builder.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => panic_any(error),
    };
    if has("subscriber-for-a-while") {
        tracing::subscriber::with_default(tracing_subscriber::fmt().with_writer(io::stderr).finish(), || {});
    }
    if has("subscriber") {
        tracing_subscriber::fmt().with_ansi(false).with_writer(io::stderr).init();
    }
    let mut serve = sippycup::serve(Rude);
    if has("hooks") {
        serve = serve.before_snapshot(|| says("before the first")).before_snapshot(|| says("before the second"));
        serve = serve.after_restore(|| says("after the first")).after_restore(|| says("after the second"));
    }
    if has("after-sign") {
        serve = serve.after_invocation(|| sign("hook"));
    }
    if has("after-panics") {
        serve = serve.after_invocation(|| async { panic_any("after on purpose") });
    }
    if has("after-hangs") {
        serve = serve.after_invocation(future::pending).after_invocation_limit(Duration::from_millis(20));
    }
    if has("after-patient") {
        serve = serve.after_invocation_limit(Duration::from_secs(3_600));
    }
    if has("after-says") {
        serve = serve.after_invocation(|| async { drop(says("after the invocation").await) });
    }
    if has("shutdown") {
        serve = serve.on_shutdown(|| says("the first goes")).on_shutdown(|| says("the second goes"));
    }
    if has("shutdown-panics") {
        serve = serve.on_shutdown(|| fail(false, "", "shutdown on purpose")).on_shutdown(|| says("another goes"));
    }
    if has("shutdown-hangs") {
        serve = serve.on_shutdown(future::pending::<Result<(), BoxError>>);
    }
    for (option, fails) in [("before-fails", true), ("before-panics", false)] {
        if has(option) {
            serve = serve.before_snapshot(move || fail(fails, "no snapshot on purpose", "before on purpose"));
        }
    }
    for (option, fails) in [("after-fails", true), ("after-panics", false)] {
        if has(option) {
            serve = serve.after_restore(move || fail(fails, "no restore on purpose", "after on purpose"));
        }
    }
    if has("margin") {
        serve = serve.deadline_margin(Duration::from_secs(60));
    }
    if has("panic-as-500") {
        serve = serve.panic_as_500();
    }
    if has("fail-on") {
        serve = serve.fail_on(500..=599);
    }
    if has("oversize") {
        serve = serve.oversize_as(StatusCode::INSUFFICIENT_STORAGE);
    }
    if has("theirs") {
        return runtime.block_on(async {
            match has("stream") {
                true => serve.streaming().into_runtime()?.run().await,
                false => serve.into_runtime()?.run().await,
            }
        });
    }
    let started = async {
        tokio::task::yield_now().await;
        if has("start-fails") || has("start-panics") {
            fail(has("start-fails"), "no table on purpose", "start on purpose").await?;
        }
        Ok::<_, BoxError>(serve)
    };
    match (has("stream"), has("first-byte")) {
        (true, true) => {
            runtime.block_on(sippycup::start(async { Ok::<_, BoxError>(started.await?.streaming().first_byte()) }))?;
        }
        (true, false) => {
            runtime.block_on(sippycup::start(async { Ok::<_, BoxError>(started.await?.streaming()) }))?;
        }
        (false, _) => runtime.block_on(sippycup::start(started))?,
    }
    Ok(())
}

async fn says(text: &str) -> Result<(), BoxError> {
    writeln!(io::stderr(), "{text}").map_err(Into::into)
}

/// Waits until the test says so.
async fn sign(who: &'static str) {
    let go_on = async {
        let mut stream = TcpStream::connect(env::var("SIGN")?).await?;
        stream.write_all(who.as_bytes()).await?;
        stream.read_u8().await?;
        Ok::<_, BoxError>(())
    };
    let _ = says(match go_on.await {
        Ok(()) => "went on",
        Err(_) => "had no sign",
    })
    .await;
}

async fn fail(fails: bool, error: &'static str, panic: &'static str) -> Result<(), BoxError> {
    if fails { Err(error.into()) } else { panic_any(panic) }
}

#[derive(Clone)]
struct Rude;

/// Whether `poll_ready` panics when it is next asked.
static ARMED: AtomicBool = AtomicBool::new(false);

/// Whether the app is never ready again.
static BUSY: AtomicBool = AtomicBool::new(false);

impl Service<Request<Body>> for Rude {
    type Response = Response<RudeBody>;
    type Error = RudeError;
    type Future = Work;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), RudeError>> {
        if ARMED.swap(false, Ordering::Relaxed) {
            panic_any("in poll_ready");
        }
        if BUSY.load(Ordering::Relaxed) {
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Work {
        let path = request.uri().path().to_owned();
        let place = path.strip_prefix("/panic/").map(str::to_owned);
        match place.as_deref() {
            Some("call") => panic_any("in call".to_owned()),
            Some("poll-ready") => ARMED.store(true, Ordering::Relaxed),
            _ if path == "/busy" => BUSY.store(true, Ordering::Relaxed),
            _ => {}
        }
        let drops = Drops(matches!(place.as_deref(), Some("future-drop" | "late-drop")), "in the future's drop");
        Work { inner: Box::pin(answer(request, path, place)), _drops: drops }
    }
}

struct Work {
    inner: Pin<Box<dyn Future<Output = Result<Response<RudeBody>, RudeError>> + Send>>,
    _drops: Drops,
}

impl Future for Work {
    type Output = Result<Response<RudeBody>, RudeError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.inner.as_mut().poll(cx)
    }
}

async fn answer(request: Request<Body>, path: String, place: Option<String>) -> Result<Response<RudeBody>, RudeError> {
    static TWO: LazyLock<Barrier> = LazyLock::new(|| Barrier::new(2));
    if path == "/two" {
        TWO.wait().await;
    }
    let place = match place.as_deref() {
        Some("future") => panic_any("in the future"),
        Some("payload-drop") => panic_any(Payload(2)),
        Some("display") => return Err(RudeError::new(|error| error.display = true)),
        Some("source") => return Err(RudeError::new(|error| error.source = true)),
        Some("error-drop") => return Err(RudeError::new(|error| error.drop = true)),
        place => place.unwrap_or_default(),
    };
    if let Some(what) = path.strip_prefix("/background/") {
        background(what, request.extensions().get::<BackgroundTasks>());
    }
    if path == "/error" || path.starts_with("/error/") || path == "/background/panic-fails" {
        return Err(RudeError::new(|_| {}));
    }
    if path == "/causes" {
        return Err(RudeError::new(|error| error.cause = Some(io::Error::other("the\u{1b}[31m cause"))));
    }
    if path == "/lines" {
        return Err(RudeError::new(|error| error.text = "one\ntwo"));
    }
    if path == "/event" {
        tracing::info!("an event of the app");
    }
    if path == "/sign" {
        sign("call").await;
    }
    if path == "/yields" {
        tokio::task::yield_now().await;
    }
    if path == "/never" || place == "late-drop" {
        future::pending::<()>().await;
    }
    let drops_late = path.starts_with("/late/");
    let text = match path.strip_prefix("/size/").or(path.strip_prefix("/late/")).and_then(|size| size.parse().ok()) {
        Some(size) => "a".repeat(size),
        None => seen(&request).to_string(),
    };
    let body = RudeBody {
        pieces: if place == "body" { vec![] } else { vec![Bytes::from(text)] },
        panics: place == "body",
        fails: path == "/body-error",
        hangs: path == "/half",
        hint: place == "hint",
        _drops: Drops(place == "body-drop" || drops_late, "in the body's drop"),
    };
    let mut response = Response::new(body);
    if let Some(status) = path.strip_prefix("/status/").and_then(|status| status.parse().ok()) {
        *response.status_mut() = status;
    }
    if path == "/empty" {
        response.body_mut().pieces.clear();
        *response.status_mut() = StatusCode::FOUND;
    }
    if let Some(size) = path.strip_prefix("/headers/").and_then(|size| size.parse().ok()) {
        let value = HeaderValue::try_from("h".repeat(size));
        value.into_iter().for_each(|value| drop(response.headers_mut().insert("x-wide", value)));
    }
    if place == "extension-drop" {
        response.extensions_mut().insert(std::sync::Arc::new(Drops(true, "in an extension's drop")));
    }
    Ok(response)
}

fn background(what: &str, tasks: Option<&BackgroundTasks>) {
    let Some(tasks) = tasks else { return };
    match what {
        "sign" => tasks.spawn(sign("task")),
        "panic" | "panic-fails" => {
            tasks.spawn(async { panic_any("in a task") });
            tasks.spawn(async { drop(says("another task").await) });
        }
        "drop" => {
            let drops = Drops(true, "in a task's drop");
            tasks.spawn(async move { drop(drops) });
        }
        "nested" => {
            let more = tasks.clone();
            tasks.spawn(async move {
                tokio::task::yield_now().await;
                more.spawn(async { drop(says("a task of a task").await) });
            });
        }
        "hang" => {
            let drops = Drops(true, "in a task's drop");
            tasks.spawn(async move {
                future::pending::<()>().await;
                drop(drops);
            });
        }
        _ => {}
    }
}

fn seen(request: &Request<Body>) -> serde_json::Value {
    let lambda = request.extensions().get::<LambdaContext>();
    json!({
        "uri": request.uri().to_string(),
        "id": lambda.map(LambdaContext::request_id),
        "arn": lambda.and_then(LambdaContext::invoked_function_arn),
        "client_context": lambda.and_then(LambdaContext::client_context),
        "has_deadline": lambda.is_some_and(|context| context.deadline().is_some()),
        "identity": lambda.and_then(LambdaContext::identity),
        "tenant": lambda.and_then(LambdaContext::tenant_id),
        "trace": lambda.and_then(LambdaContext::trace_id),
        "trace_variable": env::var("_X_AMZN_TRACE_ID").ok(),
    })
}

/// Panics when it is dropped, if it is told to.
struct Drops(bool, &'static str);

impl Drop for Drops {
    fn drop(&mut self) {
        if self.0 {
            panic_any(self.1);
        }
    }
}

/// What a panic carries, and what panics so often when it is dropped.
struct Payload(u8);

impl Drop for Payload {
    fn drop(&mut self) {
        if self.0 > 0 {
            panic_any(Self(self.0 - 1));
        }
    }
}

#[derive(Debug)]
struct RudeError {
    cause: Option<io::Error>,
    text: &'static str,
    display: bool,
    source: bool,
    drop: bool,
}

impl RudeError {
    fn new(change: impl FnOnce(&mut Self)) -> Self {
        let mut error = Self { cause: None, text: "rude on purpose", display: false, source: false, drop: false };
        change(&mut error);
        error
    }
}

impl fmt::Display for RudeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.display {
            panic_any("in display");
        }
        f.write_str(self.text)
    }
}

impl error::Error for RudeError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        if self.source {
            panic_any("in source");
        }
        self.cause.as_ref().map(|cause| cause as _)
    }
}

impl Drop for RudeError {
    fn drop(&mut self) {
        if self.drop {
            panic_any("in the error's drop");
        }
    }
}

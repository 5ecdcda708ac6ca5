//! The Lambda function that `it/lambda.rs` starts, in the way that `FUNCTION_MODE` says.

use std::{
    convert::Infallible,
    future, io,
    pin::Pin,
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use axum::body::Body as AxumBody;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use serde_json::json;
use sippycup::{
    BasePath, Body, BoxError, ClientIp, EventSource, LambdaContext, PublicUri, SippyCup, SippyCupLayer,
    gateway::{Gateway, Kind},
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::Barrier,
};
use tower::{Service, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    match std::env::var("FUNCTION_MODE").as_deref() {
        Ok("stream") => sippycup::serve(service_fn(app)).streaming().await?,
        Ok("lambda-http") => lambda_http::run(SippyCup::new(service_fn(app)).into_lambda_http()).await?,
        Ok("builder") => {
            let layer = SippyCupLayer::new().base_path(BasePath::from_static("/built"));
            sippycup::serve(service_fn(app)).layer(layer).await?;
        }
        Ok("stream-locally") => {
            let gateway = Gateway::builder(Kind::RestApi).stage("dev").response_streaming(true);
            sippycup::serve(service_fn(app)).locally(gateway).streaming().await?;
        }
        Ok("small-bodies") => sippycup::serve(service_fn(app)).body_limit(5).await?,
        Ok("contradiction") => {
            let gateway = Gateway::builder(Kind::LoadBalancer).stage("prod");
            sippycup::serve(service_fn(app)).streaming().locally(gateway).await?;
        }
        #[cfg(unix)]
        Ok("graceful") => {
            lambda_runtime::spawn_graceful_shutdown_handler(|| async { println!("the hook ran") }).await;
            let answer = |event: lambda_runtime::LambdaEvent<serde_json::Value>| async move {
                let path = event.payload.get("rawPath").cloned();
                Ok::<_, BoxError>(json!({ "statusCode": 200, "body": path }))
            };
            lambda_runtime::run(service_fn(answer)).await?;
        }
        #[cfg(unix)]
        Ok("graceful-lambda-http") => {
            lambda_runtime::spawn_graceful_shutdown_handler(|| async { println!("the hook ran") }).await;
            let answer =
                |request: lambda_http::Request| async move { Ok::<_, BoxError>(request.uri().path().to_owned()) };
            lambda_http::run(service_fn(answer)).await?;
        }
        Ok("never-ready") => sippycup::run(NeverReady).await?,
        _ => sippycup::run(service_fn(app)).await?,
    }
    Ok(())
}

static TWO: LazyLock<Barrier> = LazyLock::new(|| Barrier::new(2));

#[expect(clippy::panic, reason = "what a panic costs is what is tested")]
async fn app(request: Request<Body>) -> Result<Response<AxumBody>, BoxError> {
    match request.uri().path() {
        "/body-failure" => Ok(Response::new(AxumBody::new(Failing(false)))),
        "/cookies" => {
            let response = Response::builder().header("set-cookie", "a=1").header("set-cookie", "b=2");
            Ok(response.header("x-latin", &b"caf\xe9"[..]).body(AxumBody::from(&b"\xff\x00"[..]))?)
        }
        "/echo" => Ok(Response::new(AxumBody::new(request.into_body()))),
        "/held" => Ok(Response::new(AxumBody::new(Held::new()?))),
        "/login-at-public-host" => {
            let location = "https://shop.example.com/done";
            Ok(Response::builder().status(303).header("location", location).body(AxumBody::empty())?)
        }
        "/login" => Ok(Response::builder().status(303).header("location", "/done").body(AxumBody::empty())?),
        "/panic" => panic!("the handler panicked on purpose"),
        "/service-error" => Err("the service failed on purpose".into()),
        // Passes only where another invocation is under way at the same time.
        "/two" => {
            TWO.wait().await;
            Ok(Response::new(AxumBody::from("two")))
        }
        "/wide" => Ok(Response::new(AxumBody::from("w".repeat(1 << 20)))),
        _ => Ok(Response::new(AxumBody::from(seen(&request).to_string()))),
    }
}

fn seen(request: &Request<Body>) -> serde_json::Value {
    let extensions = request.extensions();
    let (ours, theirs) = (extensions.get::<LambdaContext>(), extensions.get::<lambda_runtime::Context>());
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    json!({
        "uri": request.uri().to_string(),
        "trace": header("x-amzn-trace-id"),
        "base": extensions.get::<BasePath>().map(ToString::to_string),
        "client": extensions.get::<ClientIp>().map(|ip| ip.ip().to_string()),
        "host": header("host"),
        "public": extensions.get::<PublicUri>().map(ToString::to_string),
        "source": extensions.get::<EventSource>().map(ToString::to_string),
        "request_id": ours.map(LambdaContext::request_id).or(theirs.map(|context| context.request_id.as_str())),
        "deadline": theirs.map(|context| context.deadline),
        "lambda": ours.map(|context| json!({
            "arn": context.invoked_function_arn(),
            "client_context": context.client_context(),
            "identity": context.identity(),
            "remaining": context.remaining().map(|remaining| remaining.as_secs()),
            "tenant": context.tenant_id(),
            "trace": context.trace_id(),
        })),
    })
}

/// How many of these there are, then nothing until the process is told to end, then a last word.
struct Held {
    terminate: Signal,
    said: usize,
}

static HELD: AtomicUsize = AtomicUsize::new(0);

impl Held {
    fn new() -> io::Result<Self> {
        HELD.fetch_add(1, Ordering::SeqCst);
        Ok(Self { terminate: signal(SignalKind::terminate())?, said: 0 })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        HELD.fetch_sub(1, Ordering::SeqCst);
    }
}

impl http_body::Body for Held {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let said = self.said;
        let text = match said {
            0 => format!("held {};", HELD.load(Ordering::SeqCst)),
            1 if self.terminate.poll_recv(cx).is_pending() => return Poll::Pending,
            1 => "ended;".to_owned(),
            _ => return Poll::Ready(None),
        };
        self.said += 1;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(text)))))
    }
}

/// Two bytes, then an error.
struct Failing(bool);

impl http_body::Body for Failing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(Some(Err(io::Error::other("the body failed on purpose"))));
        }
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"he")))))
    }
}

#[derive(Clone)]
struct NeverReady;

impl Service<Request<Body>> for NeverReady {
    type Response = Response<AxumBody>;
    type Error = BoxError;
    type Future = future::Ready<Result<Response<AxumBody>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Err("never ready on purpose".into()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        let response: Result<_, Infallible> = Ok(Response::new(AxumBody::empty()));
        future::ready(response.map_err(Into::into))
    }
}

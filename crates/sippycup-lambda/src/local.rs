//! The app on this machine, when there is no Lambda around it: behind a gateway in the same process, which
//! writes real events and reads real answers.

use std::{
    env, future,
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::atomic::{AtomicU64, Ordering},
    task::{self, Poll},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use lambda_runtime::Context;
use sippycup_core::{ProxyEvent, ProxyResponse};
use sippycup_gateway::{Answer, Gateway, GatewayBuilder, Kind};
use sippycup_layer::{BoxError, Error, StreamedResponse};
use tokio::net::TcpListener;
use tower_service::Service;

use crate::{invoke::answer, streaming::Streamed};

/// Serves the function on 127.0.0.1, port `PORT` or 9000, until the process ends.
///
/// The gateway is the given one, else what `SIPPYCUP_GATEWAY` describes, else of the default kind.
pub(crate) async fn serve<F>(gateway: Option<GatewayBuilder>, default: Kind, function: F) -> Result<(), BoxError>
where
    F: Service<Bytes> + Clone + Send + 'static,
    F::Response: Into<Answer> + Send,
    F::Error: Into<BoxError>,
    F::Future: Send,
{
    let listener = listen().await?;
    let address = listener.local_addr()?;
    let gateway = match (gateway, env::var("SIPPYCUP_GATEWAY")) {
        (Some(gateway), _) => gateway,
        (None, Ok(text)) => text.parse().map_err(|error| format!("SIPPYCUP_GATEWAY: {error}"))?,
        // A function that streams is behind something that lets it.
        (None, Err(_)) => Gateway::builder(default).response_streaming(default == Kind::FunctionUrl),
    };
    // Absolute links that the app makes of its public URI lead back here, where nobody speaks TLS.
    let gateway = gateway.forwarded("http", address.port()).build(function)?;
    let (kind, base) = (gateway.kind(), gateway.base_path());
    let url = format!("http://{address}{base}/");
    // Nobody may be reading; that is no reason to stop.
    let _ = writeln!(io::stderr(), "not on Lambda; serving behind a local gateway ({kind})\n\n    curl -i {url}\n");
    gateway.serve(listener, future::pending()).await?;
    Ok(())
}

async fn listen() -> Result<TcpListener, BoxError> {
    let port = match env::var("PORT") {
        Ok(port) => port.parse().map_err(|_| "expected a port number from 0 to 65535 in `PORT`")?,
        Err(_) => 9000,
    };
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| format!("cannot listen on {address}: {error}; set `PORT`").into())
}

/// An app as a function: event JSON in, its answer out. Invocations have the `Context` that Lambda would give
/// them, so that handlers which read it work here too.
#[derive(Clone)]
pub(crate) struct Function<T>(pub(crate) T);

impl<T> Service<Bytes> for Function<T>
where
    T: Service<ProxyEvent, Error = Error> + 'static,
    T::Response: IntoAnswer,
    T::Future: Send + 'static,
{
    type Response = Answer;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, event: Bytes) -> Self::Future {
        let answer = answer(&mut self.0, move || {
            let mut event = ProxyEvent::from_bytes(event)?;
            event.insert_extension(context());
            Ok(event)
        });
        Box::pin(async move {
            answer.await.map(T::Response::into_answer).map_err(|failure| {
                // Where Lambda would have written it into its log.
                let _ = writeln!(io::stderr(), "{}: {}", failure.error_type, failure.error_message);
                failure.error_message.into()
            })
        })
    }
}

/// What the local gateway can read.
pub(crate) trait IntoAnswer {
    fn into_answer(self) -> Answer;
}

impl IntoAnswer for ProxyResponse {
    fn into_answer(self) -> Answer {
        Answer::from(self.into_bytes())
    }
}

impl<B> IntoAnswer for StreamedResponse<B>
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    fn into_answer(self) -> Answer {
        Answer::streaming(Streamed::new(self), true)
    }
}

/// A context of this process's own: ids that count up, and the deadline of an HTTP API.
fn context() -> Context {
    static INVOCATIONS: AtomicU64 = AtomicU64::new(1);
    let number = INVOCATIONS.fetch_add(1, Ordering::Relaxed);
    let deadline = SystemTime::now() + TIMEOUT;
    let mut context = Context::default();
    context.request_id = format!("00000000-0000-4000-8000-{number:012x}");
    context.deadline = deadline.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
    context
}

/// See [Quotas for HTTP APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html).
const TIMEOUT: Duration = Duration::from_secs(30);

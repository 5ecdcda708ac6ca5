//! The app on this machine, when there is no Lambda around it: behind a gateway in the same process, which
//! writes real events and reads real answers.

use std::{
    env,
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{self, Poll},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use sippycup_core::ProxyEvent;
use sippycup_gateway::{Gateway, GatewayBuilder, Kind, Server, Terminal};
use sippycup_layer::{BoxError, Error};
use tokio::{net::TcpListener, time::timeout};
use tower_service::Service;

#[cfg(feature = "shutdown")]
use crate::shutdown;
use crate::{
    LambdaContext, ServeError,
    answer::Answer,
    around::Afterwards,
    failure::Failure,
    guard::{describe, guard},
    invocation,
    options::Options,
    span,
    tasks::Tasks,
};

/// Serves the function on 127.0.0.1, port `PORT` or 9000, until the process ends.
///
/// The gateway is that of the options. Without one it is what `SIPPYCUP_GATEWAY` describes, and without that too, one of
/// the default kind.
pub(crate) async fn serve<T>(function: T, options: Options) -> Result<(), ServeError>
where
    T: Service<ProxyEvent, Error = Error, Response: Answer, Future: Send + 'static> + Clone + Send + 'static,
{
    let (listener, address) = listen().await?;
    let (gateway, misfit) = match options.gateway {
        Some(gateway) => (gateway, "the settings of the gateway do not fit"),
        None => (described(T::Response::STREAMED)?, "the settings of the gateway in `SIPPYCUP_GATEWAY` do not fit"),
    };
    let tasks = Tasks::default();
    let afterwards = Afterwards { around: Arc::new(options.around), starter: tasks.starter() };
    // Absolute links that the app makes from its public URI must lead back to this server, which has no TLS.
    let gateway = gateway.forwarded("http", address.port()).build(Function { app: function, afterwards });
    let gateway = gateway.map_err(|error| ServeError::local(misfit).because(error))?;
    let (kind, base) = (gateway.kind(), gateway.base_path());
    let url = format!("http://{address}{base}/");
    // Written before the server starts, so that no line of a request comes first. A closed standard error is no reason to stop.
    let _ = writeln!(io::stderr(), "not on Lambda; serving behind a local gateway ({kind})\n\n    curl -i {url}\n");
    let terminal = Terminal::stderr();
    let server = Server::new().title_case_headers(kind.is_http_api()).report(move |line| terminal.line(line));
    #[cfg(feature = "shutdown")]
    let (end, until_told) = shutdown::requested(options.shutdown.hooks)?;
    #[cfg(not(feature = "shutdown"))]
    let end = std::future::pending();
    let served = async {
        let ended = server.serve(listener, terminal.requests(gateway), end).await;
        // Background tasks get as much time as the requests under way got before them.
        let _ = timeout(PATIENCE, tasks.finish()).await;
        ended.map_err(|error| ServeError::local("cannot go on serving").because(error))
    };
    #[cfg(feature = "shutdown")]
    return until_told.run(served).await.unwrap_or(Ok(()));
    #[cfg(not(feature = "shutdown"))]
    served.await
}

async fn listen() -> Result<(TcpListener, SocketAddr), ServeError> {
    let port = match env::var("PORT") {
        Ok(port) => {
            port.parse().map_err(|_| ServeError::environment("expected a port number from 0 to 65535 in `PORT`"))?
        }
        Err(_) => 9000,
    };
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let bound = async {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    bound.await.map_err(|error: io::Error| {
        ServeError::local(format!("cannot listen on {address}, choose another port with `PORT`")).because(error)
    })
}

/// The gateway that the environment describes, else one that suits how the answers go out.
fn described(streamed: bool) -> Result<GatewayBuilder, ServeError> {
    match env::var("SIPPYCUP_GATEWAY") {
        Ok(text) => text
            .parse()
            .map_err(|error| ServeError::environment("expected a gateway in `SIPPYCUP_GATEWAY`").because(error)),
        Err(_) if streamed => Ok(Gateway::builder(Kind::FunctionUrl).response_streaming(true)),
        Err(_) => Ok(Gateway::builder(Kind::HttpApiV2)),
    }
}

/// An app as a function: event JSON in, its answer out. Invocations have the context that Lambda would give them, so
/// that handlers that read it work here too.
#[derive(Clone)]
struct Function<T> {
    app: T,
    afterwards: Afterwards,
}

impl<T> Service<Bytes> for Function<T>
where
    T: Service<ProxyEvent, Error = Error, Response: Answer, Future: Send + 'static> + Clone + Send + 'static,
{
    type Response = sippycup_gateway::Answer;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    /// Always ready: whether the app is ready is asked in `call`, where the deadline of the event limits the wait.
    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, event: Bytes) -> Self::Future {
        let (app, afterwards) = (guard(|| self.app.clone()), self.afterwards.clone());
        let mut context = context();
        afterwards.around.guards.begin(&mut context);
        let answering = span::within(&context.clone(), async move {
            let finish = afterwards.of(context.clone());
            (invocation::run(app, event, &context, &afterwards.around).await, finish)
        });
        Box::pin(async {
            let (answer, finish) = answering.await;
            let answer = answer.unwrap_or_else(|error| Err(describe(error)));
            answer.map(|answer| answer.into_local(finish)).map_err(|failure| told(&failure))
        })
    }
}

/// The failure as an error. The gateway writes it below the line of the request, so it is logged nowhere else.
pub(crate) fn told(failure: &Failure) -> BoxError {
    let Failure { error_type, message, .. } = failure;
    format!("{}: {message}", error_type.as_str()).into()
}

/// The context of an invocation on this machine: an id that counts up, and the deadline of an HTTP API.
fn context() -> LambdaContext {
    static INVOCATIONS: AtomicU64 = AtomicU64::new(1);
    let number = INVOCATIONS.fetch_add(1, Ordering::Relaxed);
    LambdaContext::local(format!("00000000-0000-4000-8000-{number:012x}"), SystemTime::now() + TIMEOUT)
}

/// See [Quotas for HTTP APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html).
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long the gateway waits for the requests under way when it ends.
const PATIENCE: Duration = Duration::from_secs(10);

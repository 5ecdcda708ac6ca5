//! The app over HTTP without events, where the process listens itself: in a Web Function, in a container, in a MicroVM.
//!
//! ```text
//! connection ──► exchange (one request: body, panic guard, log line) ──► the app, as behind a front door
//! ```

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use sippycup_core::EventSource;
use sippycup_layer::SippyCup;
use tokio::{net::TcpListener, time::timeout};

use self::exchange::Exchange;
#[cfg(feature = "shutdown")]
use crate::shutdown;
use crate::{
    App, ServeError,
    around::Afterwards,
    log,
    options::Options,
    patience::Patience,
    signals::Signals,
    tasks::{Starter, Tasks},
};

mod body;
mod exchange;

/// Where the process listens, and as what.
#[derive(Debug)]
pub(crate) struct Place {
    source: EventSource,
    /// A host and a port.
    address: String,
}

impl Place {
    /// Where to listen, as Lambda says in a Web Function, and `SIPPYCUP_LISTEN` elsewhere.
    pub(crate) fn new(source: EventSource, address: &str) -> Self {
        Self { source, address: address.to_owned() }
    }

    fn is_web_function(&self) -> bool {
        self.source == EventSource::WebFunction
    }
}

/// Serves the app until SIGTERM or ctrl-c, and then until the requests under way are answered.
pub(crate) async fn serve<S: App>(app: SippyCup<S>, place: Place, options: Options) -> Result<(), ServeError> {
    let failed = |what: &str, error: io::Error| ServeError::server(format!("{what} {}", place.address)).because(error);
    let mut signals = Signals::new().map_err(|error| failed("cannot wait for signals, to listen on", error))?;
    let bound = async {
        let listener = TcpListener::bind(&place.address).await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    let (listener, address) = bound.await.map_err(|error| failed("cannot listen on", error))?;
    let after_answers = Tasks::default();
    let afterwards = Afterwards { around: Arc::new(options.around), starter: after_answers.starter() };
    let exchange = Exchange::new(app, place.source, options.body_limit, afterwards);
    announce(&place, address);

    let connections = GracefulShutdown::new();
    let tasks = Tasks::default();
    let http = http(&place, tasks.starter());
    let mut patience = Patience::default();
    while let Some(accepted) = signals.unless(listener.accept()).await {
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            // The client has gone, or there are no descriptors left until connections end.
            Err(error) if patience.pause().await.is_ok() => {
                log::warn("", format_args!("a connection was not accepted: {error}"));
                continue;
            }
            Err(error) => return Err(failed("cannot go on listening on", error)),
        };
        patience.reset();
        // An event stream must not wait for a full segment.
        let _ = stream.set_nodelay(true);
        let exchange = match exchange::clone(&exchange) {
            Ok(exchange) => exchange,
            Err(failure) => {
                log::warn("", format_args!("the app cannot be cloned: {}", failure.message));
                continue;
            }
        };
        let service = service_fn(move |request| {
            let exchange = exchange::clone(&exchange);
            async move {
                match exchange {
                    Ok(exchange) => exchange.respond(peer, request).await,
                    Err(failure) => Ok(exchange::failed(&failure, None)),
                }
            }
        });
        let connection = http.serve_connection(TokioIo::new(stream), service).into_owned();
        let connection = connections.watch(connection);
        tasks.starter().start(async move {
            // A client that goes away in between is no reason for a line.
            if let Err(error) = connection.await {
                log::debug(format_args!("a connection ended early: {error}"));
            }
        });
    }
    drop(listener);
    log::info(format_args!("told to end; requests under way are answered first"));
    let finished = async {
        connections.shutdown().await;
        after_answers.finish().await;
    };
    #[cfg(feature = "shutdown")]
    let has_hooks = !options.shutdown.hooks.is_empty();
    #[cfg(not(feature = "shutdown"))]
    let has_hooks = false;
    let limit = match (place.is_web_function(), has_hooks) {
        (true, true) => LAMBDAS_PATIENCE.saturating_sub(OF_HOOKS),
        (true, false) => LAMBDAS_PATIENCE,
        (false, _) => Duration::MAX,
    };
    // A further signal stops waiting.
    signals.unless(timeout(limit, finished)).await;
    #[cfg(feature = "shutdown")]
    {
        let limit = if place.is_web_function() { OF_HOOKS } else { shutdown::OFF_LAMBDA };
        signals.unless(shutdown::call(options.shutdown.hooks, limit)).await;
    }
    Ok(())
}

fn announce(place: &Place, address: SocketAddr) {
    match place.is_web_function() {
        true => log::info(format_args!("Lambda Web Function (experimental): listening on http://{address}")),
        false => {
            log::info(format_args!("not on Lambda: listening on http://{address}, HTTP/1.1 and HTTP/2 without TLS"))
        }
    }
}

fn http(place: &Place, tasks: Starter) -> auto::Builder<Starter> {
    let mut http = auto::Builder::new(tasks);
    if place.is_web_function() {
        http = http.http1_only();
    }
    http.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT);
    http.http2().timer(TokioTimer::new());
    http
}

/// How long a connection may take to send the head of a request, also of its next one.
const HEAD_LIMIT: Duration = Duration::from_secs(30);

/// Lambda kills a Web Function a second after SIGTERM; what comes behind the future has the rest.
const LAMBDAS_PATIENCE: Duration = Duration::from_millis(900);

/// Of that, what `on_shutdown` has where there is one.
const OF_HOOKS: Duration = Duration::from_millis(200);

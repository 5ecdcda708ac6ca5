//! [`serve`]: how an app is run, as a builder that is a future.

#[cfg(feature = "events")]
use std::sync::Arc;
use std::{
    fmt,
    marker::PhantomData,
    mem,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

#[cfg(feature = "local")]
use sippycup_gateway::GatewayBuilder;
use sippycup_layer::{BoxError, SippyCup, SippyCupLayer};
use tower_layer::Layer;

pub use crate::answer::{Buffered, Streamed};
#[cfg(feature = "events")]
use crate::events::{Beside, Handler, WarmUp};
use crate::{
    App, ServeError, after::AfterHook, answer::Answers, driver::drive, environment, hook::Hook, options::Options,
    start::reported,
};

/// Runs the app with settings: a builder that is a future, and `.await` starts it.
///
/// With a configured layer:
///
/// ```no_run
/// # use sippycup_core::BasePath;
/// # use sippycup_lambda::{App, ServeError, serve};
/// # use sippycup_layer::SippyCupLayer;
/// # async fn with_a_layer(app: impl App) -> Result<(), ServeError> {
/// serve(app).layer(SippyCupLayer::new().base_path(BasePath::from_static("/shop"))).await
/// # }
/// ```
///
/// With streamed answers:
///
/// ```no_run
/// # use sippycup_lambda::{App, ServeError, serve};
/// # async fn streaming(app: impl App) -> Result<(), ServeError> {
/// serve(app).streaming().await
/// # }
/// ```
///
/// On this machine, behind a REST API with a stage:
///
/// ```no_run
/// # #[cfg(feature = "local")]
/// # mod local {
/// # use sippycup_lambda::{App, ServeError, serve};
/// use sippycup_gateway::{Gateway, Kind};
///
/// # async fn locally(app: impl App) -> Result<(), ServeError> {
/// serve(app).locally(Gateway::builder(Kind::RestApi).stage("prod")).await
/// # }
/// # }
/// ```
///
/// The future is `Send` and borrows nothing. It runs until the process ends: neither Lambda nor the local gateway comes to
/// an end by itself. Only where the process listens itself (feature `server`) it ends: after SIGTERM or ctrl-c, when the
/// requests under way are answered.
///
/// # Errors
///
/// As [`run`](crate::run); locally also if the settings of the gateway contradict each other.
///
/// # Panics
///
/// When it is awaited outside of a tokio runtime.
pub fn serve<S: App>(app: S) -> Serve<S> {
    Serve { app, options: Options::default(), answers: PhantomData }
}

/// An app and how to run it; see [`serve`]. `A` says how the answers go out: [`Buffered`] or [`Streamed`].
#[must_use = "nothing runs until it is awaited"]
pub struct Serve<S, A = Buffered> {
    app: S,
    pub(crate) options: Options,
    answers: PhantomData<A>,
}

impl<S, A> Serve<S, A> {
    /// The configuration of the middleware between events and the app. Default: [`SippyCupLayer::new`].
    pub fn layer(mut self, layer: SippyCupLayer) -> Self {
        self.options.layer = layer;
        self
    }

    /// Something to do after every invocation, such as to send traces and metrics before Lambda freezes the process.
    /// Default: nothing. What is added first runs first.
    ///
    /// It is called when the answer is complete (of a streamed one its last byte), the invocation's
    /// [`BackgroundTasks`](crate::BackgroundTasks) are done and its span is closed, and before the next event is asked for.
    /// The client does not wait for it, but the time is billed. It has until
    /// [`after_invocation_limit`](Self::after_invocation_limit), and is dropped then. Both that and a panic cost no more
    /// than a line in the log. Where nothing is frozen it runs all the same, and no request waits for it.
    ///
    /// ```no_run
    /// # use sippycup_lambda::{App, ServeError, serve};
    /// # #[derive(Clone)] struct Provider;
    /// # impl Provider { fn force_flush(&self) {} }
    /// # async fn with_traces(app: impl App, provider: Provider) -> Result<(), ServeError> {
    /// serve(app)
    ///     .after_invocation(move || {
    ///         let provider = provider.clone();
    ///         // It blocks, and must not block the runtime: to flush may need a connection that the runtime drives.
    ///         async move { tokio::task::spawn_blocking(move || provider.force_flush()).await.unwrap_or_default() }
    ///     })
    ///     .await
    /// # }
    /// ```
    pub fn after_invocation<F>(mut self, hook: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.options.around.after.hooks.push(AfterHook::new(hook));
        self
    }

    /// How long [`after_invocation`](Self::after_invocation) may take, all hooks together. Default: 500 ms. It is never
    /// more than what remains until the invocation's deadline, less 100 ms.
    pub fn after_invocation_limit(mut self, limit: Duration) -> Self {
        self.options.around.after.limit = limit;
        self
    }

    /// Something to do before the process ends, such as to close connections. Default: nothing. What is added first runs
    /// first, and after them the future ends with `Ok`.
    ///
    /// On Lambda it has 450 ms, after which Lambda kills the process. It runs on SIGTERM, which Lambda sends to a process
    /// that has an extension; so the process registers as one, which takes a call of the Runtime API before the first event.
    /// Where that is refused, the log says so. Lambda also sends SIGTERM after a timeout or a crash, but does not promise to
    /// send it at all. Off Lambda it runs on SIGTERM and on the interrupt key, when
    /// the requests that were under way are answered, and has 10 seconds; a second signal drops what is under way, and a third
    /// what runs here. In a Web Function it has 200 ms; requests that are still under way are dropped before.
    ///
    /// An error or a panic costs a line in the log.
    ///
    /// ```no_run
    /// # use sippycup_lambda::{App, BoxError, ServeError, serve};
    /// # async fn with_a_pool(app: impl App) -> Result<(), ServeError> {
    /// # async fn close_pool() -> Result<(), BoxError> { Ok(()) }
    /// serve(app).on_shutdown(close_pool).await
    /// # }
    /// ```
    ///
    /// See [Shutdown phase](https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown).
    #[cfg(feature = "shutdown")]
    pub fn on_shutdown<F, E>(mut self, hook: impl FnOnce() -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        self.options.shutdown.add(Hook::new(hook));
        self
    }

    /// Something to do before the SnapStart snapshot is taken, such as to close connections and to forget what must be
    /// different in every environment. Default: nothing. What is added last runs first.
    ///
    /// It has no effect unless the function has SnapStart. An error or a panic ends the process: Lambda is told
    /// `Runtime.BeforeSnapshotError`, and does not publish the version.
    ///
    /// ```no_run
    /// # use sippycup_lambda::{App, BoxError, ServeError, serve};
    /// # async fn with_hooks(app: impl App) -> Result<(), ServeError> {
    /// # async fn close_connections() -> Result<(), BoxError> { Ok(()) }
    /// # async fn open_connections() -> Result<(), BoxError> { Ok(()) }
    /// serve(app).before_snapshot(close_connections).after_restore(open_connections).await
    /// # }
    /// ```
    ///
    /// See [Runtime hooks](https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-custom.html).
    pub fn before_snapshot<F, E>(mut self, hook: impl FnOnce() -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        self.options.snapshot.before_snapshot.push(Hook::new(hook));
        self
    }

    /// Something to do in every environment after the SnapStart snapshot was restored, before the first invocation.
    /// Default: nothing. What is added first runs first. Lambda gives it 10 seconds.
    ///
    /// It has no effect unless the function has SnapStart. An error or a panic ends the process: Lambda is told
    /// `Runtime.AfterRestoreError`.
    pub fn after_restore<F, E>(mut self, hook: impl FnOnce() -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        self.options.snapshot.after_restore.push(Hook::new(hook));
        self
    }

    /// Counts every request in CloudWatch; see [`Metrics`](crate::metrics::Metrics). Default: nothing is counted. Metrics
    /// that CloudWatch would not take are an error when this is awaited.
    #[cfg(feature = "metrics")]
    pub fn metrics(mut self, metrics: crate::metrics::Metrics) -> Self {
        self.options.metrics = metrics.observer();
        self
    }

    /// The largest body of a request, in bytes, where the process listens itself: in a Web Function, and where
    /// `SIPPYCUP_LISTEN` is set. Default: 6 MiB, what Lambda gives a function at most.
    ///
    /// A body is read as a whole before the app is called, so each request under way may take as much memory. What is
    /// larger is answered with 413.
    #[cfg(feature = "server")]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.options.body_limit = bytes;
        self
    }

    /// The front door before the app where it is not on Lambda. On Lambda it has no effect.
    ///
    /// Default: what the environment variable `SIPPYCUP_GATEWAY` describes; without the variable an HTTP API with stage
    /// `$default`, or a function URL that streams if the answers do. An app whose answers are streamed needs a gateway
    /// with `response_streaming(true)`.
    #[cfg(feature = "local")]
    pub fn locally(mut self, gateway: GatewayBuilder) -> Self {
        self.options.gateway = Some(gateway);
        self
    }
}

#[cfg(feature = "events")]
impl<S, A> Serve<S, A> {
    /// What gets the events that are not of HTTP: of queues, schedules, authorizers. Default: nothing, and they fail.
    ///
    /// A function from an [`Event`](crate::events::Event) to a `Result`, or a [`Router`](crate::events::Router) of such
    /// functions. Its answers go out when they are complete, also with [`streaming`](Serve::streaming). Its error fails the
    /// invocation with its own text and nothing before it: an authorizer's `Unauthorized` becomes a 401 that way. What Lambda
    /// does then depends on the service: it may send the event again. An invocation also fails if the answer to a
    /// batch names an item which the batch does not have: Lambda would take the whole batch as failed, without
    /// an error.
    ///
    /// ```no_run
    /// # use sippycup_lambda::{App, BoxError, ServeError, serve};
    /// use sippycup_lambda::events::{BatchResponse, Event, EventKind, Router};
    ///
    /// # async fn with_events(app: impl App) -> Result<(), ServeError> {
    /// serve(app).events(Router::new().on(EventKind::Sqs, orders)).await
    /// # }
    ///
    /// async fn orders(event: Event) -> Result<BatchResponse, BoxError> {
    ///     println!("{}", event.json());
    ///     Ok(BatchResponse::new())
    /// }
    /// ```
    pub fn events(mut self, handler: impl Handler) -> Self {
        self.options.events.handler = Some(Arc::new(handler));
        self
    }

    /// Has events of WebSocket APIs go to the handler of [`events`](Self::events) too, as
    /// [`EventKind::WebSocket`](crate::events::EventKind::WebSocket). Default: they are requests for the app, `GET` of
    /// `/$connect` and so on.
    ///
    /// Whether an answer goes back to the client is for API Gateway to decide: it reads `{"statusCode":200}`, and
    /// `statusCode` alone to `$connect`. Without a handler it has no effect.
    pub fn web_socket_events(mut self) -> Self {
        self.options.events.web_sockets = true;
        self
    }

    /// Which events are sent only to keep the function warm. They are answered before the app and before what
    /// [`events`](Self::events) has. Default: none; such events are like all others.
    ///
    /// ```no_run
    /// # use sippycup_lambda::{App, ServeError, serve};
    /// use sippycup_lambda::events::WarmUp;
    ///
    /// # async fn warm(app: impl App) -> Result<(), ServeError> {
    /// serve(app).warm_up(WarmUp::new()).await
    /// # }
    /// ```
    pub fn warm_up(mut self, pings: WarmUp) -> Self {
        self.options.events.warm_up = Some(Arc::new(pings));
        self
    }
}

impl<S> Serve<S, Buffered> {
    /// Streams the answers. Default: each goes out when it is complete.
    ///
    /// For functions whose URL has invoke mode `RESPONSE_STREAM`, or whose REST API has response transfer mode `STREAM`
    /// ([Response streaming](https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html)). Behind
    /// any other front door the client would get the encoded answer as it is, and no event says which one it came
    /// through.
    pub fn streaming(self) -> Serve<S, Streamed> {
        Serve { app: self.app, options: self.options, answers: PhantomData }
    }
}

impl<S: App, A: Answers> IntoFuture for Serve<S, A> {
    type Output = Result<(), ServeError>;
    type IntoFuture = ServeFuture;

    fn into_future(self) -> ServeFuture {
        ServeFuture::new(async {
            let (app, options) = reported(self.layered()).await?;
            drive(app, options, |app, options| beside(A::function(app), options)).await
        })
    }
}

impl<S: App, A> Serve<S, A> {
    pub(crate) fn layered(self) -> Result<(SippyCup<impl App>, Options), ServeError> {
        let Self { app, mut options, answers: _ } = self;
        let mut layer = environment::with_variables(mem::take(&mut options.layer))?;
        if options.first_byte {
            layer = layer.first_byte(true);
        }
        #[cfg(feature = "events")]
        let beside = options.events.source();
        #[cfg(not(feature = "events"))]
        let beside = None;
        options.around.guards.set_up(&layer, beside);
        let app = observed(app, &layer, &mut options)?;
        Ok((layer.layer(app), options))
    }
}

/// The app, with the observers of each request.
#[cfg(any(feature = "logging", feature = "metrics"))]
fn observed<S: App>(app: S, layer: &SippyCupLayer, options: &mut Options) -> Result<impl App + use<S>, ServeError> {
    let mut observers = Vec::new();
    #[cfg(feature = "logging")]
    observers.extend(crate::logging::access());
    #[cfg(feature = "metrics")]
    observers.extend(mem::replace(&mut options.metrics, Ok(None)).map_err(ServeError::metrics)?);
    let observers = crate::observe::Observers::new(observers);
    options.around.unready = crate::observe::Unready::new(layer, &observers);
    Ok(crate::observe::observed(app, observers))
}

#[cfg(not(any(feature = "logging", feature = "metrics")))]
fn observed<S: App>(app: S, _: &SippyCupLayer, _: &mut Options) -> Result<impl App + use<S>, ServeError> {
    Ok(app)
}

/// The app, with what is beside it.
#[cfg(feature = "events")]
pub(crate) fn beside<T>(app: T, options: &Options) -> Beside<T> {
    Beside::new(app, options.events.clone())
}

#[cfg(not(feature = "events"))]
pub(crate) fn beside<T>(app: T, _: &Options) -> T {
    app
}

impl<S, A> fmt::Debug for Serve<S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { app: _, options, answers: _ } = self;
        f.debug_struct("Serve").field("options", options).finish_non_exhaustive()
    }
}

/// The running app: the future of a [`Serve`].
#[must_use = "nothing runs until it is awaited"]
pub struct ServeFuture {
    inner: Pin<Box<dyn Future<Output = Result<(), ServeError>> + Send>>,
}

impl ServeFuture {
    fn new(driven: impl Future<Output = Result<(), ServeError>> + Send + 'static) -> Self {
        Self { inner: Box::pin(driven) }
    }
}

impl Future for ServeFuture {
    type Output = Result<(), ServeError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.inner.as_mut().poll(cx)
    }
}

impl fmt::Debug for ServeFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServeFuture").finish_non_exhaustive()
    }
}

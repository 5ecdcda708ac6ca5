//! Lambda function processes behind the Runtime API, as a tower service.
//!
//! ```text
//! Function ── Invoke ──► pool ◄── Next, Answer, Done ── runtime_api ◄── HTTP ── the function
//!    ▲                    │ ▲                                             ▲
//!    └────── reply ───────┘ └────────── Exited ───────── process ─────────┘
//! ```
//!
//! The pool is one task that owns all state; everything else sends it messages. An environment is a process with a Runtime API of its own, as on Lambda.

pub(crate) mod direct;
mod environment;
mod error;
mod extension_api;
mod extensions;
mod intake;
mod message;
mod observe;
mod output;
mod pool;
mod process;
mod runtime_api;
mod settings;
mod timer;

use std::ffi::OsString;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tower_service::Service;

pub use error::FunctionError;
pub use observe::Moment;
#[cfg(unix)]
pub use process::kill_descendants;
pub use settings::FunctionBuilder;

use crate::Answer;
use message::{ATTACHED, Invocation, Message};
use pool::Pool;
use settings::{Program, Settings};

/// A Lambda function in any language, run as a process: a service from event JSON to answers.
///
/// Cloned handles share the function. When the last one is dropped, its processes are stopped; [`stop`](Self::stop) also waits for that.
///
/// ```no_run
/// use bytes::Bytes;
/// use sippycup_gateway::{Function, Gateway, Kind};
///
/// # async fn run() -> Result<(), sippycup_gateway::BoxError> {
/// let function = Function::builder().spawn("cargo", ["run", "-p", "axum-hello"])?;
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:9000").await?;
/// Gateway::builder(Kind::RestApi).build(function)?.serve(listener, std::future::pending()).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Function {
    handle: Arc<Handle>,
}

struct Handle {
    pool: mpsc::UnboundedSender<Message>,
    /// Whether every invocation must say for which tenant it is.
    needs_tenant: bool,
}

impl Function {
    /// Begins a function with Lambda's defaults.
    pub fn builder() -> FunctionBuilder {
        FunctionBuilder::default()
    }

    pub(crate) fn spawned(settings: Settings) -> Self {
        let needs_tenant = settings.needs_tenant();
        let (sender, receiver) = mpsc::unbounded_channel();
        let pool = Pool::new(Arc::new(settings), sender.clone());
        tokio::spawn(async move {
            pool.run(receiver).await.into_iter().for_each(stopped);
        });
        // The first environment starts before the first request: a function that cannot start should say so immediately.
        let _ = sender.send(Message::Warm);
        Self { handle: Arc::new(Handle { pool: sender, needs_tenant }) }
    }

    pub(crate) fn attached(settings: Settings, listener: TcpListener) -> io::Result<Self> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let address = listener.local_addr()?;
        let needs_tenant = settings.needs_tenant();
        let settings = Arc::new(settings);
        let (end, ending) = oneshot::channel::<()>();
        let ending = async {
            let _ = ending.await;
        };
        let api = runtime_api::serve(listener, ATTACHED, Arc::clone(&settings), sender.clone(), ending);
        let api = tokio::spawn(api);
        let pool = Pool::attached(settings, sender.clone(), address);
        tokio::spawn(async move {
            let waiting = pool.run(receiver).await;
            // What extensions were told must reach them.
            drop(end);
            let _ = api.await;
            waiting.into_iter().for_each(stopped);
        });
        Ok(Self { handle: Arc::new(Handle { pool: sender, needs_tenant }) })
    }

    /// Starts new environments from now on; the old ones finish what they work on and are stopped then.
    pub fn restart(&self) {
        let _ = self.handle.pool.send(Message::Restart);
    }

    /// Stops every process and waits until they are gone.
    pub async fn stop(&self) {
        let (stopped, wait) = oneshot::channel();
        if self.handle.pool.send(Message::Stop { stopped: Some(stopped), at_once: false }).is_ok() {
            let _ = wait.await;
        }
    }

    /// Ends every process immediately, without time to finish, and waits until they are gone.
    pub async fn kill(&self) {
        let (stopped, wait) = oneshot::channel();
        if self.handle.pool.send(Message::Stop { stopped: Some(stopped), at_once: true }).is_ok() {
            let _ = wait.await;
        }
    }
}

impl FunctionBuilder {
    /// Runs a command as the function. Its first process starts immediately, more as requests need them.
    ///
    /// # Errors
    ///
    /// If the program or that of an extension is not to be found, or the name is empty or has control characters, or Lambda does not take the tenant.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime.
    pub fn spawn<A: Into<OsString>>(
        mut self,
        program: impl Into<OsString>,
        arguments: impl IntoIterator<Item = A>,
    ) -> io::Result<Function> {
        self.settings.program = Program::new(program.into(), arguments, false);
        self.find(&self.settings.program.path)?;
        for extension in &self.settings.extensions {
            self.find(&extension.program.path)?;
        }
        self.settings.check()?;
        Ok(Function::spawned(self.settings))
    }

    /// Waits on a listener for a function that is started elsewhere, with `AWS_LAMBDA_RUNTIME_API` set to the listener's address.
    ///
    /// # Errors
    ///
    /// If the listener has no address, or the name is empty or has control characters, or Lambda does not take the tenant.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime.
    pub fn attach(self, listener: TcpListener) -> io::Result<Function> {
        self.settings.check()?;
        Function::attached(self.settings, listener)
    }
}

/// Tells the one who waits for it that the function has stopped.
fn stopped(waiting: oneshot::Sender<()>) {
    let _ = waiting.send(());
}

impl Drop for Handle {
    fn drop(&mut self) {
        let _ = self.pool.send(Message::Stop { stopped: None, at_once: false });
    }
}

impl Service<Bytes> for Function {
    type Response = Answer;
    type Error = FunctionError;
    type Future = InvocationFuture;

    /// Always ready: invocations wait in a queue.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), FunctionError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, event: Bytes) -> InvocationFuture {
        if self.handle.needs_tenant && direct::current().is_none_or(|direct| direct.tenant.is_none()) {
            return InvocationFuture { inner: Box::pin(std::future::ready(Err(FunctionError::without_tenant()))) };
        }
        let (invocation, reply) = Invocation::new(event);
        let handle = Arc::clone(&self.handle);
        let sent = handle.pool.send(Message::Invoke(invocation)).is_ok();
        InvocationFuture {
            inner: Box::pin(async move {
                if !sent {
                    return Err(FunctionError::stopped());
                }
                let mut waiting = Waiting { handle, answered: false };
                let answer = reply.await.unwrap_or_else(|_| Err(FunctionError::stopped()));
                waiting.answered = true;
                answer
            }),
        }
    }
}

/// A client that waits for an answer; keeps the pool alive, and tells it when the client goes away.
struct Waiting {
    handle: Arc<Handle>,
    answered: bool,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if !self.answered {
            let _ = self.handle.pool.send(Message::Gone);
        }
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Function")
    }
}

/// The answer a [`Function`] is working on.
pub struct InvocationFuture {
    inner: Pin<Box<dyn Future<Output = Result<Answer, FunctionError>> + Send>>,
}

impl Future for InvocationFuture {
    type Output = Result<Answer, FunctionError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.inner.as_mut().poll(cx)
    }
}

impl fmt::Debug for InvocationFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InvocationFuture")
    }
}

//! Work for after the answer.

use std::{
    fmt,
    future::poll_fn,
    mem,
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll},
};

use crate::{LambdaContext, guard::guard, log};

/// Takes work that is done when the answer has gone out: a mail to send, a counter to write.
///
/// In the extensions of every request, and with feature `axum` an extractor. A clone is of the same invocation.
///
/// ```
/// use sippycup_lambda::BackgroundTasks;
///
/// fn sign_up(request: &http::Request<()>) -> &'static str {
///     if let Some(tasks) = request.extensions().get::<BackgroundTasks>() {
///         tasks.spawn(async { println!("sends a mail") });
///     }
///     "You will get a mail."
/// }
/// # assert_eq!(sign_up(&http::Request::new(())), "You will get a mail.");
/// ```
///
/// # When it runs
///
/// Lambda freezes the process between invocations: a task of `tokio::spawn` that is still running then goes on with the
/// next one, or never. These tasks begin when the answer is complete, of a streamed one its last byte, and the next event is
/// only asked for when they are done. The client does not wait for them.
///
/// All tasks of an invocation run at the same time, in one task of tokio's: none may block. They have until 100 ms before the
/// invocation's deadline; what is not done then is dropped, and the log says so. A panic ends only that task. Tasks are run
/// as well if the invocation fails. What a task spawns counts as the invocation's too.
///
/// Where nothing is frozen (on a developer's machine, in a container, in a Web Function) they run in a task of tokio's own: no
/// request waits for them, but the end of the process does, as long as it has time. Without a deadline they have no limit.
/// Where `lambda_runtime` polls (`into_runtime`) they run as on Lambda.
///
/// # What it costs
///
/// The time is billed, as that of the answer is, and until it is over the environment takes no other request: on Managed
/// Instances there is one less at a time. A queue is the better place for work that is long or must not be lost.
#[derive(Clone)]
pub struct BackgroundTasks(LambdaContext);

impl BackgroundTasks {
    pub(crate) fn new(context: LambdaContext) -> Self {
        Self(context)
    }

    /// Has the future run after the answer.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.tasks().push(Task(Box::pin(task)));
    }
}

impl fmt::Debug for BackgroundTasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackgroundTasks").field("request_id", &self.0.request_id()).finish_non_exhaustive()
    }
}

/// The tasks of an invocation that have not begun.
#[derive(Default)]
pub(crate) struct Tasks(Mutex<Vec<Task>>);

struct Task(Pin<Box<dyn Future<Output = ()> + Send>>);

impl Tasks {
    fn push(&self, task: Task) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(task);
    }

    fn take(&self) -> Vec<Task> {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

/// The tasks of an invocation that run. What is left of them when this is dropped is dropped as carefully.
pub(crate) struct Running<'c> {
    context: &'c LambdaContext,
    tasks: Vec<Task>,
}

impl<'c> Running<'c> {
    pub(crate) fn new(context: &'c LambdaContext) -> Self {
        Self { context, tasks: Vec::new() }
    }

    /// Runs them all, and those that they spawn.
    pub(crate) async fn finish(&mut self) {
        poll_fn(|cx| self.poll(cx)).await;
    }

    pub(crate) fn left(&self) -> usize {
        self.tasks.len()
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut at = 0;
        loop {
            self.tasks.append(&mut self.context.tasks().take());
            let Some(task) = self.tasks.get_mut(at) else { break };
            match guard(|| task.0.as_mut().poll(cx)) {
                Ok(Poll::Pending) => at += 1,
                Ok(Poll::Ready(())) => self.discard(at),
                Err(failure) => {
                    log::warn(self.context.request_id(), format_args!("a background task failed: {}", failure.message));
                    self.discard(at);
                }
            }
        }
        if self.tasks.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }

    fn discard(&mut self, at: usize) {
        let task = self.tasks.swap_remove(at);
        if let Err(failure) = guard(|| drop(task)) {
            log::warn(self.context.request_id(), format_args!("a background task failed: {}", failure.message));
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        while !self.tasks.is_empty() {
            self.discard(0);
        }
    }
}

//! What the caller of a direct invocation sends beside the event, and what it gets beside the answer.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// One direct invocation.
#[derive(Debug, Default)]
pub(crate) struct Direct {
    /// The tenant that it is for.
    pub(crate) tenant: Option<String>,
    /// The client context, as JSON.
    pub(crate) client_context: Option<String>,
    id: OnceLock<String>,
    tail: Mutex<VecDeque<u8>>,
}

impl Direct {
    pub(crate) fn new(tenant: Option<String>, client_context: Option<String>) -> Self {
        Self { tenant, client_context, ..Self::default() }
    }

    pub(super) fn begin(&self, id: &str) {
        let _ = self.id.set(id.to_owned());
    }

    /// The id of the invocation, once there is one.
    pub(crate) fn id(&self) -> Option<&str> {
        self.id.get().map(String::as_str)
    }

    /// The last lines that the function wrote, of 4 KB at most.
    pub(crate) fn tail(&self) -> Vec<u8> {
        self.bytes().iter().copied().collect()
    }

    fn line(&self, line: &str) {
        let mut tail = self.bytes();
        tail.extend(line.bytes().chain([b'\n']));
        let more = tail.len().saturating_sub(TAIL);
        tail.drain(..more);
    }

    fn bytes(&self) -> MutexGuard<'_, VecDeque<u8>> {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The invocation that the lines of an environment belong to: the one that it got last.
#[derive(Clone, Default)]
pub(super) struct Listeners {
    of: Arc<Mutex<HashMap<u64, Arc<Direct>>>>,
}

impl Listeners {
    /// An environment gets an invocation.
    pub(super) fn hand(&self, environment: u64, direct: Option<Arc<Direct>>) {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        match direct {
            Some(direct) => drop(of.insert(environment, direct)),
            None => drop(of.remove(&environment)),
        }
    }

    pub(super) fn line(&self, environment: u64, line: &str) {
        if let Some(direct) = self.of.lock().unwrap_or_else(PoisonError::into_inner).get(&environment) {
            direct.line(line);
        }
    }
}

tokio::task_local! {
    /// The direct invocation that this task makes.
    static CURRENT: Arc<Direct>;
}

/// Does something for a direct invocation, so that the function which it calls is told.
pub(crate) async fn on_behalf<F: Future>(direct: Arc<Direct>, done: F) -> F::Output {
    Box::pin(CURRENT.scope(direct, done)).await
}

pub(super) fn current() -> Option<Arc<Direct>> {
    CURRENT.try_with(Arc::clone).ok()
}

/// What Lambda shows of a log.
const TAIL: usize = 4096;

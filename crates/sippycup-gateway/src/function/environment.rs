//! What the pool knows of one environment.

use std::collections::{HashMap, VecDeque};

use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

use super::error::FunctionError;
use super::message::{Message, Reply, Work};
use super::settings::Settings;

#[derive(Default)]
pub(super) struct Environment {
    pub(super) generation: u64,
    /// It has asked for work at least once: its initialisation is over.
    pub(super) initialised: bool,
    /// It has been given at least one event.
    pub(super) served: bool,
    pub(super) polls: VecDeque<oneshot::Sender<Work>>,
    /// Invocations handed out; without a reply channel once the answer has begun.
    pub(super) working: HashMap<String, Option<Invoked>>,
    pub(super) init_error: Option<FunctionError>,
    pub(super) kill: Option<oneshot::Sender<()>>,
}

pub(super) struct Invoked {
    pub(super) reply: Reply,
    pub(super) timer: AbortHandle,
}

impl Environment {
    pub(super) fn kill(&mut self) {
        if let Some(kill) = self.kill.take() {
            let _ = kill.send(());
        }
    }

    pub(super) fn is_dying(&self) -> bool {
        self.kill.is_none()
    }
}

/// Tells the pool when the time of an invocation is up.
pub(super) fn start_timer(settings: &Settings, pool: &mpsc::UnboundedSender<Message>, id: &str) -> AbortHandle {
    let (timeout, pool, id) = (settings.timeout, pool.clone(), id.to_owned());
    let timer = tokio::spawn(async move {
        tokio::time::sleep(timeout).await;
        let _ = pool.send(Message::TimedOut { id });
    });
    timer.abort_handle()
}

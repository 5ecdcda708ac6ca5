//! Messages that come later.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::AbortHandle;

/// Tells the pool something later, unless it is dropped before.
pub(super) struct Timer {
    task: AbortHandle,
}

impl Timer {
    pub(super) fn start<M: Send + 'static>(after: Duration, to: &mpsc::UnboundedSender<M>, message: M) -> Self {
        let to = to.clone();
        let task = tokio::spawn(async move {
            tokio::time::sleep(after).await;
            let _ = to.send(message);
        });
        Self { task: task.abort_handle() }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

//! Where connections and HTTP/2 requests run: tasks that end with the server.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use hyper::rt::Executor;
use tokio::task::JoinSet;

/// The tasks of a server. They are aborted when this is dropped.
#[derive(Debug, Default)]
pub(super) struct Tasks(Arc<Mutex<JoinSet<()>>>);

/// Starts tasks, and may itself be held by one.
#[derive(Clone, Debug)]
pub(super) struct Starter(Weak<Mutex<JoinSet<()>>>);

impl Tasks {
    pub(super) fn starter(&self) -> Starter {
        Starter(Arc::downgrade(&self.0))
    }
}

impl<F> Executor<F> for Starter
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, task: F) {
        let Some(tasks) = self.0.upgrade() else { return };
        let mut tasks = tasks.lock().unwrap_or_else(PoisonError::into_inner);
        // A set keeps what has ended until somebody asks.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }
}

#[cfg(test)]
mod tests {
    use std::future;

    use super::*;

    #[tokio::test]
    async fn tasks_end_with_the_server_though_they_can_start_others() {
        let (tasks, held) = (Tasks::default(), Arc::new(()));
        for _ in 0..3 {
            let (starter, holding) = (tasks.starter(), Arc::clone(&held));
            tasks.starter().execute(async move {
                let _held = (starter, holding);
                future::pending().await
            });
        }
        tokio::task::yield_now().await;
        assert_eq!(Arc::strong_count(&held), 4);
        drop(tasks);
        while Arc::strong_count(&held) > 1 {
            tokio::task::yield_now().await;
        }
    }
}

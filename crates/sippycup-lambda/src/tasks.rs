//! Tasks that end with what started them.

use std::{
    mem,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::{runtime::Handle, task::JoinSet};

/// Tasks that are aborted when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Tasks(Arc<Mutex<JoinSet<()>>>);

/// Starts tasks, and may itself be held by one.
#[derive(Clone, Debug)]
pub(crate) struct Starter(Weak<Mutex<JoinSet<()>>>);

impl Tasks {
    pub(crate) fn starter(&self) -> Starter {
        Starter(Arc::downgrade(&self.0))
    }

    /// Waits until all have ended, those too that start in between.
    pub(crate) async fn finish(&self) {
        loop {
            let mut tasks = mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
            if tasks.is_empty() {
                return;
            }
            while tasks.join_next().await.is_some() {}
        }
    }
}

impl Starter {
    /// Without a runtime the process ends, and nothing is started any more.
    pub(crate) fn start(&self, task: impl Future<Output = ()> + Send + 'static) {
        let (Some(tasks), Ok(runtime)) = (self.0.upgrade(), Handle::try_current()) else { return };
        let mut tasks = tasks.lock().unwrap_or_else(PoisonError::into_inner);
        // A set keeps what has ended until somebody asks.
        while tasks.try_join_next().is_some() {}
        tasks.spawn_on(task, &runtime);
    }
}

/// For the requests of an HTTP/2 connection.
#[cfg(feature = "server")]
impl<F> hyper::rt::Executor<F> for Starter
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, task: F) {
        self.start(task);
    }
}

#[cfg(test)]
mod tests {
    use std::future;

    use super::*;

    #[tokio::test]
    async fn tasks_end_with_what_started_them_though_they_can_start_others() {
        let (tasks, held) = (Tasks::default(), Arc::new(()));
        for _ in 0..3 {
            let (starter, holding) = (tasks.starter(), Arc::clone(&held));
            tasks.starter().start(async move {
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

    #[tokio::test]
    async fn all_tasks_are_waited_for_those_too_that_others_start() {
        let (tasks, held) = (Tasks::default(), Arc::new(()));
        let (starter, last) = (tasks.starter(), Arc::clone(&held));
        tasks.starter().start(async move {
            tokio::task::yield_now().await;
            starter.start(async move {
                tokio::task::yield_now().await;
                drop(last);
            });
        });
        tasks.finish().await;
        assert_eq!(Arc::strong_count(&held), 1);
    }
}

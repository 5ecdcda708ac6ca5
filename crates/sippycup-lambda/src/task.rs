//! The runtime's loop as a task.

use std::{panic::resume_unwind, pin::Pin};

use tokio::task::AbortHandle;

use crate::ServeError;

/// Runs the loop in a task that ends with this future.
///
/// An invocation wakes its task several times. Waking the future that `block_on` runs costs a system call each time,
/// and on a multi-threaded runtime a change of threads too: nearly half of what a small invocation costs there.
pub(crate) async fn in_a_task<T: Send + 'static>(
    running: Pin<Box<dyn Future<Output = T> + Send>>,
) -> Result<T, ServeError> {
    struct Ending(AbortHandle);
    impl Drop for Ending {
        fn drop(&mut self) {
            self.0.abort();
        }
    }

    let task = tokio::spawn(running);
    let _ending = Ending(task.abort_handle());
    match task.await.map_err(|error| error.try_into_panic()) {
        Ok(ended) => Ok(ended),
        Err(Ok(panic)) => resume_unwind(panic),
        // Nobody but tokio, when it shuts down, cancels the task before this future is dropped.
        Err(Err(cancelled)) => Err(ServeError::shutdown(cancelled)),
    }
}

#[cfg(test)]
mod tests {
    use std::{future, sync::Arc, task::Poll};

    use super::*;

    #[tokio::test]
    async fn the_task_ends_with_the_future_that_started_it() {
        let held = Arc::new(());
        let hold = held.clone();
        let mut running = Box::pin(in_a_task(Box::pin(async move {
            let _hold = hold;
            future::pending::<()>().await
        })));
        let started = future::poll_fn(|cx| Poll::Ready(running.as_mut().poll(cx)));
        assert!(started.await.is_pending());
        tokio::task::yield_now().await;
        assert_eq!(Arc::strong_count(&held), 2);
        drop(running);
        tokio::task::yield_now().await;
        assert_eq!(Arc::strong_count(&held), 1);
    }

    #[tokio::test]
    async fn what_the_loop_ends_with_is_what_the_caller_gets() {
        assert_eq!(in_a_task(Box::pin(async { "gone" })).await.unwrap(), "gone");
    }

    #[tokio::test]
    #[should_panic(expected = "handler of the caller's own")]
    async fn a_panic_of_the_loop_is_one_of_the_caller() {
        let _ = in_a_task(Box::pin(async { panic!("handler of the caller's own") })).await;
    }
}

//! As many polls as Lambda gives invocations at the same time, each in a task of its own.

use std::{num::NonZeroU16, sync::Arc};

use sippycup_core::ProxyEvent;
use sippycup_layer::Error;
use tokio::task::JoinSet;
use tower_service::Service;

use crate::{
    ServeError,
    answer::Answer,
    around::Around,
    guard::guard,
    log,
    patience::Patience,
    poll::{End, poll},
    runtime_api::Endpoint,
};

/// Runs the polls until that is no longer possible. One that fails is replaced. They end with this future.
///
/// An invocation wakes its task several times. Waking the future that `block_on` runs costs a system call each time,
/// and on a multi-threaded runtime a change of threads too: nearly half of what a small invocation costs there.
pub(crate) async fn run<T>(
    app: T,
    endpoint: Arc<Endpoint>,
    count: NonZeroU16,
    around: Arc<Around>,
) -> Result<(), ServeError>
where
    T: Service<ProxyEvent, Error = Error, Response: Answer, Future: Send> + Clone + Send + 'static,
{
    let mut polls = JoinSet::new();
    let mut missing = count.get();
    let mut patience = Patience::default();
    loop {
        while missing > 0 {
            // The app is cloned by code of its own.
            match guard(|| app.clone()) {
                Ok(app) => {
                    // In a box: tokio would have room for it in each step that a task takes, on the stack.
                    polls.spawn(Box::pin(poll(app, endpoint.clone(), around.clone())));
                    missing -= 1;
                }
                Err(failure) => {
                    log::warn("", format_args!("the app cannot be cloned: {}", failure.message));
                    patience.pause().await.map_err(|_| ServeError::clone(failure.message))?;
                }
            }
        }
        let Some(ended) = polls.join_next().await else { return Ok(()) };
        match ended {
            Ok(End::App(error)) if count == NonZeroU16::MIN => return Err(ServeError::app(error)),
            Ok(End::App(_)) => {}
            Ok(End::RuntimeApi(error)) => return Err(ServeError::runtime_api(error.into())),
            Err(error) if error.is_panic() => {
                log::warn("", format_args!("a poll failed and is replaced: {error}"));
                patience.pause_again().await;
            }
            // Only tokio, when it shuts down, cancels tasks before this future is dropped.
            Err(error) => return Err(ServeError::shutdown(error)),
        }
        missing += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future,
        task::{Context, Poll},
    };

    use sippycup_core::ProxyResponse;
    use tokio::net::TcpListener;

    use super::*;

    /// An app that says when the last clone of it is gone.
    #[derive(Clone)]
    struct Held(#[expect(dead_code, reason = "held only")] Arc<()>);

    impl Service<ProxyEvent> for Held {
        type Response = ProxyResponse;
        type Error = Error;
        type Future = future::Pending<Result<ProxyResponse, Error>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: ProxyEvent) -> Self::Future {
            future::pending()
        }
    }

    #[tokio::test]
    async fn the_polls_end_with_the_future_that_started_them() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = Endpoint::parse(&listener.local_addr().unwrap().to_string()).unwrap();
        let held = Arc::new(());
        let mut running =
            Box::pin(run(Held(held.clone()), Arc::new(endpoint), NonZeroU16::new(3).unwrap(), Arc::default()));
        let first = tokio::select! {
            accepted = listener.accept() => accepted.unwrap(),
            ended = &mut running => panic!("{ended:?}"),
        };
        assert_eq!(Arc::strong_count(&held), 5);
        drop((running, first));
        while Arc::strong_count(&held) > 1 {
            tokio::task::yield_now().await;
        }
    }
}

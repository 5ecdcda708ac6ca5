//! What the pool does with messages, one at a time.

use bytes::Bytes;

use super::*;
use crate::Function;

fn pool() -> (Pool, mpsc::UnboundedReceiver<Message>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let settings = Function::builder().report(|_| {}).into_settings();
    (Pool::new(Arc::new(settings), sender), receiver)
}

fn exited(environment: u64) -> Message {
    Message::Exited { environment, how: "exit status: 5".to_owned() }
}

#[tokio::test]
async fn a_function_that_ends_without_having_served_is_not_started_again_by_itself() {
    let (mut pool, _receiver) = pool();
    pool.handle(Message::Warm);
    let (hand, _work) = oneshot::channel();
    pool.handle(Message::Next { environment: 1, hand });
    pool.handle(exited(1));
    assert!(pool.environments.is_empty(), "it would end again, for ever");
    let (invocation, _reply) = Invocation::new(Bytes::new());
    pool.handle(Message::Invoke(invocation));
    assert_eq!(pool.alive(), 1, "a request starts it");
}

#[tokio::test]
async fn a_function_that_served_is_started_again() {
    let (mut pool, _receiver) = pool();
    let (invocation, _reply) = Invocation::new(Bytes::new());
    pool.handle(Message::Invoke(invocation));
    let (hand, work) = oneshot::channel();
    pool.handle(Message::Next { environment: 1, hand });
    assert!(work.await.is_ok());
    pool.handle(exited(1));
    assert_eq!(pool.environments.keys().collect::<Vec<_>>(), [&2]);
}

#[tokio::test]
async fn a_process_that_is_about_to_be_free_is_waited_for() {
    let (mut pool, _receiver) = pool();
    for _ in 0..2 {
        let (invocation, reply) = Invocation::new(Bytes::new());
        pool.handle(Message::Invoke(invocation));
        let (hand, work) = oneshot::channel();
        pool.handle(Message::Next { environment: 1, hand });
        let id = work.await.unwrap().id;
        let (take, taken) = oneshot::channel();
        pool.handle(Message::Answer { environment: 1, id: id.clone(), echo: None, take });
        assert!(taken.await.unwrap().is_ok());
        pool.handle(Message::Done { environment: 1, id, refused: false });
        drop(reply);
    }
    assert_eq!(pool.alive(), 1);
}

#[tokio::test]
async fn more_requests_than_processes_start_more_up_to_the_limit() {
    let (mut pool, _receiver) = pool();
    let replies: Vec<_> = (0..50)
        .map(|_| {
            let (invocation, reply) = Invocation::new(Bytes::new());
            pool.handle(Message::Invoke(invocation));
            reply
        })
        .collect();
    // Before one has started nobody knows whether any will.
    assert_eq!((pool.alive(), pool.pending.len(), replies.len()), (1, 50, 50));
    let (hand, work) = oneshot::channel();
    pool.handle(Message::Next { environment: 1, hand });
    assert!(work.await.is_ok());
    assert_eq!((pool.alive(), pool.pending.len()), (10, 49));
}

//! What the pool does with messages, one at a time.

use bytes::Bytes;

use super::*;
use crate::Function;
use crate::function::direct::Direct;

fn pool() -> (Pool, mpsc::UnboundedReceiver<Message>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let settings = Function::builder().report(|_| {}).into_settings();
    (Pool::new(Arc::new(settings), sender), receiver)
}

/// One with tenant isolation, and room for so many environments.
fn isolating(concurrency: usize) -> (Pool, mpsc::UnboundedReceiver<Message>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let builder = Function::builder().report(|_| {}).tenant_isolation(true).concurrency(concurrency);
    (Pool::new(Arc::new(builder.into_settings()), sender), receiver)
}

/// An invocation for a tenant, and what comes of it.
fn invoke_for(pool: &mut Pool, tenant: &str) -> oneshot::Receiver<Result<crate::Answer, FunctionError>> {
    let (mut invocation, reply) = Invocation::new(Bytes::new());
    invocation.direct = Some(Arc::new(Direct::new(Some(tenant.to_owned()), None)));
    pool.handle(Message::Invoke(invocation));
    reply
}

/// An environment asks for work: gives the id of what it is handed, if that is at once.
fn asks(pool: &mut Pool, environment: u64) -> (Option<String>, oneshot::Receiver<Work>) {
    let (hand, mut work) = oneshot::channel();
    pool.handle(Message::Next { environment, hand });
    (work.try_recv().ok().map(|work| work.id), work)
}

fn answers(pool: &mut Pool, environment: u64, id: &str) {
    let (take, mut taken) = oneshot::channel();
    pool.handle(Message::Answer { environment, id: id.to_owned(), echo: None, take });
    assert!(taken.try_recv().unwrap().is_ok());
    pool.handle(Message::Done { environment, id: id.to_owned(), refused: false });
}

#[tokio::test]
async fn an_environment_is_given_events_of_one_tenant_only() {
    let (mut pool, _receiver) = isolating(10);
    pool.handle(Message::Warm);
    let _blue = invoke_for(&mut pool, "blue");
    // What was started before is nobody's, and now it is that of the first tenant.
    let (id, _) = asks(&mut pool, 1);
    answers(&mut pool, 1, &id.unwrap());
    let (nothing, mut poll) = asks(&mut pool, 1);
    assert_eq!(nothing, None);
    let _green = invoke_for(&mut pool, "green");
    assert!(poll.try_recv().is_err(), "the event of another tenant");
    assert_eq!(pool.alive(), 2, "it has an environment made");
    // Nobody waits behind the event of another tenant.
    let _again = invoke_for(&mut pool, "blue");
    assert!(poll.try_recv().is_ok());
    assert!(asks(&mut pool, 2).0.is_some());
    assert!(pool.pending.is_empty());
    assert_eq!(pool.environments[&1].tenant.as_deref(), Some("blue"));
    assert_eq!(pool.environments[&2].tenant.as_deref(), Some("green"));
}

#[tokio::test]
async fn tenants_have_no_more_environments_together_than_there_may_be() {
    let (mut pool, _receiver) = isolating(2);
    let mut polls = Vec::new();
    let mut replies = Vec::new();
    for (environment, tenant) in [(1, "blue"), (2, "green")] {
        replies.push(invoke_for(&mut pool, tenant));
        let id = asks(&mut pool, environment).0.unwrap();
        answers(&mut pool, environment, &id);
        polls.push(asks(&mut pool, environment).1);
    }
    replies.push(invoke_for(&mut pool, "red"));
    assert!(pool.environments[&1].is_dying() && !pool.environments[&2].is_dying(), "the one that waited longest");
    assert_eq!((pool.alive(), pool.environments.len()), (2, 3));
    // While both work nobody is ended.
    assert!(asks(&mut pool, 3).0.is_some());
    replies.push(invoke_for(&mut pool, "green"));
    replies.push(invoke_for(&mut pool, "blue"));
    assert_eq!((pool.alive(), pool.pending.len()), (2, 1));
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

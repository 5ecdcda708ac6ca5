//! The processes of extensions beside the function's.

use std::time::SystemTime;

use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::signal::{Signal, signal, signal_group};
use super::{GRACE, Process, Supervisor, all_at_once};
use crate::function::extensions::TO_END;
use crate::function::message::Message;

#[derive(Default)]
pub(super) struct Companions {
    /// Name and exit status of those that end.
    ends: JoinSet<(String, String)>,
    groups: Vec<(String, Option<u32>)>,
}

impl Companions {
    pub(super) fn add(&mut self, name: String, process: Process) {
        self.groups.push((name.clone(), process.group));
        self.ends.spawn(async move {
            let mut process = process;
            let how = match process.child.wait().await {
                Ok(status) => status.to_string(),
                Err(error) => format!("an unknown status: {error}"),
            };
            // What it started ends with it.
            signal_group(process.group, Signal::Kill);
            (name, how)
        });
    }

    /// Waits for one that ends; at once nothing if none is left.
    pub(super) async fn next_ended(&mut self) -> Option<(String, String)> {
        let ended = self.ends.join_next().await?.ok()?;
        self.groups.retain(|(name, _)| *name != ended.0);
        Some(ended)
    }

    pub(super) fn signal(&self, which: Signal) {
        for (_, group) in &self.groups {
            signal(*group, which);
        }
    }

    /// Tells those that want to know that the function is gone, and ends them when their time is up; the others at once.
    pub(super) async fn shut_down(mut self, supervisor: &mut Supervisor) {
        if self.groups.is_empty() {
            return;
        }
        let began = supervisor.ending.map_or_else(Instant::now, |(began, _)| began);
        let deadline = began + TO_END;
        let (listening, listen) = oneshot::channel();
        let _ = supervisor.pool.send(Message::ShutDown {
            environment: supervisor.environment,
            deadline: SystemTime::now() + deadline.saturating_duration_since(Instant::now()),
            reason: supervisor.reason(),
            listening,
        });
        let listening = listen.await.unwrap_or_default();
        for (name, group) in &self.groups {
            signal(*group, if listening.contains(name) { Signal::Continue } else { Signal::Kill });
        }
        let in_time = async {
            loop {
                tokio::select! {
                    ended = self.next_ended() => if ended.is_none() { break },
                    Some(line) = supervisor.lines.recv() => supervisor.settings.report(&line),
                    () = all_at_once(&mut supervisor.orders.at_once) => break,
                }
            }
        };
        let _ = timeout_at(deadline, in_time).await;
        self.signal(Signal::Kill);
        let gone = async { while self.next_ended().await.is_some() {} };
        let _ = tokio::time::timeout(GRACE, gone).await;
    }
}

//! How work and processes end other than by an answer.

use std::time::SystemTime;

use tokio::sync::oneshot;

use super::Pool;
use crate::function::environment::{Environment, InitError, Invoked};
use crate::function::error::FunctionError;
use crate::function::extensions::{Event, Reason, TO_END};
use crate::function::message::ATTACHED;

impl Pool {
    /// Ends a process whose client has gone, because other requests wait. As long as none waits, it works on, as on Lambda.
    pub(super) fn make_room(&mut self) -> bool {
        if self.is_parallel() {
            return false;
        }
        let of_nobody = |e: &&mut Environment| {
            !e.is_dying() && !e.working.is_empty() && e.working.values().all(Invoked::is_abandoned)
        };
        // The oldest one first.
        let environments = self.environments.iter_mut().filter(|(_, e)| of_nobody(e)).min_by_key(|(id, _)| **id);
        let Some((_, environment)) = environments else {
            return false;
        };
        self.settings
            .report("others wait, and the client has gone for whom the function still works: its process is ended");
        environment.kill(Reason::Spindown);
        true
    }

    /// The same for a process that works on several events: it loses the connections of streams that are not read any more, one for each request that waits.
    pub(super) fn cut_abandoned(&mut self) {
        let mut needed = self.pending.len();
        for environment in self.environments.values_mut() {
            let of_nobody = |invoked: &Invoked| invoked.is_streaming() && invoked.is_abandoned();
            let ids: Vec<_> =
                environment.working.iter().filter(|(_, i)| of_nobody(i)).map(|(id, _)| id.clone()).collect();
            for id in ids.into_iter().take(needed) {
                if let Some(invoked) = environment.working.remove(&id) {
                    invoked.fail(FunctionError::new("Sandbox.Abandoned", "the client has gone, and others wait"));
                    needed -= 1;
                }
            }
        }
    }

    pub(super) fn exited(&mut self, id: u64, how: &str) {
        let Some(environment) = self.environments.remove(&id) else {
            return;
        };
        let outdated = environment.generation != self.generation;
        if self.stopping.is_some() || (outdated && environment.working.is_empty()) {
            return;
        }
        let when = match (environment.initialised, environment.working.is_empty()) {
            (false, _) => " before it asked for its first event",
            (true, false) if !environment.is_dying() => " while it worked on a request",
            (true, _) => "",
        };
        let InitError { error, line } = environment.init_error.unwrap_or_else(|| {
            let line = format!("the function ended{when} ({how})");
            InitError { error: FunctionError::exited(&line, how), line }
        });
        let mut told = false;
        for invoked in environment.working.into_values() {
            told |= invoked.fail(error.clone());
        }
        // Without a process that works, waiting for one would only repeat the failure for each request in turn.
        let alone = !environment.initialised && !self.environments.values().any(|e| e.initialised && !e.is_dying());
        if alone {
            for invocation in self.pending.drain(..) {
                told |= invocation.reply.send(Err(error.clone())).is_ok();
            }
        }
        // Its output has been reported already, and who asked for the answer is told why there is none.
        if !told {
            self.settings.report(&line);
        }
        if !alone && environment.served && self.alive() == 0 {
            // It worked before, so it will again. One that ends by itself waits for the next request or change: restarting it would go on for ever.
            self.start();
        }
        self.dispatch();
    }

    pub(super) fn timed_out(&mut self, id: &str) {
        let seconds = self.settings.timeout.as_secs_f32();
        if let Some(at) = self.pending.iter().position(|i| i.id == id) {
            if let Some(invocation) = self.pending.remove(at) {
                let message = match self.attached {
                    Some(address) => format!(
                        "no function asked http://{address} for this event; start one with AWS_LAMBDA_RUNTIME_API={address}"
                    ),
                    // `cargo run` may build for longer than that.
                    None if !self.environments.values().any(|e| e.initialised) => format!(
                        "no process was free within {seconds} s: none has asked for an event yet; if it is still being built, build it first"
                    ),
                    None => format!("no process was free within {seconds} s"),
                };
                let failed = FunctionError::new("Sandbox.Timedout", &message);
                if invocation.reply.send(Err(failed)).is_err() {
                    self.settings.report(&message);
                }
            }
            // A process that does not even begin would block the next request as well.
            for environment in self.environments.values_mut().filter(|e| !e.initialised || !e.extensions.are_ready()) {
                environment.kill(Reason::Timeout);
            }
            return;
        }
        for environment in self.environments.values_mut() {
            let message = format!("Task timed out after {seconds:.2} seconds");
            if let Some(invoked) = environment.working.remove(id) {
                if !invoked.fail(FunctionError::timed_out(seconds)) {
                    self.settings.report(&message);
                }
                environment.expire(id);
                environment.kill(Reason::Timeout);
            } else if environment.answered.as_ref().is_some_and(|answered| answered.id == id) {
                self.settings.report(&format!("{message}: it answered, but did not ask for the next event"));
                environment.kill(Reason::Timeout);
            }
        }
        self.dispatch();
    }

    pub(super) fn restart(&mut self) {
        self.generation += 1;
        for (_, environment) in self.environments.iter_mut().filter(|(id, _)| **id != ATTACHED) {
            if environment.working.is_empty() {
                environment.kill(Reason::Spindown);
            }
        }
        if self.attached.is_none() && self.stopping.is_none() {
            self.start();
        }
    }

    /// A process that waits for work gets none, and no answer either, until it is gone: as on Lambda, where it is frozen.
    pub(super) fn stop(&mut self, stopped: Option<oneshot::Sender<()>>, at_once: bool) {
        self.stopping.get_or_insert_default().extend(stopped);
        if let Some(attached) = self.environments.get_mut(&ATTACHED) {
            // Their processes were not started here: they are told, and not ended.
            let deadline = SystemTime::now() + TO_END;
            attached.extensions.shut_down(&Event::Shutdown { deadline, reason: Reason::Spindown });
        }
        for environment in self.environments.values_mut() {
            environment.kill(Reason::Spindown);
            for (_, invoked) in environment.working.drain() {
                invoked.fail(FunctionError::stopped());
            }
        }
        if at_once {
            self.at_once.send_replace(true);
        }
        for invocation in self.pending.drain(..) {
            let _ = invocation.reply.send(Err(FunctionError::stopped()));
        }
    }
}

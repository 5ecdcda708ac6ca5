//! The one task that knows which invocation waits, which process is free, and what to do when one dies.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::environment::{Environment, Invoked, start_timer};
use super::error::FunctionError;
use super::message::{Invocation, Message, Reply, Work};
use super::process;
use super::settings::Settings;

pub(super) struct Pool {
    settings: Arc<Settings>,
    sender: mpsc::UnboundedSender<Message>,
    pending: VecDeque<Invocation>,
    environments: HashMap<u64, Environment>,
    generation: u64,
    last_id: u64,
    /// Set if functions attach instead of being spawned.
    attached: Option<SocketAddr>,
    stopping: Option<Vec<oneshot::Sender<()>>>,
}

impl Pool {
    pub(super) fn new(settings: Arc<Settings>, sender: mpsc::UnboundedSender<Message>) -> Self {
        Self {
            settings,
            sender,
            pending: VecDeque::new(),
            environments: HashMap::new(),
            generation: 0,
            last_id: ATTACHED,
            attached: None,
            stopping: None,
        }
    }

    pub(super) fn attached(
        settings: Arc<Settings>,
        sender: mpsc::UnboundedSender<Message>,
        address: SocketAddr,
    ) -> Self {
        let mut pool = Self::new(settings, sender);
        pool.attached = Some(address);
        pool.environments.insert(ATTACHED, Environment { initialised: true, ..Environment::default() });
        pool
    }

    pub(super) async fn run(mut self, mut messages: mpsc::UnboundedReceiver<Message>) {
        while let Some(message) = messages.recv().await {
            self.handle(message);
            if let Some(waiting) = &mut self.stopping
                && (self.attached.is_some() || self.environments.is_empty())
            {
                for stopped in waiting.drain(..) {
                    let _ = stopped.send(());
                }
                return;
            }
        }
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Answer { environment, id, take } => self.answer(environment, &id, take),
            Message::Done { environment, id } => self.done(environment, &id),
            Message::Exited { environment, how, output } => self.exited(environment, &how, &output),
            Message::InitError { environment, error } => {
                self.settings.report(&format!("the function could not initialise: {error}"));
                if let Some(environment) = self.environments.get_mut(&environment) {
                    environment.init_error = Some(error);
                    environment.kill();
                }
            }
            Message::Invoke(invocation) => self.invoke(invocation),
            Message::Next { environment, hand } => self.next(environment, hand),
            Message::Restart => self.restart(),
            Message::Stop(stopped) => self.stop(stopped),
            Message::TimedOut { id } => self.timed_out(&id),
            Message::Warm => {
                if self.alive() == 0 && self.stopping.is_none() {
                    self.start();
                }
            }
        }
    }

    fn invoke(&mut self, mut invocation: Invocation) {
        if self.stopping.is_some() {
            let _ = invocation.reply.send(Err(FunctionError::stopped()));
            return;
        }
        invocation.timer = Some(start_timer(&self.settings, &self.sender, &invocation.id));
        self.pending.push_back(invocation);
        self.dispatch();
    }

    fn next(&mut self, id: u64, hand: oneshot::Sender<Work>) {
        let parallel = self.settings.max_concurrency.is_some() || self.attached.is_some();
        let Some(environment) = self.environments.get_mut(&id) else {
            return;
        };
        environment.initialised = true;
        if !parallel {
            for invoked in environment.working.drain().filter_map(|(_, invoked)| invoked) {
                invoked.timer.abort();
                let _ = invoked.reply.send(Err(FunctionError::new(
                    "Runtime.NoResponse",
                    "the function asked for the next event without answering this one",
                )));
            }
        }
        environment.polls.push_back(hand);
        self.dispatch();
    }

    /// Hands waiting invocations to waiting polls, and starts processes for those that find none.
    fn dispatch(&mut self) {
        while let Some(invocation) = self.pending.pop_front() {
            // A client that has gone needs no invocation.
            if invocation.reply.is_closed() {
                continue;
            }
            if let Some(invocation) = self.hand_out(invocation) {
                self.pending.push_front(invocation);
                break;
            }
        }
        let (limit, attached) = (
            if self.settings.max_concurrency.is_some() { 1 } else { self.settings.concurrency },
            self.attached.is_some(),
        );
        while !attached && self.free_soon() < self.pending.len() && self.alive() < limit {
            self.start();
        }
    }

    /// Gives the invocation back if nobody is free.
    fn hand_out(&mut self, invocation: Invocation) -> Option<Invocation> {
        let mut invocation = invocation;
        let generation = self.generation;
        let free = self
            .environments
            .iter_mut()
            .filter(|(id, e)| **id == ATTACHED || e.generation == generation && !e.is_dying());
        for (_, environment) in free {
            while let Some(poll) = environment.polls.pop_front() {
                let Invocation { id, event, trace_id, reply, timer } = invocation;
                match poll.send(Work { id: id.clone(), event, trace_id }) {
                    Ok(()) => {
                        // The time counts from here, as the deadline the function is told.
                        if let Some(timer) = timer {
                            timer.abort();
                        }
                        let timer = start_timer(&self.settings, &self.sender, &id);
                        environment.served = true;
                        environment.working.insert(id, Some(Invoked { reply, timer }));
                        return None;
                    }
                    // That poll's connection is gone.
                    Err(Work { id, event, trace_id }) => invocation = Invocation { id, event, trace_id, reply, timer },
                }
            }
        }
        Some(invocation)
    }

    fn answer(&mut self, environment: u64, id: &str, take: oneshot::Sender<Option<Reply>>) {
        let working = self.environments.get_mut(&environment).and_then(|e| e.working.get_mut(id));
        let invoked = working.and_then(Option::take);
        let _ = take.send(invoked.map(|invoked| {
            invoked.timer.abort();
            invoked.reply
        }));
    }

    fn done(&mut self, id: u64, invocation: &str) {
        let generation = self.generation;
        if let Some(environment) = self.environments.get_mut(&id) {
            environment.working.remove(invocation);
            if id != ATTACHED && environment.generation != generation && environment.working.is_empty() {
                environment.kill();
            }
        }
    }

    fn exited(&mut self, id: u64, how: &str, output: &[String]) {
        let Some(environment) = self.environments.remove(&id) else {
            return;
        };
        let outdated = environment.generation != self.generation;
        if self.stopping.is_some() || (outdated && environment.working.is_empty()) {
            return;
        }
        let when = match (environment.initialised, environment.working.is_empty()) {
            (false, _) => " before it asked for its first event",
            (true, false) => " while it worked on a request",
            (true, true) => "",
        };
        let message = format!("the function ended{when} ({how})");
        let mut report = message.clone();
        if !output.is_empty() {
            report.push_str("; its last output:");
        }
        for line in output {
            report.push_str("\n    ");
            report.push_str(line);
        }
        self.settings.report(&report);
        let failed = environment.init_error.unwrap_or_else(|| FunctionError::new("Runtime.ExitError", message));
        for invoked in environment.working.into_values().flatten() {
            invoked.timer.abort();
            let _ = invoked.reply.send(Err(failed.clone()));
        }
        // Without a process that works, waiting for one would only repeat the failure for each request in turn.
        if !environment.initialised && !self.environments.values().any(|e| e.initialised && !e.is_dying()) {
            for invocation in self.pending.drain(..) {
                if let Some(timer) = invocation.timer {
                    timer.abort();
                }
                let _ = invocation.reply.send(Err(failed.clone()));
            }
        } else if environment.served && self.alive() == 0 {
            // It worked before, so it will again. One that ends by itself waits for the next request or change: restarting it would go on for ever.
            self.start();
        }
        self.dispatch();
    }

    fn timed_out(&mut self, id: &str) {
        let seconds = self.settings.timeout.as_secs_f32();
        if let Some(at) = self.pending.iter().position(|i| i.id == id) {
            if let Some(invocation) = self.pending.remove(at) {
                let message = match self.attached {
                    Some(address) => format!(
                        "no function asked http://{address} for this event; start one with AWS_LAMBDA_RUNTIME_API={address}"
                    ),
                    None => format!("no process was free within {seconds} s"),
                };
                self.settings.report(&message);
                let _ = invocation.reply.send(Err(FunctionError::new("Sandbox.Timedout", message)));
            }
            // A process that does not even begin would block the next request as well.
            for environment in self.environments.values_mut().filter(|e| !e.initialised) {
                environment.kill();
            }
            return;
        }
        for environment in self.environments.values_mut() {
            if let Some(Some(invoked)) = environment.working.remove(id) {
                let message = format!("Task timed out after {seconds:.2} seconds");
                self.settings.report(&message);
                let _ = invoked.reply.send(Err(FunctionError::new("Sandbox.Timedout", message)));
                environment.kill();
            }
        }
    }

    fn restart(&mut self) {
        self.generation += 1;
        for (_, environment) in self.environments.iter_mut().filter(|(id, _)| **id != ATTACHED) {
            if environment.working.is_empty() {
                environment.kill();
            }
        }
        if self.attached.is_none() && self.stopping.is_none() {
            self.start();
        }
    }

    fn stop(&mut self, stopped: Option<oneshot::Sender<()>>) {
        self.stopping.get_or_insert_default().extend(stopped);
        for environment in self.environments.values_mut() {
            environment.polls.clear();
            environment.kill();
            for invoked in environment.working.drain().filter_map(|(_, invoked)| invoked) {
                let _ = invoked.reply.send(Err(FunctionError::stopped()));
            }
        }
        for invocation in self.pending.drain(..) {
            let _ = invocation.reply.send(Err(FunctionError::stopped()));
        }
    }

    fn start(&mut self) {
        self.last_id += 1;
        let (kill, killed) = oneshot::channel();
        let environment = Environment { generation: self.generation, kill: Some(kill), ..Environment::default() };
        self.environments.insert(self.last_id, environment);
        tokio::spawn(process::run(self.last_id, Arc::clone(&self.settings), self.sender.clone(), killed));
    }

    fn alive(&self) -> usize {
        self.environments.values().filter(|e| e.generation == self.generation && !e.is_dying()).count()
    }

    /// Environments that will ask for work without anybody's help: they start, or have just answered.
    fn free_soon(&self) -> usize {
        self.environments
            .values()
            .filter(|e| e.generation == self.generation && !e.is_dying() && e.working.is_empty())
            .count()
    }
}

/// The environment that stands for all functions started elsewhere.
pub(super) const ATTACHED: u64 = 0;

#[cfg(test)]
mod tests;

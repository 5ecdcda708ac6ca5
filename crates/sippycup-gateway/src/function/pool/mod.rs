//! The one task that knows which invocation waits, which process is free, and what to do when one dies.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use super::environment::{Environment, Invoked};
use super::error::FunctionError;
use super::extensions::{Event, Reason};
use super::message::{ATTACHED, Invocation, Message, NotTaken, Taken, Turn, Work};
use super::observe::Moment;
use super::process;
use super::settings::Settings;
use super::timer::Timer;
use crate::stamp::Stamper;

pub(super) struct Pool {
    settings: Arc<Settings>,
    sender: mpsc::UnboundedSender<Message>,
    pending: VecDeque<Invocation>,
    environments: HashMap<u64, Environment>,
    generation: u64,
    last_id: u64,
    /// Events that were handed out.
    turns: u64,
    /// Set if functions attach instead of being spawned.
    attached: Option<SocketAddr>,
    /// The developer was told that a request waits for a function to attach.
    told_to_attach: bool,
    stopping: Option<Vec<oneshot::Sender<()>>>,
    /// Tells every process to end without a grace period.
    at_once: watch::Sender<bool>,
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
            turns: 0,
            attached: None,
            told_to_attach: false,
            stopping: None,
            at_once: watch::Sender::new(false),
        }
    }

    pub(super) fn attached(
        settings: Arc<Settings>,
        sender: mpsc::UnboundedSender<Message>,
        address: SocketAddr,
    ) -> Self {
        let mut pool = Self::new(settings, sender);
        pool.attached = Some(address);
        pool.environments.insert(ATTACHED, Environment::attached());
        pool
    }

    /// Runs until the function has stopped. Gives who waits for that.
    pub(super) async fn run(mut self, mut messages: mpsc::UnboundedReceiver<Message>) -> Vec<oneshot::Sender<()>> {
        while let Some(message) = messages.recv().await {
            self.handle(message);
            if (self.attached.is_some() || self.environments.is_empty())
                && let Some(waiting) = self.stopping.take()
            {
                return waiting;
            }
        }
        Vec::new()
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Abandoned { environment, id } => {
                if let Some(invoked) = self.environments.get_mut(&environment).and_then(|e| e.working.get_mut(&id)) {
                    invoked.abandon();
                }
                self.dispatch();
            }
            Message::Answer { environment, id, echo, take } => {
                let environment = self.environments.get_mut(&environment).ok_or(NotTaken::Unknown);
                let _ = take.send(environment.and_then(|environment| environment.take(&id, echo.as_deref())));
            }
            Message::Done { environment, id, refused } => self.done(environment, id, refused),
            Message::Error { environment, id, echo, take } => {
                let _ = take.send(self.error(environment, &id, echo.as_deref()));
            }
            Message::ExtensionError { environment, extension, error, reply } => {
                let _ = reply.send(self.extension_error(environment, &extension, &error));
            }
            Message::ExtensionNext { environment, extension, hand } => {
                self.extension_next(environment, &extension, hand);
            }
            Message::ExtensionExited { environment, name, how } => self.extension_exited(environment, &name, &how),
            Message::Exited { environment, how } => self.exited(environment, &how),
            Message::Gone => self.dispatch(),
            Message::InitError { environment, error, taken } => {
                let _ = taken.send(self.init_error(environment, error));
            }
            Message::Invoke(invocation) => self.invoke(invocation),
            Message::Late { environment, id } => {
                let answered = self.environments.get_mut(&environment).and_then(|e| e.answered.as_mut());
                if let Some(answered) = answered.filter(|answered| answered.id == id) {
                    answered.late = true;
                    self.dispatch();
                }
            }
            Message::Next { environment, hand } => self.next(environment, hand),
            Message::Register { environment, registration, reply } => {
                let _ = reply.send(self.register(environment, registration));
            }
            Message::Restart => self.restart(),
            Message::ShutDown { environment, deadline, reason, listening } => {
                let environment = self.environments.get_mut(&environment);
                let told = environment.map(|e| e.extensions.shut_down(&Event::Shutdown { deadline, reason }));
                let _ = listening.send(told.unwrap_or_default());
            }
            Message::Stop { stopped, at_once } => self.stop(stopped, at_once),
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
        // The same event can be sent twice, and with it the id that a function URL gave it.
        let known = |id: &str| self.environments.values().any(|e| e.working.contains_key(id));
        if known(&invocation.id) || self.pending.iter().any(|pending| pending.id == invocation.id) {
            invocation.rename();
        }
        let Invocation { id, exchange, .. } = &invocation;
        self.settings.observer.tell(Moment::Queued { invocation: id, exchange: *exchange });
        invocation.timer = Some(self.timer(&invocation.id));
        self.pending.push_back(invocation);
        self.dispatch();
    }

    fn timer(&self, id: &str) -> Timer {
        Timer::start(self.settings.timeout, &self.sender, Message::TimedOut { id: id.to_owned() })
    }

    /// Whether an environment works on several events at the same time.
    fn is_parallel(&self) -> bool {
        self.settings.max_concurrency.is_some() || self.attached.is_some()
    }

    fn next(&mut self, id: u64, hand: oneshot::Sender<Work>) {
        let parallel = self.is_parallel();
        let Some(environment) = self.environments.get_mut(&id) else {
            return;
        };
        if !std::mem::replace(&mut environment.initialised, true) {
            self.settings.observer.tell(Moment::Ready { environment: id });
        }
        if environment.extensions.are_ready() {
            environment.answered = None;
        }
        self.told_to_attach = false;
        if !parallel {
            for (_, invoked) in environment.working.drain() {
                invoked.fail(FunctionError::new(
                    "Runtime.NoResponse",
                    "the function asked for the next event without answering this one",
                ));
            }
        }
        environment.polls.push_back(hand);
        self.dispatch();
        self.freeze(id);
    }

    /// Lambda freezes an environment as soon as its runtime and its extensions wait for an event; never one that works on several.
    fn freeze(&mut self, id: u64) {
        if self.settings.freeze
            && !self.is_parallel()
            && let Some(environment) = self.environments.get_mut(&id)
        {
            environment.freeze();
        }
    }

    /// Hands waiting invocations to waiting polls, and starts processes for those that find none.
    fn dispatch(&mut self) {
        // A client that has gone needs no invocation.
        self.pending.retain(|invocation| !invocation.reply.is_closed());
        let mut waiting = VecDeque::new();
        while let Some(invocation) = self.pending.pop_front() {
            if let Some(invocation) = self.hand_out(invocation) {
                waiting.push_back(invocation);
                // Of several tenants another one may have a free environment.
                if !self.isolates() {
                    break;
                }
            }
        }
        waiting.append(&mut self.pending);
        self.pending = waiting;
        if self.pending.is_empty() {
            return;
        }
        self.tell_to_attach();
        let limit = if self.settings.max_concurrency.is_some() { 1 } else { self.settings.concurrency };
        // One that cannot start should fail once, not once for each request: until one has started, it starts alone.
        let limit = if self.has_started() { limit } else { 1 };
        while self.attached.is_none() && self.needs_more() {
            if self.alive() >= limit && !self.make_room() && !self.end_idle() {
                break;
            }
            self.start();
        }
        if self.is_parallel() {
            self.cut_abandoned();
        }
        // A request waits now: environments that have just answered get a moment to ask, not the rest of their time.
        let wanted = self.wanted();
        for (id, environment) in self.environments.iter_mut().filter(|(_, e)| wanted.contains(&e.tenant)) {
            if let Some(answered) = environment.answered.as_mut().filter(|answered| answered.expected.is_none()) {
                let late = Message::Late { environment: *id, id: answered.id.clone() };
                answered.expected = Some(Timer::start(MOMENT, &self.sender, late));
            }
        }
    }

    /// Says that a request waits, if there is no environment that it could wait for.
    fn tell_to_attach(&mut self) {
        let Some(address) = self.attached.filter(|_| !self.told_to_attach) else {
            return;
        };
        let busy = |e: &Environment| !e.working.is_empty() || e.answered.is_some();
        if !self.environments.values().any(busy) {
            self.told_to_attach = true;
            self.settings.report(&format!(
                "a request waits: no function asks for events; start one with AWS_LAMBDA_RUNTIME_API={address}"
            ));
        }
    }

    /// Gives the invocation back if no environment is free.
    fn hand_out(&mut self, invocation: Invocation) -> Option<Invocation> {
        // One of the tenant's own, else one that is nobody's yet.
        match self.tenant_of(&invocation) {
            Some(tenant) => {
                let invocation = self.hand_to(Some(&tenant), invocation)?;
                self.hand_to(None, invocation)
            }
            None => self.hand_to(None, invocation),
        }
    }

    /// Hands it to an environment of a tenant, or to one that is of none.
    fn hand_to(&mut self, tenant: Option<&str>, invocation: Invocation) -> Option<Invocation> {
        let mut invocation = invocation;
        let owner = self.tenant_of(&invocation);
        let generation = self.generation;
        self.turns += 1;
        let turn = self.turns;
        let observer = &self.settings.observer;
        let free = self.environments.iter_mut().filter(|(id, e)| {
            **id == ATTACHED
                || e.generation == generation
                    && e.tenant.as_deref() == tenant
                    && !e.is_dying()
                    && e.extensions.are_ready()
        });
        for (number, environment) in free {
            while let Some(poll) = environment.polls.pop_front() {
                let Invocation { id, event, trace_id, reply, timer, exchange, direct } = invocation;
                let deadline = self.settings.deadline();
                let invocation_id = Stamper::default().stamp().uuid;
                let invoke = Event::Invoke { id: id.clone(), deadline, trace_id: trace_id.clone() };
                let work =
                    Work { id: id.clone(), invocation_id: invocation_id.clone(), deadline, event, trace_id, direct };
                if !poll.is_closed() {
                    // Before the function can do anything for it.
                    self.settings.listeners.hand(*number, work.direct.clone());
                    observer.tell(Moment::Invoked { environment: *number, invocation: &id, cold: !environment.served });
                }
                match poll.send(work) {
                    Ok(()) => {
                        environment.thaw();
                        environment.extensions.invoke(&invoke);
                        // The time counts from here, as the deadline the function is told.
                        drop(timer);
                        let message = Message::TimedOut { id: id.clone() };
                        let timer = Timer::start(self.settings.timeout, &self.sender, message);
                        environment.served = true;
                        (environment.tenant, environment.turn) = (owner, turn);
                        environment.working.insert(id, Invoked::new(invocation_id, reply, timer));
                        return None;
                    }
                    // That poll's connection is gone.
                    Err(Work { id, event, trace_id, direct, .. }) => {
                        invocation = Invocation { id, event, trace_id, reply, timer, exchange, direct };
                    }
                }
            }
        }
        Some(invocation)
    }

    fn error(&mut self, environment: u64, id: &str, echo: Option<&str>) -> Turn {
        let Some(environment) = self.environments.get_mut(&environment) else {
            return Turn::Not(NotTaken::Unknown);
        };
        match environment.take(id, echo) {
            Ok(Taken { reply, .. }) => Turn::Reply(reply),
            Err(NotTaken::Unknown) if environment.take_refused(id) => Turn::Late,
            Err(not) => Turn::Not(not),
        }
    }

    fn done(&mut self, id: u64, invocation: String, refused: bool) {
        let (generation, parallel) = (self.generation, self.is_parallel());
        let Some(environment) = self.environments.get_mut(&id) else {
            return;
        };
        if refused {
            environment.refuse(&invocation);
        }
        let invoked = environment.working.remove(&invocation);
        self.settings.observer.tell(Moment::Answered { environment: id, invocation: &invocation });
        if id != ATTACHED && environment.generation != generation && environment.working.is_empty() {
            environment.kill(Reason::Spindown);
        } else if !parallel {
            environment.answered = invoked.map(|invoked| invoked.answered(invocation));
        }
    }

    fn start(&mut self) {
        self.last_id += 1;
        let (control, controlled) = mpsc::unbounded_channel();
        let (complete, registered) = oneshot::channel();
        let mut environment = Environment::new(self.generation, control);
        environment.extensions.expect(self.settings.extensions.iter().map(|e| e.name.clone()).collect(), complete);
        self.environments.insert(self.last_id, environment);
        let orders = process::Orders { control: controlled, at_once: self.at_once.subscribe(), registered };
        tokio::spawn(process::run(self.last_id, Arc::clone(&self.settings), self.sender.clone(), orders));
    }

    fn alive(&self) -> usize {
        self.environments.values().filter(|e| e.generation == self.generation && !e.is_dying()).count()
    }

    /// Whether the function is known to start.
    fn has_started(&self) -> bool {
        self.environments.values().any(|e| e.generation == self.generation && !e.is_dying() && e.initialised)
    }

    /// Environments that will ask for work soon: of a tenant, or of none.
    fn free_soon(&self, tenant: Option<&str>) -> usize {
        let is_free =
            |e: &&Environment| e.generation == self.generation && e.tenant.as_deref() == tenant && e.is_free_soon();
        self.environments.values().filter(is_free).count()
    }
}

/// How long others wait for a function that has answered to ask for the next event.
const MOMENT: Duration = Duration::from_millis(100);

mod endings;
mod extensions;
mod tenants;
#[cfg(test)]
mod tests;

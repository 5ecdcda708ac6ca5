//! What the pool knows of one environment.

use std::collections::{HashMap, VecDeque};

use tokio::sync::{mpsc, oneshot};

use super::error::FunctionError;
use super::extensions::{Extensions, Reason};
use super::message::{NotTaken, Reply, Taken, Work};
use super::process::Control;
use super::timer::Timer;

#[derive(Default)]
pub(super) struct Environment {
    pub(super) generation: u64,
    /// It has asked for work at least once: its initialisation is over.
    pub(super) initialised: bool,
    /// It has been given at least one event.
    pub(super) served: bool,
    /// The only one whose events it is given from then on, if the function has tenant isolation.
    pub(super) tenant: Option<String>,
    /// Counts up with the events of all environments: who was given one least recently has the lowest.
    pub(super) turn: u64,
    pub(super) polls: VecDeque<oneshot::Sender<Work>>,
    /// Invocations that have been handed out and are not answered to the end.
    pub(super) working: HashMap<String, Invoked>,
    /// The invocation it answered last, until it asks for the next one.
    pub(super) answered: Option<Answered>,
    /// Invocations whose answer was refused: an error may follow for each.
    refused: VecDeque<String>,
    pub(super) init_error: Option<InitError>,
    pub(super) extensions: Extensions,
    /// Invocations whose time was up while their process lives on.
    expired: VecDeque<String>,
    /// Its process is stopped until there is an event.
    frozen: bool,
    /// Until it is told to end.
    control: Option<mpsc::UnboundedSender<Control>>,
}

impl Environment {
    pub(super) fn new(generation: u64, control: mpsc::UnboundedSender<Control>) -> Self {
        Self { generation, control: Some(control), ..Self::default() }
    }

    /// The one that stands for all functions started elsewhere: it cannot be killed, and begins at any time.
    pub(super) fn attached() -> Self {
        Self { initialised: true, ..Self::default() }
    }

    pub(super) fn kill(&mut self, reason: Reason) {
        if let Some(control) = self.control.take() {
            let _ = control.send(Control::End(self.extensions.ending(reason)));
        }
    }

    /// Stops the process if it has nothing to do and waits for that to change.
    pub(super) fn freeze(&mut self) {
        let waits = self.polls.iter().any(|poll| !poll.is_closed());
        if !self.frozen && waits && self.working.is_empty() && self.extensions.are_ready() {
            self.frozen = true;
            self.control(Control::Freeze);
        }
    }

    pub(super) fn thaw(&mut self) {
        if std::mem::take(&mut self.frozen) {
            self.control(Control::Thaw);
        }
    }

    fn control(&self, control: Control) {
        if let Some(process) = &self.control {
            let _ = process.send(control);
        }
    }

    pub(super) fn is_dying(&self) -> bool {
        self.control.is_none()
    }

    /// It starts, or has just answered, and will ask for work soon.
    pub(super) fn is_free_soon(&self) -> bool {
        !self.is_dying() && self.working.is_empty() && !self.answered.as_ref().is_some_and(|answered| answered.late)
    }

    /// It waits for an event, and works on none.
    pub(super) fn is_idle(&self) -> bool {
        let waits = self.polls.iter().any(|poll| !poll.is_closed());
        waits && self.is_free_soon() && self.extensions.are_ready()
    }

    /// The answer to an invocation begins: gives the reply channel, once.
    pub(super) fn take(&mut self, id: &str, echo: Option<&str>) -> Result<Taken, NotTaken> {
        let Some(invoked) = self.working.get_mut(id) else {
            let at = self.expired.iter().position(|expired| expired == id);
            return Err(match at.and_then(|at| self.expired.remove(at)) {
                Some(_) => NotTaken::Expired,
                None => NotTaken::Unknown,
            });
        };
        if echo.is_some_and(|echo| echo != invoked.id) {
            return Err(NotTaken::Expired);
        }
        let reply = invoked.reply.take().ok_or(NotTaken::Unknown)?;
        let (cut, cutting) = oneshot::channel();
        invoked.cut = Some(cut);
        Ok(Taken { reply, cut: cutting })
    }

    /// Remembers that an answer may come late; of the last few only.
    pub(super) fn expire(&mut self, id: &str) {
        if self.expired.len() == EXPIRED {
            self.expired.pop_front();
        }
        self.expired.push_back(id.to_owned());
    }

    /// Remembers that an error may follow for an invocation; of the last few only.
    pub(super) fn refuse(&mut self, id: &str) {
        if self.refused.len() == REFUSED {
            self.refused.pop_front();
        }
        self.refused.push_back(id.to_owned());
    }

    /// Whether an invocation's answer was refused; says so once.
    pub(super) fn take_refused(&mut self, id: &str) -> bool {
        let at = self.refused.iter().position(|refused| refused == id);
        at.is_some_and(|at| self.refused.remove(at).is_some())
    }
}

/// Why an environment never asked for an event.
pub(super) struct InitError {
    pub(super) error: FunctionError,
    /// What is said where no request waits for it.
    pub(super) line: String,
}

pub(super) struct Invoked {
    /// What the answer is to bring back.
    id: String,
    /// Until the answer begins.
    reply: Option<Reply>,
    /// From then on.
    cut: Option<oneshot::Sender<FunctionError>>,
    /// The client has gone while the answer was streamed.
    abandoned: bool,
    timer: Timer,
}

impl Invoked {
    pub(super) fn new(id: String, reply: Reply, timer: Timer) -> Self {
        Self { id, reply: Some(reply), cut: None, abandoned: false, timer }
    }

    pub(super) fn abandon(&mut self) {
        self.abandoned = true;
    }

    /// Whether the client has gone, before the answer or before its end.
    pub(super) fn is_abandoned(&self) -> bool {
        self.abandoned || self.reply.as_ref().is_some_and(Reply::is_closed)
    }

    /// Whether it can be ended without its process.
    pub(super) fn is_streaming(&self) -> bool {
        self.cut.is_some()
    }

    /// Ends the invocation with an error, whether its answer has begun or not. Returns whether a client still waits for it.
    pub(super) fn fail(self, error: FunctionError) -> bool {
        match (self.reply, self.cut) {
            (Some(reply), _) => reply.send(Err(error)).is_ok(),
            (None, Some(cut)) => cut.send(error).is_ok() && !self.abandoned,
            (None, None) => {
                debug_assert!(false, "an invocation has one of both");
                false
            }
        }
    }

    pub(super) fn answered(self, id: String) -> Answered {
        Answered { id, late: false, expected: None, _timer: self.timer }
    }
}

/// An invocation that was answered. As on Lambda, its time runs until the function asks for the next one.
pub(super) struct Answered {
    pub(super) id: String,
    /// The function should have asked by now: others do not wait for it any more.
    pub(super) late: bool,
    /// Runs if a request waits for it to ask.
    pub(super) expected: Option<Timer>,
    _timer: Timer,
}

const REFUSED: usize = 32;

/// As many as AWS's interface for Managed Instances keeps.
const EXPIRED: usize = 1000;

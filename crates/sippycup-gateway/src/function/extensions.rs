//! The extensions of one environment: who registered and for what, and who waits for an event.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use tokio::sync::oneshot;

use crate::stamp::Stamper;

#[derive(Default)]
pub(super) struct Extensions {
    registered: Vec<Extension>,
    /// The names of those that are processes of their own beside the function's.
    external: Vec<String>,
    /// For when all of them have registered.
    complete: Option<oneshot::Sender<()>>,
}

struct Extension {
    /// Its `Lambda-Extension-Identifier`.
    id: String,
    name: String,
    external: bool,
    invoke: bool,
    shutdown: bool,
    /// It reported an error, and may ask for nothing more.
    failed: bool,
    poll: Option<Hand>,
    /// Events that it has not asked for yet.
    events: VecDeque<Event>,
}

/// Where an event for an extension goes.
pub(super) type Hand = oneshot::Sender<Result<Event, Refusal>>;

#[derive(Clone)]
pub(super) enum Event {
    Invoke { id: String, deadline: SystemTime, trace_id: String },
    Shutdown { deadline: SystemTime, reason: Reason },
}

/// Why an environment ends, in the words of AWS's own interface.
#[derive(Clone, Copy)]
pub(super) enum Reason {
    Failure,
    Spindown,
    Timeout,
}

/// What an extension sends to `register`.
pub(super) struct Registration {
    pub(super) name: String,
    pub(super) events: Vec<String>,
}

/// What an environment lets its extensions do.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    /// Functions are started elsewhere: they come and go, and all of their extensions with them.
    pub(super) attached: bool,
    /// The runtime has not asked for an event yet.
    pub(super) open: bool,
    /// The environment works on several events at the same time.
    pub(super) parallel: bool,
}

/// An answer of status 403.
pub(super) struct Refusal {
    pub(super) error_type: &'static str,
    pub(super) message: String,
}

/// How the processes of an environment are to end.
#[derive(Clone, Copy)]
pub(super) struct Ending {
    /// What is between SIGTERM and SIGKILL; without it there is no SIGTERM.
    pub(super) grace: Option<Duration>,
    pub(super) reason: Reason,
}

impl Extensions {
    /// Says who will register as a process of its own.
    pub(super) fn expect(&mut self, external: Vec<String>, complete: oneshot::Sender<()>) {
        self.external = external;
        self.complete = Some(complete);
    }

    pub(super) fn register(&mut self, registration: Registration, rules: Rules) -> Result<String, Refusal> {
        let Registration { name, events } = registration;
        if rules.attached {
            // It was started again.
            self.registered.retain(|extension| extension.name != name);
        }
        if !rules.open && !rules.attached {
            return Err(Refusal::new("Extension.RegistrationClosed", "Extension registration closed already"));
        }
        if self.registered.iter().any(|extension| extension.name == name) {
            let message = "Extension with this name already registered";
            return Err(Refusal::new("Extension.InvalidExtensionState", message));
        }
        if self.registered.len() >= LIMIT {
            return Err(Refusal::new("Extension.TooManyExtensions", format!("Extension limit ({LIMIT}) reached")));
        }
        let external = self.external.contains(&name);
        for event in &events {
            rules.check(event, external)?;
        }
        let has = |wanted: &str| events.iter().any(|event| event == wanted);
        let id = Stamper::default().stamp().uuid;
        self.registered.push(Extension {
            id: id.clone(),
            name,
            external,
            invoke: has(INVOKE),
            shutdown: has(SHUTDOWN),
            failed: false,
            poll: None,
            events: VecDeque::new(),
        });
        let has_registered = |name: &String| self.registered.iter().any(|extension| extension.name == *name);
        if self.external.iter().all(has_registered)
            && let Some(complete) = self.complete.take()
        {
            let _ = complete.send(());
        }
        Ok(id)
    }

    /// Whether no extension has work left of the invocation before.
    pub(super) fn are_ready(&self) -> bool {
        self.registered.iter().filter(|extension| extension.invoke).all(Extension::waits)
    }

    /// Gives an extension its next event as soon as there is one.
    pub(super) fn next(&mut self, id: &str, hand: Hand) {
        match self.find(id) {
            Ok(extension) => {
                extension.poll = Some(hand);
                extension.hand_out();
            }
            Err(refusal) => {
                let _ = hand.send(Err(refusal));
            }
        }
    }

    /// An extension gives up; gives its name.
    pub(super) fn fail(&mut self, id: &str) -> Result<String, Refusal> {
        let extension = self.find(id)?;
        extension.failed = true;
        Ok(extension.name.clone())
    }

    /// Tells those of an invocation that want to know.
    pub(super) fn invoke(&mut self, event: &Event) {
        for extension in self.registered.iter_mut().filter(|extension| extension.invoke) {
            if extension.events.len() == WAITING {
                extension.events.pop_front();
            }
            extension.events.push_back(event.clone());
            extension.hand_out();
        }
    }

    /// Tells those of the end that want to know, and gives their names.
    pub(super) fn shut_down(&mut self, event: &Event) -> Vec<String> {
        let mut told = Vec::new();
        for extension in self.registered.iter_mut().filter(|extension| extension.shutdown && !extension.failed) {
            extension.events.push_back(event.clone());
            extension.hand_out();
            told.push(extension.name.clone());
        }
        told
    }

    /// How this environment ends: the times are AWS's (developer guide, "Lambda execution environment lifecycle", shutdown phase).
    pub(super) fn ending(&self, reason: Reason) -> Ending {
        let (external, internal): (Vec<_>, Vec<_>) = self.registered.iter().partition(|extension| extension.external);
        let grace = match (external.is_empty(), internal.is_empty()) {
            (true, true) => None,
            (_, false) => Some(WITH_INTERNAL),
            (false, true) => Some(WITH_EXTERNAL),
        };
        Ending { grace, reason }
    }

    fn find(&mut self, id: &str) -> Result<&mut Extension, Refusal> {
        let Some(extension) = self.registered.iter_mut().find(|extension| extension.id == id) else {
            return Err(Refusal::new("Extension.UnknownExtensionIdentifier", format!("Unknown extension {id}")));
        };
        if extension.failed {
            let message = format!("extension {} has reported an error already", extension.name);
            return Err(Refusal::new("Extension.InvalidExtensionState", message));
        }
        Ok(extension)
    }
}

impl Extension {
    fn waits(&self) -> bool {
        self.events.is_empty() && self.poll.as_ref().is_some_and(|poll| !poll.is_closed())
    }

    fn hand_out(&mut self) {
        if let Some(event) = self.events.pop_front() {
            match self.poll.take().map(|poll| poll.send(Ok(event.clone()))) {
                Some(Ok(())) => {}
                // Nobody has asked, or the connection is gone: for the next time.
                Some(Err(_)) | None => self.events.push_front(event),
            }
        }
    }
}

impl Rules {
    fn check(self, event: &str, external: bool) -> Result<(), Refusal> {
        let invalid = |why| Err(Refusal::new("Extension.InvalidEventType", format!("{event}: {why}")));
        match event {
            INVOKE | SHUTDOWN if self.attached => Ok(()),
            INVOKE | SHUTDOWN if self.parallel && !external => {
                Err(Refusal::new("Extension.InvalidEventType", "No events allowed for internal extensions"))
            }
            INVOKE if !self.parallel => Ok(()),
            SHUTDOWN if external => Ok(()),
            SHUTDOWN => invalid("ShutdownEventNotSupportedForInternalExtension"),
            _ => invalid("ErrorInvalidEventType"),
        }
    }
}

impl Refusal {
    pub(super) fn new(error_type: &'static str, message: impl Into<String>) -> Self {
        Self { error_type, message: message.into() }
    }
}

impl Reason {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Spindown => "spindown",
            Self::Timeout => "timeout",
        }
    }
}

pub(super) const INVOKE: &str = "INVOKE";
pub(super) const SHUTDOWN: &str = "SHUTDOWN";

/// How many extensions an environment can have.
const LIMIT: usize = 10;

/// How many events wait for an extension that does not ask; more than one only where functions are started elsewhere.
const WAITING: usize = 16;

/// What an environment with extensions of their own processes has from the beginning of its end (developer guide, "Lambda execution environment lifecycle").
pub(super) const TO_END: Duration = Duration::from_secs(2);

const WITH_INTERNAL: Duration = Duration::from_millis(500);
const WITH_EXTERNAL: Duration = Duration::from_millis(300);

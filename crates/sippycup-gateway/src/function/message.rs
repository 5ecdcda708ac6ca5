//! What the parts of a function tell its pool.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use serde_json::{Map, Value};
use tokio::sync::oneshot;

use super::FunctionError;
use super::direct::{self, Direct};
use super::extensions::{Hand, Reason, Refusal, Registration};
use super::timer::Timer;
use crate::stamp::{Stamp, Stamper};
use crate::{Answer, observe};

pub(super) type Reply = oneshot::Sender<Result<Answer, FunctionError>>;

pub(super) enum Message {
    /// The client of a streamed answer went away before its end.
    Abandoned {
        environment: u64,
        id: String,
    },
    /// An answer to an invocation begins; the sender gets its turn, once.
    Answer {
        environment: u64,
        id: String,
        /// The `Lambda-Runtime-Invocation-Id` that came with it, if one did.
        echo: Option<String>,
        take: oneshot::Sender<Result<Taken, NotTaken>>,
    },
    /// The answer has been read to its end; `refused` if it was not taken, so that an error may follow.
    Done {
        environment: u64,
        id: String,
        refused: bool,
    },
    /// The function reports an error in the place of an answer.
    Error {
        environment: u64,
        id: String,
        /// The `Lambda-Runtime-Invocation-Id` that came with it, if one did.
        echo: Option<String>,
        take: oneshot::Sender<Turn>,
    },
    /// An extension reports that it cannot start, or cannot go on.
    ExtensionError {
        environment: u64,
        extension: String,
        error: FunctionError,
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    /// An extension's process ended by itself.
    ExtensionExited {
        environment: u64,
        name: String,
        how: String,
    },
    /// An extension asks for its next event.
    ExtensionNext {
        environment: u64,
        extension: String,
        hand: Hand,
    },
    /// A process ended, or could not be started.
    Exited {
        environment: u64,
        how: String,
    },
    /// A client went away before it had an answer.
    Gone,
    /// The function reported that it cannot initialise.
    InitError {
        environment: u64,
        error: FunctionError,
        /// Whether it may still say so.
        taken: oneshot::Sender<bool>,
    },
    Invoke(Invocation),
    /// A function that answered should have asked for the next event by now.
    Late {
        environment: u64,
        id: String,
    },
    /// An environment asks for work.
    Next {
        environment: u64,
        hand: oneshot::Sender<Work>,
    },
    /// An extension registers; the reply is its identifier.
    Register {
        environment: u64,
        registration: Registration,
        reply: oneshot::Sender<Result<String, Refusal>>,
    },
    Restart,
    /// The function's process is gone, and those of its extensions follow. The reply is the names of those that are told.
    ShutDown {
        environment: u64,
        deadline: SystemTime,
        reason: Reason,
        listening: oneshot::Sender<Vec<String>>,
    },
    Stop {
        stopped: Option<oneshot::Sender<()>>,
        at_once: bool,
    },
    /// The time of an invocation is up.
    TimedOut {
        id: String,
    },
    /// Start an environment if there is none.
    Warm,
}

/// Who answers an invocation: where the answer goes, and what breaks it off.
pub(super) struct Taken {
    pub(super) reply: Reply,
    pub(super) cut: oneshot::Receiver<FunctionError>,
}

/// Why an answer belongs to no invocation.
#[derive(Clone, Copy)]
pub(super) enum NotTaken {
    /// It came too late, or belongs to another delivery of the event.
    Expired,
    /// There is no such invocation, or it is answered.
    Unknown,
}

/// What may become of a reported error.
pub(super) enum Turn {
    /// It is the answer.
    Reply(Reply),
    /// It follows an answer that was refused, and changes nothing.
    Late,
    /// Nothing: no client waits for it.
    Not(NotTaken),
}

/// An event on its way to a function.
pub(super) struct Invocation {
    pub(super) id: String,
    pub(super) event: Bytes,
    pub(super) trace_id: String,
    pub(super) reply: Reply,
    pub(super) timer: Option<Timer>,
    /// Of a gateway with an observer.
    pub(super) exchange: Option<u64>,
    pub(super) direct: Option<Arc<Direct>>,
}

impl Invocation {
    pub(super) fn new(event: Bytes) -> (Self, oneshot::Receiver<Result<Answer, FunctionError>>) {
        let (reply, answer) = oneshot::channel();
        let stamp = Stamper::default().stamp();
        let read = serde_json::from_slice::<Event>(&event).unwrap_or_default();
        let trace_id = read.trace_id(&stamp);
        let id = read.function_url_id().unwrap_or(stamp.uuid);
        let direct = direct::current();
        if let Some(direct) = &direct {
            direct.begin(&id);
        }
        (Self { id, event, trace_id, reply, timer: None, exchange: observe::current(), direct }, answer)
    }

    /// The tenant that it is for, if it says one.
    pub(super) fn tenant(&self) -> Option<&str> {
        self.direct.as_ref()?.tenant.as_deref()
    }

    /// Another id, if the event's own is in use.
    pub(super) fn rename(&mut self) {
        self.id = Stamper::default().stamp().uuid;
    }
}

/// What `next` hands out.
pub(super) struct Work {
    pub(super) id: String,
    /// Another one for each delivery, to be sent back with the answer.
    pub(super) invocation_id: String,
    pub(super) deadline: SystemTime,
    pub(super) event: Bytes,
    pub(super) trace_id: String,
    pub(super) direct: Option<Arc<Direct>>,
}

/// What of an event the Runtime API tells again in headers.
#[derive(Default, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    headers: Option<Map<String, Value>>,
    multi_value_headers: Option<Map<String, Value>>,
    request_context: Option<Map<String, Value>>,
}

impl Event {
    /// The trace of the request that caused the event, continued; a new one if the event shows none.
    fn trace_id(&self, stamp: &Stamp) -> String {
        let headers = self.headers.as_ref().or(self.multi_value_headers.as_ref());
        let sent = headers
            .into_iter()
            .flatten()
            .find(|(name, _)| name.eq_ignore_ascii_case("x-amzn-trace-id"))
            .and_then(|(_, value)| value.get(0).unwrap_or(value).as_str());
        let root = sent.and_then(|trace| trace.split(';').map(str::trim).find(|part| part.starts_with("Root=")));
        // It becomes a header, and any client may have written it.
        let root = root.filter(|root| root.len() <= 256 && root.bytes().all(|byte| byte.is_ascii_graphic()));
        let own = stamp.trace(None, false);
        let parent = stamp.uuid.replace('-', "").chars().take(16).collect::<String>();
        format!("{};Parent={parent};Sampled=0", root.unwrap_or(&own))
    }

    /// A function URL and Lambda have one id for a request (recorded); the other front doors have their own.
    fn function_url_id(&self) -> Option<String> {
        let member = |name: &str| self.request_context.as_ref()?.get(name)?.as_str();
        let is_id = |id: &str| id.len() == 36 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        let id = member("requestId").filter(|id| is_id(id))?;
        member("domainName")?.contains(".lambda-url.").then(|| id.to_owned())
    }
}

/// The environment that stands for all functions started elsewhere.
pub(super) const ATTACHED: u64 = 0;

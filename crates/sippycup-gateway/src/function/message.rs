//! What the parts of a function tell its pool.

use bytes::Bytes;
use serde_json::{Map, Value};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use super::FunctionError;
use crate::Answer;
use crate::stamp::{Stamp, Stamper};

pub(super) type Reply = oneshot::Sender<Result<Answer, FunctionError>>;

pub(super) enum Message {
    /// An answer to an invocation begins; whoever sent this gets the reply channel, once.
    Answer {
        environment: u64,
        id: String,
        take: oneshot::Sender<Option<Reply>>,
    },
    /// The answer has been read to its end.
    Done {
        environment: u64,
        id: String,
    },
    /// A process ended, or could not be started.
    Exited {
        environment: u64,
        how: String,
        output: Vec<String>,
    },
    /// The function reported that it cannot initialise.
    InitError {
        environment: u64,
        error: FunctionError,
    },
    Invoke(Invocation),
    /// An environment asks for work.
    Next {
        environment: u64,
        hand: oneshot::Sender<Work>,
    },
    Restart,
    Stop(Option<oneshot::Sender<()>>),
    /// The time of an invocation is up.
    TimedOut {
        id: String,
    },
    /// Start an environment if there is none.
    Warm,
}

/// An event on its way to a function.
pub(super) struct Invocation {
    pub(super) id: String,
    pub(super) event: Bytes,
    pub(super) trace_id: String,
    pub(super) reply: Reply,
    pub(super) timer: Option<AbortHandle>,
}

impl Invocation {
    pub(super) fn new(event: Bytes) -> (Self, oneshot::Receiver<Result<Answer, FunctionError>>) {
        let (reply, answer) = oneshot::channel();
        let stamp = Stamper::default().stamp();
        let trace_id = trace_id(&event, &stamp);
        // Lambda's request id is its own, never the gateway's.
        (Self { id: stamp.uuid, event, trace_id, reply, timer: None }, answer)
    }
}

/// What `next` hands out.
pub(super) struct Work {
    pub(super) id: String,
    pub(super) event: Bytes,
    pub(super) trace_id: String,
}

/// The trace of the request that caused the event, continued; a new one if the event shows none.
fn trace_id(event: &[u8], stamp: &Stamp) -> String {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Event {
        headers: Option<Map<String, Value>>,
        multi_value_headers: Option<Map<String, Value>>,
    }
    let event = serde_json::from_slice::<Event>(event).ok();
    let headers = event.and_then(|event| event.headers.or(event.multi_value_headers)).unwrap_or_default();
    let sent = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("x-amzn-trace-id"))
        .and_then(|(_, value)| value.get(0).unwrap_or(value).as_str());
    let root = sent.and_then(|trace| trace.split(';').find(|part| part.trim_start().starts_with("Root=")));
    let own = stamp.trace(None, false);
    let parent = stamp.uuid.replace('-', "").chars().take(16).collect::<String>();
    format!("{};Parent={parent};Sampled=0", root.map_or(own.as_str(), str::trim))
}

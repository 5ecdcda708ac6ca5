//! Pings that keep a function warm.

use bytes::Bytes;
use serde_json::Value;

use super::{event::Event, kind::EventKind};

/// Which events are pings that keep a function warm. They are answered before the app and before the handler of events.
///
/// Those of `serverless-plugin-warmup` (`{"source":"serverless-plugin-warmup"}`) and of `lambda-warmer`
/// (`{"warmer":true}`) always are; [`payload`](Self::payload) adds what a schedule of yours sends. An HTTP event never is
/// one, whatever a client writes into its request.
///
/// ```
/// use sippycup_lambda::events::WarmUp;
///
/// let pings = WarmUp::new().payload(serde_json::json!({"keep": "warm"}));
/// # let _ = pings;
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "it answers nothing until it is given to `Serve::warm_up`"]
pub struct WarmUp {
    payloads: Vec<Value>,
}

impl WarmUp {
    /// The pings that are known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Also this one: the constant JSON that a schedule has as its input. The order of its members does not matter.
    pub fn payload(mut self, json: impl Into<Value>) -> Self {
        self.payloads.push(json.into());
        self
    }

    /// The answer to a ping; `None` if the event is none.
    pub(super) fn answer(&self, event: &Event) -> Option<Bytes> {
        let known = || {
            let json = event.json().get();
            // What is larger than any of them is none, and need not be read.
            let short = !self.payloads.is_empty() && json.len() <= MAX_PING;
            short && serde_json::from_str::<Value>(json).is_ok_and(|json| self.payloads.contains(&json))
        };
        (event.kind() == EventKind::WarmUp || known()).then(|| Bytes::from_static(ANSWER))
    }
}

/// In the form of HTTP, as many a handler answers pings.
const ANSWER: &[u8] = br#"{"statusCode":200}"#;
const MAX_PING: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is_ping(pings: &WarmUp, json: &str) -> bool {
        pings.answer(&Event::from_bytes(json.to_owned()).unwrap()).is_some()
    }

    #[test]
    fn only_pings_are_answered() {
        let pings = WarmUp::new();
        assert!(is_ping(&pings, r#"{"source":"serverless-plugin-warmup"}"#));
        assert!(is_ping(&pings, r#"{"warmer":true,"concurrency":3}"#));
        for json in ["{}", "null", r#"{"source":"aws.events","detail-type":"Scheduled Event"}"#, r#"{"warmer":1}"#] {
            assert!(!is_ping(&pings, json), "{json}");
        }
    }

    #[test]
    fn a_payload_of_ones_own_is_one_in_any_order_and_with_nothing_beside_it() {
        let pings = WarmUp::new().payload(json!({"keep": "warm", "n": 1})).payload("warm");
        assert!(is_ping(&pings, r#"{"n":1,"keep":"warm"}"#));
        assert!(is_ping(&pings, "\"warm\""));
        assert!(is_ping(&pings, r#"{"source":"serverless-plugin-warmup"}"#));
        assert!(!is_ping(&pings, r#"{"n":1,"keep":"warm","more":1}"#));
        assert!(!is_ping(&pings, &format!("\"{}\"", "w".repeat(MAX_PING))));
    }
}

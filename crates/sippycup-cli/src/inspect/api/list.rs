//! The list: what changed since a page asked last.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::answer::{millis, parameter};
use crate::inspect::store::{Exchange, Store};

/// The rows that changed after a number, oldest change first; waits a while if there are none. `next` is the number to ask with then.
pub(super) async fn changes(store: &Store, query: &str) -> Value {
    let after = parameter(query, "after").and_then(|after| after.parse().ok()).unwrap_or(0);
    let _ = tokio::time::timeout(PATIENCE, store.changed(after)).await;
    let state = store.state();
    // Another command had this address before: the page begins anew.
    let after = if after > state.version { 0 } else { after };
    let mut changed: Vec<&Exchange> = state.exchanges.values().filter(|exchange| exchange.version > after).collect();
    changed.sort_unstable_by_key(|exchange| exchange.version);
    let more = changed.len() > AT_ONCE;
    changed.truncate(AT_ONCE);
    let next = if more { changed.last().map_or(0, |exchange| exchange.version) } else { state.version };
    let rows: Vec<_> = changed.into_iter().map(Row::of).collect();
    json!({
        "next": next,
        "more": more,
        "anew": after == 0,
        "first": state.exchanges.first_key_value().map(|(id, _)| id),
        "kept": state.exchanges.len(),
        "rows": rows,
    })
}

#[derive(Serialize)]
struct Row<'a> {
    id: u64,
    /// Milliseconds since 1970.
    at: u64,
    method: &'a str,
    target: &'a str,
    status: Option<u16>,
    /// Microseconds.
    took: Option<u64>,
    end: Option<&'static str>,
    door: &'a str,
    kind: &'a str,
    function: Option<&'a str>,
    listener: Option<&'a str>,
    authorizer: Option<&'a str>,
    cold: bool,
    streamed: bool,
    fault: bool,
    repeats: Option<u64>,
    size: usize,
}

impl<'a> Row<'a> {
    fn of(exchange: &'a Exchange) -> Self {
        let row = &exchange.row;
        Self {
            id: exchange.id,
            at: millis(row.at),
            method: &row.method,
            target: &row.target,
            status: row.status,
            took: row.ended.map(|ended| ended.after),
            end: row.ended.map(|ended| ended.how),
            door: &row.door.name,
            kind: row.door.kind,
            function: exchange.function(),
            listener: row.listener.as_deref(),
            authorizer: row.authorizer(),
            cold: row.cold,
            streamed: row.streamed,
            fault: row.fault,
            repeats: row.repeats,
            size: row.size,
        }
    }
}

/// How many rows one answer has.
const AT_ONCE: usize = 1000;

/// How long a page waits for the next change, before it asks again.
const PATIENCE: Duration = Duration::from_secs(20);

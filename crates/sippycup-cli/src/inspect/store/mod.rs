//! The last exchanges, in bounded memory, and whoever waits for the next change.

mod connections;
mod door;
mod exchange;
mod function;
mod kept;
mod moments;
mod steps;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::Notify;

pub(crate) use connections::{Connections, Known, Message, Way};
pub(crate) use door::Door;
pub(crate) use exchange::{Contents, Exchange, Invocation};
pub(crate) use function::{Environment, Function};
pub(crate) use kept::Kept;

/// Shared by all who tell and all who read.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    shared: Arc<Shared>,
}

impl Default for Store {
    fn default() -> Self {
        // A page that knows nothing is told at once, also that there is nothing.
        let state = Mutex::new(State { version: 1, ..State::default() });
        Self { shared: Arc::new(Shared { state, connections: Mutex::default(), changed: Notify::new() }) }
    }
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    connections: Mutex<Connections>,
    changed: Notify,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) exchanges: BTreeMap<u64, Exchange>,
    /// The number of the last change.
    pub(crate) version: u64,
    pub(crate) functions: Vec<Function>,
    /// What is served, as `--describe` has it.
    pub(crate) described: Value,
    /// What is served counts up when a template is read anew: who tells of what was before is not heard.
    generation: u64,
    /// Bytes of all contents.
    bytes: usize,
    /// Contents up to this exchange are given up.
    emptied: u64,
    limits: Limits,
}

#[derive(Clone, Copy, Debug)]
struct Limits {
    exchanges: usize,
    bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { exchanges: 10_000, bytes: 64 << 20 }
    }
}

impl Store {
    /// Looks at everything, or changes it. Nobody waits in here.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // No panic can leave it half changed.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connections of WebSocket APIs. Nobody waits in here, or looks at the state.
    pub(crate) fn connections(&self) -> MutexGuard<'_, Connections> {
        self.shared.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets the front doors and functions that were served, for those to come. Exchanges stay.
    pub(crate) fn serve_anew(&self, functions: &[String]) {
        let mut state = self.state();
        state.generation += 1;
        state.functions = functions.iter().map(|name| Function { name: name.clone(), ..Function::default() }).collect();
    }

    /// Says what is served.
    pub(crate) fn describe(&self, described: Value) {
        self.state().described = described;
    }

    /// Forgets all exchanges, and of connections what is over.
    pub(crate) fn clear(&self) {
        let mut state = self.state();
        state.exchanges.clear();
        state.bytes = 0;
        state.next_version();
        drop(state);
        self.connections().clear();
        self.shared.changed.notify_waiters();
    }

    /// Waits until there is a change after the one with a number.
    pub(crate) async fn changed(&self, after: u64) {
        self.until(|| self.state().version > after).await;
    }

    /// Waits until there is a change of connections after the one with a number.
    pub(crate) async fn connections_changed(&self, after: u64) {
        self.until(|| self.connections().version > after).await;
    }

    async fn until(&self, has_come: impl Fn() -> bool) {
        loop {
            let mut notified = std::pin::pin!(self.shared.changed.notified());
            // From before the look, so that no change is missed between.
            notified.as_mut().enable();
            if has_come() {
                return;
            }
            notified.await;
        }
    }
}

impl State {
    fn next_version(&mut self) -> u64 {
        self.version += 1;
        self.version
    }

    /// Changes an exchange, if it is still there, and keeps the memory within its bounds.
    fn change(&mut self, id: u64, change: impl FnOnce(&mut Exchange)) {
        let version = self.next_version();
        let Some(exchange) = self.exchanges.get_mut(&id) else { return };
        change(exchange);
        exchange.version = version;
        let bytes = exchange.contents.as_ref().map_or(0, |contents| contents.bytes());
        self.bytes = self.bytes + bytes - exchange.bytes;
        exchange.bytes = bytes;
        self.make_room();
    }

    fn add(&mut self, mut exchange: Exchange) {
        exchange.version = self.next_version();
        exchange.bytes = exchange.contents.as_ref().map_or(0, |contents| contents.bytes());
        self.bytes += exchange.bytes;
        self.exchanges.insert(exchange.id, exchange);
        while self.exchanges.len() > self.limits.exchanges
            && let Some((_, oldest)) = self.exchanges.pop_first()
        {
            self.bytes -= oldest.bytes;
        }
        self.make_room();
    }

    /// Gives up the contents of the oldest exchanges.
    fn make_room(&mut self) {
        while self.bytes > self.limits.bytes {
            let next = self.exchanges.range_mut(self.emptied + 1..).next();
            let Some((id, exchange)) = next else { return };
            self.emptied = *id;
            exchange.contents = None;
            self.bytes -= std::mem::take(&mut exchange.bytes);
            self.version += 1;
            exchange.version = self.version;
        }
    }
}

#[cfg(test)]
mod tests;

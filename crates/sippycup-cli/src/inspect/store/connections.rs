//! The connections of WebSocket APIs, and their last messages.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::SystemTime;

use sippycup_gateway::{Connection, ConnectionStep, SentBy};

use super::{Door, Store};

/// Every open connection, the last ones that are closed, and the last messages of all.
#[derive(Debug)]
pub(crate) struct Connections {
    /// In the order in which they were opened.
    pub(crate) all: BTreeMap<u64, Known>,
    /// Of all connections, in the order in which they passed.
    pub(crate) messages: VecDeque<Message>,
    /// The number of the last change. A page that knows nothing is told at once.
    pub(crate) version: u64,
    numbers: HashMap<String, u64>,
    pub(super) closed: VecDeque<u64>,
    /// Bytes of all messages.
    pub(super) bytes: usize,
}

/// A connection, as far as it is known.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) connection: Connection,
    pub(crate) door: Arc<Door>,
    pub(crate) opened: SystemTime,
    /// When the last message passed, in either direction.
    pub(crate) last: SystemTime,
    /// The route of the last message of the client.
    pub(crate) route: Option<String>,
    pub(crate) received: u64,
    pub(crate) sent: u64,
    pub(crate) closed: Option<Closed>,
}

/// What `$disconnect` was told.
#[derive(Debug)]
pub(crate) struct Closed {
    pub(crate) at: SystemTime,
    pub(crate) code: u16,
    pub(crate) reason: String,
}

/// A message of one connection.
#[derive(Debug)]
pub(crate) struct Message {
    /// Among all messages.
    pub(crate) number: u64,
    pub(crate) connection: u64,
    pub(crate) at: SystemTime,
    pub(crate) text: String,
    pub(crate) way: Way,
}

#[derive(Debug)]
pub(crate) enum Way {
    /// From the client, to a route if there is one for it.
    Received { route: Option<String>, exchange: Option<u64> },
    /// To the client.
    Sent(SentBy),
}

impl Default for Connections {
    fn default() -> Self {
        Self {
            all: BTreeMap::new(),
            messages: VecDeque::new(),
            version: 1,
            numbers: HashMap::new(),
            closed: VecDeque::new(),
            bytes: 0,
        }
    }
}

impl Store {
    /// Who is told of the connections of a front door.
    pub(crate) fn connections_of(&self, door: Door) -> impl Fn(ConnectionStep<'_>) + Send + Sync + 'static {
        let (store, door) = (self.clone(), Arc::new(door));
        move |step| {
            store.connections().step(&door, step);
            store.shared.changed.notify_waiters();
        }
    }
}

impl Connections {
    /// The connection with an id, and its number.
    pub(crate) fn find(&self, id: &str) -> Option<(u64, &Known)> {
        let number = *self.numbers.get(id)?;
        Some((number, self.all.get(&number)?))
    }

    /// Forgets all that is over.
    pub(super) fn clear(&mut self) {
        while self.forget_closed() {}
        self.messages.clear();
        self.bytes = 0;
        self.version += 1;
    }

    fn step(&mut self, door: &Arc<Door>, step: ConnectionStep<'_>) {
        self.version += 1;
        match step {
            ConnectionStep::Opened(connection) => self.open(door, connection),
            ConnectionStep::Received { connection, text, route, exchange } => {
                let route = route.map(str::to_owned);
                self.message(connection, text, Way::Received { route, exchange });
            }
            ConnectionStep::Sent { connection, text, by } => self.message(connection, text, Way::Sent(by)),
            ConnectionStep::Closed { connection, code, reason } => self.close(connection, code, reason),
            _ => {}
        }
    }

    fn open(&mut self, door: &Arc<Door>, connection: &Connection) {
        let (number, now) = (self.version, SystemTime::now());
        self.numbers.insert(connection.id().to_owned(), number);
        let known = Known {
            connection: connection.clone(),
            door: Arc::clone(door),
            opened: now,
            last: now,
            route: None,
            received: 0,
            sent: 0,
            closed: None,
        };
        self.all.insert(number, known);
    }

    fn message(&mut self, id: &str, text: &str, way: Way) {
        let Some(&connection) = self.numbers.get(id) else { return };
        let Some(known) = self.all.get_mut(&connection) else { return };
        let at = SystemTime::now();
        known.last = at;
        match &way {
            Way::Received { route, .. } => {
                known.received += 1;
                known.route.clone_from(route);
            }
            Way::Sent(_) => known.sent += 1,
        }
        self.bytes += text.len();
        self.messages.push_back(Message { number: self.version, connection, at, text: text.to_owned(), way });
        while self.messages.len() > MOST_MESSAGES || self.bytes > MOST_BYTES {
            let Some(oldest) = self.messages.pop_front() else { return };
            self.bytes -= oldest.text.len();
        }
    }

    fn close(&mut self, id: &str, code: u16, reason: &str) {
        let Some(&number) = self.numbers.get(id) else { return };
        let Some(known) = self.all.get_mut(&number) else { return };
        known.closed = Some(Closed { at: SystemTime::now(), code, reason: reason.to_owned() });
        self.closed.push_back(number);
        if self.closed.len() > MOST_CLOSED {
            self.forget_closed();
        }
    }

    /// Forgets the connection that is closed for longest, and says whether there was one.
    fn forget_closed(&mut self) -> bool {
        let Some(number) = self.closed.pop_front() else { return false };
        if let Some(known) = self.all.remove(&number) {
            self.numbers.remove(known.connection.id());
        }
        true
    }
}

pub(super) const MOST_CLOSED: usize = 500;
const MOST_MESSAGES: usize = 10_000;
pub(super) const MOST_BYTES: usize = 16 << 20;

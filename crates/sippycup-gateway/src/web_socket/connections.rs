//! Which connections there are.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use super::known::Known;
use super::observe::Observer;
use super::wire::Outgoing;
use crate::stamp::Stamp;

/// The connections of one API, by their ids.
#[derive(Clone, Default)]
pub(super) struct Connections {
    table: Arc<Mutex<HashMap<String, Arc<Open>>>>,
}

impl Connections {
    pub(super) fn insert(&self, open: Arc<Open>) {
        self.table().insert(open.known.id.clone(), open);
    }

    pub(super) fn remove(&self, id: &str) {
        self.table().remove(id);
    }

    pub(super) fn get(&self, id: &str) -> Option<Arc<Open>> {
        self.table().get(id).cloned()
    }

    fn table(&self) -> MutexGuard<'_, HashMap<String, Arc<Open>>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connections({})", self.table().len())
    }
}

/// A connection that messages can be posted to.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) known: Arc<Known>,
    pub(super) outgoing: mpsc::Sender<Outgoing>,
    /// Somebody wants it closed.
    pub(super) close: Notify,
    pub(super) observer: Observer,
    used: Mutex<Used>,
}

/// When a message last went through, for the clock of the connection and for whoever asks.
#[derive(Clone, Debug)]
struct Used {
    at: Instant,
    stamp: Stamp,
}

impl Open {
    pub(super) fn new(known: Known, outgoing: mpsc::Sender<Outgoing>, stamp: Stamp, observer: Observer) -> Self {
        let used = Mutex::new(Used { at: Instant::now(), stamp });
        Self { known: Arc::new(known), outgoing, close: Notify::new(), observer, used }
    }

    /// A message goes through.
    pub(super) fn use_now(&self, stamp: Stamp) {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) = Used { at: Instant::now(), stamp };
    }

    /// Somebody is there, without a message.
    pub(super) fn touch(&self) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).at = Instant::now();
    }

    pub(super) fn used_at(&self) -> Instant {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).at
    }

    pub(super) fn last_active(&self) -> u64 {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).stamp.epoch_millis()
    }
}

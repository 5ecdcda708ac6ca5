//! Who is connected.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use serde::Serialize;
use sippycup::{BoxError, Connection};

use crate::push::{Push, Pushed};

/// Everybody who is connected, as far as this process knows: each environment of a function has a memory of its own. A real
/// chat keeps the ids in a table that all environments share.
#[derive(Clone)]
pub(crate) struct Room {
    ids: Arc<Mutex<BTreeSet<String>>>,
    push: Arc<Push>,
}

impl Room {
    pub(crate) fn new(push: Push) -> Self {
        Self { ids: Arc::default(), push: Arc::new(push) }
    }

    pub(crate) fn enter(&self, id: &str) {
        self.with(|ids| ids.insert(id.to_owned()));
    }

    pub(crate) fn leave(&self, id: &str) {
        self.with(|ids| ids.remove(id));
    }

    /// Posts the message to everybody; who has gone is forgotten. The first failure is told when all have been tried.
    pub(crate) async fn tell_all(&self, from: &Connection, message: &impl Serialize) -> Result<(), BoxError> {
        let json = serde_json::to_vec(message)?;
        let mut failed = None;
        for id in self.with(|ids| ids.clone()) {
            match self.push.post(from, &id, json.clone()).await {
                Ok(Pushed::Arrived) => {}
                Ok(Pushed::Gone) => self.leave(&id),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(()), Err)
    }

    fn with<T>(&self, does: impl FnOnce(&mut BTreeSet<String>) -> T) -> T {
        does(&mut self.ids.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

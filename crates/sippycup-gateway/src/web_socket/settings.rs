//! The settings that only a WebSocket API has.

use std::time::Duration;

use super::connections::Connections;
use super::observe::Observer;
use super::select::Selection;
use crate::ConfigError;

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    routes: Vec<SocketRoute>,
    pub(crate) selection: Selection,
    pub(crate) idle: Duration,
    pub(crate) lifetime: Duration,
    pub(crate) frame_limit: usize,
    pub(crate) message_limit: usize,
    pub(super) connections: Connections,
    pub(crate) observer: Observer,
    /// Who may call the Management API.
    #[cfg(feature = "authorizers")]
    pub(crate) signers: Option<crate::Guard>,
}

/// A route by its key.
#[derive(Clone, Debug)]
pub(super) struct SocketRoute {
    pub(super) key: String,
    /// It has a route response, so that the client gets what the function answers.
    pub(super) responds: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            routes: Vec::new(),
            selection: Selection::default(),
            idle: Duration::from_secs(10 * 60),
            lifetime: Duration::from_secs(2 * 60 * 60),
            frame_limit: 32 << 10,
            message_limit: 128 << 10,
            connections: Connections::default(),
            observer: Observer::default(),
            #[cfg(feature = "authorizers")]
            signers: None,
        }
    }
}

impl Settings {
    /// Adds a route by its key.
    ///
    /// # Errors
    ///
    /// If no route can have this key, or one has it already.
    pub(crate) fn add_route(&mut self, key: &str) -> Result<(), ConfigError> {
        let wrong = |what: &str| Err(ConfigError::new(format!("route `{key}`: {what}")));
        let own = ["$connect", "$default", "$disconnect"];
        if key.is_empty() || key.len() > 128 || key.starts_with('$') && !own.contains(&key) {
            return wrong("expected $connect, $disconnect, $default, or what the selection expression gives");
        }
        if self.routes.iter().any(|route| route.key == key) {
            return wrong("it is there already");
        }
        self.routes.push(SocketRoute { key: key.to_owned(), responds: false });
        Ok(())
    }

    pub(super) fn route(&self, key: &str) -> Option<&SocketRoute> {
        self.routes.iter().find(|route| route.key == key)
    }

    /// The keys in the order in which they were added.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.routes.iter().map(|route| route.key.clone()).collect()
    }

    /// Adds the routes of an API for which none were named, and checks what must fit together.
    pub(crate) fn finish(&mut self, responses: &[String]) -> Result<(), ConfigError> {
        if self.routes.is_empty() {
            for key in ["$connect", "$default", "$disconnect"] {
                self.add_route(key)?;
            }
        }
        for key in responses {
            match self.routes.iter_mut().find(|route| route.key == *key) {
                Some(route) => route.responds = true,
                None => return Err(ConfigError::new(format!("route response of `{key}`: there is no such route"))),
            }
        }
        Ok(())
    }
}

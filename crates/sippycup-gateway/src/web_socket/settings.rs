//! The settings that only a WebSocket API has.

use std::time::Duration;

use super::connections::Connections;
use super::observe::Observer;
use super::select::Selection;
use crate::{ConfigError, GatewayBuilder, Kind};

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(super) routes: Vec<SocketRoute>,
    pub(super) selection: Selection,
    pub(super) idle: Duration,
    pub(super) lifetime: Duration,
    pub(super) frame_limit: usize,
    pub(super) message_limit: usize,
    pub(super) connections: Connections,
    pub(super) observer: Observer,
    /// Who may call the Management API.
    #[cfg(feature = "authorizers")]
    pub(super) signers: Option<crate::Guard>,
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

/// What only a WebSocket API has; on another kind [`build`](Self::build) refuses it.
impl GatewayBuilder {
    /// The route selection expression of a WebSocket API; default `$request.body.action`.
    ///
    /// `${request.body.a}/${request.body.b}` joins members of the message, nested ones too. What is no string counts as missing. The result is compared with the keys of the
    /// routes, and without a match the route `$default` gets the message.
    ///
    /// See [selection expressions](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-selection-expressions.html).
    pub fn route_selection(mut self, expression: &str) -> Self {
        self.of_web_sockets("route selection expression");
        match Selection::parse(expression) {
            Ok(selection) => self.config.web_socket.selection = selection,
            Err(error) => self.fails(error),
        }
        self
    }

    /// Gives a route of a WebSocket API a route response: the client gets the body of the function's answer as a message. Without, the answer is dropped.
    pub fn route_response(mut self, key: &str) -> Self {
        self.of_web_sockets("route response");
        self.route_responses.push(key.to_owned());
        self
    }

    /// Who may call `/@connections` of a WebSocket API; default the principals of the [guard](Self::guard) of a route that checks signatures, and without one everybody.
    ///
    /// On AWS every call needs a signature. Functions on this machine post with whatever credentials they have, or with none, and so that is asked for only where somebody says whose they are: with this,
    /// also before an API that anybody may connect to. Of several gateways that are one API it is enough that one says it.
    #[cfg(feature = "authorizers")]
    #[cfg_attr(docsrs, doc(cfg(feature = "authorizers")))]
    pub fn sign_connections(mut self, signers: crate::IamAuthorizer) -> Self {
        self.of_web_sockets("connections to post to");
        self.config.web_socket.signers = Some(signers.into());
        self
    }

    /// How long a connection of a WebSocket API may be silent in both directions; default 10 minutes, as on AWS. Pings are no silence.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.of_web_sockets("idle timeout");
        self.config.web_socket.idle = timeout;
        self
    }

    /// How old a connection of a WebSocket API may become; default 2 hours, as on AWS.
    pub fn connection_duration(mut self, duration: Duration) -> Self {
        self.of_web_sockets("connection duration");
        self.config.web_socket.lifetime = duration;
        self
    }

    /// The largest message and the largest frame of a client of a WebSocket API, in bytes; default 131,072 and 32,768, as on AWS. Beyond it the connection is closed with 1009.
    pub fn message_limit(mut self, message: usize, frame: usize) -> Self {
        self.of_web_sockets("message limit");
        self.config.web_socket.message_limit = message;
        self.config.web_socket.frame_limit = frame;
        self
    }

    pub(super) fn of_web_sockets(&mut self, what: &str) {
        let kind = self.config.location.kind;
        if kind != Kind::WebSocketApi {
            self.fails(ConfigError::new(format!("{} has no {what}", kind.name())));
        }
    }
}

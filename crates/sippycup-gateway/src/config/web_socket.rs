//! The builder: what only a WebSocket API has.

use std::time::Duration;

use super::GatewayBuilder;
use crate::web_socket::{ConnectionStep, Observer, Selection};
use crate::{ConfigError, Kind};

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

    /// Sets an observer of the connections of a WebSocket API, which is told each [`ConnectionStep`]. It is called in the middle of the work, and should not take long. Default:
    /// none, and then nothing is done for it. Of several gateways that are one API, the observer of the first one is told.
    pub fn connection_observer(mut self, told: impl Fn(ConnectionStep<'_>) + Send + Sync + 'static) -> Self {
        self.of_web_sockets("connection observer");
        self.config.web_socket.observer = Observer::new(told);
        self
    }

    fn of_web_sockets(&mut self, what: &str) {
        let kind = self.config.kind();
        if kind != Kind::WebSocketApi {
            self.fails(ConfigError::new(format!("{} has no {what}", kind.name())));
        }
    }
}

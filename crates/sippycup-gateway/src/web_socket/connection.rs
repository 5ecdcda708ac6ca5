//! One connection, from its first message to its end.

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::api::Api;
use super::connections::Open;
use super::exchange::{Asked, Log, ask};
use super::observe::{ConnectionStep, SentBy};
use super::settings::Settings;
use super::wire::{Closing, Incoming, Outgoing, Wire};
use crate::encode::web_socket;
use crate::gateway::after;
use crate::gateway::invoke::Invoke;
use crate::stamp::Stamp;

/// A connection, and what it needs to live.
pub(super) struct Live<F> {
    api: Api<F>,
    open: Arc<Open>,
    /// When it becomes too old.
    oldest: Instant,
    log: Log,
    #[cfg(feature = "serve")]
    lifetime: Option<super::Lifetime>,
}

impl<F: Invoke> Live<F> {
    pub(super) fn new(
        api: Api<F>,
        open: Arc<Open>,
        log: Log,
        #[cfg(feature = "serve")] lifetime: Option<super::Lifetime>,
    ) -> Self {
        let oldest = after(api.config().web_socket.lifetime);
        Self {
            api,
            open,
            oldest,
            log,
            #[cfg(feature = "serve")]
            lifetime,
        }
    }

    /// Until somebody ends it. `$disconnect` is asked then, and invocations that still run are waited for.
    pub(super) async fn run(mut self, mut wire: Wire) {
        let mut running = JoinSet::new();
        let closing = self.until_closed(&mut wire, &mut running).await;
        self.settings().connections.remove(&self.open.known.id);
        let Closing { code, reason } = &closing.told;
        self.open.observer.tell(ConnectionStep::Closed { connection: &self.open.known.id, code: *code, reason });
        if let Some(said) = closing.said {
            // A client that has gone hears nothing, and one that does not read is not waited for.
            let _ = wire.outgoing.try_send(Outgoing::Close(said));
        }
        let Wire { incoming, outgoing } = wire;
        drop((incoming, outgoing));
        running.spawn(self.disconnect(&closing.told));
        while running.join_next().await.is_some() {}
        #[cfg(feature = "serve")]
        drop(self.lifetime);
    }

    async fn until_closed(&mut self, wire: &mut Wire, running: &mut JoinSet<()>) -> End {
        let (oldest, idle) = (self.oldest, self.settings().idle);
        #[cfg(feature = "serve")]
        let lifetime = self.lifetime.clone();
        #[cfg(not(feature = "serve"))]
        let ending = std::future::pending::<()>();
        #[cfg(feature = "serve")]
        let ending = async move {
            match lifetime {
                Some(mut lifetime) => lifetime.end().await,
                None => std::future::pending().await,
            }
        };
        let mut ending = std::pin::pin!(ending);
        let open = Arc::clone(&self.open);
        loop {
            let silent_until = later(open.used_at(), idle);
            tokio::select! {
                received = wire.incoming.recv(), if running.len() < AT_ONCE => match received {
                    Some(Incoming::Text(text)) if text.len() > self.settings().message_limit => {
                        return End::by_gateway(1009, TOO_LARGE);
                    }
                    Some(Incoming::Text(text)) => {
                        let task = self.message(text);
                        running.spawn(task);
                    }
                    Some(Incoming::Alive) => open.touch(),
                    Some(Incoming::Binary(bytes)) => {
                        let reason = format!("a binary message of {} bytes: API Gateway takes text only", bytes.len());
                        self.log.line(&self.open, &reason);
                        return End::by_gateway(1003, "Binary not supported");
                    }
                    Some(Incoming::TooLarge(reason)) => {
                        self.log.line(&self.open, &reason);
                        return End::by_gateway(1009, TOO_LARGE);
                    }
                    Some(Incoming::Malformed(code, reason)) => {
                        self.log.line(&self.open, &reason);
                        return End::by_gateway(code, "");
                    }
                    Some(Incoming::Closed(closing)) => return End::by_client(closing),
                    None => return End::broken(),
                },
                Some(_) = running.join_next() => {}
                () = open.close.notified() => return End::by_gateway(1000, "Connection Closed Normally"),
                () = sleep_until(silent_until) => {
                    // Messages to the client have pushed it further meanwhile.
                    if later(open.used_at(), idle) <= Instant::now() {
                        return End::by_gateway(1001, "Going away");
                    }
                }
                () = sleep_until(oldest) => return End::by_gateway(1001, "Going away"),
                () = &mut ending => return End::by_gateway(1001, "Going away"),
            }
        }
    }

    /// Chooses the route of a message, and asks the function.
    fn message(&self, text: String) -> impl Future<Output = ()> + Send + 'static {
        let config = self.api.config();
        let (stamp, message_id) = (config.stamper.stamp(), config.stamper.stamp().extended_id);
        self.open.use_now(stamp.clone());
        let key = config.web_socket.selection.key(&text).filter(|key| !OF_CONNECTIONS.contains(&key.as_str()));
        let chosen = key.and_then(|key| self.api.route(&key)).or_else(|| self.api.route("$default"));
        let chosen = chosen.map(|(gateway, route)| (gateway.clone(), route.key.clone(), route.responds));
        let event = chosen
            .as_ref()
            .map(|(_, key, _)| web_socket::message(&config.front, &self.open.known, &stamp, key, &message_id, &text));
        let (open, log) = (Arc::clone(&self.open), self.log.clone());
        async move {
            let (Some((gateway, key, responds)), Some(event)) = (chosen, event) else {
                log.line(&open, "the message belongs to no route, and there is no `$default`");
                open.tell_received(&text, None, None);
                open.say(error("Forbidden", &open, &stamp), SentBy::Gateway).await;
                return;
            };
            match ask(gateway, Asked { event, key: &key, body: text }, &open, &log).await {
                Some(answered) if responds => open.say(answered.body.unwrap_or_default(), SentBy::Answer).await,
                Some(_) => {}
                None => open.say(error("Internal server error", &open, &stamp), SentBy::Gateway).await,
            }
        }
    }

    /// Asks `$disconnect`, if there is such a route.
    fn disconnect(&self, told: &Closing) -> impl Future<Output = ()> + Send + 'static {
        let config = self.api.config();
        let asked = self.api.route("$disconnect").map(|(gateway, _)| {
            let (code, reason) = (told.code, told.reason.as_str());
            let event = web_socket::disconnect(&config.front, &self.open.known, &config.stamper.stamp(), code, reason);
            (gateway.clone(), event)
        });
        let (open, log) = (Arc::clone(&self.open), self.log.clone());
        async move {
            if let Some((gateway, event)) = asked {
                ask(gateway, Asked { event, key: "$disconnect", body: String::new() }, &open, &log).await;
            }
        }
    }

    fn settings(&self) -> &Settings {
        &self.api.config().web_socket
    }
}

impl Open {
    /// Sends a message of the gateway's own or a route response, when there is room for it.
    async fn say(&self, text: String, by: SentBy) {
        if let Ok(permit) = self.outgoing.reserve().await {
            self.tell_sent(&text, by);
            permit.send(Outgoing::Text(text));
        }
    }

    /// From before the client can answer it.
    pub(super) fn tell_sent(&self, text: &str, by: SentBy) {
        self.observer.tell(ConnectionStep::Sent { connection: &self.known.id, text, by });
    }

    pub(super) fn tell_received(&self, text: &str, route: Option<&str>, exchange: Option<u64>) {
        self.observer.tell(ConnectionStep::Received { connection: &self.known.id, text, route, exchange });
    }
}

/// How a connection ends: what the client hears, and what `$disconnect` is told.
struct End {
    said: Option<Closing>,
    told: Closing,
}

impl End {
    fn by_gateway(code: u16, reason: &str) -> Self {
        let closing = Closing::new(code, reason);
        Self { said: Some(closing.clone()), told: closing }
    }

    fn by_client(closing: Option<Closing>) -> Self {
        Self {
            said: None,
            told: closing.unwrap_or_else(|| Closing::new(1005, "Client-side close frame status not set")),
        }
    }

    fn broken() -> Self {
        Self { said: None, told: Closing::new(1006, "Connection closed abnormally") }
    }
}

/// A message that API Gateway itself sends (recorded, with these blanks).
fn error(what: &str, open: &Open, stamp: &Stamp) -> String {
    let (id, request) = (&open.known.id, &stamp.extended_id);
    format!(r#"{{"message": "{what}", "connectionId":"{id}", "requestId":"{request}"}}"#)
}

/// So long after a moment, or as far off as makes no difference.
fn later(from: Instant, by: std::time::Duration) -> Instant {
    from.checked_add(by).unwrap_or_else(|| after(by))
}

/// Keys that the life of a connection chooses, and no message.
const OF_CONNECTIONS: [&str; 2] = ["$connect", "$disconnect"];

/// So many messages of one client are with the function at the same time; the next one waits.
const AT_ONCE: usize = 32;

const TOO_LARGE: &str = "Message too big";

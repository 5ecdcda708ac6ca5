//! One WebSocket API: its gateways, and what is asked of it over HTTP.

use http::header::HOST;
use http::request::Parts;
use http::{Method, Request, Response};
use percent_encoding::percent_decode_str;

use super::handshake::Handshake;
use super::management;
use super::settings::SocketRoute;
#[cfg(feature = "authorizers")]
use super::signed::Signers;
use crate::config::Config;
use crate::gateway::identified;
use crate::gateway::invoke::Invoke;
use crate::observe::Exchange;
use crate::refusal::{Refusal, Refused};
use crate::request::{Accepted, OverTcp};
use crate::{Body, BoxError, Gateway, Kind};

/// The gateways that are one API, each with some of its routes. Settings that they share are those of the first one.
#[derive(Debug)]
pub(crate) struct Api<F> {
    first: Gateway<F>,
    others: Vec<Gateway<F>>,
}

impl<F> Api<F> {
    pub(crate) const fn new(first: Gateway<F>, others: Vec<Gateway<F>>) -> Self {
        Self { first, others }
    }

    pub(super) fn config(&self) -> &Config {
        self.first.config()
    }

    /// The gateway that has a route.
    pub(super) fn route(&self, key: &str) -> Option<(&Gateway<F>, &SocketRoute)> {
        self.parts().find_map(|part| Some((part, part.config().web_socket.route(key)?)))
    }

    fn parts(&self) -> impl Iterator<Item = &Gateway<F>> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// Who may call the Management API, if somebody has given keys: those who are named for it, else those of the routes that need signatures.
    #[cfg(feature = "authorizers")]
    fn signers(&self) -> Option<&crate::Guard> {
        // Whichever of them it was said of: a call without a signature must not pass because the first one does not say it.
        let named = self.parts().find_map(|part| part.config().web_socket.signers.as_ref());
        let mut guards = self.parts().filter_map(|part| part.config().admission.guard.as_ref());
        named.or_else(|| guards.find(|guard| guard.checks_signatures()))
    }

    /// Where a request belongs.
    pub(super) fn arrive(&self, parts: &mut Parts) -> Result<Accepted, Refused> {
        let config = self.config();
        let visitor = config.greet(parts)?;
        let mut accepted = config.accept(parts, visitor)?;
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        if let Some(host) = host
            && parts.extensions.get::<OverTcp>().is_some()
            && config.front.location.domains.is_empty()
        {
            // Functions post to `domainName` and `stage`, which should lead back here and never to AWS.
            host.clone_into(&mut accepted.located.domain_name);
        }
        Ok(accepted)
    }
}

impl<F: Invoke> Api<F> {
    /// Answers what comes over HTTP: a handshake, or a call of the Management API.
    pub(crate) async fn respond<B>(self, request: Request<B>) -> Response<Body>
    where
        B: http_body::Body,
        B::Error: Into<BoxError>,
    {
        let (mut parts, body) = request.into_parts();
        let exchange = self.config().observer.begin(&parts);
        let stamp = self.config().stamper.stamp();
        let trace = stamp.trace(None, false);
        let response = match self.arrive(&mut parts) {
            Ok(accepted) => match connection_id(&accepted.located.route_path) {
                Some(id) => {
                    #[cfg(feature = "authorizers")]
                    let needs_one = |_: &&crate::Guard| parts.extensions.get::<super::Connection>().is_none();
                    #[cfg(feature = "authorizers")]
                    let signers = self.signers().filter(needs_one).map(|guard| Signers {
                        guard,
                        accepted: &accepted,
                        stamp: &stamp,
                    });
                    management::respond(
                        self.config(),
                        &parts,
                        &id,
                        body,
                        &exchange,
                        #[cfg(feature = "authorizers")]
                        signers.as_ref(),
                    )
                    .await
                }
                None => self.shake_hands(parts, &accepted, &exchange).await,
            },
            Err(refused) => Err(refused),
        };
        exchange.response(identified(response.unwrap_or_else(|refused| refused.response(KIND)), KIND, &stamp, &trace))
    }

    /// A handshake over a socket: the connection lives on when the response is sent.
    async fn shake_hands(
        self,
        parts: Parts,
        accepted: &Accepted,
        exchange: &Exchange,
    ) -> Result<Response<Body>, Refused> {
        if !accepted.located.route_path.trim_matches('/').is_empty() {
            let reason = format!("a WebSocket API has no path `{}` below its stage", accepted.located.route_path);
            return Err(Refused::new(Refusal::NoStage, reason));
        }
        let handshake = Handshake::read(&parts)?;
        self.upgraded(parts, handshake, accepted, exchange).await
    }

    #[cfg(feature = "serve")]
    async fn upgraded(
        self,
        mut parts: Parts,
        handshake: Handshake,
        accepted: &Accepted,
        exchange: &Exchange,
    ) -> Result<Response<Body>, Refused> {
        use super::{frames, handshake::opening};

        let Some(upgrade) = parts.extensions.remove::<hyper::upgrade::OnUpgrade>() else { return Err(no_connection()) };
        let (lifetime, log) = (parts.extensions.get().cloned(), super::exchange::Log::of(&parts.extensions));
        let limits = frames::Limits::of(self.config());
        let gateway = self.route("$connect").map(|(gateway, _)| gateway.clone());
        let opening = opening(self.config(), gateway, &parts, accepted, exchange).await?;
        match handshake.connect(opening, exchange).await? {
            Ok(connected) => {
                let response = connected.response();
                let (live, carrier) = connected.live(self, log, lifetime);
                tokio::spawn(live);
                tokio::spawn(frames::carry(upgrade, carrier, limits));
                Ok(response)
            }
            Err(response) => Ok(response),
        }
    }

    #[cfg(not(feature = "serve"))]
    #[expect(clippy::unused_async, reason = "with sockets it needs all of it")]
    async fn upgraded(self, _: Parts, _: Handshake, _: &Accepted, _: &Exchange) -> Result<Response<Body>, Refused> {
        Err(no_connection())
    }
}

fn no_connection() -> Refused {
    let reason = "there is no connection below this request; in process `Gateway::connect` opens one";
    Refused::new(Refusal::Configuration, reason)
}

/// The id in `/@connections/{id}`, percent-encoded or not.
fn connection_id(path: &str) -> Option<String> {
    let (first, id) = path.strip_prefix('/')?.split_once('/')?;
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    (decoded(first) == "@connections").then(|| decoded(id))
}

/// Whether it asks to change to another protocol.
pub(super) fn asks_to_upgrade(parts: &Parts) -> bool {
    let says = |name: &str, token: &str| {
        let values = parts.headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|word| word.trim().eq_ignore_ascii_case(token))
    };
    parts.method == Method::GET && says("upgrade", "websocket") && says("connection", "upgrade")
}

pub(super) const KIND: Kind = Kind::WebSocketApi;

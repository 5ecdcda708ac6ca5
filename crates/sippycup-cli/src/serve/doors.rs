//! The front doors of one listener: what they are called, and who answers there.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use sippycup_gateway::{BoxError, Gateway, Gateways, Kind, Listener, Server, Terminal};
use tokio::net::TcpListener;
use tokio::sync::watch as signal;
use tokio::task::JoinHandle;

use super::guards::Guards;
use super::health::HealthChecks;
use crate::announce;
use crate::describe::Description;
use crate::inspect::{self, Inspector};
use crate::plan::{Behind, GuardedRules, Planned};
use crate::record::Recorded;
use crate::served::Served;
use crate::tls::Certificate;

/// What all listeners share.
pub(super) struct Door<'a> {
    pub(super) functions: &'a [Recorded],
    pub(super) terminal: Terminal,
    /// Several have names, one of flags needs none.
    pub(super) from_file: bool,
    pub(super) inspector: Option<&'a Inspector>,
    pub(super) certificate: Option<&'a Certificate>,
    pub(super) stopping: signal::Receiver<bool>,
}

impl Door<'_> {
    /// Tells where the gateways are, and answers there until it should stop. Functions post to connections in the clear, at `plain`, if the listener speaks TLS.
    pub(super) fn open(
        &self,
        listener: TcpListener,
        plain: Option<TcpListener>,
        planned: Vec<Planned>,
        guards: &mut Guards,
        checks: &mut HealthChecks,
        description: &mut Description,
    ) -> Result<Vec<JoinHandle<io::Result<()>>>, BoxError> {
        let address = listener.local_addr()?;
        let origins: Vec<_> = planned.iter().map(|planned| planned.origin.clone()).collect();
        let authorizers: Vec<_> = planned.iter().map(Planned::authorizer_name).collect();
        let Some(gateways) = self.gateways(planned, guards, address)? else { return Ok(Vec::new()) };
        let secured = self.certificate.is_some();
        let mut last = None;
        let mut before: Option<&Gateway<Served>> = None;
        for ((gateway, origin), authorizer) in gateways.iter().zip(&origins).zip(&authorizers) {
            let id = origin.as_ref().map(|origin| origin.id.as_str());
            let urls = announce::urls(gateway, address, secured);
            let place = description.add(gateway, origin.as_ref(), authorizer.as_deref(), urls);
            checks.start(gateway, place);
            // So do the target groups of one listener.
            let is_told = before.is_some_and(|before| before.shares_listener(gateway));
            before = Some(gateway);
            if is_told {
                continue;
            }
            // Those of one front door come one after the other, and have the same URLs.
            let door = (id, gateway.stage().map(str::to_owned));
            if id.is_some() && last.as_ref() == Some(&door) {
                continue;
            }
            // A gateway with a listener shares it with itself. That leads to several functions, so the first one is no name for it.
            let function = gateway.get_ref().name().filter(|_| !gateway.shares_listener(gateway));
            // Flags describe one, which needs no name.
            let name = id.or(function).filter(|_| self.from_file);
            announce::lines(&gateways, gateway, address, secured, name)
                .iter()
                .for_each(|line| self.terminal.line(line));
            last = Some(door);
        }
        let terminal = self.terminal;
        // WebSockets begin with HTTP/1.1.
        let http2 = gateways.iter().any(|gateway| gateway.kind() != Kind::WebSocketApi);
        let server = Server::new()
            .title_case_headers(gateways.iter().all(|gateway| gateway.kind().is_http_api()))
            .report(move |line| terminal.line(line));
        let secured = match self.certificate {
            Some(certificate) => server.clone().tls(certificate.tls.clone().http2(http2)),
            None => server.clone(),
        };
        let requests = terminal.requests(gateways);
        if let Some(inspector) = self.inspector {
            inspector.listener(address, requests.clone());
        }
        let mut serving = vec![tokio::spawn(secured.serve(listener, requests.clone(), stopped(self.stopping.clone())))];
        if let Some(plain) = plain {
            terminal.line(&format!(
                "{:>9}: http://{}, where functions post to connections",
                "plain",
                plain.local_addr()?
            ));
            serving.push(tokio::spawn(server.serve(plain, requests, stopped(self.stopping.clone()))));
        }
        Ok(serving)
    }

    /// The gateways of one listener, before their functions.
    fn gateways(
        &self,
        planned: Vec<Planned>,
        guards: &mut Guards,
        address: SocketAddr,
    ) -> Result<Option<Gateways<Served>>, BoxError> {
        let mut gateways: Option<Gateways<Served>> = None;
        // The target groups of one listener come one after the other, and share it.
        let mut guarded: Option<(Arc<GuardedRules>, Listener)> = None;
        for planned in planned {
            let name = planned.authorizer_name();
            let Planned { builder, behind, https, authorizer, rules, origin } = planned;
            let function = match behind {
                Behind::Function(at) => self.functions.get(at).cloned().map(Served::Function),
                Behind::Answer(answer) => Some(Served::Answer(answer)),
            };
            let Some(function) = function else { continue };
            // Absolute links that an app makes lead back here.
            let proto = if self.certificate.is_some() { "https" } else { "http" };
            let mut builder = if https { builder } else { builder.forwarded(proto, address.port()) };
            let api = origin.as_ref().map(|origin| origin.id.as_str());
            if let Some(rules) = rules {
                let listener = match guarded.take().filter(|(before, _)| Arc::ptr_eq(before, &rules)) {
                    Some((_, listener)) => listener,
                    None => rules.listener(|plan| guards.of(api, plan, self.functions).map_err(|e| e.to_string()))?,
                };
                builder = builder.listener(listener.clone());
                guarded = Some((rules, listener));
            }
            if let Some(authorizer) = &authorizer {
                builder = builder.guard(guards.of(api, authorizer, self.functions)?);
            }
            if let Some(inspector) = self.inspector {
                let mut door =
                    inspect::Door::new(&builder.clone().build(())?, function.name(), origin.as_ref(), address);
                door.secured = self.certificate.is_some();
                door.authorizer = name;
                builder = inspector.door(builder, door);
            }
            let gateway = builder.build(function)?;
            gateways = Some(match gateways {
                Some(gateways) => gateways.and(gateway),
                None => Gateways::new(gateway),
            });
        }
        Ok(gateways)
    }
}

async fn stopped(mut stopping: signal::Receiver<bool>) {
    let _ = stopping.wait_for(|stop| *stop).await;
}

//! The front doors of one listener: what they are called, and who answers there.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use sippycup_gateway::{BoxError, Gateway, Gateways, Kind, Listener, Server};
use tokio::task::JoinHandle;

use super::announce;
use super::bound::Listening;
use super::common::Common;
use super::describe::Description;
use super::guards::Guards;
use super::health::HealthChecks;
use super::served::Served;
use crate::inspect;
use crate::plan::{Behind, GuardedRules, Planned};
use crate::record::Recorded;

/// Opens listeners, one after the other.
pub(super) struct Doors<'a> {
    common: &'a Common<'a>,
    functions: &'a [Recorded],
    guards: Guards<'a>,
}

impl<'a> Doors<'a> {
    pub(super) const fn new(common: &'a Common<'a>, functions: &'a [Recorded]) -> Self {
        Self { common, functions, guards: Guards::new(functions) }
    }

    /// Tells where the gateways are, and answers there until it should stop.
    pub(super) fn open(
        &mut self,
        listening: Listening,
        checks: &mut HealthChecks,
        description: &mut Description,
    ) -> Result<Vec<JoinHandle<io::Result<()>>>, BoxError> {
        let Listening { listener, plain, gateways: planned } = listening;
        let address = listener.local_addr()?;
        let origins: Vec<_> = planned.iter().map(|planned| planned.origin.clone()).collect();
        let authorizers: Vec<_> = planned.iter().map(Planned::authorizer_name).collect();
        let Some(gateways) = self.gateways(planned, address)? else { return Ok(Vec::new()) };
        let secured = self.common.certificate.is_some();
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
            let name = id.or(function).filter(|_| self.common.from_file);
            announce::lines(&gateways, gateway, address, secured, name)
                .iter()
                .for_each(|line| self.common.terminal.line(line));
            last = Some(door);
        }
        let terminal = self.common.terminal;
        // WebSockets begin with HTTP/1.1.
        let http2 = gateways.iter().any(|gateway| gateway.kind() != Kind::WebSocketApi);
        let server = Server::new()
            .title_case_headers(gateways.iter().all(|gateway| gateway.kind().is_http_api()))
            .report(move |line| terminal.line(line));
        let secured = match self.common.certificate {
            Some(certificate) => server.clone().tls(certificate.tls.clone().http2(http2)),
            None => server.clone(),
        };
        let requests = terminal.requests(gateways);
        if let Some(inspector) = self.common.inspector {
            inspector.listener(address, requests.clone());
        }
        let mut serving = vec![tokio::spawn(secured.serve(listener, requests.clone(), self.common.stopped()))];
        if let Some(plain) = plain {
            terminal.line(&format!(
                "{:>9}: http://{}, where functions post to connections",
                "plain",
                plain.local_addr()?
            ));
            serving.push(tokio::spawn(server.serve(plain, requests, self.common.stopped())));
        }
        Ok(serving)
    }

    /// The gateways of one listener, before their functions.
    fn gateways(&mut self, planned: Vec<Planned>, address: SocketAddr) -> Result<Option<Gateways<Served>>, BoxError> {
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
            let proto = if self.common.certificate.is_some() { "https" } else { "http" };
            let mut builder = if https { builder } else { builder.forwarded(proto, address.port()) };
            let api = origin.as_ref().map(|origin| origin.id.as_str());
            if let Some(rules) = rules {
                let listener = match guarded.take().filter(|(before, _)| Arc::ptr_eq(before, &rules)) {
                    Some((_, listener)) => listener,
                    None => rules.listener(|plan| self.guards.of(api, plan).map_err(|e| e.to_string()))?,
                };
                builder = builder.listener(listener.clone());
                guarded = Some((rules, listener));
            }
            if let Some(authorizer) = &authorizer {
                builder = builder.guard(self.guards.of(api, authorizer)?);
            }
            if let Some(inspector) = self.common.inspector {
                let mut door =
                    inspect::Door::new(&builder.clone().build(())?, function.name(), origin.as_ref(), address);
                door.secured = self.common.certificate.is_some();
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

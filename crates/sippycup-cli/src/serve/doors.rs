//! The front doors of one listener: what they are called, and who answers there.

use std::io;
use std::net::SocketAddr;

use sippycup_gateway::{BoxError, Gateways, Server, Terminal};
use tokio::net::TcpListener;
use tokio::sync::watch as signal;
use tokio::task::JoinHandle;

use super::guards::Guards;
use crate::announce;
use crate::describe::Description;
use crate::inspect::{self, Inspector};
use crate::plan::{Behind, Planned};
use crate::record::Recorded;
use crate::served::Served;

/// What all listeners share.
pub(super) struct Door<'a> {
    pub(super) functions: &'a [Recorded],
    pub(super) terminal: Terminal,
    /// Several have names, one of flags needs none.
    pub(super) from_file: bool,
    pub(super) inspector: Option<&'a Inspector>,
}

impl Door<'_> {
    /// Tells where the gateways are, and answers there until it should stop.
    pub(super) fn open(
        &self,
        listener: TcpListener,
        planned: Vec<Planned>,
        guards: &mut Guards,
        mut stopping: signal::Receiver<bool>,
        description: &mut Description,
    ) -> Result<Option<JoinHandle<io::Result<()>>>, BoxError> {
        let address = listener.local_addr()?;
        let origins: Vec<_> = planned.iter().map(|planned| planned.origin.clone()).collect();
        let authorizers: Vec<_> = planned.iter().map(Planned::authorizer_name).collect();
        let Some(gateways) = self.gateways(planned, guards, address)? else { return Ok(None) };
        let mut last = None;
        for ((gateway, origin), authorizer) in gateways.iter().zip(&origins).zip(&authorizers) {
            let id = origin.as_ref().map(|origin| origin.id.as_str());
            description.add(gateway, origin.as_ref(), authorizer.as_deref(), announce::urls(gateway, address));
            // Those of one front door come one after the other, and have the same URLs.
            let door = (id, gateway.stage().map(str::to_owned));
            if id.is_some() && last.as_ref() == Some(&door) {
                continue;
            }
            // Flags describe one, which needs no name.
            let name = id.or(gateway.get_ref().name()).filter(|_| self.from_file);
            announce::lines(&gateways, gateway, address, name).iter().for_each(|line| self.terminal.line(line));
            last = Some(door);
        }
        let terminal = self.terminal;
        let server = Server::new()
            .title_case_headers(gateways.iter().all(|gateway| gateway.kind().is_http_api()))
            .report(move |line| terminal.line(line));
        let shutdown = async move {
            let _ = stopping.wait_for(|stop| *stop).await;
        };
        let requests = terminal.requests(gateways);
        if let Some(inspector) = self.inspector {
            inspector.listener(address, requests.clone());
        }
        Ok(Some(tokio::spawn(server.serve(listener, requests, shutdown))))
    }

    /// The gateways of one listener, before their functions.
    fn gateways(
        &self,
        planned: Vec<Planned>,
        guards: &mut Guards,
        address: SocketAddr,
    ) -> Result<Option<Gateways<Served>>, BoxError> {
        let mut gateways: Option<Gateways<Served>> = None;
        for planned in planned {
            let name = planned.authorizer_name();
            let Planned { builder, behind, https, authorizer, origin } = planned;
            let function = match behind {
                Behind::Function(at) => self.functions.get(at).cloned().map(Served::Function),
                Behind::Answer(answer) => Some(Served::Answer(answer)),
            };
            let Some(function) = function else { continue };
            // Absolute links that an app makes lead back here, where nobody speaks TLS.
            let mut builder = if https { builder } else { builder.forwarded("http", address.port()) };
            if let Some(authorizer) = &authorizer {
                let api = origin.as_ref().map(|origin| origin.id.as_str());
                builder = builder.guard(guards.of(api, authorizer, self.functions)?);
            }
            if let Some(inspector) = self.inspector {
                let mut door =
                    inspect::Door::new(&builder.clone().build(())?, function.name(), origin.as_ref(), address);
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

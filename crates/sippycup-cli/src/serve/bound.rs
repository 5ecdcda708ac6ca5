//! Everything that listens. It is bound before functions are built: a port in use should not cost a build.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use sippycup_gateway::BoxError;
use tokio::net::TcpListener;

use crate::plan::{FunctionPlan, Listener, Plan, Planned};
use crate::template::WebPlan;

/// The listeners of a plan, with what answers there.
pub(super) struct Bound {
    pub(super) listening: Vec<Listening>,
    pub(super) webs: Vec<(TcpListener, WebPlan)>,
    pub(super) invoke_api: Option<TcpListener>,
}

/// The listener of some gateways.
pub(super) struct Listening {
    pub(super) listener: TcpListener,
    /// Where functions post to connections in the clear, if the listener speaks TLS: their SDK would not trust the certificate.
    pub(super) plain: Option<TcpListener>,
    pub(super) gateways: Vec<Planned>,
}

impl Bound {
    pub(super) async fn new(
        plan: &Plan,
        listeners: Vec<Listener>,
        webs: Vec<WebPlan>,
        secured: bool,
    ) -> Result<Self, BoxError> {
        let mut listening = Vec::new();
        for Listener { address, gateways, .. } in listeners {
            let needs_plain = secured && gateways.iter().any(Planned::is_web_socket_api);
            let plain = match needs_plain {
                true => Some(bind((Ipv4Addr::LOCALHOST, 0).into(), "--listen").await?),
                false => None,
            };
            listening.push(Listening { listener: bind(address, "--listen").await?, plain, gateways });
        }
        let mut bound = Self { listening, webs: Vec::new(), invoke_api: None };
        for (at, web) in webs.into_iter().enumerate() {
            bound.webs.push((bind(plan.address(bound.listening.len() + at), "--listen").await?, web));
        }
        if let Some(address) = plan.invoke_api {
            bound.invoke_api = Some(bind(address.0, "--invoke-api").await?);
        }
        Ok(bound)
    }

    /// Those of the plan, then those of Web Functions.
    pub(super) fn functions<'a>(&'a self, plan: &'a Plan) -> Vec<&'a FunctionPlan> {
        let of_webs = self.webs.iter().map(|(_, web)| &web.function);
        plan.functions.iter().map(|function| &function.value).chain(of_webs).collect()
    }

    /// Where functions reach the gateways.
    pub(super) fn addresses(&self) -> io::Result<Vec<(SocketAddr, &[Planned])>> {
        let address = |listening: &Listening| listening.plain.as_ref().unwrap_or(&listening.listener).local_addr();
        self.listening.iter().map(|listening| Ok((address(listening)?, listening.gateways.as_slice()))).collect()
    }
}

pub(super) async fn bind(address: SocketAddr, flag: &str) -> Result<TcpListener, BoxError> {
    TcpListener::bind(address)
        .await
        .map_err(|error| format!("cannot listen on {address}: {error}; choose another address with {flag}").into())
}

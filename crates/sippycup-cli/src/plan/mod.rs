//! What to serve. Flags, TOML and templates fill the same plan, each setting is one field of it.
//!
//! [`Plan`] has functions and gateways, and makes the listeners of them. `values` are the types of single settings: each remembers where it was said.

mod file;
mod function;
mod gateway;
mod listener;
mod tls;
mod values;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use clap::Args;
use serde::Deserialize;
use sippycup_gateway::{GatewayBuilder, Kind};

pub(crate) use function::FunctionPlan;
pub(crate) use gateway::{
    ActionPlan, AuthorizerPlan, ClaimTable, CorsTable, DomainTable, FixedTable, GatewayPlan, GatewayResponseTable,
    GuardedRules, HeaderMatchTable, HeaderTable, HealthCheckPlan, MatchTable, Origin, PayloadFormat, Period,
    QueryTable, QuotaTable, RedirectTable, RewriteTable, RouteThrottle, RoutingRuleTable, RulePlan, Sort, TargetGroup,
    UsageTable, ValidatorTable,
};
pub(crate) use tls::TlsPlan;
pub(crate) use values::{Object, Pair, Said, Seconds, pair};

pub(crate) use values::Listen;
use values::Wrong;

use crate::error::UsageError;

/// Functions, and the gateways before them.
#[derive(Args, Clone, Debug, Deserialize)]
#[command(next_help_heading = "Output")]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Plan {
    /// Where to listen [default: 127.0.0.1:9000]
    #[arg(long, value_name = "ADDRESS", help_heading = "Front door")]
    listen: Option<Listen>,

    /// Serve the Invoke API of Lambda too, for `--endpoint-url` of the AWS CLI and SDKs [default: 127.0.0.1:9003]
    #[arg(
        long,
        value_name = "ADDRESS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "127.0.0.1:9003"
    )]
    pub(crate) invoke_api: Option<Listen>,

    /// Record every event and answer as JSON in this directory
    #[arg(long, value_name = "DIR")]
    pub(crate) events: Option<PathBuf>,

    /// Record credentials in headers, cookies and queries as they are, not masked
    #[arg(long, num_args = 0, default_missing_value = "true")]
    keep_secrets: Option<Said<bool>>,

    /// Host name that clients, web pages and attached functions may use, beside loopback names, addresses and the domains; repeatable; `*.example.com` and `*` too
    #[arg(long, value_name = "NAME", help_heading = "Front door", value_parser = values::allowed_host)]
    #[serde(default, deserialize_with = "values::allowed_hosts_in_file")]
    pub(crate) allow_host: Vec<String>,

    /// Speak TLS, HTTP/2 and HTTP/1.1, with a certificate that is made here, or with a certificate and its key: cert.pem,key.pem
    #[arg(
        long,
        value_name = "CERTIFICATE,KEY",
        num_args = 0..=1,
        default_missing_value = tls::SELF_SIGNED,
        help_heading = "Front door"
    )]
    pub(crate) tls: Option<Said<TlsPlan>>,

    /// With --tls: ask every client for a certificate, signed by one of those in this file of PEM (mutual TLS)
    #[arg(long, value_name = "FILE", help_heading = "Front door")]
    pub(crate) tls_client_ca: Option<Said<PathBuf>>,

    // In files several, else the one that flags describe.
    #[arg(skip)]
    #[serde(rename = "function")]
    pub(crate) functions: Vec<Said<FunctionPlan>>,
    #[arg(skip = Said::from(Vec::new()))]
    #[serde(rename = "gateway")]
    pub(crate) gateways: Said<Vec<Said<GatewayPlan>>>,
}

/// The gateways of one address.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) address: SocketAddr,
    /// How many behind the first one.
    port: u16,
    pub(crate) gateways: Vec<Planned>,
}

/// A gateway, and what is behind it.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) builder: GatewayBuilder,
    pub(crate) behind: Behind,
    pub(crate) https: bool,
    pub(crate) authorizer: Option<AuthorizerPlan>,
    /// The same one for all target groups of a listener.
    pub(crate) rules: Option<Arc<GuardedRules>>,
    pub(crate) origin: Option<Origin>,
}

impl Planned {
    pub(crate) fn is_web_socket_api(&self) -> bool {
        self.builder.clone().build(()).is_ok_and(|gateway| gateway.kind() == Kind::WebSocketApi)
    }

    /// The authorizer of its routes, and what it does here.
    pub(crate) fn authorizer_name(&self) -> Option<String> {
        let of_template = self.origin.as_ref().and_then(|origin| origin.authorizer.clone());
        of_template.or_else(|| self.authorizer.as_ref().map(|authorizer| format!("{}: runs here", authorizer.name())))
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Behind {
    /// One of the functions, by its place.
    Function(usize),
    /// The same answer to every event.
    Answer(Bytes),
}

impl Plan {
    /// The plan of flags, which describe one function and one gateway.
    pub(crate) fn of_flags(self, gateway: GatewayPlan, function: FunctionPlan) -> Self {
        Self { functions: vec![function.into()], gateways: vec![gateway.into()].into(), ..self }
    }

    /// Checks all that can be checked before anything is started, and says who listens where: each address once, in order of appearance.
    pub(crate) fn listeners(&self) -> Result<Vec<Listener>, UsageError> {
        Ok(self.checked()?)
    }

    pub(crate) fn checked(&self) -> Result<Vec<Listener>, Wrong> {
        for (at, function) in self.functions.iter().enumerate() {
            let name = &function.value.name;
            if self.functions.iter().take(at).any(|f| f.value.name.value == name.value) {
                return Err(name.wrong("", format_args!("there is a function `{}` already", name.value)));
            }
            function.value.check()?;
        }
        if let (Some(keep), None) = (&self.keep_secrets, &self.events) {
            return Err(keep.wrong("--keep-secrets", "without `events` nothing is recorded"));
        }
        if let (Some(said), None) = (&self.tls_client_ca, &self.tls) {
            return Err(said.wrong("--tls-client-ca", "certificates are of TLS, and there is no `tls`"));
        }
        if self.gateways.value.is_empty() {
            return Err(self.gateways.wrong("", "expected at least one"));
        }
        let mut listeners: Vec<Listener> = Vec::new();
        for gateway in &self.gateways.value {
            let origin = gateway.value.origin.clone();
            let mut address = gateway.value.listen.or(self.listen).map_or(LISTEN, |listen| listen.0);
            let port = origin.as_ref().map_or(0, |origin| origin.port);
            // Of port 0 each listener gets a free one anyway.
            if address.port() != 0 {
                let free = address.port().checked_add(port);
                address.set_port(free.ok_or_else(|| gateway.wrong("", "there are not so many ports"))?);
            }
            let authorizer = self.authorizer_of(gateway)?;
            let rules = self.guarded_rules(gateway)?.map(Arc::new);
            for (builder, behind) in self.fronts(gateway)? {
                let builder = self.allow_host.iter().fold(builder, |builder, name| builder.allow_host(name));
                let (authorizer, rules, origin) = (authorizer.clone(), rules.clone(), origin.clone());
                let planned = Planned { builder, behind, https: gateway.value.https, authorizer, rules, origin };
                match listeners.iter_mut().find(|listener| (listener.address, listener.port) == (address, port)) {
                    Some(listener) => listener.gateways.push(planned),
                    None => listeners.push(Listener { address, port, gateways: vec![planned] }),
                }
            }
        }
        Ok(listeners)
    }

    /// The address whose port is so many behind the first one.
    pub(crate) fn address(&self, port: usize) -> SocketAddr {
        let mut address = self.listen.map_or(LISTEN, |listen| listen.0);
        if address.port() != 0 {
            address.set_port(address.port().saturating_add(u16::try_from(port).unwrap_or(u16::MAX)));
        }
        address
    }

    /// The names and addresses that front doors have on this machine, for a certificate.
    pub(crate) fn names(&self) -> Vec<String> {
        let domains = self.gateways.value.iter().flat_map(|gateway| {
            let table = gateway.value.domains.iter().map(|domain| domain.value.name.clone());
            gateway.value.domain.iter().map(|domain| domain.value.clone()).chain(table)
        });
        let listen = self.gateways.value.iter().filter_map(|gateway| gateway.value.listen).chain(self.listen);
        let addresses = listen.map(|listen| listen.0.ip()).filter(|ip| !ip.is_unspecified()).map(|ip| ip.to_string());
        let allowed = self.allow_host.iter().filter(|name| !name.contains('*')).cloned();
        let mut names: Vec<_> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
        names.extend(domains.chain(addresses).chain(allowed));
        names.sort();
        names.dedup();
        names
    }

    /// Whether recordings have credentials as they are.
    pub(crate) fn keeps_secrets(&self) -> bool {
        self.keep_secrets.as_ref().is_some_and(|said| said.value)
    }

    /// The authorizer that runs before a gateway; a function that it asks is one of the plan.
    fn authorizer_of(&self, gateway: &Said<GatewayPlan>) -> Result<Option<AuthorizerPlan>, Wrong> {
        let Some(said) = gateway.value.authorizer() else { return Ok(None) };
        if let Some(name) = &said.value.function
            && !self.functions.iter().any(|function| function.value.name.value == *name)
        {
            return Err(said.wrong("", format_args!("there is no function `{name}`")));
        }
        Ok(Some(said.value))
    }

    fn function_of(&self, gateway: &Said<GatewayPlan>) -> Result<usize, Wrong> {
        match (&gateway.value.function, self.functions.as_slice()) {
            (None, [_]) => Ok(0),
            (None, _) => Err(gateway.wrong("", "expected `function`, the name of one of several functions")),
            (Some(name), functions) => {
                let found = functions.iter().position(|function| function.value.name.value == name.value);
                found.ok_or_else(|| name.wrong("", format_args!("there is no function `{}`", name.value)))
            }
        }
    }
}

const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9000);

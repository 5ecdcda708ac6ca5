//! The inspector: a page that shows each request, its event, the answer and the response, and can send them again.
//!
//! ```text
//! gateways ── steps ──► store ◄── api ◄── listener ◄── page
//! functions ─ moments ──┘          └── send ──► gateways
//! ```
//!
//! It has a listener of its own on loopback. Nothing on it answers to a name that is not this machine's, and nothing can be sent from a page of another origin.

mod api;
mod memory;
mod sender;
mod store;

use std::io::{self, IsTerminal};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use clap::Args;
use serde_json::Value;
use sippycup_gateway::{BoxError, FunctionBuilder, GatewayBuilder, Moment, Server, Step, Terminal};
use tokio::net::TcpListener;

use crate::error::UsageError;
use crate::plan::Listen;
use api::Api;
use sender::{Front, Sender};
pub(crate) use store::Door;
use store::Store;

/// Whether there is a page, and where.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Inspector")]
pub(crate) struct InspectArguments {
    /// Address of the page that shows each request, its event, answer and response; loopback only [default on a terminal: 127.0.0.1:9900, or a free port]
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, require_equals = true, default_missing_value = "127.0.0.1:9900")]
    inspect: Option<Listen>,

    /// No page, and nothing is kept of requests
    #[arg(long, conflicts_with = "inspect")]
    no_inspect: bool,
}

impl InspectArguments {
    /// Opens the page, if it is wished. It is on by itself where somebody reads the lines that say where it is.
    pub(crate) async fn open(&self, allowed: &[String], terminal: Terminal) -> Result<Option<Inspector>, BoxError> {
        let listener = match &self.inspect {
            _ if self.no_inspect => return Ok(None),
            Some(Listen(address)) if !address.ip().is_loopback() => {
                let why =
                    format!("--inspect: expected a loopback address, found {address}: the page shows all that passes");
                return Err(UsageError::new(why).into());
            }
            Some(Listen(address)) => TcpListener::bind(address).await.map_err(|error| {
                format!("cannot listen on {address}: {error}; choose another address with --inspect")
            })?,
            None if io::stderr().is_terminal() => match TcpListener::bind((Ipv4Addr::LOCALHOST, PORT)).await {
                Ok(listener) => listener,
                Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?,
            },
            None => return Ok(None),
        };
        let inspector =
            Inspector { address: listener.local_addr()?, store: Store::default(), sender: Sender::default() };
        let api = Api::new(inspector.store.clone(), inspector.sender.clone(), allowed);
        let server = Server::new().report(move |line| terminal.line(&format!("inspector: {line}")));
        // It ends with the command: nobody waits for a page.
        tokio::spawn(server.serve(listener, api, std::future::pending()));
        Ok(Some(inspector))
    }
}

/// The page, and what it shows.
#[derive(Clone, Debug)]
pub(crate) struct Inspector {
    address: SocketAddr,
    store: Store,
    sender: Sender,
}

impl Inspector {
    /// Where the page is.
    pub(crate) fn line(&self) -> String {
        format!("{:>9}: http://{}/", "inspect", self.address)
    }

    /// Something else is served from now on.
    pub(crate) fn serve_anew(&self, functions: &[String]) {
        self.sender.listeners().clear();
        self.store.serve_anew(functions);
    }

    pub(crate) fn describe(&self, described: Value) {
        self.store.describe(described);
    }

    /// Looks at a front door.
    pub(crate) fn door(&self, builder: GatewayBuilder, door: Door) -> GatewayBuilder {
        // Other kinds have no connections.
        let builder = match door.kind {
            "ws" => builder.connection_observer(self.store.connections_of(door.clone())),
            _ => builder,
        };
        builder.observer(self.store.door(door))
    }

    /// Who is told of the endpoint of a Web Function.
    pub(crate) fn web(&self, door: Door) -> impl Fn(u64, Step<'_>) + Send + Sync + 'static {
        self.store.door(door)
    }

    /// Who is told of calls of the Invoke API.
    pub(crate) fn invoke_api(&self, address: SocketAddr) -> impl Fn(u64, Step<'_>) + Send + Sync + 'static {
        self.store.door(Door::of_invoke_api(address))
    }

    /// Who is told of a function that is no gateway's, by its place among all.
    pub(crate) fn moments(&self, at: usize) -> impl Fn(Moment<'_>) + Send + Sync + 'static {
        self.store.function(at)
    }

    /// Looks at a function, by its place among those that are served.
    pub(crate) fn function(&self, builder: FunctionBuilder, at: usize) -> FunctionBuilder {
        builder.observer(self.store.function(at))
    }

    /// Adds the front doors of an address, to which requests can be sent from the page.
    pub(crate) fn listener(&self, address: SocketAddr, front: impl Front + 'static) {
        self.sender.listeners().insert(address, Arc::new(front));
    }
}

const PORT: u16 = 9900;

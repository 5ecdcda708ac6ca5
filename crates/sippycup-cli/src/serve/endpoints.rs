//! Endpoints for SDKs: the Invoke API of Lambda, and where functions post to connections of a WebSocket API.

use std::io;
use std::net::SocketAddr;

use sippycup_gateway::{FunctionBuilder, InvokeApi, Kind, Server};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::common::Common;
use crate::plan::{Behind, FunctionPlan, Planned};
use crate::record::Recorded;

/// The Invoke API, until it should stop.
pub(super) fn serve(
    common: &Common<'_>,
    listener: TcpListener,
    functions: &[Recorded],
) -> io::Result<JoinHandle<io::Result<()>>> {
    let Common { plan, terminal, inspector, .. } = *common;
    let address = listener.local_addr()?;
    let api = match inspector {
        Some(inspector) => InvokeApi::new().observer(inspector.invoke_api(address)),
        None => InvokeApi::new(),
    };
    let api = plan.allow_host.iter().fold(api, |api, name| api.allow_host(name));
    let api = functions.iter().fold(api, |api, function| api.function(&function.name, function.clone()));
    if let Some(inspector) = inspector {
        inspector.listener(address, api.clone());
    }
    terminal.line(&format!("{:>9}: http://{address}", "invoke"));
    let server = Server::new().report(move |line| terminal.line(line));
    Ok(tokio::spawn(server.serve(listener, terminal.requests(api), common.stopped())))
}

/// Tells a function behind a WebSocket API where messages to connections are posted, in the variable that the SDKs read.
pub(super) fn tell(
    builder: FunctionBuilder,
    at: usize,
    function: &FunctionPlan,
    listeners: &[(SocketAddr, &[Planned])],
) -> FunctionBuilder {
    let is_told = function.env.iter().any(|said| said.value.name == MANAGEMENT);
    let url = listeners.iter().find_map(|(address, planned)| {
        planned.iter().find_map(|planned| {
            let gateway = planned.builder.clone().build(()).ok()?;
            let is_before = matches!(planned.behind, Behind::Function(of) if of == at);
            let base = gateway.base_path();
            (is_before && gateway.kind() == Kind::WebSocketApi).then(|| format!("http://{address}{base}"))
        })
    });
    match url {
        Some(url) if !is_told => builder.env(MANAGEMENT, url),
        _ => builder,
    }
}

const MANAGEMENT: &str = "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI";

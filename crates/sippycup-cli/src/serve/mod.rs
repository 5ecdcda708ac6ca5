//! `serve`: listeners, functions, watchers, and their orderly end.

mod arguments;
mod doors;
mod endpoints;
mod functions;
mod guards;
mod health;
mod interrupts;
mod web;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::Value;
use sippycup_gateway::BoxError;
use tokio::net::TcpListener;
use tokio::sync::watch as signal;
use tokio::task::JoinHandle;

use crate::describe::{self, Description};
use crate::inspect::Inspector;
use crate::plan::{Listener, Planned, Said};
use crate::record::Recorded;
use crate::tls::Certificate;
use crate::watch::{Changes, Watch, watch};
pub(crate) use arguments::Arguments;
use arguments::Wanted;
use doors::Door;
use functions::{bind, build, recorders};
pub(crate) use functions::{spawn, start};
use guards::Guards;
use health::HealthChecks;
pub(crate) use health::of as health_of;
use interrupts::Interrupts;
use web::Looking;
pub(crate) use web::WebFunction;

pub(crate) async fn serve(arguments: Arguments) -> Result<ExitCode, BoxError> {
    let mut interrupts = Interrupts::new()?;
    let mut wanted = arguments.clone().plan()?;
    let inspector = arguments.inspect.open(&wanted.plan.allow_host, arguments.output.terminal()).await?;
    loop {
        match serve_until(&arguments, wanted, inspector.as_ref(), &mut interrupts).await? {
            End::Asked(code) => return Ok(code),
            End::Changed(next) => wanted = *next,
        }
    }
}

/// Why what was served is served no more.
enum End {
    Asked(ExitCode),
    /// The template changed, and is this now.
    Changed(Box<Wanted>),
}

async fn serve_until(
    arguments: &Arguments,
    wanted: Wanted,
    inspector: Option<&Inspector>,
    interrupts: &mut Interrupts,
) -> Result<End, BoxError> {
    let terminal = arguments.output.terminal();
    let from_file = arguments.config.is_some() || arguments.template.template.is_some();
    let Wanted { plan, listeners: planned, lines, passed, outputs, webs, files } = wanted;
    // From before anybody reads that it is served.
    let mut changes = Changes::of(&files)?;
    lines.iter().for_each(|line| terminal.line(line));
    // Listeners before functions: a port in use should not cost a build.
    let certificate = Certificate::of(&plan)?;
    let mut listeners = Vec::new();
    for Listener { address, gateways, .. } in planned {
        let has_sockets = gateways.iter().any(Planned::is_web_socket_api);
        let plain = match &certificate {
            // The SDK of a function would not trust the certificate.
            Some(_) if has_sockets => Some(bind((Ipv4Addr::LOCALHOST, 0).into(), "--listen").await?),
            _ => None,
        };
        listeners.push((bind(address, "--listen").await?, plain, gateways));
    }
    let mut web_listeners = Vec::new();
    for (at, web) in webs.into_iter().enumerate() {
        web_listeners.push((bind(plan.address(listeners.len() + at), "--listen").await?, web));
    }
    let of_webs = web_listeners.iter().map(|(_, web)| &web.function);
    let all: Vec<_> = plan.functions.iter().map(|function| &function.value).chain(of_webs).collect();
    let invoke_api = endpoints::bind_invoke_api(&plan).await?;
    tokio::select! {
        built = build(&all, terminal) => built?,
        () = interrupts.next() => return Ok(End::Asked(ExitCode::FAILURE)),
    }
    let mut recorders = recorders(&all, &plan, terminal)?.into_iter();
    if let Some(inspector) = inspector {
        let names: Vec<_> = plan.functions.iter().map(|function| function.value.name.value.clone()).collect();
        let of_webs = web_listeners.iter().map(|(_, web)| web.id.clone());
        inspector.serve_anew(&names.into_iter().chain(of_webs).collect::<Vec<_>>());
    }
    let mut functions = Vec::new();
    let mut watches: Vec<Watch> = Vec::new();
    let addresses = addresses(&listeners)?;
    for (at, (Said { value: planned, .. }, recorder)) in plan.functions.iter().zip(recorders.by_ref()).enumerate() {
        let watched = |builder| {
            let builder = endpoints::tell(builder, at, planned, &addresses);
            match inspector {
                Some(inspector) => inspector.function(builder, at),
                None => builder,
            }
        };
        let function = start(planned, &plan.allow_host, terminal, watched).await?;
        if !planned.watch.is_empty() {
            let restarted = function.clone();
            watches.push(watch(planned, plan.events.as_deref(), move || restarted.restart(), terminal)?);
        }
        functions.push(Recorded { name: planned.name.value.clone(), function, recorder });
    }
    let (stop, stopping) = signal::channel(false);
    let (mut servers, mut description) = (Vec::new(), Description::with_outputs(outputs));
    if let Some(listener) = invoke_api {
        description.invoke_api = Some(format!("http://{}", listener.local_addr()?));
        servers.push(endpoints::serve(listener, &plan, &functions, terminal, inspector, stopping.clone())?);
    }
    let (mut guards, mut checks) = (Guards::default(), HealthChecks::new());
    let certificate = certificate.as_ref();
    for (listener, plain, planned) in listeners {
        let stopping = stopping.clone();
        let door = Door { functions: &functions, terminal, from_file, inspector, certificate, stopping };
        servers.extend(door.open(listener, plain, planned, &mut guards, &mut checks, &mut description)?);
    }
    let mut processes = Vec::new();
    for (listener, web) in web_listeners {
        let at = functions.len() + processes.len();
        let looking = Looking { inspector, at, recorder: recorders.next().flatten() };
        let planned = web.function.clone();
        let process = WebFunction::start(web, &plan.allow_host, terminal, &looking).await?;
        if !planned.watch.is_empty() {
            let restarted = process.clone();
            watches.push(watch(&planned, plan.events.as_deref(), move || restarted.restart(), terminal)?);
        }
        servers.push(process.clone().open(listener, certificate, stopping.clone(), &mut description, looking)?);
        processes.push(process);
    }
    if let Some(certificate) = certificate {
        certificate.lines().iter().for_each(|line| terminal.line(line));
        description.tls = Some(certificate.described());
    }
    for (name, value) in description.local_outputs() {
        terminal.line(&format!("output {name}: {value}"));
    }
    let mut described = description.into_json(&plan.functions, &passed);
    if let Some(inspector) = inspector {
        terminal.line(&inspector.line());
    }
    publish(&described, inspector, arguments.describe.as_deref())?;
    if let Some(path) = &arguments.describe {
        terminal.line(&format!("described in {}", path.display()));
    }
    let next = loop {
        tokio::select! {
            () = interrupts.next() => break None,
            change = checks.next() => {
                // Who reads the line finds it described.
                change.describe(&mut described);
                let published = publish(&described, inspector, arguments.describe.as_deref());
                change.tell(terminal);
                if let Err(error) = published {
                    terminal.line(&error.to_string());
                }
            }
            path = changes.next() => match arguments.clone().plan() {
                Ok(next) => {
                    terminal.line(&format!("{} changed, serving it anew", path.display()));
                    break Some(next);
                }
                Err(error) => terminal.line(&format!("{} changed, and what was there before is served on: {error}", path.display())),
            },
        }
    };
    if next.is_none() {
        terminal.line("stopping");
    }
    let _ = stop.send(true);
    drop((watches, checks));
    processes.iter().for_each(WebFunction::stop);
    tokio::select! {
        finished = finish(servers, &functions) => {
            finished?;
            // Somebody may have written on in the meantime.
            let newest = if next.is_some() && changes.came() { arguments.clone().plan().ok() } else { None };
            Ok(newest.or(next).map_or(End::Asked(ExitCode::SUCCESS), |next| End::Changed(Box::new(next))))
        }
        () = interrupts.next() => {
            terminal.line("ending at once");
            for Recorded { function, .. } in &functions {
                function.kill().await;
            }
            Ok(End::Asked(ExitCode::FAILURE))
        }
    }
}

/// Tells what is served now to those who read it.
fn publish(described: &Value, inspector: Option<&Inspector>, path: Option<&Path>) -> Result<(), BoxError> {
    if let Some(inspector) = inspector {
        inspector.describe(described.clone());
    }
    let written = path.map_or(Ok(()), |path| {
        describe::write(path, described).map_err(|error| format!("cannot write {}: {error}", path.display()))
    });
    Ok(written.map_err(|error| format!("--describe: {error}"))?)
}

/// Where functions reach the gateways.
fn addresses(
    listeners: &[(TcpListener, Option<TcpListener>, Vec<Planned>)],
) -> io::Result<Vec<(SocketAddr, &[Planned])>> {
    let mut addresses = Vec::new();
    for (listener, plain, planned) in listeners {
        addresses.push((plain.as_ref().unwrap_or(listener).local_addr()?, planned.as_slice()));
    }
    Ok(addresses)
}

/// Requests in flight may finish, but not for long; then the functions are stopped.
async fn finish(servers: Vec<JoinHandle<io::Result<()>>>, functions: &[Recorded]) -> io::Result<()> {
    let mut finished = Ok(());
    let patience = tokio::time::timeout(PATIENCE, async {
        for server in servers {
            finished = server.await.unwrap_or(Ok(()));
        }
    });
    let _ = patience.await;
    for Recorded { function, .. } in functions {
        function.stop().await;
    }
    finished
}

const PATIENCE: Duration = Duration::from_secs(3);

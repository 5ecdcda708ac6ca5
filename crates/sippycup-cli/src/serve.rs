//! `serve`: listeners, functions, watchers, and their orderly end.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Arg, Args};
use sippycup_gateway::{BoxError, Function, FunctionBuilder, Gateways, Server, Terminal};
use tokio::net::TcpListener;
use tokio::sync::watch as signal;
use tokio::task::JoinHandle;

use crate::announce;
use crate::error::UsageError;
use crate::plan::{FunctionPlan, GatewayPlan, Listener, Plan, Planned, Said};
use crate::record::{Recorded, Recorder};
use crate::supervise::supervised;
use crate::terminal::Output;
use crate::watch::{Watch, watch};

/// Serve a Lambda function behind a front door
///
/// Starts the function with a Runtime API of its own, writes the events that AWS would write and treats the answers as AWS would treat them. Where AWS would say only
/// "Internal server error", it says why.
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = manual(), mut_args = not_beside_a_file)]
pub(crate) struct Arguments {
    /// Serve what a TOML file describes: several functions and front doors
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(flatten)]
    gateway: GatewayPlan,

    #[command(flatten)]
    function: FunctionPlan,

    #[command(flatten)]
    plan: Plan,

    #[command(flatten)]
    output: Output,
}

impl Arguments {
    fn plan(self) -> Result<(Plan, Vec<Listener>), UsageError> {
        if let Some(path) = &self.config {
            return Plan::read(path, &self.plan);
        }
        if self.function.command.is_empty() && self.function.attach.is_none() {
            return Err(UsageError::new(
                "expected the function's command behind `--`, or --attach, or --config; see `sippycup serve --help`",
            ));
        }
        let plan = self.plan.of_flags(self.gateway, self.function);
        let listeners = plan.listeners()?;
        Ok((plan, listeners))
    }
}

/// A file has settings of its own: those of flags would be lost.
fn not_beside_a_file(arg: Arg) -> Arg {
    let of_one = |heading| [Some("Front door"), Some("Function")].contains(&heading);
    let id = arg.get_id().as_str();
    if id == "command" || (of_one(arg.get_help_heading()) && !["allow_host", "listen"].contains(&id)) {
        arg.conflicts_with("config")
    } else {
        arg
    }
}

pub(crate) async fn serve(arguments: Arguments) -> Result<ExitCode, BoxError> {
    let terminal = arguments.output.terminal();
    let mut interrupts = Interrupts::new()?;
    let from_file = arguments.config.is_some();
    let (plan, planned) = arguments.plan()?;
    // Listeners before functions: a port in use should not cost a build.
    let mut listeners = Vec::new();
    for Listener { address, gateways } in planned {
        listeners.push((bind(address, "--listen").await?, gateways));
    }
    let recorders = recorders(&plan, terminal)?;
    let mut functions = Vec::new();
    let mut watches: Vec<Watch> = Vec::new();
    for (Said { value: planned, .. }, recorder) in plan.functions.iter().zip(recorders) {
        let function = start(planned, &plan.allow_host, terminal).await?;
        if !planned.watch.is_empty() {
            watches.push(watch(planned, plan.events.as_deref(), function.clone(), terminal)?);
        }
        functions.push(Recorded { name: planned.name.value.clone(), function, recorder });
    }
    let (stop, stopping) = signal::channel(false);
    let mut servers = Vec::new();
    for (listener, planned) in listeners {
        let address = listener.local_addr()?;
        let Some(gateways) = gateways(planned, &functions, address)? else { continue };
        for gateway in gateways.iter() {
            // Flags describe one, which needs no name.
            let name = from_file.then(|| gateway.get_ref().name.as_str());
            announce::lines(&gateways, gateway, address, name).iter().for_each(|line| terminal.line(line));
        }
        let server = Server::new()
            .title_case_headers(gateways.iter().all(|gateway| gateway.kind().is_http_api()))
            .report(move |line| terminal.line(line));
        let mut stopping = stopping.clone();
        let shutdown = async move {
            let _ = stopping.wait_for(|stop| *stop).await;
        };
        servers.push(tokio::spawn(server.serve(listener, terminal.requests(gateways), shutdown)));
    }
    interrupts.next().await;
    terminal.line("stopping");
    let _ = stop.send(true);
    drop(watches);
    tokio::select! {
        finished = finish(servers, &functions) => {
            finished?;
            Ok(ExitCode::SUCCESS)
        }
        () = interrupts.next() => {
            terminal.line("ending at once");
            for Recorded { function, .. } in &functions {
                function.kill().await;
            }
            Ok(ExitCode::FAILURE)
        }
    }
}

/// The gateways of one listener, before their functions.
fn gateways(
    planned: Vec<Planned>,
    functions: &[Recorded],
    address: SocketAddr,
) -> Result<Option<Gateways<Recorded>>, BoxError> {
    let mut gateways: Option<Gateways<Recorded>> = None;
    for Planned { builder, function, https } in planned {
        let Some(function) = functions.get(function).cloned() else { continue };
        // Absolute links that an app makes lead back here, where nobody speaks TLS.
        let builder = if https { builder } else { builder.forwarded("http", address.port()) };
        let gateway = builder.build(function)?;
        gateways = Some(match gateways {
            Some(gateways) => gateways.and(gateway),
            None => Gateways::new(gateway),
        });
    }
    Ok(gateways)
}

/// Where each function is recorded: several have a directory each, by their names.
fn recorders(plan: &Plan, terminal: Terminal) -> Result<Vec<Option<Recorder>>, UsageError> {
    let recorder = |function: &Said<FunctionPlan>| {
        let Some(directory) = &plan.events else { return Ok(None) };
        let name = function.value.name.value.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "_");
        let directory = if plan.functions.len() > 1 { directory.join(name) } else { directory.clone() };
        match Recorder::new(&directory, &function.value, plan.keep_secrets, terminal) {
            Ok(recorder) => Ok(Some(recorder)),
            Err(error) => Err(UsageError::new(format!("--events: cannot record in {}: {error}", directory.display()))),
        }
    };
    plan.functions.iter().map(recorder).collect()
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

pub(crate) async fn start(plan: &FunctionPlan, allowed: &[String], terminal: Terminal) -> Result<Function, BoxError> {
    match plan.attach {
        Some(address) => {
            let listener = bind(address.0, "--attach").await?;
            let address = listener.local_addr()?;
            terminal.line(&format!("waiting for a function with AWS_LAMBDA_RUNTIME_API={address}"));
            let builder = allowed.iter().fold(builder(plan, terminal), |builder, name| builder.allow_host(name));
            Ok(builder.attach(listener)?)
        }
        None => spawn(plan, terminal),
    }
}

pub(crate) fn spawn(plan: &FunctionPlan, terminal: Terminal) -> Result<Function, BoxError> {
    let mut command = supervised(&plan.command).into_iter();
    let program = command.next().unwrap_or_default();
    Ok(builder(plan, terminal).lifeline(true).spawn(program, command)?)
}

fn builder(plan: &FunctionPlan, terminal: Terminal) -> FunctionBuilder {
    let name = plan.name.value.clone();
    plan.builder().report(move |line| terminal.function(&name, line))
}

async fn bind(address: SocketAddr, flag: &str) -> Result<TcpListener, BoxError> {
    TcpListener::bind(address)
        .await
        .map_err(|error| format!("cannot listen on {address}: {error}; choose another address with {flag}").into())
}

/// What asks the command to end: ctrl-c, or SIGTERM.
struct Interrupts {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 2],
}

impl Interrupts {
    #[cfg(unix)]
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { signals: [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?] })
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        let [interrupt, terminate] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

const PATIENCE: Duration = Duration::from_secs(3);

/// What `--help` has at its end, and `-h` has not.
fn manual() -> String {
    let example = include_str!("plan/example.toml");
    format!("{EXAMPLES}\n\nA file for --config, with every key; relative paths start in its directory:\n\n{example}")
}

const EXAMPLES: &str = "\
Examples:
  sippycup serve -- cargo run -p axum-hello
  sippycup serve --kind rest --stage prod --base-path shop --watch -- cargo run
  sippycup serve --kind url --stream -- target/debug/chat
  sippycup serve --events events -- python3 -m awslambdaric app.handler
  sippycup serve --attach
  sippycup serve --config sippycup.toml";

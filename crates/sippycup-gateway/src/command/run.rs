//! Serving: listeners, functions, watchers, and their orderly end.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch as signal;

use super::arguments::Flags;
use super::config;
use super::front::Front;
use super::record::{Recorded, Recorder};
use super::terminal::Terminal;
use super::watch::{Plan, Watch, watch};
use crate::{BoxError, Function, FunctionBuilder, Gateway};

pub(super) async fn serve(flags: Box<Flags>) -> Result<ExitCode, BoxError> {
    let terminal = Terminal::new(flags.color);
    let plan = match &flags.config {
        Some(path) => config::Plan::read(path, &flags)?,
        None => config::Plan::of_flags(&flags)?,
    };
    for function in &plan.functions {
        function.check()?;
    }
    // Listeners before functions: a port in use should not cost a build.
    let mut listeners = Vec::new();
    for address in plan.addresses() {
        listeners.push(bind(address, "--listen").await?);
    }
    let recorder = plan.events.as_deref().map(|directory| Recorder::new(directory, terminal)).transpose()?;
    let mut functions = Vec::new();
    let mut watches: Vec<Watch> = Vec::new();
    for function in &plan.functions {
        let started = start(function, terminal).await?;
        if !function.watch.paths.is_empty() {
            let watched = Plan { except: plan.events.clone(), ..function.watch.clone() };
            watches.push(watch(watched, started.clone(), terminal)?);
        }
        functions.push(started);
    }
    let (stop, stopping) = signal::channel(false);
    let mut servers = Vec::new();
    for (behind, listener) in plan.gateways_per_address(&functions).into_iter().zip(listeners) {
        let address = listener.local_addr()?;
        let mut gateways = Vec::new();
        for (builder, function) in behind {
            let gateway = builder.build(Recorded { function, recorder: recorder.clone() })?;
            announce(terminal, &gateway, address);
            gateways.push(gateway);
        }
        let title_case = gateways.iter().all(|g| g.kind().is_http_api());
        let mut stopping = stopping.clone();
        let shutdown = async move {
            let _ = stopping.wait_for(|stop| *stop).await;
        };
        servers.push(tokio::spawn(crate::serve::serve(listener, Front::new(gateways, terminal), title_case, shutdown)));
    }
    interrupted().await?;
    terminal.line("stopping");
    let _ = stop.send(true);
    // Requests in flight may finish, but not for long.
    let mut finished = Ok(());
    let patience = tokio::time::timeout(PATIENCE, async {
        for server in servers {
            finished = server.await.unwrap_or(Ok(()));
        }
    });
    let _ = patience.await;
    drop(watches);
    for function in functions {
        function.stop().await;
    }
    finished?;
    Ok(ExitCode::SUCCESS)
}

/// The function that the flags describe, started.
pub(super) fn function(flags: &Flags, terminal: Terminal) -> Result<Function, BoxError> {
    let settings = config::FunctionPlan::of_flags(flags);
    settings.check()?;
    spawn(&settings, terminal)
}

async fn start(plan: &config::FunctionPlan, terminal: Terminal) -> Result<Function, BoxError> {
    match plan.attach {
        Some(address) => {
            let listener = bind(address, "--attach").await?;
            let address = listener.local_addr()?;
            terminal.line(&format!("waiting for a function with AWS_LAMBDA_RUNTIME_API={address}"));
            Ok(builder(plan, terminal).attach(listener)?)
        }
        None => spawn(plan, terminal),
    }
}

fn spawn(plan: &config::FunctionPlan, terminal: Terminal) -> Result<Function, BoxError> {
    let mut command = plan.command.iter();
    let program = command.next().cloned().unwrap_or_default();
    Ok(builder(plan, terminal).spawn(program, command)?)
}

fn builder(plan: &config::FunctionPlan, terminal: Terminal) -> FunctionBuilder {
    let name = plan.name.clone();
    let mut builder = Function::builder()
        .name(&plan.name)
        .memory(plan.memory)
        .timeout(plan.timeout)
        .concurrency(plan.concurrency)
        .snap_start(plan.snap_start)
        .report(move |line| terminal.function(&name, line));
    if let Some(directory) = &plan.directory {
        builder = builder.current_dir(directory);
    }
    let own = plan.environment.iter().find(|(name, _)| name == MAX_CONCURRENCY).map(|(_, value)| value.clone());
    if let Some(polls) = own.or_else(|| std::env::var(MAX_CONCURRENCY).ok()).and_then(|n| n.parse().ok()) {
        builder = builder.max_concurrency(polls);
    }
    for (name, value) in &plan.environment {
        builder = builder.env(name, value);
    }
    builder
}

async fn bind(address: SocketAddr, flag: &str) -> Result<TcpListener, BoxError> {
    TcpListener::bind(address)
        .await
        .map_err(|error| format!("cannot listen on {address}: {error}; choose another address with {flag}").into())
}

fn announce(terminal: Terminal, gateway: &Gateway<Recorded>, address: SocketAddr) {
    for base in gateway.location().base_paths() {
        terminal.line(&format!("{:>9}: http://{address}{base}/", gateway.kind()));
    }
}

async fn interrupted() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            interrupt = tokio::signal::ctrl_c() => interrupt,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

const MAX_CONCURRENCY: &str = "AWS_LAMBDA_MAX_CONCURRENCY";
const PATIENCE: Duration = Duration::from_secs(3);

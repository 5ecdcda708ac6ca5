//! `serve`: listeners, functions, watchers, and their orderly end.

use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Arg, Args};
use sippycup_gateway::{BoxError, Function, FunctionBuilder, Gateways, Server, Terminal};
use tokio::net::TcpListener;
use tokio::sync::watch as signal;
use tokio::task::JoinHandle;

use crate::announce;
use crate::describe::Description;
use crate::error::UsageError;
use crate::plan::{Behind, FunctionPlan, GatewayPlan, Listener, Plan, Planned, Said};
use crate::record::{Recorded, Recorder};
use crate::served::Served;
use crate::supervise::supervised;
use crate::template;
use crate::terminal::Output;
use crate::watch::{Changes, Watch, run, watch};

/// Serve a Lambda function behind a front door
///
/// Starts the function with a Runtime API of its own, writes the events that AWS would write and treats the answers as AWS would treat them. Where AWS would say only
/// "Internal server error", it says why.
#[derive(Args, Clone)]
#[command(after_help = EXAMPLES, after_long_help = manual(), mut_args = not_beside_a_file)]
pub(crate) struct Arguments {
    /// Serve what a TOML file describes: several functions and front doors
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Write what is served into this file, as JSON, once everything listens: front doors with URLs and routes, functions
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    describe: Option<PathBuf>,

    #[command(flatten)]
    template: template::TemplateArguments,

    #[command(flatten)]
    gateway: GatewayPlan,

    #[command(flatten)]
    function: FunctionPlan,

    #[command(flatten)]
    plan: Plan,

    #[command(flatten)]
    output: Output,
}

/// What to serve, wherever it is described.
struct Wanted {
    plan: Plan,
    listeners: Vec<Listener>,
    /// What is told first.
    lines: Vec<String>,
    passed: Vec<String>,
    /// What is read again when it changes.
    files: Vec<PathBuf>,
}

impl Arguments {
    /// The template that is meant where nothing else is said.
    pub(crate) fn found_template(&self) -> Option<PathBuf> {
        let says_nothing = self.config.is_none() && self.template.template.is_none() && !self.has_function();
        if says_nothing { template::found() } else { None }
    }

    fn has_function(&self) -> bool {
        !self.function.command.is_empty() || self.function.attach.is_some()
    }

    fn plan(mut self) -> Result<Wanted, UsageError> {
        if let Some(path) = &self.template.template {
            let flags = template::Flags { plan: &self.plan, gateway: &self.gateway, function: &self.function };
            let template::Read { plan, listeners, mut lines, passed, files } = self.template.read(path, &flags)?;
            lines.insert(0, format!("serving {}", path.display()));
            let files = if self.function.watch.is_empty() { Vec::new() } else { files };
            return Ok(Wanted { plan, listeners, lines, passed, files });
        }
        if self.template.is_about_template() {
            return Err(UsageError::new("--parameter and --run are about a template: name it with --template"));
        }
        let (mut lines, passed, files) = (Vec::new(), Vec::new(), Vec::new());
        if let Some(path) = &self.config {
            let (plan, listeners) = Plan::read(path, &self.plan)?;
            return Ok(Wanted { plan, listeners, lines, passed, files });
        }
        if !self.has_function() {
            if !Path::new("Cargo.toml").is_file() {
                return Err(UsageError::new(
                    "expected the function's command behind `--`, or --attach, or --config, or --template, or a template or a cargo \
                     package here; see `sippycup serve --help`",
                ));
            }
            self.function.command = ["cargo", "run"].map(OsString::from).into();
            lines.push("serving the cargo package here, with `cargo run`".to_owned());
        }
        let plan = self.plan.of_flags(self.gateway, self.function);
        let listeners = plan.listeners()?;
        Ok(Wanted { plan, listeners, lines, passed, files })
    }
}

/// A file has settings of its own: those of flags would be lost.
fn not_beside_a_file(arg: Arg) -> Arg {
    let of_one = [Some("Front door"), Some("Function")].contains(&arg.get_help_heading());
    let id = arg.get_id().as_str();
    let beside = |allowed: &[&str]| id != "command" && (!of_one || allowed.contains(&id));
    let (beside_config, beside_template) = (beside(&["allow_host", "listen"]), beside(BESIDE_A_TEMPLATE));
    let arg = if beside_config { arg } else { arg.conflicts_with("config") };
    if beside_template { arg } else { arg.conflicts_with("template") }
}

/// What a template does not say itself.
const BESIDE_A_TEMPLATE: &[&str] = &[
    "allow_host",
    "claims",
    "concurrency",
    "extension",
    "freeze",
    "https",
    "lambda_authorizer",
    "listen",
    "source_ip",
    "tenant",
    "watch",
    "watch-ignore",
];

pub(crate) async fn serve(arguments: Arguments) -> Result<ExitCode, BoxError> {
    let mut interrupts = Interrupts::new()?;
    let mut wanted = arguments.clone().plan()?;
    loop {
        match serve_until(&arguments, wanted, &mut interrupts).await? {
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

async fn serve_until(arguments: &Arguments, wanted: Wanted, interrupts: &mut Interrupts) -> Result<End, BoxError> {
    let terminal = arguments.output.terminal();
    let from_file = arguments.config.is_some() || arguments.template.template.is_some();
    let Wanted { plan, listeners: planned, lines, passed, files } = wanted;
    // From before anybody reads that it is served.
    let mut changes = Changes::of(&files)?;
    lines.iter().for_each(|line| terminal.line(line));
    // Listeners before functions: a port in use should not cost a build.
    let mut listeners = Vec::new();
    for Listener { address, gateways, .. } in planned {
        listeners.push((bind(address, "--listen").await?, gateways));
    }
    tokio::select! {
        built = build(&plan, terminal) => built?,
        () = interrupts.next() => return Ok(End::Asked(ExitCode::FAILURE)),
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
    let mut description = Description::default();
    for (listener, planned) in listeners {
        let address = listener.local_addr()?;
        let origins: Vec<_> = planned.iter().map(|planned| planned.origin.clone()).collect();
        let Some(gateways) = gateways(planned, &functions, address)? else { continue };
        let mut last = None;
        for (gateway, origin) in gateways.iter().zip(&origins) {
            let id = origin.as_ref().map(|origin| origin.id.as_str());
            description.add(gateway, origin.as_ref(), announce::urls(gateway, address));
            // Those of one front door come one after the other, and have the same URLs.
            let door = (id, gateway.stage().map(str::to_owned));
            if id.is_some() && last.as_ref() == Some(&door) {
                continue;
            }
            // Flags describe one, which needs no name.
            let name = id.or(gateway.get_ref().name()).filter(|_| from_file);
            announce::lines(&gateways, gateway, address, name).iter().for_each(|line| terminal.line(line));
            last = Some(door);
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
    if let Some(path) = &arguments.describe {
        let written = description.write(path, &plan.functions, &passed);
        written.map_err(|error| format!("--describe: cannot write {}: {error}", path.display()))?;
        terminal.line(&format!("described in {}", path.display()));
    }
    let next = loop {
        tokio::select! {
            () = interrupts.next() => break None,
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
    drop(watches);
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

/// Makes the programs that are not there before: a front door listens when its function can start.
async fn build(plan: &Plan, terminal: Terminal) -> Result<(), BoxError> {
    let mut built: Vec<&str> = Vec::new();
    for line in plan.functions.iter().filter_map(|function| function.value.made_by.as_deref()) {
        if !built.contains(&line) {
            terminal.line(&format!("building: {line}"));
            let status = run(line).await.map_err(|error| format!("`{line}` could not be started: {error}"))?;
            if !status.success() {
                return Err(format!("`{line}` failed ({status})").into());
            }
            built.push(line);
        }
    }
    Ok(())
}

/// The gateways of one listener, before their functions.
fn gateways(
    planned: Vec<Planned>,
    functions: &[Recorded],
    address: SocketAddr,
) -> Result<Option<Gateways<Served>>, BoxError> {
    let mut gateways: Option<Gateways<Served>> = None;
    for Planned { builder, behind, https, .. } in planned {
        let function = match behind {
            Behind::Function(at) => functions.get(at).cloned().map(Served::Function),
            Behind::Answer(answer) => Some(Served::Answer(answer)),
        };
        let Some(function) = function else { continue };
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
        match Recorder::new(&directory, &function.value, plan.keeps_secrets(), terminal) {
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
    // A failure stands below its request: a function that uses SippyCup need not say it again.
    plan.builder().env("SIPPYCUP_TELLS_FAILURES", "1").report(move |line| terminal.function(&name, line))
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
  sippycup serve --config sippycup.toml
  sippycup serve --template template.yaml --parameter Stage=dev --run Worker='python3 -m awslambdaric app.handler'";

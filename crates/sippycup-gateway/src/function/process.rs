//! One process with its own Runtime API: start it, read its output, end it with everything it started.

use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Sleep;

use super::message::Message;
use super::output;
use super::runtime_api;
use super::settings::Settings;
use crate::stamp::Stamper;

/// Runs a process to its end, or until `kill` fires; then tells the pool.
pub(super) async fn run(
    environment: u64,
    settings: Arc<Settings>,
    pool: mpsc::UnboundedSender<Message>,
    ending: Ending,
) {
    let how = match start(environment, &settings, &pool).await {
        Ok((child, api)) => {
            let ended = supervise(child, &settings, ending).await;
            // The rest of an answer cannot come any more.
            api.abort();
            ended
        }
        Err(error) => format!("could not be started: {error}"),
    };
    let _ = pool.send(Message::Exited { environment, how });
}

/// How a process is told to end.
pub(super) struct Ending {
    /// In its own time, but not for long.
    pub(super) kill: oneshot::Receiver<()>,
    /// Without any.
    pub(super) at_once: watch::Receiver<bool>,
}

async fn start(
    environment: u64,
    settings: &Arc<Settings>,
    pool: &mpsc::UnboundedSender<Message>,
) -> io::Result<(Child, JoinHandle<()>)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?.to_string();
    let mut command = Command::new(&settings.program);
    command
        .args(&settings.arguments)
        .stdin(if settings.lifeline { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A supervisor ends by its lifeline, and would leave the rest behind if it were killed.
        .kill_on_drop(!settings.lifeline);
    if let Some(directory) = &settings.directory {
        command.current_dir(directory);
    }
    for (name, value) in variables(settings, &address) {
        command.env(name, value);
    }
    // What `cargo run` or a shell starts must end with it.
    #[cfg(unix)]
    command.process_group(0);
    let child = command.spawn()?;
    let api = tokio::spawn(runtime_api::serve(listener, environment, Arc::clone(settings), pool.clone()));
    Ok((child, api))
}

async fn supervise(mut child: Child, settings: &Settings, mut ending: Ending) -> String {
    // To wait for a process would close it.
    let _lifeline = child.stdin.take();
    let (sender, mut lines) = mpsc::channel(LINES);
    if let Some(stdout) = child.stdout.take() {
        tokio::spawn(output::read(stdout, sender.clone()));
    }
    if let Some(stderr) = child.stderr.take() {
        tokio::spawn(output::read(stderr, sender.clone()));
    }
    drop(sender);
    let group = child.id();
    let mut deadline: Option<Pin<Box<Sleep>>> = None;
    let mut killed = false;
    let ended = loop {
        tokio::select! {
            ended = child.wait() => break ended,
            Some(line) = lines.recv() => settings.report(&line),
            _ = &mut ending.kill, if deadline.is_none() => {
                signal(group, Signal::Terminate);
                deadline = Some(Box::pin(tokio::time::sleep(GRACE)));
            }
            Ok(_) = ending.at_once.wait_for(|at_once| *at_once), if !killed => {
                signal(group, Signal::Kill);
                killed = true;
            }
            () = until(&mut deadline) => {
                signal(group, Signal::Kill);
                deadline = Some(Box::pin(tokio::time::sleep(GRACE)));
            }
        }
    };
    // The process is gone, but not what it may have started in its group.
    signal(group, Signal::Kill);
    // A grandchild that left the group can keep the pipes open for ever.
    let rest = tokio::time::timeout(GRACE, async {
        while let Some(line) = lines.recv().await {
            settings.report(&line);
        }
    });
    let _ = rest.await;
    match ended {
        Ok(status) => status.to_string(),
        Err(error) => format!("an unknown status: {error}"),
    }
}

/// Waits for the deadline; for ever if there is none.
async fn until(deadline: &mut Option<Pin<Box<Sleep>>>) {
    match deadline {
        Some(deadline) => deadline.await,
        None => std::future::pending().await,
    }
}

/// The environment of a function on Lambda (developer guide, "Defined runtime environment variables"). What the developer has set for region and handler stays.
fn variables(settings: &Settings, runtime_api: &str) -> Vec<(String, String)> {
    let inherited = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    let directory = settings.directory.clone().or_else(|| std::env::current_dir().ok()).unwrap_or_default();
    let stream = Stamper::default().stamp().uuid.replace('-', "");
    let region = inherited("AWS_REGION", &settings.region);
    let start = if settings.snap_start { "snap-start" } else { "on-demand" };
    let mut variables: Vec<(String, String)> = [
        ("AWS_DEFAULT_REGION", region.clone()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", settings.memory.to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", settings.name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", start.to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", settings.name)),
        ("AWS_LAMBDA_LOG_STREAM_NAME", format!("[$LATEST]{stream}")),
        ("AWS_LAMBDA_RUNTIME_API", runtime_api.to_owned()),
        ("AWS_REGION", region),
        ("LAMBDA_TASK_ROOT", directory.display().to_string()),
        ("TZ", inherited("TZ", ":UTC")),
        ("_HANDLER", inherited("_HANDLER", "bootstrap")),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    if let Some(polls) = settings.max_concurrency {
        variables.push(("AWS_LAMBDA_MAX_CONCURRENCY".to_owned(), polls.to_string()));
    }
    variables.extend(settings.environment.iter().cloned());
    variables
}

#[derive(Clone, Copy)]
enum Signal {
    Kill,
    Terminate,
}

#[cfg(unix)]
fn signal(group: Option<u32>, signal: Signal) {
    let pid = group.and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    let signal = match signal {
        Signal::Kill => rustix::process::Signal::KILL,
        Signal::Terminate => rustix::process::Signal::TERM,
    };
    if let Some(pid) = pid {
        // A group that is gone already is what we want.
        let _ = rustix::process::kill_process_group(pid, signal);
    }
}

/// Elsewhere the process itself is ended when its handle is dropped.
#[cfg(not(unix))]
fn signal(_group: Option<u32>, _signal: Signal) {}

/// How long a process may take to end by itself, and its output to close.
const GRACE: Duration = Duration::from_secs(2);

/// How many lines wait to be reported.
const LINES: usize = 64;

//! The processes of one environment with their own Runtime API: start them, read their output, end them with everything they started.
//!
//! As on Lambda: the extensions first, the function when they have registered; at the end the function first, and then the extensions.

mod external;
mod signal;
#[cfg(unix)]
mod tree;
mod variables;

use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, Sleep};

use super::extensions::{Ending, Reason};
use super::message::Message;
use super::observe::Moment;
use super::output;
use super::runtime_api;
use super::settings::{Program, Settings};
use external::Companions;
use signal::{Signal, signal, signal_group};
#[cfg(unix)]
pub use tree::kill_descendants;

/// Runs an environment to its end, or until it is told to end; then tells the pool.
pub(super) async fn run(
    environment: u64,
    settings: Arc<Settings>,
    pool: mpsc::UnboundedSender<Message>,
    orders: Orders,
) {
    settings.observer.tell(Moment::Starting { environment });
    let observer = settings.observer.clone();
    let how = match TcpListener::bind(("127.0.0.1", 0)).await.and_then(|api| Ok((api.local_addr()?.to_string(), api))) {
        Ok((address, listener)) => {
            let (settings_of, pool_of) = (Arc::clone(&settings), pool.clone());
            let api = runtime_api::serve(listener, environment, settings_of, pool_of, std::future::pending());
            let api = tokio::spawn(api);
            let (sender, lines) = mpsc::channel(LINES);
            let supervisor =
                Supervisor { environment, settings, pool: pool.clone(), orders, address, lines, ending: None };
            let how = supervisor.run(sender).await;
            // The rest of an answer cannot come any more.
            api.abort();
            how
        }
        Err(error) => could_not(&error),
    };
    observer.tell(Moment::Ended { environment, how: &how });
    let _ = pool.send(Message::Exited { environment, how });
}

/// What the processes are told.
pub(super) struct Orders {
    pub(super) control: mpsc::UnboundedReceiver<Control>,
    /// To end, whatever was said before.
    pub(super) at_once: watch::Receiver<bool>,
    /// That every extension has registered.
    pub(super) registered: oneshot::Receiver<()>,
}

pub(super) enum Control {
    /// To end, in the time that it is given. Nothing comes after this.
    End(Ending),
    Freeze,
    Thaw,
}

struct Supervisor {
    environment: u64,
    settings: Arc<Settings>,
    pool: mpsc::UnboundedSender<Message>,
    orders: Orders,
    /// Of the Runtime API.
    address: String,
    lines: mpsc::Receiver<String>,
    /// Since when it ends, and how.
    ending: Option<(Instant, Ending)>,
}

impl Supervisor {
    async fn run(mut self, sender: mpsc::Sender<String>) -> String {
        let mut companions = Companions::default();
        let how = match self.start(&mut companions, sender).await {
            Ok(Some(process)) => self.supervise(process, &mut companions).await,
            Ok(None) => "ended before it was started".to_owned(),
            Err(error) => could_not(&error),
        };
        companions.shut_down(&mut self).await;
        // A grandchild that left the group can keep the pipes open for ever.
        let rest = tokio::time::timeout(GRACE, async {
            while let Some(line) = self.lines.recv().await {
                self.settings.line(self.environment, &line);
            }
        });
        let _ = rest.await;
        how
    }

    /// Starts the extensions, waits until they have registered, and starts the function; not if all is to end before.
    async fn start(
        &mut self,
        companions: &mut Companions,
        sender: mpsc::Sender<String>,
    ) -> io::Result<Option<Process>> {
        for extension in &self.settings.extensions {
            let variables = variables::of_extension(&self.settings, &self.address);
            let process = Process::start(&extension.program, variables, &self.settings, &sender)
                .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", extension.name)))?;
            companions.add(extension.name.clone(), process);
        }
        while !self.settings.extensions.is_empty() {
            tokio::select! {
                registered = &mut self.orders.registered => match registered {
                    Ok(()) => break,
                    Err(_) => return Ok(None),
                },
                Some(line) = self.lines.recv() => self.settings.line(self.environment, &line),
                Some(ended) = companions.next_ended() => self.lost(ended),
                control = self.orders.control.recv() => match control {
                    Some(Control::Freeze | Control::Thaw) => {}
                    Some(Control::End(ending)) => {
                        self.ending = Some((Instant::now(), ending));
                        return Ok(None);
                    }
                    None => return Ok(None),
                },
                () = all_at_once(&mut self.orders.at_once) => return Ok(None),
            }
        }
        let variables = variables::of_function(&self.settings, &self.address);
        let process = Process::start(&self.settings.program, variables, &self.settings, &sender)?;
        self.settings.observer.tell(Moment::Started { environment: self.environment, process: process.group });
        Ok(Some(process))
    }

    async fn supervise(&mut self, mut process: Process, companions: &mut Companions) -> String {
        let group = process.group;
        let mut deadline: Option<Pin<Box<Sleep>>> = None;
        let mut killed = false;
        let ended = loop {
            tokio::select! {
                ended = process.child.wait() => break ended,
                Some(line) = self.lines.recv() => self.settings.line(self.environment, &line),
                Some(ended) = companions.next_ended() => self.lost(ended),
                control = self.orders.control.recv(), if deadline.is_none() => match control {
                    Some(Control::Freeze) => {
                        signal(group, Signal::Stop);
                        companions.signal(Signal::Stop);
                    }
                    Some(Control::Thaw) => {
                        companions.signal(Signal::Continue);
                        signal(group, Signal::Continue);
                    }
                    Some(Control::End(ending)) => {
                        self.ending = Some((Instant::now(), ending));
                        deadline = Some(end(group, ending.grace));
                    }
                    None => deadline = Some(end(group, None)),
                },
                () = all_at_once(&mut self.orders.at_once), if !killed => {
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
        signal_group(group, Signal::Kill);
        match ended {
            Ok(status) => status.to_string(),
            Err(error) => format!("an unknown status: {error}"),
        }
    }

    /// An extension ended by itself.
    fn lost(&self, (name, how): (String, String)) {
        let _ = self.pool.send(Message::ExtensionExited { environment: self.environment, name, how });
    }

    /// Why everything ends. Without a reason the function has ended by itself.
    fn reason(&self) -> Reason {
        self.ending.map_or(Reason::Failure, |(_, ending)| ending.reason)
    }
}

/// A process, and a group of processes.
struct Process {
    child: Child,
    group: Option<u32>,
    /// To wait for a process would close it.
    _lifeline: Option<ChildStdin>,
}

impl Process {
    fn start(
        program: &Program,
        variables: Vec<(String, String)>,
        settings: &Settings,
        lines: &mpsc::Sender<String>,
    ) -> io::Result<Self> {
        let mut command = Command::new(&program.path);
        command
            .args(&program.arguments)
            .stdin(if settings.lifeline { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A supervisor ends by its lifeline, and would leave the rest behind if it were killed.
            .kill_on_drop(!settings.lifeline);
        if let Some(directory) = &settings.directory {
            command.current_dir(directory);
        }
        command.envs(variables);
        for name in variables::NOT_OF_EXTENSIONS.iter().filter(|_| program.is_extension) {
            command.env_remove(name);
        }
        // What `cargo run` or a shell starts must end with it.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn()?;
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(output::read(stdout, lines.clone()));
        }
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(output::read(stderr, lines.clone()));
        }
        Ok(Self { group: child.id(), _lifeline: child.stdin.take(), child })
    }
}

/// Waits until everything must end immediately; for ever if no one can ask for that any more.
async fn all_at_once(said: &mut watch::Receiver<bool>) {
    if said.wait_for(|at_once| *at_once).await.is_err() {
        std::future::pending().await
    }
}

/// Begins to end a group, and gives the time at which to be done with it.
fn end(group: Option<u32>, grace: Option<Duration>) -> Pin<Box<Sleep>> {
    match grace {
        Some(_) => {
            signal(group, Signal::Terminate);
            // One that is frozen notices it only then.
            signal(group, Signal::Continue);
        }
        None => signal(group, Signal::Kill),
    }
    Box::pin(tokio::time::sleep(grace.unwrap_or(GRACE)))
}

/// Waits for the deadline; for ever if there is none.
async fn until(deadline: &mut Option<Pin<Box<Sleep>>>) {
    match deadline {
        Some(deadline) => deadline.await,
        None => std::future::pending().await,
    }
}

fn could_not(error: &io::Error) -> String {
    format!("could not be started: {error}")
}

/// How long a process may take to be gone after SIGKILL, and its output to close.
const GRACE: Duration = Duration::from_secs(2);

/// How many lines wait to be reported.
const LINES: usize = 64;

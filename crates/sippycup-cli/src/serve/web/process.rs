//! The process of a Web Function: started at once, after it has ended, and after its sources have changed.

use std::net::SocketAddr;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use sippycup_gateway::{BoxError, Moment, Terminal};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

use crate::plan::Pair;
use crate::supervise::supervised;
use crate::template::WebPlan;

pub(super) struct Process {
    plan: WebPlan,
    address: SocketAddr,
    terminal: Terminal,
    observer: Arc<dyn Fn(Moment<'_>) + Send + Sync>,
    running: Mutex<Running>,
}

struct Running {
    child: Child,
    /// Counts up with each start.
    number: u64,
    /// It has accepted a connection.
    is_ready: bool,
}

/// A connection to the process.
pub(super) struct Connected {
    pub(super) stream: TcpStream,
    /// The number of the process.
    pub(super) environment: u64,
    /// Whether it is the first one.
    pub(super) cold: bool,
}

impl Process {
    pub(super) fn start(
        plan: WebPlan,
        address: SocketAddr,
        terminal: Terminal,
        observer: Arc<dyn Fn(Moment<'_>) + Send + Sync>,
    ) -> Result<Self, BoxError> {
        let running = Running::start(&plan, address, terminal, &observer, 1)?;
        Ok(Self { plan, address, terminal, observer, running: Mutex::new(running) })
    }

    /// A connection to the process, which is started anew, once, if it ended. It is ready once it accepts one.
    pub(super) async fn connect(&self) -> Result<Connected, BoxError> {
        let mut tries = STARTING.as_millis() / PAUSE.as_millis();
        let mut anew = false;
        loop {
            let error = match TcpStream::connect(self.address).await {
                Ok(stream) => {
                    let mut running = self.running.lock().await;
                    let (environment, cold) = (running.number, !running.is_ready);
                    if cold {
                        running.is_ready = true;
                        (self.observer)(Moment::Ready { environment });
                    }
                    return Ok(Connected { stream, environment, cold });
                }
                Err(error) => error,
            };
            tries = tries.saturating_sub(1);
            if tries == 0 {
                return Err(format!("the function does not listen on {}: {error}", self.address).into());
            }
            let mut running = self.running.lock().await;
            if let Some(status) = running.child.try_wait()? {
                if anew {
                    return Err(format!("it ended ({status}) before it listened on {}", self.address).into());
                }
                anew = true;
                self.terminal.function(&self.plan.id, &format!("it ended ({status}), and is started anew"));
                self.replace(&mut running, status)?;
            }
            drop(running);
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Ends the process, and starts it anew.
    pub(super) async fn restart(&self) {
        let mut running = self.running.lock().await;
        running.end();
        let started = match running.child.wait().await {
            Ok(status) => self.replace(&mut running, status),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = started {
            self.terminal.function(&self.plan.id, &format!("it cannot be started anew: {error}"));
        }
    }

    pub(super) fn stop(&self) {
        if let Ok(mut running) = self.running.try_lock() {
            running.end();
        }
    }

    fn replace(&self, running: &mut Running, status: ExitStatus) -> Result<(), BoxError> {
        (self.observer)(Moment::Ended { environment: running.number, how: &status.to_string() });
        *running = Running::start(&self.plan, self.address, self.terminal, &self.observer, running.number + 1)?;
        Ok(())
    }
}

impl Running {
    fn start(
        plan: &WebPlan,
        address: SocketAddr,
        terminal: Terminal,
        observer: &Arc<dyn Fn(Moment<'_>) + Send + Sync>,
        number: u64,
    ) -> Result<Self, BoxError> {
        let line = supervised(&plan.function.command);
        let (program, arguments) = line.split_first().ok_or("the function has no command")?;
        let mut command = Command::new(program);
        command.args(arguments).env("AWS_LAMBDA_HTTP_ENDPOINT", address.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(cfg!(not(unix)));
        for Pair { name, value } in plan.function.env.iter().map(|said| &said.value) {
            command.env(name, value);
        }
        if let Some(directory) = &plan.function.directory {
            command.current_dir(&directory.value);
        }
        #[cfg(unix)]
        command.process_group(0);
        observer(Moment::Starting { environment: number });
        let mut child = command.spawn().map_err(|error| format!("cannot start `{}`: {error}", program.display()))?;
        observer(Moment::Started { environment: number, process: child.id() });
        let lines = Lines { name: plan.id.clone(), terminal, observer: Arc::clone(observer), number };
        if let Some(output) = child.stdout.take() {
            tokio::spawn(lines.clone().told(output));
        }
        if let Some(output) = child.stderr.take() {
            tokio::spawn(lines.told(output));
        }
        Ok(Self { child, number, is_ready: false })
    }

    /// It ends with its standard input, as with this command.
    fn end(&mut self) {
        drop(self.child.stdin.take());
        // A supervisor that is killed would leave the rest behind.
        if cfg!(not(unix)) {
            let _ = self.child.start_kill();
        }
    }
}

/// Who reads what the process writes.
#[derive(Clone)]
struct Lines {
    name: String,
    terminal: Terminal,
    observer: Arc<dyn Fn(Moment<'_>) + Send + Sync>,
    number: u64,
}

impl Lines {
    async fn told(self, output: impl AsyncRead + Unpin) {
        let mut lines = BufReader::new(output).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            self.terminal.function(&self.name, &line);
            (self.observer)(Moment::Line { environment: self.number, line: &line });
        }
    }
}

/// How long a process may take until it listens, and how long it is left alone between two tries.
const STARTING: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(25);

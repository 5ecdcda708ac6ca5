//! The settings of one function.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

use super::Function;
use crate::Terminal;

/// Settings as the rest of the module reads them.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(super) program: OsString,
    pub(super) arguments: Vec<OsString>,
    pub(super) directory: Option<PathBuf>,
    pub(super) environment: Vec<(String, String)>,
    pub(super) name: String,
    pub(super) memory: u32,
    pub(super) timeout: Duration,
    pub(super) payload_limit: usize,
    pub(super) concurrency: usize,
    pub(super) max_concurrency: Option<usize>,
    pub(super) snap_start: bool,
    pub(super) lifeline: bool,
    pub(super) region: String,
    pub(super) account_id: String,
    pub(super) allowed_hosts: Vec<String>,
    report: Arc<dyn Fn(&str) + Send + Sync>,
}

impl Settings {
    pub(super) fn report(&self, line: &str) {
        (self.report)(line);
    }

    pub(super) fn arn(&self) -> String {
        format!("arn:aws:lambda:{}:{}:function:{}", self.region, self.account_id, self.name)
    }
}

/// Settings of a [`Function`]; made by [`Function::builder`].
#[derive(Clone)]
#[must_use]
pub struct FunctionBuilder {
    settings: Settings,
}

impl Default for FunctionBuilder {
    fn default() -> Self {
        Self {
            settings: Settings {
                program: OsString::new(),
                arguments: Vec::new(),
                directory: None,
                environment: Vec::new(),
                name: "function".to_owned(),
                memory: 128,
                timeout: Duration::from_secs(900),
                payload_limit: 6 << 20,
                concurrency: 10,
                max_concurrency: None,
                snap_start: false,
                lifeline: false,
                region: "us-east-1".to_owned(),
                account_id: "123456789012".to_owned(),
                allowed_hosts: Vec::new(),
                report: Arc::new(Terminal::output),
            },
        }
    }
}

impl FunctionBuilder {
    #[cfg(test)]
    pub(super) fn into_settings(self) -> Settings {
        self.settings
    }

    /// The function's name; default `function`.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.settings.name = name.into();
        self
    }

    /// The directory the processes start in; default the current one.
    pub fn current_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.settings.directory = Some(directory.into());
        self
    }

    /// Adds an environment variable to those of Lambda and of this process.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.environment.push((name.into(), value.into()));
        self
    }

    /// Memory in MB, as the function is told; default 128. Nothing enforces it.
    pub fn memory(mut self, megabytes: u32) -> Self {
        self.settings.memory = megabytes;
        self
    }

    /// How long one invocation may take, and how long one may wait for a free process; default 900 s. Then the process is killed, as Lambda does.
    ///
    /// The time counts until the last byte of the answer, streamed or not, and until the function asks for the next event.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// The largest answer in bytes; default 6 MB. Streamed answers have no limit.
    pub fn payload_limit(mut self, bytes: usize) -> Self {
        self.settings.payload_limit = bytes;
        self
    }

    /// How many processes may work at once, each on one event; default 10. More requests wait.
    pub fn concurrency(mut self, processes: usize) -> Self {
        self.settings.concurrency = processes.max(1);
        self
    }

    /// One process that polls for several events at once and is told so by `AWS_LAMBDA_MAX_CONCURRENCY`; default no.
    pub fn max_concurrency(mut self, polls: usize) -> Self {
        self.settings.max_concurrency = Some(polls.max(1));
        self
    }

    /// Tells the function that SnapStart restores it: it asks `restore/next` before the first event.
    pub fn snap_start(mut self, snap_start: bool) -> Self {
        self.settings.snap_start = snap_start;
        self
    }

    /// Adds a name by which functions may ask the Runtime API, such as `host.docker.internal`; `*.example` for all names below one, `*` for any. Loopback names and addresses
    /// are known without.
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.settings.allowed_hosts.push(name.into());
        self
    }

    /// Gives each process a pipe as its standard input, which ends when this process ends, however it does: whoever supervises a function can tell by it. Default no: the
    /// standard input is empty.
    pub fn lifeline(mut self, lifeline: bool) -> Self {
        self.settings.lifeline = lifeline;
        self
    }

    /// What is done with lines for the developer: the function's output, exits, failed starts; default they go to standard error.
    pub fn report(mut self, report: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.settings.report = Arc::new(report);
        self
    }

    /// Whether [`spawn`](Self::spawn) would find a program, from the directory set by now. Nothing is started.
    ///
    /// # Errors
    ///
    /// If it would not.
    pub fn find(&self, program: impl AsRef<Path>) -> io::Result<()> {
        find_program(program.as_ref(), self.settings.directory.as_deref())
    }

    /// Runs a command as the function. Its first process starts at once, more as requests need them.
    ///
    /// # Errors
    ///
    /// If the program is not to be found.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime.
    pub fn spawn<A: Into<OsString>>(
        mut self,
        program: impl Into<OsString>,
        arguments: impl IntoIterator<Item = A>,
    ) -> io::Result<Function> {
        self.settings.program = program.into();
        self.settings.arguments = arguments.into_iter().map(Into::into).collect();
        self.find(&self.settings.program)?;
        Ok(Function::spawned(self.settings))
    }

    /// Waits on a listener for a function that somebody else starts, with `AWS_LAMBDA_RUNTIME_API` set to the listener's address.
    ///
    /// # Errors
    ///
    /// If the listener has no address.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime.
    pub fn attach(self, listener: TcpListener) -> io::Result<Function> {
        Function::attached(self.settings, listener)
    }
}

impl fmt::Debug for FunctionBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionBuilder").field("name", &self.settings.name).finish_non_exhaustive()
    }
}

/// A program that does not exist should fail at once, not in the first request.
fn find_program(program: &Path, directory: Option<&Path>) -> io::Result<()> {
    let found = if program.components().count() > 1 {
        program.exists() || directory.is_some_and(|directory| directory.join(program).exists())
    } else {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|directory| {
            let candidate = directory.join(program);
            candidate.exists() || candidate.with_extension("exe").exists()
        })
    };
    if found {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::NotFound, format!("no program `{}`", program.display())))
}

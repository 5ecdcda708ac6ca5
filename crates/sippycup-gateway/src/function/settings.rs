//! The settings of one function.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::direct::Listeners;
use super::observe::{Moment, Observer};
use crate::Terminal;
use crate::answer::ANSWER_LIMIT;
use crate::request::tenant::{self, is_tenant};

/// Settings as the rest of the module reads them.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(super) program: Program,
    pub(super) extensions: Vec<Extension>,
    pub(super) directory: Option<PathBuf>,
    pub(super) environment: Vec<(String, String)>,
    pub(super) name: String,
    pub(super) memory: u32,
    pub(super) timeout: Duration,
    pub(super) payload_limit: usize,
    pub(super) concurrency: usize,
    pub(super) max_concurrency: Option<usize>,
    pub(super) snap_start: bool,
    pub(super) freeze: bool,
    pub(super) lifeline: bool,
    pub(super) tenant: Option<String>,
    pub(super) tenant_isolation: bool,
    pub(super) region: String,
    pub(super) account_id: String,
    pub(super) allowed_hosts: Vec<String>,
    pub(super) observer: Observer,
    pub(super) listeners: Listeners,
    report: Arc<dyn Fn(&str) + Send + Sync>,
}

/// A command line.
#[derive(Clone, Default)]
pub(crate) struct Program {
    pub(super) path: OsString,
    pub(super) arguments: Vec<OsString>,
    pub(super) is_extension: bool,
}

/// A process that each environment has beside the function's.
#[derive(Clone)]
pub(crate) struct Extension {
    pub(super) name: String,
    pub(super) program: Program,
}

impl Program {
    pub(super) fn new<A: Into<OsString>>(
        path: OsString,
        arguments: impl IntoIterator<Item = A>,
        is_extension: bool,
    ) -> Self {
        Self { path, arguments: arguments.into_iter().map(Into::into).collect(), is_extension }
    }
}

impl Settings {
    pub(super) fn report(&self, line: &str) {
        (self.report)(line);
    }

    /// Reports what the processes of an environment wrote.
    pub(super) fn line(&self, environment: u64, line: &str) {
        self.listeners.line(environment, line);
        self.observer.tell(Moment::Line { environment, line });
        self.report(line);
    }

    /// What the function is told as `_HANDLER`.
    pub(super) fn handler(&self) -> String {
        let own = self.environment.iter().rev().find(|(name, _)| name == "_HANDLER").map(|(_, value)| value.clone());
        own.or_else(|| std::env::var("_HANDLER").ok()).unwrap_or_else(|| "bootstrap".to_owned())
    }

    /// Whether each tenant has environments of its own: one that works on several events at once cannot be kept apart.
    pub(super) fn isolates(&self) -> bool {
        self.tenant_isolation && self.max_concurrency.is_none()
    }

    pub(super) fn needs_tenant(&self) -> bool {
        self.tenant_isolation && self.tenant.is_none()
    }

    pub(super) fn check(&self) -> io::Result<()> {
        let wrong = |what: &str| Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        if self.name.is_empty() || self.name.chars().any(char::is_control) {
            return wrong("expected a function's name of at least one character, and none that controls a terminal");
        }
        match &self.tenant {
            Some(id) if !is_tenant(id) => wrong(&tenant::invalid().to_string()),
            _ => Ok(()),
        }
    }

    /// Until when the function may work on an event that it gets now. Of a time that no clock can hold, far enough.
    pub(super) fn deadline(&self) -> SystemTime {
        let now = SystemTime::now();
        now.checked_add(self.timeout.min(LONGEST)).unwrap_or(now)
    }

    pub(super) fn arn(&self) -> String {
        format!("arn:aws:lambda:{}:{}:function:{}", self.region, self.account_id, self.name)
    }
}

/// Settings of a [`Function`](super::Function); made by [`Function::builder`](super::Function::builder).
#[derive(Clone)]
#[must_use]
pub struct FunctionBuilder {
    pub(super) settings: Settings,
}

impl Default for FunctionBuilder {
    fn default() -> Self {
        Self {
            settings: Settings {
                program: Program::default(),
                extensions: Vec::new(),
                directory: None,
                environment: Vec::new(),
                name: "function".to_owned(),
                memory: 128,
                timeout: Duration::from_secs(900),
                payload_limit: ANSWER_LIMIT,
                concurrency: 10,
                max_concurrency: None,
                snap_start: false,
                freeze: false,
                lifeline: false,
                tenant: None,
                tenant_isolation: false,
                region: "us-east-1".to_owned(),
                account_id: "123456789012".to_owned(),
                allowed_hosts: Vec::new(),
                observer: Observer::default(),
                listeners: Listeners::default(),
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

    /// Memory in MB that the function is told it has; default 128. It is not enforced.
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

    /// The largest answer in bytes; default 6,291,556, as on Lambda. Streamed answers have no limit.
    pub fn payload_limit(mut self, bytes: usize) -> Self {
        self.settings.payload_limit = bytes;
        self
    }

    /// How many processes may work at the same time, each on one event; default 10. More requests wait.
    pub fn concurrency(mut self, processes: usize) -> Self {
        self.settings.concurrency = processes.max(1);
        self
    }

    /// One process that polls for several events at the same time and is told so by `AWS_LAMBDA_MAX_CONCURRENCY`; default no.
    pub fn max_concurrency(mut self, polls: usize) -> Self {
        self.settings.max_concurrency = Some(polls.max(1));
        self
    }

    /// Tells the function that SnapStart restores it: it asks `restore/next` before the first event.
    pub fn snap_start(mut self, snap_start: bool) -> Self {
        self.settings.snap_start = snap_start;
        self
    }

    /// Stops each process (SIGSTOP) from when it asks for the next event until there is one (SIGCONT), as Lambda freezes it; default no.
    ///
    /// What a function does after its answer, beside asking, does not happen on Lambda before the next event: this shows it. Extensions that registered for invocations
    /// must have asked too. Does nothing with [`max_concurrency`](Self::max_concurrency), which Lambda never freezes, for attached functions, and where there are no such
    /// signals.
    pub fn freeze(mut self, freeze: bool) -> Self {
        self.settings.freeze = freeze;
        self
    }

    /// The tenant that every invocation is for, as the function is told by the header `Lambda-Runtime-Aws-Tenant-Id`; default none.
    ///
    /// Lambda takes up to 256 letters, digits and any of `._:/=+-@` and blanks ([tenant isolation](https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation.html)).
    pub fn tenant(mut self, id: impl Into<String>) -> Self {
        self.settings.tenant = Some(id.into());
        self
    }

    /// Whether the function has a `TenancyConfig`, so that Lambda invokes it for a tenant only; default no. An invocation without a tenant then fails with
    /// `InvalidParameterValueException`.
    ///
    /// Each tenant has processes of its own, which no other tenant's event reaches; all together are no more than [`concurrency`](Self::concurrency). Where a tenant needs one and there is no room, the
    /// process of another tenant that has waited longest is ended for it; if all work, the event waits. Functions that [attach](Self::attach), and those with
    /// [`max_concurrency`](Self::max_concurrency), are not kept apart.
    pub fn tenant_isolation(mut self, isolated: bool) -> Self {
        self.settings.tenant_isolation = isolated;
        self
    }

    /// Runs a command beside each process of the function, as Lambda runs what it finds in `/opt/extensions`: the function starts when all of them have registered, and an
    /// extension that ends takes its environment with it. `name` is the one that it registers with: on Lambda that of its file.
    ///
    /// At the end they are told `SHUTDOWN` if they registered for it, after the function is gone, and have 2 s from the beginning of the end; the others are killed immediately.
    pub fn extension<A: Into<OsString>>(
        mut self,
        name: impl Into<String>,
        program: impl Into<OsString>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        let program = Program::new(program.into(), arguments, true);
        self.settings.extensions.push(Extension { name: name.into(), program });
        self
    }

    /// Adds a host name that functions may use for the Runtime API, such as `host.docker.internal`; `*.example` for all names below one, `*` for any. Loopback names and addresses
    /// are known without.
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.settings.allowed_hosts.push(name.into());
        self
    }

    /// Gives each process a pipe as its standard input, which ends when this process ends, however it does: a supervisor of the function can tell by it. Default no: the
    /// standard input is empty.
    pub fn lifeline(mut self, lifeline: bool) -> Self {
        self.settings.lifeline = lifeline;
        self
    }

    /// What is done with lines for the developer: the function's output, exits, failed starts; default they go to standard error. A failure for which an invocation waits
    /// is told to that one alone, as its [`FunctionError`](crate::FunctionError).
    pub fn report(mut self, report: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.settings.report = Arc::new(report);
        self
    }

    /// An observer: it is called with each [`Moment`] of environments and invocations, in the task that works on them, so it must return quickly; default none.
    pub fn observer(mut self, told: impl Fn(Moment<'_>) + Send + Sync + 'static) -> Self {
        self.settings.observer = Observer::new(told);
        self
    }

    /// Whether [`spawn`](Self::spawn) and [`attach`](Self::attach) would take these settings; programs are not looked for.
    ///
    /// # Errors
    ///
    /// If the name is empty or has control characters, or Lambda does not take the tenant.
    pub fn check(&self) -> io::Result<()> {
        self.settings.check()
    }

    /// Whether [`spawn`](Self::spawn) would find a program, from the directory set by now. Nothing is started.
    ///
    /// # Errors
    ///
    /// If it would not.
    pub fn find(&self, program: impl AsRef<Path>) -> io::Result<()> {
        find_program(program.as_ref(), self.settings.directory.as_deref())
    }
}

impl fmt::Debug for FunctionBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionBuilder").field("name", &self.settings.name).finish_non_exhaustive()
    }
}

/// Longer than any client waits.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 86_400);

/// A program that does not exist should fail here, not in the first request.
fn find_program(program: &Path, directory: Option<&Path>) -> io::Result<()> {
    let found = if program.components().count() > 1 {
        program.is_file() || directory.is_some_and(|directory| directory.join(program).is_file())
    } else {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|directory| {
            let candidate = directory.join(program);
            candidate.is_file() || candidate.with_extension("exe").is_file()
        })
    };
    if found {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::NotFound, format!("no program `{}`", program.display())))
}

//! The settings of a function.

use std::ffi::OsString;
use std::ops::Range;
use std::path::{Path, PathBuf};

use clap::{Arg, Args};
use serde::{Deserialize, Serialize};

use super::values::{self, Count, Listen, Pair, Said, Seconds, Wrong};
use crate::error::UsageError;
use crate::patterns::read_patterns;
use crate::supervise::supervised;

/// One function. Each field is a flag, a key of `[[function]]`, or both.
#[derive(Args, Clone, Debug, Deserialize, Serialize)]
#[command(next_help_heading = "Function")]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct FunctionPlan {
    /// How many processes at most, each with one request at a time [default: 10]
    ///
    /// With AWS_LAMBDA_MAX_CONCURRENCY=N in its environment a function is one process with N polls instead.
    #[arg(long, value_name = "N", conflicts_with = "attach")]
    #[serde(skip_serializing)]
    pub(crate) concurrency: Option<Said<Count>>,

    /// Lambda's timeout
    #[arg(long, value_name = "SECONDS", default_value = "30")]
    pub(crate) timeout: Seconds,

    /// Memory that the function is told it has; it is not enforced [default: 128]
    #[arg(long, value_name = "MB", conflicts_with = "attach")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) memory: Option<Said<u32>>,

    /// Name of the function
    #[arg(long, value_name = "NAME", default_value = "function")]
    pub(crate) name: Said<String>,

    /// Environment variable; repeatable
    #[arg(long, value_name = "NAME=VALUE", conflicts_with = "attach")]
    #[serde(
        deserialize_with = "values::pairs_in_file",
        serialize_with = "values::pairs_to_file",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub(crate) env: Vec<Said<Pair>>,

    /// The function asks `restore/next` first, as one that SnapStart restored
    #[arg(long, num_args = 0, default_missing_value = "true", conflicts_with = "attach")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) snap_start: Option<Said<bool>>,

    /// Stop the process (SIGSTOP) while it waits for an event, as Lambda freezes it
    #[arg(long, num_args = 0, default_missing_value = "true", conflicts_with = "attach")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) freeze: Option<Said<bool>>,

    /// The tenant that every invocation is for
    #[arg(long, value_name = "ID")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tenant: Option<Said<String>>,

    // In files and templates only.
    #[arg(skip)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tenant_isolation: Option<Said<bool>>,

    /// Run this beside each process of the function, as Lambda runs what is in /opt/extensions; repeatable
    #[arg(id = "extension", long = "extension", value_name = "PATH", conflicts_with = "attach")]
    #[serde(skip_serializing)]
    pub(crate) extensions: Vec<Said<PathBuf>>,

    /// Restart when a file changes below PATH; repeatable; default the current directory
    #[arg(
        long,
        value_name = "PATH",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ".",
        conflicts_with = "attach"
    )]
    #[serde(skip_serializing)]
    pub(crate) watch: Vec<Said<PathBuf>>,

    /// Files whose changes restart nothing, beside what `.gitignore` has, in its patterns; repeatable
    #[arg(id = "watch-ignore", long = "ignore", value_name = "PATTERN", requires = "watch")]
    #[serde(skip_serializing)]
    pub(crate) ignore: Vec<Said<String>>,

    /// Run this before such a restart; if it fails the old process stays
    #[arg(long, value_name = "COMMAND", requires = "watch")]
    #[serde(skip_serializing)]
    pub(crate) build: Option<Said<String>>,

    /// Give a Runtime API to a function that is started elsewhere, in a debugger for example [default: 127.0.0.1:9001]
    #[arg(
        long,
        value_name = "ADDRESS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "127.0.0.1:9001",
        conflicts_with = "command"
    )]
    #[serde(skip_serializing)]
    pub(crate) attach: Option<Listen>,

    /// The function: any Lambda binary or script, with its arguments
    #[arg(last = true, value_name = "COMMAND", help_heading = None)]
    #[serde(deserialize_with = "values::command_in_file", skip_serializing)]
    pub(crate) command: Vec<OsString>,

    // In files only.
    #[arg(skip)]
    #[serde(skip_serializing)]
    pub(crate) directory: Option<Said<PathBuf>>,

    // In templates only: what makes the program before its first start.
    #[arg(skip)]
    #[serde(skip)]
    pub(crate) made_by: Option<String>,
    #[arg(skip)]
    #[serde(skip)]
    pub(crate) logical_id: Option<String>,
}

impl Default for FunctionPlan {
    fn default() -> Self {
        values::defaults()
    }
}

impl FunctionPlan {
    /// Hides the flags that mean something only to `serve`.
    pub(crate) fn only_where_it_is_served(arg: Arg) -> Arg {
        match arg.get_id().as_str() {
            // Its name is free for another meaning.
            "watch-ignore" => arg.long("watch-ignore").hide(true),
            "attach" | "build" | "concurrency" | "watch" => arg.hide(true),
            _ => arg,
        }
    }

    /// Refuses what means something only to `serve`, where one event comes after the other.
    pub(crate) fn check_alone(&self) -> Result<(), UsageError> {
        if self.attach.is_some() {
            return Err(UsageError::new(OF_SERVE));
        }
        self.check_sent()
    }

    /// The same where a function may have been started elsewhere.
    pub(crate) fn check_sent(&self) -> Result<(), UsageError> {
        if self.concurrency.is_some() {
            return Err(UsageError::new(
                "--concurrency belongs to `sippycup serve`: here one event comes after the other",
            ));
        }
        if self.build.is_some() || !self.watch.is_empty() || !self.ignore.is_empty() {
            return Err(UsageError::new(OF_SERVE));
        }
        Ok(())
    }

    /// What can be known to fail before anything is started.
    pub(crate) fn check(&self) -> Result<(), Wrong> {
        if self.command.is_empty() == self.attach.is_none() {
            return Err(self.name.wrong("", "the function needs either a command or an address to attach to"));
        }
        if self.name.value.is_empty() || self.name.value.chars().any(char::is_control) {
            return Err(self.name.wrong("--name", "expected a name without control characters"));
        }
        if self.attach.is_some() {
            self.check_attached()?;
        }
        for variable in &self.env {
            let Pair { name, value } = &variable.value;
            if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
                return Err(variable.wrong("--env", "expected a name without `=`, and no NUL in name or value"));
            }
        }
        if let Some(directory) = &self.directory
            && !directory.value.is_dir()
        {
            let path = directory.value.display();
            return Err(directory.wrong("", format_args!("{path}: there is no such directory")));
        }
        if let (Some(build), true) = (&self.build, self.watch.is_empty()) {
            return Err(build.wrong("--build", "it runs before a restart, and without `watch` there is none"));
        }
        for pattern in &self.ignore {
            if self.watch.is_empty() {
                return Err(pattern.wrong("--ignore", "without `watch` nothing is watched"));
            }
            read_patterns(Path::new(""), &[&pattern.value]).map_err(|error| pattern.wrong("--ignore", error))?;
        }
        if let Some(tenant) = &self.tenant {
            self.builder().check().map_err(|error| tenant.wrong("--tenant", error))?;
        }
        for extension in &self.extensions {
            let found = self.builder().find(&extension.value);
            found.map_err(|error| extension.wrong("--extension", format_args!("cannot start it: {error}")))?;
        }
        for path in &self.watch {
            path.value
                .canonicalize()
                .map_err(|error| path.wrong("--watch", format_args!("{}: {error}", path.value.display())))?;
        }
        match self.command.first().filter(|_| self.made_by.is_none()) {
            Some(program) => self
                .builder()
                .find(program)
                .map_err(|error| self.name.wrong("", format_args!("cannot start the function: {error}"))),
            None => Ok(()),
        }
    }

    /// The function is started elsewhere: these settings would change nothing.
    fn check_attached(&self) -> Result<(), Wrong> {
        fn of<T>(flag: &'static str, said: Option<&Said<T>>) -> Option<(&'static str, Option<Range<usize>>)> {
            said.map(|said| (flag, said.span.clone()))
        }
        let settings = [
            of("", self.directory.as_ref()),
            of("--build", self.build.as_ref()),
            of("--concurrency", self.concurrency.as_ref()),
            of("--env", self.env.first()),
            of("--extension", self.extensions.first()),
            of("--freeze", self.freeze.as_ref()),
            of("--ignore", self.ignore.first()),
            of("--memory", self.memory.as_ref()),
            of("--snap-start", self.snap_start.as_ref()),
            of("--watch", self.watch.first()),
        ];
        match settings.into_iter().flatten().next() {
            Some((flag, span)) => Err(Said { value: (), span }
                .wrong(flag, "the function is started elsewhere, and this is a setting of its start")),
            None => Ok(()),
        }
    }

    /// In MB.
    pub(crate) fn memory(&self) -> u32 {
        self.memory.as_ref().map_or(MEMORY, |said| said.value)
    }

    /// The key of a program, or of a place to start one in.
    pub(crate) fn names_a_program(&self) -> Option<&'static str> {
        let keys = [
            ("attach", self.attach.is_some()),
            ("build", self.build.is_some()),
            ("command", !self.command.is_empty()),
            ("directory", self.directory.is_some()),
            ("extensions", !self.extensions.is_empty()),
            ("watch", !self.watch.is_empty()),
        ];
        keys.into_iter().find(|(_, is_there)| *is_there).map(|(key, _)| key)
    }

    /// The function as the library knows it, without a command.
    pub(crate) fn builder(&self) -> sippycup_gateway::FunctionBuilder {
        let mut builder = sippycup_gateway::Function::builder()
            .name(&self.name.value)
            .memory(self.memory())
            .timeout(self.timeout.0)
            .concurrency(self.concurrency.as_ref().map_or(CONCURRENCY, |said| said.value.0))
            .freeze(self.freeze.as_ref().is_some_and(|said| said.value))
            .snap_start(self.snap_start.as_ref().is_some_and(|said| said.value));
        builder = builder.tenant_isolation(self.tenant_isolation.as_ref().is_some_and(|said| said.value));
        if let Some(tenant) = &self.tenant {
            builder = builder.tenant(&tenant.value);
        }
        for Said { value: path, .. } in &self.extensions {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let mut line = supervised(&[path.clone().into_os_string()]).into_iter();
            let program = line.next();
            debug_assert!(program.is_some(), "an extension is a program");
            builder = builder.extension(name, program.unwrap_or_default(), line);
        }
        if let Some(directory) = &self.directory {
            builder = builder.current_dir(&directory.value);
        }
        let own = self.env.iter().find(|said| said.value.name == MAX_CONCURRENCY).map(|said| said.value.value.clone());
        if let Some(polls) = own.or_else(|| std::env::var(MAX_CONCURRENCY).ok()).and_then(|n| n.parse().ok()) {
            builder = builder.max_concurrency(polls);
        }
        for Said { value: Pair { name, value }, .. } in &self.env {
            builder = builder.env(name, value);
        }
        builder
    }
}

const OF_SERVE: &str = "--attach, --build and --watch belong to `sippycup serve`";

const CONCURRENCY: usize = 10;

/// In MB.
const MEMORY: u32 = 128;

const MAX_CONCURRENCY: &str = "AWS_LAMBDA_MAX_CONCURRENCY";

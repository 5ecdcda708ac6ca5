//! The command `sippycup-gateway`; its manual is `--help`.

mod arguments;
mod config;
mod events;
mod front;
mod help;
mod invoke;
mod record;
mod run;
mod terminal;
mod watch;

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

use crate::{BoxError, ConfigError};
use arguments::Task;

/// Runs the command with the arguments of the process.
///
/// Exit codes: 0 after an orderly end, 1 if something failed, 2 if flags or configuration are wrong.
#[must_use]
pub fn main() -> ExitCode {
    let task = match arguments::parse(lexopt::Parser::from_env()) {
        Ok(task) => task,
        Err(error) => return wrong(&error),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    let done = runtime.block_on(async {
        match task {
            Task::Print(text) => {
                println!("{text}");
                Ok(ExitCode::SUCCESS)
            }
            Task::Event(task) => events::print(&task),
            Task::Invoke(task) => invoke::invoke(task).await,
            Task::Replay(task) => invoke::replay(task).await,
            Task::Serve(task) => run::serve(task).await,
        }
    });
    // Threads that still read a pipe must not keep the command from ending.
    runtime.shutdown_background();
    match done {
        Ok(code) => code,
        Err(error) => match error.downcast::<UsageError>() {
            Ok(usage) => wrong(&usage),
            Err(error) => failed(&error),
        },
    }
}

/// Flags or a configuration that cannot be meant.
#[derive(Debug)]
pub(crate) struct UsageError {
    message: String,
}

impl UsageError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for UsageError {}

impl From<ConfigError> for UsageError {
    fn from(error: ConfigError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<lexopt::Error> for UsageError {
    fn from(error: lexopt::Error) -> Self {
        Self::new(error.to_string())
    }
}

fn wrong(error: &UsageError) -> ExitCode {
    eprintln!("sippycup-gateway: {error}");
    ExitCode::from(2)
}

fn failed(error: &BoxError) -> ExitCode {
    eprintln!("sippycup-gateway: {error}");
    ExitCode::FAILURE
}

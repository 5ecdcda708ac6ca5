//! The `sippycup` command: AWS Lambda's front doors on this machine, before a function in any language.
//!
//! ```text
//! flags, TOML, template ──► plan ──► serve ──► server ──► gateways ──► record ──► function
//!                                                            │    │                  ▲  │
//!                                                         terminal│  watch ── restart ─┘  │
//!                                                                 └───────► inspect ◄────┘
//! ```
//!
//! `event` needs only a gateway of the plan, `invoke`, `replay` and `send` only its function. Exit codes: 0 after an orderly end, 1 if something failed, 2 if flags or configuration
//! are wrong.

mod certain;
mod conform;
mod doctor;
mod error;
mod event;
mod inspect;
mod invoke;
mod new;
mod patterns;
mod plan;
mod private;
mod record;
mod replay;
mod serve;
mod services;
mod supervise;
mod template;
mod terminal;
mod token;
mod watch;

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use sippycup_gateway::{BoxError, Terminal};

use error::UsageError;

/// AWS Lambda's front doors on this machine: API Gateway, function URLs, ALB, VPC Lattice.
#[derive(Parser)]
#[command(name = "sippycup", version, arg_required_else_help = true, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    Serve(Box<serve::Arguments>),
    Event(Box<event::Arguments>),
    Invoke(Box<invoke::Arguments>),
    Replay(Box<replay::Arguments>),
    Send(Box<services::Send>),
    Conform(Box<conform::Arguments>),
    Token(token::Arguments),
    New(new::Arguments),
    Doctor(doctor::Arguments),
    Completions(Completions),
}

/// Print a script with which a shell completes this command
///
/// For bash: `source <(sippycup completions bash)`.
#[derive(clap::Args)]
struct Completions {
    shell: Shell,
}

fn main() -> ExitCode {
    if let Some(command) = supervise::asked() {
        return supervise::supervise(&command).unwrap_or_else(|error| failed(&error.into()));
    }
    let arguments = Arguments::try_parse().and_then(with_template).unwrap_or_else(|error| with_tip(error).exit());
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    let done = runtime.block_on(async {
        match arguments.task {
            Task::Serve(arguments) => serve::serve(*arguments).await,
            Task::Event(arguments) => event::print(&arguments),
            Task::Invoke(arguments) => invoke::invoke(&arguments).await,
            Task::Replay(arguments) => replay::replay(&arguments).await,
            Task::Send(arguments) => services::send(&arguments).await,
            Task::Conform(arguments) => conform::conform(&arguments).await,
            Task::Token(arguments) => token::print(arguments),
            Task::New(arguments) => new::write(&arguments),
            Task::Doctor(arguments) => doctor::look(&arguments),
            Task::Completions(Completions { shell }) => complete(shell),
        }
    });
    Terminal::stderr().flush(PATIENCE);
    // Threads that still read a pipe must not keep the command from ending.
    runtime.shutdown_background();
    done.unwrap_or_else(|error| failed(&error))
}

/// `serve` alone, where a template is, is `serve --template` of that, with all that clap says about the flags beside it.
fn with_template(arguments: Arguments) -> Result<Arguments, clap::Error> {
    let Task::Serve(serve) = &arguments.task else { return Ok(arguments) };
    let Some(path) = serve.found_template() else { return Ok(arguments) };
    let mut line: Vec<OsString> = std::env::args_os().collect();
    line.splice(2..2, [OsString::from("--template"), path.into_os_string()]);
    Arguments::try_parse_from(line)
}

fn complete(shell: Shell) -> Result<ExitCode, BoxError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "sippycup", &mut script);
    terminal::print(String::from_utf8_lossy(&script).trim_end())?;
    Ok(ExitCode::SUCCESS)
}

/// What clap cannot guess: a command without `--` before it, and flags without a subcommand.
fn with_tip(mut error: clap::Error) -> clap::Error {
    if error.kind() != ErrorKind::UnknownArgument || error.get(ContextKind::SuggestedArg).is_some() {
        return error;
    }
    let Some(ContextValue::String(found)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    let tip = if found.starts_with('-') {
        "`sippycup help` has the subcommands, `sippycup help serve` the flags of one"
    } else {
        "the function's command stands behind `--`"
    };
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(tip)]));
    error
}

fn failed(error: &BoxError) -> ExitCode {
    Terminal::stderr().colored(false).line(&format!("error: {error}"));
    Terminal::stderr().flush(PATIENCE);
    if error.is::<UsageError>() { ExitCode::from(2) } else { ExitCode::FAILURE }
}

/// How long the last lines may take when the command ends.
const PATIENCE: Duration = Duration::from_secs(1);

const EXAMPLES: &str = "\
Examples:
  sippycup serve -- cargo run
  sippycup serve --kind rest --stage prod --base-path shop --watch -- cargo run
  sippycup event --kind alb 'POST /x?y=1' -H 'content-type: text/plain' -d hello
  sippycup send sqs -d one -d two -- cargo run
  sippycup help serve";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}

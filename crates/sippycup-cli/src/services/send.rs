//! `send`: a service's event to a function, and what the service makes of the answer.

use std::process::ExitCode;

use clap::{Arg, Args};
use sippycup_gateway::BoxError;

use super::{About, Service, verdict::judge};
use crate::error::UsageError;
use crate::invoke::call;
use crate::plan::FunctionPlan;
use crate::serve;
use crate::terminal::{self, Output};

/// Invoke a function with the event of a service, and say what the service makes of the answer
///
/// The function is started, or with --attach one that runs already. Ends with 1 if it failed, or if the answer is not what such an event wants: an identifier that is null or
/// not in the batch, an answer of HTTP to an event that is not HTTP, an authorizer's policy that is malformed.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    service: Service<Sent>,
}

/// What is sent, and to what.
#[derive(Args)]
#[command(mut_args = not_of_serve)]
pub(crate) struct Sent {
    #[command(flatten)]
    about: About,

    #[command(flatten)]
    function: FunctionPlan,

    #[command(flatten)]
    output: Output,
}

pub(crate) async fn send(arguments: &Arguments) -> Result<ExitCode, BoxError> {
    let (kind, Sent { about, function: plan, output }) = arguments.service.parts();
    let event = kind.event(about)?;
    plan.check_sent()?;
    plan.check().map_err(UsageError::from)?;
    let terminal = output.terminal();
    let function = serve::start(plan, &[], terminal, |builder| builder).await?;
    let outcome = call(&function, event.to_string().into()).await;
    function.stop().await;
    let answer = match outcome? {
        Ok(answer) => answer,
        Err(error) => {
            terminal::print(&terminal::pretty(&error))?;
            return Ok(ExitCode::FAILURE);
        }
    };
    terminal::print(&terminal::pretty(&answer))?;
    let verdict = judge(kind, &event, &answer);
    terminal.line(&verdict.text);
    Ok(if verdict.fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn not_of_serve(arg: Arg) -> Arg {
    let hidden = ["build", "concurrency", "watch", "watch-ignore"].contains(&arg.get_id().as_str());
    arg.hide(hidden)
}

const EXAMPLES: &str = "\
Examples:
  sippycup send sqs -d one -d two -- cargo run
  sippycup send authorizer --type http -d 'Bearer token' -- cargo run
  sippycup send schedule --attach=127.0.0.1:9001";

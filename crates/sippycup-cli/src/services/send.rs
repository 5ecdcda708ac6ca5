//! `send`: a service's event to a function, and what the service makes of the answer.

use std::process::ExitCode;

use clap::{Arg, Args};
use sippycup_gateway::BoxError;

use super::elsewhere;
use super::service::{About, Service};
use super::verdict::judge;
use crate::error::UsageError;
use crate::invoke::call;
use crate::plan::{FunctionPlan, Listen};
use crate::serve;
use crate::terminal::{self, Output};

/// Invoke a function with the event of a service, and say what the service makes of the answer
///
/// The function is started, or with --attach one that runs already, or with --to it is one that `sippycup serve --invoke-api` serves, whose inspector then shows it. Ends with 1 if it failed, or if the answer is not what such an event wants: an identifier that is null or
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

    /// Send it through the Invoke API at this address, to the function called --name
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["attach", "command"])]
    to: Option<Listen>,

    #[command(flatten)]
    function: FunctionPlan,

    #[command(flatten)]
    output: Output,
}

pub(crate) async fn send(arguments: &Arguments) -> Result<ExitCode, BoxError> {
    let (kind, Sent { about, to, function: plan, output }) = arguments.service.parts();
    let event = kind.event(about)?;
    plan.check_sent()?;
    let (terminal, content) = (output.terminal(), event.to_string().into());
    let outcome = match to {
        Some(address) => elsewhere::call(address.0, plan, content).await,
        None => {
            plan.check().map_err(UsageError::from)?;
            let function = serve::start(plan, &[], terminal, |builder| builder).await?;
            let outcome = call(&function, content).await;
            function.stop().await;
            outcome
        }
    };
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
  sippycup send schedule --attach=127.0.0.1:9001
  sippycup send s3 --to 127.0.0.1:9003 --name shop";

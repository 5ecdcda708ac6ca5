//! `invoke`: one event to a function, without a front door.

use std::path::PathBuf;
use std::process::ExitCode;

use bytes::Bytes;
use clap::Args;
use http_body_util::BodyExt;
use sippycup_gateway::{BoxError, Function};
use tower_service::Service;

use crate::error::UsageError;
use crate::plan::FunctionPlan;
use crate::serve;
use crate::terminal::{self, Output};

/// Invoke a function with one event and print its answer
///
/// Ends with 1 if the function failed.
#[derive(Args)]
#[command(after_help = EXAMPLES, mut_args = FunctionPlan::only_where_it_is_served)]
pub(crate) struct Arguments {
    /// File with the event, in JSON
    #[arg(value_name = "EVENT.json")]
    event: PathBuf,

    #[command(flatten)]
    function: FunctionPlan,

    #[command(flatten)]
    output: Output,
}

pub(crate) async fn invoke(arguments: &Arguments) -> Result<ExitCode, BoxError> {
    arguments.function.check_alone()?;
    check(&arguments.function)?;
    let path = &arguments.event;
    let event = std::fs::read(path)
        .map_err(|error| UsageError::new(format!("EVENT.json: cannot read {}: {error}", path.display())))?;
    let function = serve::spawn(&arguments.function, arguments.output.terminal())?;
    let outcome = call(&function, event.into()).await;
    function.stop().await;
    let (text, code) = match outcome? {
        Ok(answer) => (answer, ExitCode::SUCCESS),
        Err(error) => (error, ExitCode::FAILURE),
    };
    terminal::print(&terminal::pretty(&text))?;
    Ok(code)
}

/// Whether this is a function that can be started and invoked without a front door.
pub(crate) fn check(plan: &FunctionPlan) -> Result<(), UsageError> {
    if plan.command.is_empty() {
        return Err(UsageError::new("expected the function's command behind `--`"));
    }
    Ok(plan.check()?)
}

/// The answer, or what Lambda says of the failure.
pub(crate) async fn call(function: &Function, event: Bytes) -> Result<Result<Bytes, Bytes>, BoxError> {
    match function.clone().call(event).await {
        Ok(answer) => Ok(Ok(answer.into_body().collect().await?.to_bytes())),
        Err(error) => Ok(Err(error.payload().clone())),
    }
}

const EXAMPLES: &str = "\
Examples:
  sippycup invoke events/000001.event.json -- cargo run
  sippycup event 'GET /' > event.json && sippycup invoke event.json -- python3 -m awslambdaric app.handler";

//! `conform`: one suite of requests through every front door, for an adapter in any language.
//!
//! ```text
//! cases × doors ──► gateway ──► function that speaks the mirror's contract
//!    verdict ◄── what the app saw, or what the client got ◄──┘
//! ```
//!
//! The contract is in the guide, page `conformance`.

mod cases;
mod doors;
mod exchange;
mod got;
mod report;
mod verdict;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use sippycup_gateway::{BoxError, Kind};

use crate::error::UsageError;
use crate::invoke::check;
use crate::plan::FunctionPlan;
use crate::serve;
use crate::terminal::{Output, print};
use exchange::Exchange;
use report::Report;

/// Ask a mirror what it sees behind every front door, and show what its adapter loses
///
/// A mirror is any function that answers a request with what it saw, and `…/__respond` as the request says: one page in any language; the guide has the contract. Ends with 1 if something is
/// lost that the front door itself does not lose.
#[derive(Args)]
#[command(after_help = EXAMPLES, mut_args = FunctionPlan::only_where_it_is_served)]
pub(crate) struct Arguments {
    /// Only this kind of front door; repeatable
    #[arg(long, value_name = "KIND")]
    kind: Vec<Kind>,

    /// The mirror streams its answers: only front doors that stream are asked
    #[arg(long)]
    stream: bool,

    /// Write every number and every loss as JSON to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Show what the mirror writes
    #[arg(long)]
    verbose: bool,

    #[command(flatten)]
    function: FunctionPlan,

    #[command(flatten)]
    output: Output,
}

pub(crate) async fn conform(arguments: &Arguments) -> Result<ExitCode, BoxError> {
    arguments.function.check_alone()?;
    check(&arguments.function)?;
    let cases = cases::all();
    let function = serve::spawn(&arguments.function, arguments.verbose.then(|| arguments.output.terminal()))?;
    let mut report = Report::default();
    for door in doors::all(arguments.stream)? {
        if !arguments.kind.is_empty() && !arguments.kind.contains(&door.kind) {
            continue;
        }
        let mut exchange = Exchange::new(&door, function.clone())?;
        if let Err(reason) = exchange.greet().await {
            report.absent(&door.name(), &reason);
            continue;
        }
        for case in cases.iter().filter(|case| door.asks(case)) {
            let verdict = exchange.run(case).await?;
            report.note(door.kind, case, &door.label(), verdict);
        }
    }
    function.stop().await;
    print(&report.to_string())?;
    if let Some(path) = &arguments.json {
        std::fs::write(path, report.json().to_string())
            .map_err(|error| UsageError::new(format!("--json: cannot write {}: {error}", path.display())))?;
    }
    Ok(if report.is_whole() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

const EXAMPLES: &str = "\
Examples:
  sippycup conform -- target/debug/mirror
  sippycup conform --kind rest --kind alb -- python3 -m awslambdaric mirror.handler
  sippycup conform --stream --env MIRROR_OPTIONS=stream -- target/debug/mirror";

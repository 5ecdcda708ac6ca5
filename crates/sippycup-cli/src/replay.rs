//! `replay`: recorded events to a function, and how its answers differ from the recorded ones.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bytes::Bytes;
use clap::Args;
use serde_json::Value;
use sippycup_gateway::BoxError;

use crate::error::UsageError;
use crate::invoke::{call, check};
use crate::plan::FunctionPlan;
use crate::serve;
use crate::terminal::{Output, pretty, print};

/// Invoke a function with recorded events and show what changed
///
/// `sippycup serve --events DIR` records them. Ends with 1 if an answer differs.
#[derive(Args)]
#[command(after_help = EXAMPLES, mut_args = FunctionPlan::only_where_it_is_served)]
pub(crate) struct Arguments {
    /// Directory of a recording
    #[arg(value_name = "DIR")]
    directory: PathBuf,

    #[command(flatten)]
    function: FunctionPlan,

    #[command(flatten)]
    output: Output,
}

pub(crate) async fn replay(arguments: &Arguments) -> Result<ExitCode, BoxError> {
    check(&arguments.function)?;
    let directory = &arguments.directory;
    let events = events(directory)?;
    let function = serve::spawn(&arguments.function, arguments.output.terminal())?;
    let mut changed = 0_usize;
    for event in &events {
        let name = event.file_name().unwrap_or_default().to_string_lossy().replace(".event.json", "");
        let (kind, now) = match call(&function, std::fs::read(event)?.into()).await? {
            Ok(answer) => ("answer", answer),
            Err(error) => ("error", error),
        };
        match recorded(directory, &name) {
            None => print(&format!("{name}: new {kind}\n{}", indented('+', &pretty(&now))))?,
            Some((before, _)) if same(&before, &now) => print(&format!("{name}: same"))?,
            Some((before, was)) => {
                changed += 1;
                let lines = difference(&pretty(&before), &pretty(&now));
                print(&format!("{name}: changed, {was} before, {kind} now\n{lines}"))?;
            }
        }
    }
    function.stop().await;
    print(&format!("{} events, {changed} changed", events.len()))?;
    Ok(if changed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn events(directory: &Path) -> Result<Vec<PathBuf>, UsageError> {
    let wrong = |what: &str| UsageError::new(format!("DIR: {}: {what}", directory.display()));
    let entries = std::fs::read_dir(directory).map_err(|error| wrong(&error.to_string()))?;
    let mut events: Vec<_> =
        entries.filter_map(|e| Some(e.ok()?.path())).filter(|p| p.to_string_lossy().ends_with(".event.json")).collect();
    if events.is_empty() {
        return Err(wrong("there is no *.event.json, so this is no recording"));
    }
    events.sort();
    Ok(events)
}

fn recorded(directory: &Path, name: &str) -> Option<(Bytes, &'static str)> {
    [("answer.json", "answer"), ("answer.stream", "answer"), ("error.json", "error")].into_iter().find_map(
        |(extension, kind)| Some((std::fs::read(directory.join(format!("{name}.{extension}"))).ok()?.into(), kind)),
    )
}

fn same(before: &[u8], now: &[u8]) -> bool {
    match (serde_json::from_slice::<Value>(before), serde_json::from_slice::<Value>(now)) {
        (Ok(before), Ok(now)) => before == now,
        _ => before == now,
    }
}

/// The lines that differ, between what is common in front and behind.
fn difference(before: &str, now: &str) -> String {
    let (before, now): (Vec<_>, Vec<_>) = (before.lines().collect(), now.lines().collect());
    let front = before.iter().zip(&now).take_while(|(a, b)| a == b).count();
    let back = before.iter().skip(front).rev().zip(now.iter().skip(front).rev()).take_while(|(a, b)| a == b).count();
    let middle = |lines: &[&str]| {
        lines.iter().skip(front).take(lines.len() - front - back).copied().collect::<Vec<_>>().join("\n")
    };
    [indented('-', &middle(&before)), indented('+', &middle(&now))].join("\n")
}

fn indented(sign: char, text: &str) -> String {
    text.lines().map(|line| format!("  {sign} {line}")).collect::<Vec<_>>().join("\n")
}

const EXAMPLES: &str = "\
Examples:
  sippycup replay events -- cargo run";

//! `invoke` and `replay`: recorded events to a function, without a front door.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bytes::Bytes;
use http_body_util::BodyExt;
use serde_json::Value;
use tower_service::Service;

use super::UsageError;
use super::arguments::Flags;
use super::run::function;
use super::terminal::Terminal;
use crate::answer::Content;
use crate::{BoxError, Function};

/// Prints the answer; a function error too, but ends with 1.
pub(super) async fn invoke(flags: Box<Flags>) -> Result<ExitCode, BoxError> {
    let path = PathBuf::from(flags.subject.clone().unwrap_or_default());
    let event =
        std::fs::read(&path).map_err(|error| UsageError::new(format!("cannot read {}: {error}", path.display())))?;
    let function = function(&flags, Terminal::new(flags.color))?;
    let outcome = call(&function, event.into()).await;
    function.stop().await;
    let (text, code) = match outcome? {
        Ok(answer) => (answer, ExitCode::SUCCESS),
        Err(error) => (error, ExitCode::FAILURE),
    };
    println!("{}", pretty(&text));
    Ok(code)
}

/// Invokes with every event of a directory and compares with the answers there; ends with 1 if one differs.
pub(super) async fn replay(flags: Box<Flags>) -> Result<ExitCode, BoxError> {
    let directory = PathBuf::from(flags.subject.clone().unwrap_or_default());
    let events = events(&directory)?;
    let function = function(&flags, Terminal::new(flags.color))?;
    let mut changed = 0_usize;
    for event in &events {
        let name = event.file_name().unwrap_or_default().to_string_lossy().replace(".event.json", "");
        let (kind, now) = match call(&function, std::fs::read(event)?.into()).await? {
            Ok(answer) => ("answer", answer),
            Err(error) => ("error", error),
        };
        match recorded(&directory, &name) {
            None => println!("{name}: new {kind}\n{}", indented('+', &pretty(&now))),
            Some((before, _)) if same(&before, &now) => println!("{name}: same"),
            Some((before, was)) => {
                changed += 1;
                println!("{name}: changed, {was} before, {kind} now\n{}", difference(&pretty(&before), &pretty(&now)));
            }
        }
    }
    function.stop().await;
    println!("{} events, {changed} changed", events.len());
    Ok(if changed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn call(function: &Function, event: Bytes) -> Result<Result<Bytes, Bytes>, BoxError> {
    match function.clone().call(event).await {
        Ok(answer) => Ok(Ok(match answer.content {
            Content::Buffered(json) => json,
            Content::Streaming { body, .. } => body.collect().await?.to_bytes(),
        })),
        Err(error) => Ok(Err(error.payload().clone())),
    }
}

fn events(directory: &Path) -> Result<Vec<PathBuf>, UsageError> {
    let wrong = |what: &str| UsageError::new(format!("replay: {what} in {}", directory.display()));
    let entries = std::fs::read_dir(directory).map_err(|error| wrong(&format!("cannot read ({error})")))?;
    let mut events: Vec<_> =
        entries.filter_map(|e| Some(e.ok()?.path())).filter(|p| p.to_string_lossy().ends_with(".event.json")).collect();
    if events.is_empty() {
        return Err(wrong("no *.event.json"));
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

fn pretty(json: &[u8]) -> String {
    let pretty = serde_json::from_slice::<Value>(json).and_then(|json| serde_json::to_string_pretty(&json));
    pretty.unwrap_or_else(|_| String::from_utf8_lossy(json).into_owned())
}

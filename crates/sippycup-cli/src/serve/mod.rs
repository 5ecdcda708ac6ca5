//! `serve`: listeners, functions, watchers, and their orderly end.
//!
//! ```text
//! arguments ──► bound: listeners ──► running ──► functions ──► doors: gateways, guards, health; endpoints; web
//!                                       │                        └──► announce, describe
//!                                       └──► stopped, served anew, or ended at once
//! ```

mod announce;
mod arguments;
mod bound;
mod common;
mod describe;
mod doors;
mod endpoints;
mod functions;
mod guards;
mod health;
mod interrupts;
mod running;
mod served;
mod tls;
mod web;

use std::path::Path;
use std::process::ExitCode;

use serde_json::Value;
use sippycup_gateway::BoxError;
use tokio::sync::watch as signal;

use crate::inspect::Inspector;
use crate::watch::Changes;
pub(crate) use arguments::Arguments;
use arguments::Wanted;
use bound::Bound;
use common::Common;
use describe::Description;
use functions::build;
pub(crate) use functions::{spawn, start};
use interrupts::Interrupts;
use running::Running;
use tls::Certificate;
pub(crate) use web::WebFunction;

pub(crate) async fn serve(arguments: Arguments) -> Result<ExitCode, BoxError> {
    let mut interrupts = Interrupts::new()?;
    let mut wanted = arguments.clone().plan()?;
    let inspector = arguments.inspect.open(&wanted.plan.allow_host, arguments.output.terminal()).await?;
    loop {
        match serve_until(&arguments, wanted, inspector.as_ref(), &mut interrupts).await? {
            End::Asked(code) => return Ok(code),
            End::Changed(next) => wanted = *next,
        }
    }
}

/// Why what was served is served no more.
enum End {
    Asked(ExitCode),
    /// The template changed, and is this now.
    Changed(Box<Wanted>),
}

async fn serve_until(
    arguments: &Arguments,
    wanted: Wanted,
    inspector: Option<&Inspector>,
    interrupts: &mut Interrupts,
) -> Result<End, BoxError> {
    let terminal = arguments.output.terminal();
    let Wanted { plan, listeners, lines, passed, outputs, webs, files } = wanted;
    // From before anybody reads that it is served.
    let mut changes = Changes::of(&files)?;
    lines.iter().for_each(|line| terminal.line(line));
    let certificate = Certificate::of(&plan)?;
    let bound = Bound::new(&plan, listeners, webs, certificate.is_some()).await?;
    let functions = bound.functions(&plan);
    tokio::select! {
        built = build(&functions, terminal) => built?,
        () = interrupts.next() => return Ok(End::Asked(ExitCode::FAILURE)),
    }
    let (stop, stopping) = signal::channel(false);
    let from_file = arguments.config.is_some() || arguments.template.template.is_some();
    let common = Common { plan: &plan, terminal, from_file, inspector, certificate: certificate.as_ref(), stopping };
    let mut description = Description::with_outputs(outputs);
    let mut running = Running::start(&common, bound, &mut description).await?;
    if let Some(certificate) = &certificate {
        certificate.lines().iter().for_each(|line| terminal.line(line));
        description.tls = Some(certificate.described());
    }
    for (name, value) in description.local_outputs() {
        terminal.line(&format!("output {name}: {value}"));
    }
    let json = description.into_json(&plan.functions, &passed);
    let mut described = Described { json, inspector, path: arguments.describe.as_deref() };
    if let Some(inspector) = inspector {
        terminal.line(&inspector.line());
    }
    described.publish()?;
    if let Some(path) = described.path {
        terminal.line(&format!("described in {}", path.display()));
    }
    let next = tokio::select! {
        () = interrupts.next() => None,
        next = next(arguments, &mut changes, &mut running, &mut described) => Some(next),
    };
    if next.is_none() {
        terminal.line("stopping");
    }
    let _ = stop.send(true);
    running.stop();
    tokio::select! {
        finished = running.finish() => finished?,
        () = interrupts.next() => {
            terminal.line("ending at once");
            running.kill().await;
            return Ok(End::Asked(ExitCode::FAILURE));
        }
    }
    // Somebody may have written on in the meantime.
    let newest = if next.is_some() && changes.came() { arguments.clone().plan().ok() } else { None };
    Ok(newest.or(next).map_or(End::Asked(ExitCode::SUCCESS), |next| End::Changed(Box::new(next))))
}

/// What is to be served instead, once a file has changed that says it. Meanwhile changes of health are told.
async fn next(
    arguments: &Arguments,
    changes: &mut Changes,
    running: &mut Running,
    described: &mut Described<'_>,
) -> Wanted {
    let terminal = arguments.output.terminal();
    loop {
        tokio::select! {
            change = running.checks.next() => {
                // Who reads the line finds it described.
                change.describe(&mut described.json);
                let published = described.publish();
                change.tell(terminal);
                if let Err(error) = published {
                    terminal.line(&error.to_string());
                }
            }
            path = changes.next() => match arguments.clone().plan() {
                Ok(next) => {
                    terminal.line(&format!("{} changed, serving it anew", path.display()));
                    return next;
                }
                Err(error) => terminal.line(&format!("{} changed, and what was there before is served on: {error}", path.display())),
            },
        }
    }
}

/// What is served, for those who read it: the page, and a file.
struct Described<'a> {
    json: Value,
    inspector: Option<&'a Inspector>,
    path: Option<&'a Path>,
}

impl Described<'_> {
    fn publish(&self) -> Result<(), BoxError> {
        if let Some(inspector) = self.inspector {
            inspector.describe(self.json.clone());
        }
        let Some(path) = self.path else { return Ok(()) };
        let unwritten = |error| format!("--describe: cannot write {}: {error}", path.display()).into();
        describe::write(path, &self.json).map_err(unwritten)
    }
}

//! Functions as they are made, started and recorded.

use sippycup_gateway::{BoxError, Function, FunctionBuilder, Terminal};

use super::bound::bind;
use crate::certain::Certain;
use crate::error::UsageError;
use crate::plan::{FunctionPlan, Plan};
use crate::record::Recorder;
use crate::supervise::supervised;
use crate::watch::run;

/// Makes the programs that are not there before: a front door listens when its function can start.
pub(super) async fn build(functions: &[&FunctionPlan], terminal: Terminal) -> Result<(), BoxError> {
    let mut built: Vec<&str> = Vec::new();
    for line in functions.iter().filter_map(|function| function.made_by.as_deref()) {
        if !built.contains(&line) {
            terminal.line(&format!("building: {line}"));
            let status = run(line).await.map_err(|error| format!("`{line}` could not be started: {error}"))?;
            if !status.success() {
                return Err(format!("`{line}` failed ({status})").into());
            }
            built.push(line);
        }
    }
    Ok(())
}

/// Where each function is recorded: several have a directory each, by their names.
pub(super) fn recorders(
    functions: &[&FunctionPlan],
    plan: &Plan,
    terminal: Terminal,
) -> Result<Vec<Option<Recorder>>, UsageError> {
    let recorder = |function: &&FunctionPlan| {
        let Some(directory) = &plan.events else { return Ok(None) };
        let name = function.name.value.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "_");
        let directory = if functions.len() > 1 { directory.join(name) } else { directory.clone() };
        match Recorder::new(&directory, function, plan.keeps_secrets(), terminal) {
            Ok(recorder) => Ok(Some(recorder)),
            Err(error) => Err(UsageError::new(format!("--events: cannot record in {}: {error}", directory.display()))),
        }
    };
    functions.iter().map(recorder).collect()
}

/// `watched` adds who looks on.
pub(crate) async fn start(
    plan: &FunctionPlan,
    allowed: &[String],
    terminal: Terminal,
    watched: impl FnOnce(FunctionBuilder) -> FunctionBuilder,
) -> Result<Function, BoxError> {
    match plan.attach {
        Some(address) => {
            let listener = bind(address.0, "--attach").await?;
            let address = listener.local_addr()?;
            terminal.line(&format!("waiting for a function with AWS_LAMBDA_RUNTIME_API={address}"));
            let builder = allowed.iter().fold(builder(plan, Some(terminal)), |builder, name| builder.allow_host(name));
            Ok(watched(builder).attach(listener)?)
        }
        None => spawned(plan, watched(builder(plan, Some(terminal)))),
    }
}

/// Starts a function. Without a terminal nobody is told what it writes.
pub(crate) fn spawn(plan: &FunctionPlan, terminal: impl Into<Option<Terminal>>) -> Result<Function, BoxError> {
    spawned(plan, builder(plan, terminal.into()))
}

fn spawned(plan: &FunctionPlan, builder: FunctionBuilder) -> Result<Function, BoxError> {
    let mut command = supervised(&plan.command).into_iter();
    let program = command.next().certain();
    Ok(builder.lifeline(true).spawn(program, command)?)
}

fn builder(plan: &FunctionPlan, terminal: Option<Terminal>) -> FunctionBuilder {
    let name = plan.name.value.clone();
    // A failure stands below its request: a function that uses SippyCup need not say it again.
    plan.builder().env("SIPPYCUP_TELLS_FAILURES", "1").report(move |line| {
        if let Some(terminal) = terminal {
            terminal.function(&name, line);
        }
    })
}

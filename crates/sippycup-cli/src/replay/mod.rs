//! `replay`: recorded events to a function, and how its answers differ from the recorded ones.

mod difference;
mod normal;
mod web;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use bytes::Bytes;
use clap::{Args, Command, FromArgMatches};
use serde_json::Value;
use sippycup_gateway::BoxError;

use crate::certain::Certain;
use crate::error::UsageError;
use crate::invoke::{call, check};
use crate::plan::FunctionPlan;
use crate::record::{SETTINGS, is_masked, mask, prelude_end};
use crate::serve;
use crate::terminal::{Output, pretty, print};
use difference::{difference, indented};
use normal::Normal;

/// Invoke a function with recorded events and show what changed
///
/// `sippycup serve --events DIR` records them, or the requests of a Web Function, with the settings of the function: those of the flags here come first. Ids and times do not count: UUIDs, trace ids, dates
/// with a time, seconds and milliseconds since 1970. A body of JSON is compared as JSON. Ends with 1 if an answer differs.
#[derive(Args)]
#[command(after_help = EXAMPLES, mut_args = FunctionPlan::only_where_it_is_served)]
pub(crate) struct Arguments {
    /// Directory of a recording
    #[arg(value_name = "DIR")]
    directory: PathBuf,

    /// Member of the answer that does not count, by name or path: `etag`, `headers.etag`, `body.took`; repeatable
    #[arg(long, value_name = "NAME")]
    ignore: Vec<String>,

    #[command(flatten)]
    function: FunctionPlan,

    #[command(flatten)]
    output: Output,
}

pub(crate) async fn replay(arguments: &Arguments) -> Result<ExitCode, BoxError> {
    arguments.function.check_alone()?;
    let directory = &arguments.directory;
    let (events, requests) = (files(directory, EVENT)?, files(directory, REQUEST)?);
    let plan = match recorded_function(directory)? {
        Some(recorded) => recorded,
        None => arguments.function.clone(),
    };
    check(&plan)?;
    let wrong = |why: &str| Err(UsageError::new(format!("DIR: {}: {why}", directory.display())).into());
    let (count, what, changed) = match (events.as_slice(), requests.as_slice()) {
        ([], []) => return wrong("there is no *.event.json and no *.request.json, so this is no recording"),
        ([], requests) => (requests.len(), "requests", web::replay(arguments, &plan, requests).await?),
        (events, []) => (events.len(), "events", replay_events(arguments, &plan, events).await?),
        _ => return wrong("there are *.event.json and *.request.json, which are recordings of two functions"),
    };
    print(&format!("{count} {what}, {changed} changed"))?;
    Ok(if changed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Invokes the function with every event, and says how many answers have changed.
async fn replay_events(arguments: &Arguments, plan: &FunctionPlan, events: &[PathBuf]) -> Result<usize, BoxError> {
    let function = serve::spawn(plan, arguments.output.terminal())?;
    let mut changed = 0;
    for event in events {
        let content = fs::read(event).map_err(|error| UsageError::new(format!("DIR: {}: {error}", event.display())))?;
        let now = match call(&function, compact(&content).into()).await? {
            Ok(content) => Now { kind: "answer", content },
            Err(content) => Now { kind: "error", content },
        };
        changed += usize::from(now.differs(arguments, &name_of(event, EVENT))?);
    }
    function.stop().await;
    Ok(changed)
}

/// What comes of a recorded invocation now.
struct Now {
    kind: &'static str,
    content: Bytes,
}

impl Now {
    /// Shows what is different from what was recorded under a number. Says whether there is something.
    fn differs(&self, arguments: &Arguments, name: &str) -> Result<bool, BoxError> {
        let Self { kind, content: now } = self;
        let Some(Before { kind: was, content, at }) = Before::read(&arguments.directory, name) else {
            print(&format!("{name}: new {kind}\n{}", indented('+', &pretty(now))))?;
            return Ok(false);
        };
        let masked = is_masked(&content);
        let normal = Normal { ignored: &arguments.ignore, recorded: at };
        let [before, now] = [&content, now].map(|content| comparable(content, masked, &normal));
        if was == *kind && before == now {
            print(&format!("{name}: same"))?;
            return Ok(false);
        }
        let difference = difference(&pretty(&before), &pretty(&now));
        print(&format!("{name}: changed, {was} before, {kind} now\n{difference}"))?;
        Ok(true)
    }
}

/// The function as it was when the events were recorded, but for what flags say.
fn recorded_function(directory: &Path) -> Result<Option<FunctionPlan>, BoxError> {
    let path = directory.join(SETTINGS);
    let wrong = |error: &dyn std::fmt::Display| UsageError::new(format!("DIR: {}: {error}", path.display()));
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        // A recording without settings may come from somewhere else.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(wrong(&error).into()),
    };
    let mut function: FunctionPlan = toml::from_str(&text).map_err(|error| wrong(&error.message()))?;
    // Whoever replays a recording of somebody else does not run what that one names.
    if let Some(key) = function.names_a_program() {
        return Err(wrong(&format_args!("`{key}`: no recording has this, and nothing is run because of it")).into());
    }
    // Without defaults only those flags are there that somebody gave.
    let replay = Arguments::augment_args(Command::new("replay")).mut_args(|arg| arg.default_value(None));
    let given = replay.try_get_matches_from(std::env::args_os().skip(1))?;
    function.update_from_arg_matches(&given)?;
    Ok(Some(function))
}

/// The files of a recording with such an ending, in their order.
fn files(directory: &Path, ending: &str) -> Result<Vec<PathBuf>, UsageError> {
    let entries =
        fs::read_dir(directory).map_err(|error| UsageError::new(format!("DIR: {}: {error}", directory.display())))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<_> = paths.filter(|path| path.to_string_lossy().ends_with(ending)).collect();
    files.sort();
    Ok(files)
}

/// The number of a file of a recording.
fn name_of(path: &Path, ending: &str) -> String {
    path.file_name().certain().to_string_lossy().replace(ending, "")
}

/// JSON without the blanks that a recording has between its parts: so an app that shows a part of its event shows the same.
fn compact(json: &[u8]) -> Vec<u8> {
    let (mut in_text, mut escaped) = (false, false);
    let mut is_part = |byte: u8| {
        let blank = !in_text && byte.is_ascii_whitespace();
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_text,
            b'"' => in_text = !in_text,
            _ => {}
        }
        !blank
    };
    json.iter().copied().filter(|byte| is_part(*byte)).collect()
}

/// What was recorded of an invocation.
struct Before {
    kind: &'static str,
    content: Bytes,
    at: SystemTime,
}

impl Before {
    fn read(directory: &Path, name: &str) -> Option<Self> {
        KINDS.iter().find_map(|(extension, kind)| {
            let path = directory.join(format!("{name}.{extension}"));
            let at = fs::metadata(&path).and_then(|metadata| metadata.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
            Some(Self { kind, content: fs::read(&path).ok()?.into(), at })
        })
    }
}

/// An answer without what does not count.
fn comparable(content: &[u8], masked: bool, normal: &Normal<'_>) -> Vec<u8> {
    if let Some((prelude, body)) = prelude_end(content).and_then(|end| content.split_at_checked(end)) {
        return [comparable(prelude, masked, normal), normal.text(&String::from_utf8_lossy(body)).into_bytes()]
            .concat();
    }
    let Ok(mut json) = serde_json::from_slice::<Value>(content) else {
        return normal.text(&String::from_utf8_lossy(content)).into_bytes();
    };
    if masked {
        mask(&mut json);
    }
    normal.json(&mut json);
    json.to_string().into_bytes()
}

const EVENT: &str = ".event.json";
/// Of Web Functions, which get no events.
const REQUEST: &str = ".request.json";

/// What is recorded of an invocation.
const KINDS: &[(&str, &str)] =
    &[("answer.json", "answer"), ("answer.stream", "answer"), ("error.json", "error"), ("response.json", "response")];

const EXAMPLES: &str = "\
Examples:
  sippycup replay events -- cargo run
  sippycup replay events --ignore etag --ignore body.took -- cargo run";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_go_only_where_they_are_nothing() {
        let json = b"{\n  \"a b\" : [ 1, \"\\\" x\\\\\" , true ]\n}";
        assert_eq!(String::from_utf8(compact(json)).unwrap(), r#"{"a b":[1,"\" x\\",true]}"#);
    }
}

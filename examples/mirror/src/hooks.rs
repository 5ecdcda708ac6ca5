//! What runs beside requests, and says so on standard error.

use std::{
    io::{self, Write},
    time::Duration,
};

use serde_json::{Value, json};
use sippycup::{BackgroundTasks, BoxError, LambdaContext, events::Event};

/// What is not HTTP is answered with itself too.
pub(crate) async fn seen(event: Event) -> Result<Value, BoxError> {
    Ok(json!({ "kind": event.kind().as_str(), "event": event.json() }))
}

/// After an invocation: sleeps, and says which one it was.
pub(crate) async fn after(pause: Duration) {
    tokio::time::sleep(pause).await;
    say("after", LambdaContext::current().as_ref());
}

/// Before the process ends.
pub(crate) async fn shutdown() -> Result<(), BoxError> {
    writeln!(io::stderr(), "shutdown").map_err(Into::into)
}

/// After the answer: sleeps, and says whose task it was.
pub(crate) fn spawn(tasks: &BackgroundTasks, context: Option<LambdaContext>, pause: Duration) {
    tasks.spawn(async move {
        tokio::time::sleep(pause).await;
        say("spawned", context.as_ref());
    });
}

fn say(what: &str, context: Option<&LambdaContext>) {
    let id = context.map_or("-", LambdaContext::request_id);
    // In one piece, and nobody is left to tell if it fails.
    let _ = io::stderr().write_all(format!("{what} {id}\n").as_bytes());
}

/// What a hook may take beside its pause.
pub(crate) const ROOM: Duration = Duration::from_millis(500);

//! Front doors and functions, as they are now.

use serde_json::{Value, json};

use crate::inspect::memory;
use crate::inspect::store::{Environment, Function, Store};

pub(super) fn served(store: &Store) -> Value {
    // Reads many small files, which nobody should wait for.
    let memory = memory::of_groups();
    let state = store.state();
    let environment = |(number, environment): (&u64, &Environment)| {
        json!({
            "number": number,
            "state": match environment {
                Environment { ready: None, process: None, .. } => "starting",
                Environment { ready: None, .. } => "initialising",
                Environment { working, .. } if working.is_empty() => "waiting",
                _ => "working",
            },
            "age": environment.began.elapsed().as_secs(),
            "init": environment.ready.map(|ready| ready.duration_since(environment.began).as_micros() as u64),
            "invocations": environment.invocations,
            "process": environment.process,
            "memory": environment.process.and_then(|process| memory.get(&process)),
        })
    };
    let function = |function: &Function| {
        json!({
            "name": function.name,
            "starts": function.starts,
            "invocations": function.invocations,
            "waiting": function.waiting.len(),
            "ended": function.ended,
            "lines": function.lines,
            "environments": function.environments.iter().map(environment).collect::<Vec<_>>(),
        })
    };
    json!({
        "described": state.described,
        "functions": state.functions.iter().map(function).collect::<Vec<_>>(),
    })
}

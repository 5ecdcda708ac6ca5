//! The gateway's own parsers: answers of functions, requests to its Runtime API, routes and targets, configuration.
//! The first byte of the input says which, the rest is theirs.

#![no_main]

mod answers;
mod config;
mod routes;
mod runtime_api;

// The command is a binary, and nobody's library: its sources are built in here.
#[path = "../../../../crates/sippycup-cli/src/error.rs"]
#[allow(dead_code, reason = "only what reads a file is used")]
mod error;
#[path = "../../../../crates/sippycup-cli/src/patterns.rs"]
mod patterns;
#[path = "../../../../crates/sippycup-cli/src/plan/mod.rs"]
#[allow(dead_code, unused_imports, reason = "only what reads a file is used")]
mod plan;
/// No command is started here.
mod supervise {
    use std::ffi::OsString;

    pub(crate) fn supervised(command: &[OsString]) -> Vec<OsString> {
        command.to_vec()
    }
}

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use signal_hook::{consts::SIGPIPE, flag};
use sippycup_gateway::Kind;
use tokio::runtime::{Builder, Runtime};

fuzz_target!(|data: &[u8]| {
    let Some((which, rest)) = data.split_first() else { return };
    let kind = |first: u8| Kind::OF_REQUESTS[usize::from(which - first) % Kind::OF_REQUESTS.len()];
    // Letters, so that seeds can be read.
    match which {
        b'A'..=b'H' => answers::buffered(kind(b'A'), rest),
        b'I'..=b'P' => answers::streamed(kind(b'I'), rest),
        b'a'..=b'h' => routes::event(kind(b'a'), rest),
        b'i' => routes::one_line(rest),
        b'x' => runtime_api::requests(rest),
        b't' => config::toml(rest),
        _ => {}
    }
});

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    // Every other Rust program ignores it from its start; here a client that has gone would end the fuzzer.
    flag::register(SIGPIPE, Arc::default()).unwrap();
    Builder::new_current_thread().enable_all().build().unwrap()
});

fn block_on<F: Future>(future: F) -> F::Output {
    RUNTIME.block_on(future)
}

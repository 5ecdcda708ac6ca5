//! Instructions of a whole process per small invocation: the function as it would be deployed, under callgrind and a
//! Runtime API on loopback. `-- --check` compares ours with the committed count.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "a bench that fails should stop")]

use std::{fs, path::PathBuf, process::exit};

use sippycup_benches::{
    callgrind, events,
    mode::Mode,
    report::{self, Table, thousands},
};

/// On current-thread runtimes: between threads, what is counted depends on who was faster.
const FUNCTIONS: [(&str, &str); 3] = [
    ("sippycup-benches-hello", "hello-current"),
    ("sippycup-benches-hello-lambda-http", "hello-lambda-http-current"),
    ("sippycup-benches-hello", "hello-floor"),
];

/// The second count is of twice as many, and what differs is of as many.
const EVENTS: u64 = 300;
const GOAL: u64 = 66_000;

fn main() {
    match Mode::get() {
        Mode::Test => {
            callgrind::process(&build(FUNCTIONS[2], "--profile=dev"), &events::http_api_get(), 2);
        }
        Mode::Check => check(count(FUNCTIONS[0])),
        Mode::Update => fs::write(committed(), format!("{}\n", count(FUNCTIONS[0]))).unwrap(),
        Mode::Full => report::publish("Runtime", &table()),
    }
}

fn build((package, binary): (&str, &str), profile: &str) -> PathBuf {
    report::build(&[profile, "-p", package, "--bin", binary], binary)
}

fn count(function: (&str, &str)) -> u64 {
    let program = build(function, "--profile=release");
    let event = events::http_api_get();
    let [once, twice] = [EVENTS, 2 * EVENTS].map(|events| callgrind::process(&program, &event, events));
    (twice - once) / EVENTS
}

fn committed() -> PathBuf {
    report::directory().join("runtime.txt")
}

fn check(count: u64) {
    let old: u64 = fs::read_to_string(committed()).unwrap().trim().parse().unwrap();
    let change = (count as f64 / old as f64 - 1.0) * 100.0;
    println!("{:20} {:>8} {:>8} {change:+.2} %", FUNCTIONS[0].1, thousands(old), thousands(count));
    if change > 2.0 {
        println!("\nmore than 2 % above runtime.txt");
        println!("if that is meant, update it: cargo bench -p sippycup-benches --bench runtime -- --update");
        exit(1);
    }
}

fn table() -> String {
    let counts = FUNCTIONS.map(count);
    let mut table = Table::new(&["function", "instructions", "÷ floor"]);
    for ((_, binary), count) in FUNCTIONS.iter().zip(counts) {
        table.row(vec![(*binary).to_owned(), thousands(count), format!("{:.1}", count as f64 / counts[2] as f64)]);
    }
    let verdict = if counts[0] <= GOAL { "met" } else { "**missed**" };
    format!("{}\n- ours: {} ≤ {}, {verdict}\n\n{NOTES}", table.render(), thousands(counts[0]), thousands(GOAL))
}

const NOTES: &str = "\
A small GET through an HTTP API, the event of 1,756 bytes. All that the process does in user space for an invocation:
the wait for the event, the request, the app, the answer and the wait for the reply. The difference between 300 and 600
invocations, divided by 300. Release profile, current-thread runtimes, SippyCup without feature `local`. *floor*: a
blocking loop over one socket that sends a constant answer, without a runtime and without an HTTP library.
";

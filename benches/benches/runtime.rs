//! Instructions of a whole process per small invocation: the function as it would be deployed, under callgrind and a
//! Runtime API on loopback. `-- --check` compares ours with the committed count.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "a bench that fails should stop")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::exit,
};

use sippycup_benches::{
    callgrind, events,
    mode::Mode,
    report::{self, Table, thousands},
};

/// On current-thread runtimes: between threads, what is counted depends on who was faster.
const FUNCTIONS: [(&str, &str); 5] = [
    ("sippycup-benches-hello", "hello-current"),
    ("sippycup-benches-hello-lambda-http", "hello-lambda-http-current"),
    ("sippycup-benches-hello", "hello-floor"),
    ("sippycup-benches-hello", "hello-hyper"),
    ("sippycup-benches-hello", "hello-layer"),
];

/// The second count is of twice as many, and what differs is of as many.
const EVENTS: u64 = 300;
const GOAL: u64 = 66_000;

fn main() {
    match Mode::get() {
        Mode::Test => {
            callgrind::process(&build(FUNCTIONS[2], "--profile=dev"), &events::http_api_get(), 2);
        }
        Mode::Check => check(ours()),
        Mode::Update => fs::write(committed(), format!("{}\n", ours())).unwrap(),
        Mode::Full => report::publish("Runtime", &table()),
    }
}

fn build((package, binary): (&str, &str), profile: &str) -> PathBuf {
    report::build(&[profile, "-p", package, "--bin", binary], binary)
}

fn count(program: &Path, event: &[u8]) -> u64 {
    let [once, twice] = [EVENTS, 2 * EVENTS].map(|events| callgrind::process(program, event, events));
    (twice - once) / EVENTS
}

/// What the committed count is of.
fn ours() -> u64 {
    count(&build(FUNCTIONS[0], "--profile=release"), &events::http_api_get())
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
    let programs = FUNCTIONS.map(|function| build(function, "--profile=release"));
    let head = ["small GET", "event B", "ours", "lambda_http's", "floor", "hyper", "layer", "÷ ours", "ours ÷ floor"];
    let mut table = Table::new(&head);
    let mut goals = Vec::new();
    for (name, event) in [
        ("HTTP API", events::http_api_get()),
        ("REST", events::rest_small()),
        ("Function URL", events::function_url()),
        ("ALB", events::alb()),
    ] {
        let counts = programs.each_ref().map(|program| count(program, &event));
        let [ours, theirs, floor, ..] = counts;
        let ratio = |one: u64, other: u64| format!("{:.1}", one as f64 / other as f64);
        let counts = counts.map(thousands).to_vec();
        let ratios = vec![ratio(theirs, ours), ratio(ours, floor)];
        table.row([vec![name.to_owned(), thousands(event.len() as u64)], counts, ratios].concat());
        let verdict = if ours <= GOAL { "met" } else { "**missed**" };
        goals.push(format!("- {name}: {} ≤ {}, {verdict}", thousands(ours), thousands(GOAL)));
    }
    format!("{}\n{}\n\n{NOTES}", table.render(), goals.join("\n"))
}

const NOTES: &str = "\
All instructions in user space that a process spends on an invocation: the wait for the event, the request, the app, the
answer and the wait for the reply. The difference between 300 and 600 invocations, divided by 300. Release profile,
current-thread runtimes, SippyCup without default features. *floor*: a blocking loop over one socket that sends a
constant answer, without a runtime and without an HTTP library. *hyper*: tokio, axum and hyper's connection in the
plainest loop, which reads no event; *layer*: the same loop with SippyCup's middleware. The goal was set with an event
that costs `lambda_http` 195,000; of these the function URL's is nearest to it. Of the two that miss it, *hyper* alone is
two thirds, and what is left is less than `event → request` under Instructions; *ours* is below *layer*, though it has
the context, guards against panics, second tries and streams beside.
";

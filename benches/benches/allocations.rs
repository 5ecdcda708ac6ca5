//! Allocations per event: how many, how many bytes, and how many of those at once.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "a bench that fails should stop")]

use std::{env, process::Command};

use sippycup_benches::{
    agree, api,
    callgrind::{is_counted, mark},
    case::cases,
    invocation,
    meter::{Cold, Contender, Meter, Subject},
    mode::Mode,
    ours,
    report::{self, Table, thousands},
    theirs,
};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

const COLUMNS: [(&str, Contender); 6] = [
    ("ours, event → request", ours::core),
    ("ours raw", ours::raw),
    ("ours run", invocation::ours),
    ("theirs", theirs::adapter),
    ("theirs run", invocation::theirs),
    ("router", ours::router),
];

/// What the issue allows, router included: cases and blocks.
const GOALS: [(&str, u64); 2] = [("HTTP API GET", 47), ("REST small", 36)];

fn main() {
    match Mode::get() {
        // Its own process, since the Runtime API's address can only come from outside.
        _ if is_counted() => measure(Mode::get() == Mode::Test),
        Mode::Check | Mode::Update => {}
        mode => {
            let mut command = Command::new(env::current_exe().expect("this program"));
            if mode == Mode::Full {
                command.arg("--bench");
            }
            let status = mark(&mut command).envs(api::variables(api::take_answers())).status();
            assert!(status.expect("this program runs").success(), "the measuring process failed");
        }
    }
}

fn measure(test: bool) {
    let cases = cases();
    agree::check(&cases);
    let head: Vec<&str> = [&["case"][..], &COLUMNS.map(|(name, _)| name), &["blocks, theirs ÷ ours"]].concat();
    let mut table = Table::new(&head);
    let mut goals = Vec::new();
    for case in &cases {
        let counts = COLUMNS.map(|(_, subject)| allocations(subject(case)));
        let cell = |heap: &Heap| format!("{} / {} / {}", heap.blocks, thousands(heap.bytes), thousands(heap.peak));
        let ratio = counts[3].blocks as f64 / counts[1].blocks as f64;
        let cells = counts.iter().map(cell);
        table.row([case.name.to_owned()].into_iter().chain(cells).chain([format!("{ratio:.1}")]).collect());
        if let Some((name, goal)) = GOALS.iter().find(|(name, _)| *name == case.name) {
            let verdict = if counts[1].blocks <= *goal { "met" } else { "**missed**" };
            goals.push(format!("{name} {} ≤ {goal} {verdict}", counts[1].blocks));
        }
    }
    let text = format!("{}\nGoals (ours raw, router included): {}.\n\n{NOTES}", table.render(), goals.join("; "));
    if test {
        println!("{text}");
    } else {
        report::publish("Allocations", &text);
    }
}

const NOTES: &str = "\
Blocks / bytes / bytes at the peak, for one event after two that warmed up; a block that grows counts again. The
event itself is there before. *run* has the Runtime API's client in it, on both sides.
";

struct Heap {
    blocks: u64,
    bytes: u64,
    peak: u64,
}

fn allocations(mut subject: Subject) -> Heap {
    struct Dhat(Option<Heap>);
    impl Meter for Dhat {
        fn around(&mut self, work: &mut dyn FnMut()) {
            let profiler = dhat::Profiler::builder().testing().build();
            work();
            let stats = dhat::HeapStats::get();
            drop(profiler);
            self.0 = Some(Heap { blocks: stats.total_blocks, bytes: stats.total_bytes, peak: stats.max_bytes as u64 });
        }
    }
    subject(2, &mut Cold);
    let mut meter = Dhat(None);
    subject(1, &mut meter);
    meter.0.expect("the subject went through the meter")
}

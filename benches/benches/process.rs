//! Whole functions, as they would be deployed, under a Runtime API on loopback.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "a bench that fails should stop")]

use std::{fs, path::PathBuf, time::Instant};

use sippycup_benches::{
    bodies, events,
    meter::median,
    mode::Mode,
    process::{Busy, Process},
    report::{self, Table, thousands},
};

/// The functions: ours, then `lambda_http`'s, each in both flavours of tokio's runtime, the floor, and what SippyCup
/// stands on without it and with the middleware alone.
const FUNCTIONS: [(&str, &str); 7] = [
    ("sippycup-benches-hello", "hello-current"),
    ("sippycup-benches-hello", "hello-multi"),
    ("sippycup-benches-hello-lambda-http", "hello-lambda-http-current"),
    ("sippycup-benches-hello-lambda-http", "hello-lambda-http-multi"),
    ("sippycup-benches-hello", "hello-floor"),
    ("sippycup-benches-hello", "hello-hyper"),
    ("sippycup-benches-hello", "hello-layer"),
];
const FLOOR: usize = 4;
const CONCURRENT: (&str, &str) = ("sippycup-benches-hello-lambda-http", "hello-lambda-http-concurrent");

/// How often, and how much.
struct Extent {
    starts: usize,
    rounds: usize,
    /// Divides every number of events.
    part: u64,
}

fn main() {
    let extent = match Mode::get() {
        Mode::Check | Mode::Update => return,
        Mode::Test => Extent { starts: 1, rounds: 1, part: 20 },
        Mode::Full => Extent { starts: 21, rounds: 5, part: 1 },
    };
    let programs = FUNCTIONS.map(build);
    let (start, mut goals) = starts(&programs, extent.starts);
    let (loads, more) = loads(&programs, &extent);
    goals.extend(more);
    let [_, ours, ..] = &programs;
    let concurrent = concurrency(&[programs[0].clone(), ours.clone(), build(CONCURRENT)], &extent);
    let goals = goals.join("\n");
    let text =
        format!("{start}\n{loads}\n{goals}\n\n{NOTES}\n### Managed Instances\n\n{concurrent}\n{CONCURRENCY_NOTES}");
    match Mode::get() {
        Mode::Full => report::publish("Process", &text),
        _ => println!("{text}"),
    }
}

fn build((package, binary): (&str, &str)) -> PathBuf {
    // What is on a current-thread runtime has no other one in it.
    let features: &[&str] = match binary.rsplit('-').next() {
        Some("concurrent") => &["--features", "concurrent"],
        Some("multi") => &["--features", "multi"],
        _ => &[],
    };
    // Nobody looks at the figures of a test.
    let profile = if Mode::get() == Mode::Test { "--profile=dev" } else { "--profile=release" };
    report::build(&[&[profile, "-p", package, "--bin", binary], features].concat(), binary)
}

const NOTES: &str = "\
Release profile: opt-level 3, fat LTO, stripped; SippyCup without default features. Medians of 21 starts, and of 5
rounds (15 with small events) in which the functions take turns; a ratio is the middle one of the rounds' own. CPU from
`/proc/PID/task/*/schedstat`, all threads; *first next*: from exec to the first call of the Runtime API. `current` is
tokio's current-thread runtime, as SippyCup's README has it, and built without the other one; `multi` the multi-threaded
one, as `lambda_http`'s has it. *floor*: a blocking loop over one socket that sends a constant answer, without a runtime
and without an HTTP library. *hyper*: tokio, axum and hyper's connection in the plainest loop, without SippyCup; *layer*:
the same with SippyCup's middleware. What these two miss of a goal, the loop cannot save. Most of a small invocation's CPU is the kernel's, for two requests over loopback and for
waking up on an idle CPU, and differs from machine to machine. *CPUs busy*: a loop of the lowest priority runs on each,
so that none is idle. What else the machine does in a round, it does to all: hold ratios against each other, not times.
";

const CONCURRENCY_NOTES: &str = "\
Invocations per second, medians, with `AWS_LAMBDA_MAX_CONCURRENCY` as in the head; *hello* answers at once, *wait*
after 5 ms, as if it had asked a database. The server takes its share of the same CPUs. `lambda_http::run_concurrent`
does not take axum's router, whose response is not `Sync`; its function here collects each answer into one that is.
";

fn name(program: &std::path::Path) -> String {
    program.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn goal(what: &str, value: f64, limit: f64, digits: usize) -> String {
    let verdict = if value <= limit { "met" } else { "**missed**" };
    format!("- {what}: {value:.digits$} ≤ {limit:.digits$}, {verdict}")
}

fn starts(programs: &[PathBuf; FUNCTIONS.len()], times: usize) -> (String, Vec<String>) {
    let mut samples = [const { (Vec::new(), Vec::new(), Vec::new()) }; FUNCTIONS.len()];
    for _ in 0..times {
        for (program, (cpu, wall, rss)) in programs.iter().zip(&mut samples) {
            let start = Instant::now();
            let process = Process::start(program, 1);
            wall.push(start.elapsed().as_secs_f64() * 1e3);
            cpu.push(process.used().cpu_micros / 1e3);
            process.settle();
            rss.push(process.memory().0);
        }
    }
    let to_floor = samples.each_ref().map(|(cpu, ..)| ratio(cpu, &samples[FLOOR].0));
    let head = ["function", "binary B", "first next, CPU ms", "÷ floor", "first next, ms", "idle RSS KB"];
    let mut table = Table::new(&head);
    let size = |program: &PathBuf| fs::metadata(program).expect("it was built").len();
    let medians = samples.map(|(cpu, wall, rss)| (median(cpu), median(wall), median(rss)));
    for ((program, (cpu, wall, rss)), to_floor) in programs.iter().zip(medians).zip(to_floor) {
        let cells = [
            thousands(size(program)),
            format!("{cpu:.2}"),
            format!("{to_floor:.2}"),
            format!("{wall:.2}"),
            thousands(rss as u64),
        ];
        table.row([vec![name(program)], cells.to_vec()].concat());
    }
    let goals = vec![
        goal("binary, MB", size(&programs[0]) as f64 / 1e6, 1.1, 2),
        goal("exec → first next ÷ floor, CPU, current-thread", to_floor[0], 1.08, 2),
        goal("exec → first next, CPU ms, both multi-threaded", medians[1].0, medians[3].0, 2),
        goal("idle RSS, MB, current-thread", medians[0].2 / 1e3, 2.6, 2),
        goal("idle RSS, MB, both multi-threaded", medians[1].2 / 1e3, medians[3].2 / 1e3, 2),
    ];
    (table.render(), goals)
}

/// The middle one of the rounds' own ratios: what else the machine does in a round, it does to both.
fn ratio(ours: &[f64], theirs: &[f64]) -> f64 {
    median(ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect())
}

/// What is given to the functions.
struct Load {
    name: &'static str,
    event: Vec<u8>,
    events: u64,
    is_busy: bool,
    /// Whether the floor, whose answer is always the same, is in it.
    has_floor: bool,
}

fn all_loads() -> [Load; 5] {
    let to =
        |event: Vec<u8>, path: &str| String::from_utf8(event).expect("JSON").replace("/hello/world", path).into_bytes();
    let upload = |size| to(events::http_api_binary(&bodies::binary(size)), "/upload");
    let large = |name, event, events| Load { name, event, events, is_busy: false, has_floor: false };
    let small = |name, is_busy| Load { name, event: events::http_api_get(), events: 5_000, is_busy, has_floor: true };
    [
        small("small GET", false),
        small(BUSY, true),
        large("1 MB upload", upload(1 << 20), 400),
        large("1 MB download", to(events::http_api_get(), "/download"), 400),
        large("5 MB upload", upload(3_750_000), 100),
    ]
}

const BUSY: &str = "small GET, CPUs busy";

fn loads(programs: &[PathBuf; FUNCTIONS.len()], extent: &Extent) -> (String, Vec<String>) {
    let head =
        ["load", "function", "CPU µs", "÷ lambda_http's, same runtime", "÷ floor", "minor faults", "peak RSS KB"];
    let mut table = Table::new(&head);
    let mut goals = Vec::new();
    for load in all_loads() {
        let events = (load.events / extent.part).max(2);
        let programs = if load.has_floor { &programs[..] } else { &programs[..FLOOR] };
        let busy = load.is_busy.then(Busy::start);
        let mut samples = [const { (Vec::new(), Vec::new(), Vec::new()) }; FUNCTIONS.len()];
        // What is small is disturbed by little.
        let rounds = if load.has_floor { 3 * extent.rounds } else { extent.rounds };
        for _ in 0..rounds {
            for (program, (cpu, faults, peak)) in programs.iter().zip(&mut samples) {
                let process = Process::start(program, 1);
                process.lambda.give(&load.event, (events / 10).max(1));
                let before = process.used();
                process.lambda.give(&load.event, events);
                let after = process.used();
                cpu.push((after.cpu_micros - before.cpu_micros) / events as f64);
                faults.push((after.minor_faults - before.minor_faults) / events as f64);
                peak.push(process.memory().1);
            }
        }
        drop(busy);
        let cpu = |at: usize| samples[at].0.as_slice();
        let text = |ours, theirs| format!("{:.2}", ratio(cpu(ours), cpu(theirs)));
        for (at, program) in programs.iter().enumerate() {
            let (_, faults, peak) = &samples[at];
            table.row(vec![
                load.name.to_owned(),
                name(program),
                format!("{:.0}", median(cpu(at).to_vec())),
                if at < 2 { text(at, at + 2) } else { String::new() },
                if load.has_floor { text(at, FLOOR) } else { String::new() },
                format!("{:.1}", median(faults.clone())),
                thousands(median(peak.clone()) as u64),
            ]);
        }
        let (theirs, readme) = (ratio(cpu(0), cpu(2)), ratio(cpu(0), cpu(3)));
        match load.name {
            BUSY => {
                goals.push(goal("CPU of a small GET, CPUs busy, ÷ floor", ratio(cpu(0), cpu(FLOOR)), 2.6, 2));
                goals.push(goal("the same ÷ lambda_http's, both current-thread", theirs, 0.57, 2));
                goals.push(goal("the same ÷ lambda_http's, each as its README", readme, 0.33, 2));
            }
            "5 MB upload" => {
                goals.push(goal("CPU of a 5 MB upload ÷ lambda_http's, both current-thread", theirs, 1.0 / 3.0, 2));
                goals.push(goal("minor faults of a 5 MB upload", median(samples[0].1.clone()), 1_100.0, 0));
                goals.push(goal("peak RSS with 5 MB uploads, MB", median(samples[0].2.clone()) / 1e3, 20.0, 1));
            }
            _ => {}
        }
    }
    (table.render(), goals)
}

fn concurrency(programs: &[PathBuf], extent: &Extent) -> String {
    let mut table = Table::new(&["function", "load", "1", "4", "16"]);
    let get = String::from_utf8(events::http_api_get()).expect("JSON");
    for program in programs {
        for (load, path, events) in [("hello", "/hello/world", 8_000), ("wait", "/wait", 800)] {
            let event = get.replace("/hello/world", path);
            let rates = [1, 4, 16].map(|concurrency| {
                let events = events / extent.part;
                let rates = (0..extent.rounds.min(3)).map(|_| {
                    let process = Process::start(program, concurrency);
                    process.lambda.give(event.as_bytes(), events / 10);
                    let start = Instant::now();
                    process.lambda.give(event.as_bytes(), events);
                    events as f64 / start.elapsed().as_secs_f64()
                });
                thousands(median(rates.collect()) as u64)
            });
            table.row([vec![name(program), load.to_owned()], rates.to_vec()].concat());
        }
    }
    table.render()
}

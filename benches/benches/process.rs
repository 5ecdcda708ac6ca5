//! Whole functions, as they would be deployed, under a Runtime API on loopback.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "a bench that fails should stop")]

use std::{fs, path::PathBuf, time::Instant};

use sippycup_benches::{
    bodies, events,
    meter::median,
    mode::Mode,
    process::Process,
    report::{self, Table, thousands},
};

/// The functions: ours, then `lambda_http`'s, each in both flavours of tokio's runtime.
const FUNCTIONS: [(&str, &str); 4] = [
    ("sippycup-benches-hello", "hello-current"),
    ("sippycup-benches-hello", "hello-multi"),
    ("sippycup-benches-hello-lambda-http", "hello-lambda-http-current"),
    ("sippycup-benches-hello-lambda-http", "hello-lambda-http-multi"),
];
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
    let features: &[&str] = if binary.ends_with("concurrent") { &["--features", "concurrent"] } else { &[] };
    // Nobody looks at the figures of a test.
    let profile = if Mode::get() == Mode::Test { "--profile=dev" } else { "--profile=release" };
    report::build(&[&[profile, "-p", package, "--bin", binary], features].concat(), binary)
}

const NOTES: &str = "\
Release profile: opt-level 3, fat LTO, stripped; SippyCup without feature `local`. Medians of 21 starts, and of 5
rounds in which the functions take turns. CPU from `/proc/PID/task/*/schedstat`, all threads; *first next*: from exec
to the first call of the Runtime API. `current` is tokio's current-thread runtime, as SippyCup's README has it;
`multi` the multi-threaded one, as `lambda_http`'s has it. Most of a small invocation's CPU is the kernel's, for two
requests over loopback and for waking up on an idle CPU, and differs from machine to machine.
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

fn starts(programs: &[PathBuf; 4], times: usize) -> (String, Vec<String>) {
    let mut samples = [const { (Vec::new(), Vec::new(), Vec::new()) }; 4];
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
    let mut table = Table::new(&["function", "binary B", "first next, CPU ms", "first next, ms", "idle RSS KB"]);
    let size = |program: &PathBuf| fs::metadata(program).expect("it was built").len();
    let medians = samples.map(|(cpu, wall, rss)| (median(cpu), median(wall), median(rss)));
    for (program, (cpu, wall, rss)) in programs.iter().zip(medians) {
        let cells = [thousands(size(program)), format!("{cpu:.2}"), format!("{wall:.2}"), thousands(rss as u64)];
        table.row([vec![name(program)], cells.to_vec()].concat());
    }
    let goals = vec![
        goal("binary, MB", size(&programs[0]) as f64 / 1e6, 1.5, 2),
        goal("exec → first next, CPU ms, both current-thread", medians[0].0, medians[2].0, 2),
        goal("exec → first next, CPU ms, both multi-threaded", medians[1].0, medians[3].0, 2),
        goal("idle RSS, MB, both current-thread", medians[0].2 / 1e3, medians[2].2 / 1e3, 2),
        goal("idle RSS, MB, both multi-threaded", medians[1].2 / 1e3, medians[3].2 / 1e3, 2),
    ];
    (table.render(), goals)
}

fn loads(programs: &[PathBuf; 4], extent: &Extent) -> (String, Vec<String>) {
    let to =
        |event: Vec<u8>, path: &str| String::from_utf8(event).expect("JSON").replace("/hello/world", path).into_bytes();
    let upload = |size| to(events::http_api_binary(&bodies::binary(size)), "/upload");
    let loads = [
        ("small GET", events::http_api_get(), 20_000),
        ("1 MB upload", upload(1 << 20), 400),
        ("1 MB download", to(events::http_api_get(), "/download"), 400),
        ("5 MB upload", upload(3_750_000), 100),
    ];
    let head = ["load", "function", "CPU µs", "to lambda_http's, same runtime", "minor faults", "peak RSS KB"];
    let mut table = Table::new(&head);
    let mut goals = Vec::new();
    for (load, event, events) in loads {
        let events = (events / extent.part).max(2);
        let mut samples = [const { (Vec::new(), Vec::new(), Vec::new()) }; 4];
        for _ in 0..extent.rounds {
            for (program, (cpu, faults, peak)) in programs.iter().zip(&mut samples) {
                let process = Process::start(program, 1);
                process.lambda.give(&event, (events / 10).max(1));
                let before = process.used();
                process.lambda.give(&event, events);
                let after = process.used();
                cpu.push((after.cpu_micros - before.cpu_micros) / events as f64);
                faults.push((after.minor_faults - before.minor_faults) / events as f64);
                peak.push(process.memory().1);
            }
        }
        let medians = samples.map(|(cpu, faults, peak)| (median(cpu), median(faults), median(peak)));
        for (at, (program, (cpu, faults, peak))) in programs.iter().zip(medians).enumerate() {
            let ratio = medians.get(at + 2).map_or_else(String::new, |(theirs, ..)| format!("{:.2}", cpu / theirs));
            let cells = [name(program), format!("{cpu:.0}"), ratio, format!("{faults:.1}"), thousands(peak as u64)];
            table.row([vec![load.to_owned()], cells.to_vec()].concat());
        }
        let [ours, _, theirs, readme] = medians;
        match load {
            "small GET" => {
                goals.push(goal("CPU of a small GET ÷ lambda_http's, both current-thread", ours.0 / theirs.0, 0.75, 2));
                goals.push(goal("CPU of a small GET ÷ lambda_http's, each as its README", ours.0 / readme.0, 0.40, 2));
            }
            "5 MB upload" => {
                goals.push(goal(
                    "CPU of a 5 MB upload ÷ lambda_http's, both current-thread",
                    ours.0 / theirs.0,
                    1.0 / 3.0,
                    2,
                ));
                goals.push(goal("minor faults of a 5 MB upload", ours.1, 1_100.0, 0));
                goals.push(goal("peak RSS with 5 MB uploads, MB", ours.2 / 1e3, 20.0, 1));
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

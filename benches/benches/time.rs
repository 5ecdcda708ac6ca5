//! Time per event, by criterion. A case's contenders have their turns right after each other, several each: on a
//! shared machine nothing else compares.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "a bench that fails should stop")]

use std::{
    array, fs,
    hint::black_box,
    path::Path,
    time::{Duration, Instant},
};

use criterion::{BenchmarkId, Criterion};
use serde_json::Value;
use sippycup_benches::{
    agree,
    case::{Case, cases},
    meter::{Contender, Meter, Subject, median, once},
    mode::Mode,
    ours,
    report::{self, Table},
    theirs,
};

const CONTENDERS: [(&str, Contender); 4] =
    [("core", ours::core), ("raw", ours::raw), ("theirs", theirs::adapter), ("router", ours::router)];

/// How many turns each contender has: ratios are made within a pass, and differ by what the machine did besides.
const PASSES: usize = 3;

/// Bytes of events that lie ready at once. Criterion asks for thousands, which no cache would hold.
const READY: usize = 256 << 10;

/// More than any cache that one core has to itself.
const CACHES: usize = 24 << 20;

fn main() {
    let cases = cases();
    match Mode::get() {
        Mode::Check | Mode::Update => {}
        Mode::Test => {
            agree::check(&cases);
            for case in &cases {
                CONTENDERS.iter().for_each(|(_, subject)| once(subject(case)));
            }
            println!("{}", cold(&cases, 1));
        }
        Mode::Full => {
            agree::check(&cases);
            let text = format!("{}\n{NOTES}\n{}\n{COLD}", warm(&cases), cold(&cases, 300));
            report::publish("Time", &text);
        }
    }
}

const NOTES: &str = "\
Microseconds per event, measured by criterion in 3 passes. In each, the contenders of a case are measured right after
each other, 20 samples in 0.6 seconds; in the second pass in the opposite order. A time is the middle one of the three
medians, a ratio the middle one of the three passes' own, with the least and the greatest in parentheses: they differ
by what else the machine did. *net*: the router taken off on both sides. 256 KB of events, or one, lie ready ahead, in a
process that has had the largest: its allocator no longer goes to the system for each large block. Absolute times of a
shared machine are good for nothing but the ratios beside them.
";

const COLD: &str = "\
Cold caches: 24 MB are walked before each single event; medians of 300, in microseconds. It is what a function sees
that is rarely called.
";

fn warm(cases: &[Case]) -> String {
    // Where criterion itself would have it, and programs that compare its runs look.
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("criterion");
    let mut criterion = Criterion::default()
        .output_directory(&directory)
        .without_plots()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(600))
        .nresamples(10_000);
    let mut table = Table::new(&["case", "event → request", "ours raw", "theirs", "router", "theirs ÷ ours", "net"]);
    for case in cases {
        measure(&mut criterion, case);
        let passes: [[f64; 4]; PASSES] = array::from_fn(|pass| {
            CONTENDERS.map(|(name, _)| estimate(&directory.join(case.name).join(name).join(pass.to_string())))
        });
        let micros = [0, 1, 2, 3].map(|at| format!("{:.2}", median(passes.map(|times| times[at]).to_vec())));
        let ratios = [
            passes.map(|[_, raw, theirs, _]| theirs / raw),
            passes.map(|[_, raw, theirs, router]| (theirs - router) / (raw - router)),
        ];
        table.row([vec![case.name.to_owned()], micros.to_vec(), ratios.map(spread).to_vec()].concat());
    }
    table.render()
}

fn measure(criterion: &mut Criterion, case: &Case) {
    let ready = (READY / case.event.len()).max(1);
    let mut group = criterion.benchmark_group(case.name);
    for pass in 0..PASSES {
        let mut contenders = CONTENDERS;
        if pass % 2 == 1 {
            contenders.reverse();
        }
        for (name, subject) in contenders {
            let mut subject = subject(case);
            group.bench_function(BenchmarkId::new(name, pass), |bencher| {
                bencher.iter_custom(|events| time(&mut subject, events as usize, ready));
            });
        }
    }
    group.finish();
}

/// Criterion's median, in microseconds.
fn estimate(directory: &Path) -> f64 {
    let estimates = fs::read(directory.join("new/estimates.json")).expect("criterion writes what it estimates");
    let estimates: Value = serde_json::from_slice(&estimates).expect("estimates are JSON");
    estimates["median"]["point_estimate"].as_f64().expect("a median in nanoseconds") / 1e3
}

/// The middle one, and between which all are.
fn spread(ratios: [f64; PASSES]) -> String {
    let [least, greatest] = [f64::min, f64::max].map(|choose| ratios.into_iter().reduce(choose).expect("passes"));
    format!("{:.1} ({least:.1}–{greatest:.1})", median(ratios.to_vec()))
}

fn cold(cases: &[Case], events: usize) -> String {
    let mut table = Table::new(&["case", "ours raw", "theirs", "router", "theirs ÷ ours", "net"]);
    for case in cases.iter().filter(|case| case.is_small()) {
        let [raw, theirs, router] = [1, 2, 3].map(|at| median(walked(CONTENDERS[at].1(case), events)));
        let micros = [raw, theirs, router].map(|time| format!("{time:.0}"));
        let ratios = [theirs / raw, (theirs - router) / (raw - router)].map(|ratio| format!("{ratio:.1}"));
        table.row([vec![case.name.to_owned()], micros.to_vec(), ratios.to_vec()].concat());
    }
    table.render()
}

/// Microseconds of single events, each after a walk through more memory than the caches hold.
fn walked(mut subject: Subject, events: usize) -> Vec<f64> {
    let mut memory = vec![1_u8; CACHES];
    time(&mut subject, 2, 2);
    let one = |_| {
        for line in memory.chunks_mut(64) {
            line[0] = line[0].wrapping_add(1);
        }
        black_box(&mut memory);
        time(&mut subject, 1, 1).as_secs_f64() * 1e6
    };
    (0..events).map(one).collect()
}

/// What so many events take together. Their inputs are made outside of the meter, `ready` of them ahead.
fn time(subject: &mut Subject, events: usize, ready: usize) -> Duration {
    struct Clock(Duration);
    impl Meter for Clock {
        fn around(&mut self, work: &mut dyn FnMut()) {
            let start = Instant::now();
            work();
            self.0 += start.elapsed();
        }
    }
    let mut clock = Clock(Duration::ZERO);
    for done in (0..events).step_by(ready) {
        subject(ready.min(events - done), &mut clock);
    }
    clock.0
}

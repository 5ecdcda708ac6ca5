//! Time per event, all contenders in turn in the same round: on a shared machine nothing else compares.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "a bench that fails should stop")]

use std::{hint::black_box, time::Instant};

use sippycup_benches::{
    agree,
    case::{Case, cases},
    meter::{Contender, Meter, Subject, median},
    mode::Mode,
    ours,
    report::{self, Table},
    theirs,
};

const CONTENDERS: [(&str, Contender); 4] =
    [("core", ours::core), ("raw", ours::raw), ("theirs", theirs::adapter), ("router", ours::router)];

const ROUNDS: usize = 60;

/// More than any cache that one core has to itself.
const CACHES: usize = 24 << 20;

fn main() {
    let cases = cases();
    match Mode::get() {
        Mode::Check | Mode::Update => {}
        Mode::Test => {
            agree::check(&cases);
            println!("{}", table(&cases, 1, 1));
        }
        Mode::Full => {
            agree::check(&cases);
            report::publish("Time", &table(&cases, ROUNDS, 300));
        }
    }
}

fn table(cases: &[Case], rounds: usize, cold: usize) -> String {
    let mut warm =
        Table::new(&["case", "event → request", "ours raw", "theirs", "router", "of minima", "paired median", "net"]);
    let mut chilled = Table::new(&["case", "ours raw", "theirs", "router", "theirs ÷ ours", "net"]);
    for case in cases {
        let times = interleaved(case, rounds);
        let [core, raw, theirs, router] = [0, 1, 2, 3].map(|at| minimum(&times[at]));
        let pairs = times[1].iter().zip(&times[2]).map(|(ours, theirs)| theirs / ours).collect();
        let micros = [core, raw, theirs, router].map(|time| format!("{time:.2}"));
        let ratios =
            [theirs / raw, median(pairs), (theirs - router) / (raw - router)].map(|ratio| format!("{ratio:.1}"));
        warm.row([vec![case.name.to_owned()], micros.to_vec(), ratios.to_vec()].concat());
        if case.is_small() {
            let [raw, theirs, router] = [1, 2, 3].map(|at| median(walked(CONTENDERS[at].1(case), cold)));
            let micros = [raw, theirs, router].map(|time| format!("{time:.0}"));
            let ratios = [theirs / raw, (theirs - router) / (raw - router)].map(|ratio| format!("{ratio:.1}"));
            chilled.row([vec![case.name.to_owned()], micros.to_vec(), ratios.to_vec()].concat());
        }
    }
    format!("{}\n{NOTES}\n{}\n{COLD}", warm.render(), chilled.render())
}

const NOTES: &str = "\
Microseconds per event, the least of 60 batches of about a millisecond, the contenders taking turns. The ratios are
those of the minima and the median of each round's own; the first without the router's share is *net*. Absolute times
of a shared machine are good for nothing but the ratios beside them.
";

const COLD: &str = "\
Cold caches: 24 MB are walked before each single event; medians of 300, in microseconds. It is what a function sees
that is rarely called.
";

/// Microseconds per event, by contender and round.
fn interleaved(case: &Case, rounds: usize) -> [Vec<f64>; 4] {
    let mut subjects = CONTENDERS.map(|(_, subject)| subject(case));
    let mut batches = [0; 4];
    for (batch, subject) in batches.iter_mut().zip(&mut subjects) {
        time(subject, 2);
        *batch = ((1_000.0 / time(subject, 2)) as usize).clamp(1, 500);
    }
    let mut times = [const { Vec::new() }; 4];
    for _ in 0..rounds {
        for ((times, subject), batch) in times.iter_mut().zip(&mut subjects).zip(batches) {
            times.push(time(subject, batch));
        }
    }
    times
}

/// Microseconds of single events, each after a walk through more memory than the caches hold.
fn walked(mut subject: Subject, events: usize) -> Vec<f64> {
    let mut memory = vec![1_u8; CACHES];
    time(&mut subject, 2);
    let one = |_| {
        for line in memory.chunks_mut(64) {
            line[0] = line[0].wrapping_add(1);
        }
        black_box(&mut memory);
        time(&mut subject, 1)
    };
    (0..events).map(one).collect()
}

fn time(subject: &mut Subject, events: usize) -> f64 {
    struct Clock(f64);
    impl Meter for Clock {
        fn around(&mut self, work: &mut dyn FnMut()) {
            let start = Instant::now();
            work();
            self.0 += start.elapsed().as_secs_f64();
        }
    }
    let mut clock = Clock(0.0);
    subject(events, &mut clock);
    clock.0 * 1e6 / events as f64
}

fn minimum(times: &[f64]) -> f64 {
    times.iter().copied().fold(f64::INFINITY, f64::min)
}

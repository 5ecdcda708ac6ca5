//! Instructions per event. `-- --check` compares those of the small cases with the committed ones.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "a bench that fails should stop")]

use std::{env, fmt::Write, fs, path::Path, process::Command};

use sippycup_benches::{
    agree, api, callgrind,
    case::{Case, cases},
    floors, invocation,
    meter::{Subject, once},
    mode::Mode,
    ours,
    report::{self, Table, against, thousands},
    theirs,
};

type Column = (&'static str, fn(&Case) -> Option<Subject>);

/// Held to the committed counts.
const OURS: [Column; 4] = [
    ("core", |case| Some(ours::core(case))),
    ("raw", |case| Some(ours::raw(case))),
    ("run", |case| Some(invocation::ours(case))),
    ("client", |case| Some(invocation::client(case))),
];
const REST: [Column; 7] = [
    ("clients", |case| case.is_small().then(|| ours::clients(case))),
    ("router", |case| Some(ours::router(case))),
    ("theirs", |case| Some(theirs::adapter(case))),
    ("theirs run", |case| Some(invocation::theirs(case))),
    ("IgnoredAny", |case| Some(floors::ignored_any(case))),
    ("build", |case| Some(floors::build(case))),
    ("base64", floors::base64),
];
/// Those of `lambda_http` built for the HTTP API alone, by the same program built for that.
const TUNED: [Column; 1] = [("tuned", |case| case.is_http_api().then(|| theirs::adapter(case)))];

/// What of it to do.
fn selected(what: &str) -> (Vec<Case>, Vec<Column>) {
    match what {
        "ours" => (cases().into_iter().filter(Case::is_small).collect(), OURS.to_vec()),
        "tuned" => (cases(), TUNED.to_vec()),
        _ => (cases(), [&OURS[..], &REST[..]].concat()),
    }
}

/// The process that is counted is told which figure; in a test it takes all of them, once.
fn counted() {
    let [what, column] = [1, 2].map(|place| env::args().nth(place).unwrap_or_default());
    let columns = [&OURS[..], &REST[..], &TUNED[..]].concat();
    if what == "once" {
        for case in cases() {
            columns.iter().filter_map(|(_, subject)| subject(&case)).for_each(once);
        }
        return;
    }
    let case = cases().into_iter().find(|case| case.name == what).expect("a case");
    let (_, subject) = columns.iter().find(|(name, _)| *name == column).expect("a column");
    callgrind::count(subject(&case).expect("a subject"), case.events());
}

fn main() {
    if callgrind::is_counted() {
        counted();
        return;
    }
    let program = env::current_exe().unwrap();
    match Mode::get() {
        Mode::Test => {
            agree::check(&cases());
            let mut command = Command::new(&program);
            command.arg("once").envs(api::variables(api::take_answers()));
            assert!(callgrind::mark(&mut command).status().unwrap().success());
        }
        Mode::Check => check(&counts(&program, "ours")),
        Mode::Update => update(&counts(&program, "ours")),
        Mode::Full => {
            agree::check(&cases());
            let all = counts(&program, "all");
            let tuned =
                ["--package=sippycup-benches", "--bench=instructions", "--profile=bench", "--no-default-features"];
            let tuned = counts(&report::build(&tuned, "instructions"), "tuned");
            report::publish("Instructions", &table(&all, &tuned));
        }
    }
}

/// A case's figures, one for each column.
struct Counts {
    case: Case,
    columns: Vec<(&'static str, Option<u64>)>,
}

impl Counts {
    fn find(&self, column: &str) -> Option<u64> {
        self.columns.iter().find(|(name, _)| *name == column).and_then(|(_, count)| *count)
    }

    fn get(&self, column: &str) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        self.find(column).map_or(0.0, |count| count as f64)
    }

    /// How many times more they spend, with what is neither's taken off.
    fn ratio(&self, theirs: &str, ours: &str, neither: &[&str]) -> f64 {
        let off: f64 = neither.iter().map(|column| self.get(column)).sum();
        (self.get(theirs) - off) / (self.get(ours) - off)
    }

    fn text(&self, column: &str) -> String {
        self.find(column).map_or_else(|| "–".to_owned(), thousands)
    }
}

fn counts(program: &Path, what: &str) -> Vec<Counts> {
    let (cases, columns) = selected(what);
    let counts = |case: Case| {
        let count = |(name, subject): &Column| {
            // Whether there is a subject is the same there and here; `run` cannot be made here.
            let is_there =
                OURS.iter().any(|(ours, _)| ours == name) || *name == "theirs run" || subject(&case).is_some();
            (*name, is_there.then(|| callgrind::total(program, &[case.name, name]) / case.events() as u64))
        };
        let columns = columns.iter().map(count).collect();
        Counts { case, columns }
    };
    cases.into_iter().map(counts).collect()
}

fn table(all: &[Counts], tuned: &[Counts]) -> String {
    let mut ratios = Table::new(&[
        "case",
        "event B",
        "ours raw",
        "theirs",
        "ratio",
        "net, goal",
        "into_runtime",
        "theirs run",
        "net, goal",
        "tuned",
        "net",
    ]);
    let mut parts = Table::new(&[
        "case",
        "ours: event → request",
        "12 clients",
        "IgnoredAny",
        "build",
        "base64",
        "router",
        "client",
    ]);
    let mut missed = Vec::new();
    for (counts, tuned) in all.iter().zip(tuned) {
        let case = &counts.case;
        let raw = counts.ratio("theirs", "raw", &["router"]);
        let run = counts.ratio("theirs run", "run", &["router", "client"]);
        for (way, ratio, goal) in [("raw", raw, case.goal_raw), ("into_runtime", run, case.goal_run)] {
            if ratio < goal {
                missed.push(format!("{} {way} ({ratio:.2} of {goal:.1})", case.name));
            }
        }
        let router = counts.get("router");
        let net = (tuned.get("tuned") - router) / (counts.get("raw") - router);
        ratios.row(vec![
            case.name.to_owned(),
            thousands(case.event.len() as u64),
            counts.text("raw"),
            counts.text("theirs"),
            format!("{:.1}", counts.ratio("theirs", "raw", &[])),
            against(raw, case.goal_raw),
            counts.text("run"),
            counts.text("theirs run"),
            against(run, case.goal_run),
            tuned.text("tuned"),
            tuned.find("tuned").map_or_else(|| "–".to_owned(), |_| format!("{net:.1}")),
        ]);
        let columns =
            ["core", "clients", "IgnoredAny", "build", "base64", "router", "client"].map(|column| counts.text(column));
        parts.row([vec![case.name.to_owned()], columns.to_vec()].concat());
    }
    let missed = if missed.is_empty() { "none".to_owned() } else { missed.join("; ") };
    format!("{}\nGoals missed: {missed}.\n\n{}\n{NOTES}", ratios.render(), parts.render())
}

const NOTES: &str = "\
Counted by callgrind, glibc's malloc, average of 32 events (of 2 where a body is large). *raw*: event bytes →
answer bytes through core, layer and router; *theirs*: the same as `lambda_runtime` does it, `serde_path_to_error`
in and `serde_json::to_vec` out. *into_runtime*: from an invocation of `lambda_runtime` to where its client waits for
the Runtime API's reply, which is what `lambda_http::run` does (*theirs run*) and SippyCup with the feature
`lambda-runtime`; the goals are from when that was `run`, which now asks Lambda itself and is under Runtime. *net*: the
router (and with *into_runtime* the client, as `lambda_runtime` wraps it) taken off on both sides. *tuned*: `lambda_http` with feature `apigw_http`
alone, against *raw*. *12 clients*: event → request where clients take turns of which each sends other headers, more
than are remembered. *IgnoredAny*: `serde_json` over the event, keeping nothing. *build*: the same `Request` from parts
that are there. *base64*: `base64-simd` over the body.
";

fn committed() -> std::path::PathBuf {
    report::directory().join("instructions.txt")
}

/// `run` without its client, whose share is not ours to hold constant.
fn held(counts: &Counts) -> [(&'static str, u64); 3] {
    let get = |column| counts.find(column).unwrap_or_default();
    [("core", get("core")), ("raw", get("raw")), ("run", get("run") - get("client"))]
}

fn update(all: &[Counts]) {
    let mut text = String::new();
    for counts in all {
        for (column, count) in held(counts) {
            writeln!(text, "{:8} {column:5} {}", count, counts.case.name).unwrap();
        }
    }
    fs::write(committed(), text).unwrap();
}

fn check(all: &[Counts]) {
    let text = fs::read_to_string(committed()).unwrap();
    let mut worse = Vec::new();
    for counts in all {
        for (column, count) in held(counts) {
            let line = text.lines().find(|line| line.ends_with(&format!(" {column:5} {}", counts.case.name)));
            let old: u64 = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0);
            let change = (count as f64 / old as f64 - 1.0) * 100.0;
            println!("{:20} {column:5} {:>8} {:>8} {change:+.2} %", counts.case.name, thousands(old), thousands(count));
            if change > 2.0 {
                worse.push(format!("{} {column}: {change:+.2} %", counts.case.name));
            }
        }
    }
    if !worse.is_empty() {
        println!("\nmore than 2 % above instructions.txt: {}", worse.join("; "));
        println!("if that is meant, update it: cargo bench -p sippycup-benches --bench instructions -- --update");
        std::process::exit(1);
    }
}

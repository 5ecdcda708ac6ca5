//! `RESULTS.md`: one section for each bench target, each written by its own.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A table of Markdown, aligned so that it can be read as it is.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(head: &[&str]) -> Self {
        Self { rows: vec![head.iter().map(|cell| (*cell).to_owned()).collect()] }
    }

    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    pub fn render(&self) -> String {
        let width =
            |column: usize| self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
        let widths: Vec<usize> = (0..self.rows[0].len()).filter_map(width).collect();
        let mut out = String::new();
        for (number, row) in self.rows.iter().enumerate() {
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let padding = " ".repeat(width - cell.chars().count());
                let (left, right) = if column == 0 { ("", &*padding) } else { (&*padding, "") };
                write!(out, "| {left}{cell}{right} ").expect("writing to a string");
            }
            out.push_str("|\n");
            if number == 0 {
                for (column, width) in widths.iter().enumerate() {
                    let dashes = "-".repeat(*width);
                    out.push_str(&if column == 0 { format!("|-{dashes}-") } else { format!("|-{dashes}:") });
                }
                out.push_str("|\n");
            }
        }
        out
    }
}

/// `1234567` as `1,234,567`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A ratio beside its goal, marked where it misses.
pub fn against(ratio: f64, goal: f64) -> String {
    let missed = if ratio < goal { " **missed**" } else { "" };
    format!("{ratio:.2} ≥ {goal:.1}{missed}")
}

/// The package's own directory.
pub fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The sections, in the order they stand in.
const SECTIONS: [&str; 8] =
    ["Instructions", "Runtime", "Time", "Allocations", "Process", "Scale", "Binary size by feature", HOUR];

/// Measured by `hour.py`, and kept as it is.
const HOUR: &str = "An hour's worth of requests";

/// Prints a section and puts it in the place of the one of that title in `RESULTS.md`.
pub fn publish(title: &str, text: &str) {
    println!("## {title}\n\n{text}");
    let path = directory().join("RESULTS.md");
    let old = fs::read_to_string(&path).unwrap_or_default();
    let mut new = String::from(HEAD);
    for section in SECTIONS {
        let text =
            if section == title { Some(format!("{}\n\n{}", measured_on(), text.trim())) } else { cut(&old, section) };
        if let Some(text) = text {
            write!(new, "\n## {section}\n\n{text}\n").expect("writing to a string");
        }
    }
    fs::write(path, new).expect("RESULTS.md can be written");
}

fn cut(document: &str, section: &str) -> Option<String> {
    let (_, rest) = document.split_once(&format!("\n## {section}\n"))?;
    Some(rest.split("\n## ").next()?.trim().to_owned())
}

const HEAD: &str = "\
# Results

Written by `cargo bench -p sippycup-benches`; not by hand. What each column is stands under its table.
`lambda_http` is on the same event in the same run, with its default features and the same axum router behind it.

A section alone is measured again by `cargo bench -p sippycup-benches --bench instructions`, and so on with `runtime`,
`time`, `allocations`, `process` and `scale`. Instructions, allocations and bytes are the same on a busy machine;
`instructions`, `runtime` and `scale` need valgrind. What is measured in time is only good for its ratios.
";

/// Date, machine and versions: a figure without them says nothing.
fn measured_on() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name")).and_then(|line| line.split_once(':'));
    let cpu = cpu.map_or("an unknown CPU", |(_, name)| name.trim());
    let says = |program: &str, argument: &str| {
        let output = Command::new(program).arg(argument).output().map(|output| output.stdout).unwrap_or_default();
        String::from_utf8_lossy(&output).trim().to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let lock = fs::read_to_string(directory().join("../Cargo.lock")).unwrap_or_default();
    let versions: Vec<String> = ["lambda_http", "lambda_runtime", "axum", "http", "serde_json", "tokio"]
        .iter()
        .map(|name| format!("{name} {}", version(&lock, name).unwrap_or("?")))
        .collect();
    format!(
        "{}, {cpu} ({cores} threads), {}, {}; {}.",
        says("date", "+%F"),
        says("rustc", "--version").split(" (").next().unwrap_or_default(),
        says("valgrind", "--version"),
        versions.join(", ")
    )
}

/// The newest one, which is the last: others are dependencies of examples.
fn version<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = lock.rsplit_once(&format!("name = \"{name}\"\nversion = \""))?;
    rest.split('"').next()
}

/// Builds the target again with other features and gives its path: features of one build are one for all.
pub fn build(arguments: &[&str], target: &str) -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--message-format=json-render-diagnostics", "--quiet"])
        .args(arguments)
        .current_dir(directory())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8_lossy(&output.stdout);
    let path =
        messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok()).find_map(|message| {
            let matches = message["target"]["name"] == target && message["executable"].is_string();
            matches.then(|| Path::new(message["executable"].as_str().unwrap_or_default()).to_owned())
        });
    path.expect("cargo names what it built")
}

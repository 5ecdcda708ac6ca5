//! How cost grows with the body and with the number of headers: on a straight line, or there is a cliff. And with
//! events of odd shapes: no faster than they do, and never above a ceiling. `-- --check` looks at those alone.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "a bench that fails should stop")]

use std::{env, fs};

use sippycup_benches::{
    app::Answer,
    bodies, callgrind,
    case::Case,
    events,
    hostile::{ANSWERS, ESCAPES, SHAPES, Shape},
    meter::{Subject, once},
    mode::Mode,
    ours,
    plot::{Plot, Point, svg},
    report::{self, Table, thousands},
    theirs,
};

/// Less than this of the variation may be off the line.
const STRAIGHT: f64 = 0.99;

/// How many parts events of odd shapes have first; then twice as many.
const PARTS: usize = 2_000;

/// How many times more those may cost: twice, and something for tables that outgrow a cache, as that of header names
/// does between the two sizes. What is quadratic costs four times more.
const TWICE: f64 = 2.5;

/// What a byte of such an event may cost, in instructions. API Gateway takes 10,240 bytes of path and headers, of which
/// an event may have two copies, and 2 ms are some 5 million instructions.
const CEILING: f64 = 250.0;

/// The same for what a body of 6 MB may be made of, in an event or in an answer: 2 ms of it are hardly more.
const DENSE: f64 = 12.0;

/// What grows, in steps: the bytes of the event's body, or the headers beside the browser's own.
fn bodies() -> Vec<(f64, Case)> {
    let case = |size: usize| Case::scaled(move || events::http_api_binary(&bodies::binary(size / 4 * 3)));
    (0..=12).map(|step| step * 500_000).map(|size| (size as f64, case(size))).collect()
}

fn headers() -> Vec<(f64, Case)> {
    (0..=20).map(|step| with_headers(step * 5)).collect()
}

/// So many that no names are remembered, which costs more: one line for both would be a bad one for each.
fn many_headers() -> Vec<(f64, Case)> {
    (11..=31).map(|step| with_headers(step * 10)).collect()
}

fn with_headers(count: usize) -> (f64, Case) {
    (count as f64, Case::scaled(move || events::http_api_get_with(count)))
}

fn cases(which: &str) -> Vec<(f64, Case)> {
    match which {
        "bodies" => bodies(),
        "headers" => headers(),
        _ => many_headers(),
    }
}

fn main() {
    if callgrind::is_counted() {
        let [which, index, whose] = [1, 2, 3].map(|place| env::args().nth(place).expect("what to count"));
        if which == "hostile" {
            callgrind::count(hostile(&index, whose.parse().expect("a number")), 1);
            return;
        }
        let (_, case) = &cases(&which)[index.parse::<usize>().expect("a number")];
        let subject = if whose == "ours" { ours::raw(case) } else { theirs::adapter(case) };
        callgrind::count(subject, case.events());
        return;
    }
    match Mode::get() {
        Mode::Check => println!("{}", growth()),
        Mode::Update => {}
        Mode::Test => {
            for (_, case) in [bodies(), headers(), many_headers()].iter().filter_map(|cases| cases.last()) {
                assert_eq!(case.answer, Answer::Json100);
                once(ours::raw(case));
                once(theirs::adapter(case));
            }
            [&SHAPES[..], &ESCAPES, &ANSWERS].concat().iter().for_each(|(shape, _)| once(hostile(shape, PARTS)));
        }
        Mode::Full => measure(),
    }
}

fn measure() {
    let program = env::current_exe().expect("this program");
    let points = |which: &str| -> Vec<Point> {
        let cases = cases(which);
        let point = |(index, (x, case)): (usize, &(f64, Case))| {
            let count = |whose| callgrind::total(&program, &[which, &index.to_string(), whose]) as f64;
            let events = case.events() as f64;
            Point { x: *x, ours: count("ours") / events, theirs: count("theirs") / events }
        };
        cases.iter().enumerate().map(point).collect()
    };
    let bodies =
        Plot { title: "Instructions over the body", across: "bytes of base64 in the event", points: points("bodies") };
    let headers =
        Plot { title: "Instructions over headers", across: "headers beside a browser's 22", points: points("headers") };
    let many = Plot {
        title: "Instructions over many headers",
        across: "headers beside a browser's 22",
        points: points("many"),
    };
    let plots = [bodies, headers, many];
    let mut table = Table::new(&["what grows", "ours, each", "theirs, each", "theirs ÷ ours", "r² ours", "r² theirs"]);
    let mut crooked = Vec::new();
    for (plot, unit) in plots.iter().zip(["byte", "header", "header, of more than 128"]) {
        let (ours, straight) = line(&plot.over(|point| point.ours));
        let (theirs, their_straight) = line(&plot.over(|point| point.theirs));
        let each = |slope: f64| if slope < 100.0 { format!("{slope:.2}") } else { thousands(slope as u64) };
        let ratio = format!("{:.1}", theirs / ours);
        let fits = [straight, their_straight].map(|r2| format!("{r2:.4}"));
        table.row([vec![unit.to_owned(), each(ours), each(theirs), ratio], fits.to_vec()].concat());
        if straight < STRAIGHT {
            crooked.push(plot.title);
        }
    }
    fs::write(report::directory().join("scale.svg"), svg(&plots)).expect("scale.svg can be written");
    let verdict = if crooked.is_empty() {
        "Ours are straight lines.".to_owned()
    } else {
        format!("**Not straight**: {}.", crooked.join(", "))
    };
    let text = format!(
        "![instructions over body size and number of headers](scale.svg)\n\n{}\n{verdict}\n\n{NOTES}\n{}\n{SHAPES_NOTES}",
        table.render(),
        growth()
    );
    report::publish("Scale", &text);
    assert!(crooked.is_empty(), "{verdict}");
}

const NOTES: &str = "\
Instructions from event bytes to answer bytes, router included, for one byte or header more: the slope of the line
through all points, and how well it fits. Of requests with more than 128 headers no names are remembered, so that a thread
stays small; they have a line of their own.
";

const SHAPES_NOTES: &str = "\
Instructions from event bytes to request for events that nobody sends, of as many parts as the head says; *each byte*
of the longer one. Of answers it is from the body to the answer's bytes, and each byte is one of the answer. An event
may cost 250 instructions a byte; what a body of 6 MB may be made of, in either direction, 12.
";

fn hostile(shape: &str, parts: usize) -> Subject {
    let of = |shapes: &[(&str, Shape)]| shapes.iter().find(|(name, _)| *name == shape).map(|(_, make)| make(parts));
    match of(&SHAPES).or_else(|| of(&ESCAPES)) {
        Some(event) => ours::core(&Case::scaled(|| event.into_bytes())),
        None => ours::encode(of(&ANSWERS).expect("a shape")),
    }
}

/// What the shapes cost, as a table; fails where it grows faster than the event.
fn growth() -> String {
    let [once, twice] = [PARTS, 2 * PARTS].map(|parts| thousands(parts as u64));
    let mut growth =
        Growth { table: Table::new(&["many …", &once, &twice, "times", "each byte"]), wrong: Vec::new() };
    growth.add(&SHAPES, CEILING, String::len);
    growth.add(&ESCAPES, DENSE, String::len);
    growth.add(&ANSWERS, DENSE, |text| serde_json::to_string(text).expect("a string").len());
    let table = growth.table.render();
    assert!(growth.wrong.is_empty(), "{table}\n{}", growth.wrong.join("\n"));
    table
}

struct Growth {
    table: Table,
    wrong: Vec<String>,
}

impl Growth {
    /// Counts shapes of which `bytes` says how long they are in JSON.
    fn add(&mut self, shapes: &[(&str, Shape)], ceiling: f64, bytes: fn(&String) -> usize) {
        let program = env::current_exe().expect("this program");
        for (shape, make) in shapes {
            let counts =
                [PARTS, 2 * PARTS].map(|parts| callgrind::total(&program, &["hostile", shape, &parts.to_string()]));
            let times = counts[1] as f64 / counts[0] as f64;
            let each = counts[1] as f64 / bytes(&make(2 * PARTS)) as f64;
            let [first, second] = counts.map(thousands);
            self.table.row(vec![(*shape).to_owned(), first, second, format!("{times:.2}"), format!("{each:.0}")]);
            if times > TWICE {
                self.wrong.push(format!("costs more than it is longer: {shape}"));
            }
            if each > ceiling {
                self.wrong.push(format!("costs {each:.1} instructions a byte, more than {ceiling}: {shape}"));
            }
        }
    }
}

/// The slope of the straight line nearest to all points, and how much of the variation is on it.
fn line(points: &[(f64, f64)]) -> (f64, f64) {
    let count = points.len() as f64;
    let mean = |value: fn((f64, f64)) -> f64| points.iter().copied().map(value).sum::<f64>() / count;
    let (x, y) = (mean(|(x, _)| x), mean(|(_, y)| y));
    let sum = |value: &dyn Fn(f64, f64) -> f64| points.iter().map(|(px, py)| value(px - x, py - y)).sum::<f64>();
    let (xx, xy, yy) = (sum(&|x, _| x * x), sum(&|x, y| x * y), sum(&|_, y| y * y));
    (xy / xx, xy * xy / (xx * yy))
}

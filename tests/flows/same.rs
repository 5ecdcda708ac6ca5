//! A flow on hyper, and the same behind every front door.

use std::fmt::Write as _;

use axum::Router;
use http::header::CONTENT_TYPE;
use sippycup::SippyCupLayer;
use sippycup_gateway::Kind;

use crate::{
    browser::{Browser, Step},
    doors::{Door, places},
};

/// Runs a flow everywhere. What the client sees on hyper is what it sees behind every front door.
pub(crate) fn same_everywhere(app: impl Fn() -> Router, visit: &impl AsyncFn(&mut Browser)) {
    same_with(&SippyCupLayer::new(), app, visit);
}

/// The same for an app behind a layer with settings.
pub(crate) fn same_with(layer: &SippyCupLayer, app: impl Fn() -> Router, visit: &impl AsyncFn(&mut Browser)) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let mut browser = Browser::new(Door::hyper(app()).await);
        visit(&mut browser).await;
        let expected = browser.seen;
        assert!(!expected.is_empty());
        for place in places() {
            let name = place.name;
            // Shown if a visit fails before anything can be compared.
            println!("{name}");
            let mut browser = Browser::new(place.door(layer, app()));
            visit(&mut browser).await;
            let kind = browser.door().kind();
            assert_eq!(browser.seen.len(), expected.len(), "{name}: {}", asked(&browser.seen));
            for (seen, expected) in browser.seen.iter().zip(&expected) {
                let without_type = !expected.headers.contains_key(CONTENT_TYPE);
                assert_eq!(text(seen, kind, without_type), text(expected, kind, without_type), "{name}");
            }
        }
    });
}

fn asked(steps: &[Step]) -> String {
    steps.iter().map(|step| format!("{} {}\n", step.asked, step.status)).collect()
}

/// A step as text, with what is nature of this kind of front door made equal.
fn text(step: &Step, kind: Option<Kind>, without_type: bool) -> String {
    let mut out = format!("{}\n{}\n", step.asked, step.status);
    let mut lines: Vec<String> = Vec::new();
    for (name, value) in &step.headers {
        let name = name.as_str();
        // A REST API keeps the name for itself.
        let name = name.strip_prefix("x-amzn-remapped-").filter(|_| kind == Some(Kind::RestApi)).unwrap_or(name);
        if !OWN.contains(&name) {
            lines.push(format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())));
        }
    }
    // Of several headers a map of JSON keeps no order.
    lines.sort();
    // API Gateway and function URLs give a type to what has none.
    if without_type {
        lines.retain(|line| !DEFAULT_TYPES.contains(&line.as_str()));
    }
    for line in lines {
        writeln!(out, "{line}").unwrap();
    }
    out + &step.body
}

/// Headers that each server writes of its own accord, or counts anew.
const OWN: [&str; 8] = [
    "apigw-requestid",
    "connection",
    "content-length",
    "date",
    "transfer-encoding",
    "x-amz-apigw-id",
    "x-amzn-requestid",
    "x-amzn-trace-id",
];

const DEFAULT_TYPES: [&str; 2] = ["content-type: application/json", "content-type: text/plain; charset=utf-8"];

//! The lines.
//!
//! Written here and not by a library: those that there are (`metrics_cloudwatch_embedded`, `metrique`) collect what a whole
//! program measures, through a global recorder or types of their own, with trees of dozens of crates or a newer Rust than
//! ours. Six members of a flat object need `serde_json`, which is there.

use std::{
    env,
    io::{self, Write},
    time::{SystemTime, UNIX_EPOCH},
};

use super::{InvalidMetrics, Metrics, is_dimension};
use crate::{
    LambdaContext, environment,
    json::Object,
    log::timestamp,
    observe::{Exchange, Observer},
};

/// Writes a line for each request.
#[derive(Debug)]
pub(super) struct Emf {
    metrics: Metrics,
    /// The level that Lambda lets through.
    level: String,
}

impl Emf {
    /// `None` where nobody reads it.
    pub(super) fn new(metrics: Metrics) -> Result<Option<Self>, InvalidMetrics> {
        metrics.check()?;
        let level = env::var("AWS_LAMBDA_LOG_LEVEL").unwrap_or_default().to_ascii_uppercase();
        let level = if ABOVE_INFO.contains(&level.as_str()) { level } else { "INFO".to_owned() };
        Ok(environment::is_lambda().then_some(Self { metrics, level }))
    }

    fn line(&self, exchange: &Exchange, now: SystemTime) -> String {
        let route = exchange.route().filter(|route| is_dimension(route, 1024));
        let failed = exchange.has_failed();
        let status = exchange.status.map(|status| status.as_u16());
        let is = |from: u16| !failed && status.is_some_and(|status| (from..from + 100).contains(&status));
        let values = [
            "1".to_owned(),
            u8::from(is(400)).to_string(),
            u8::from(failed || is(500)).to_string(),
            (exchange.duration().as_micros() as f64 / 1_000.0).to_string(),
            u8::from(exchange.is_cold_start()).to_string(),
            exchange.response_bytes.to_string(),
        ];
        let mut line = Object::new();
        line.bare("_aws", &self.directive(route.filter(|_| self.metrics.by_route), now));
        line.text("timestamp", &timestamp(now));
        line.text("level", &self.level);
        if let Some(id) = exchange.lambda.as_ref().map(LambdaContext::request_id) {
            line.text("requestId", id);
        }
        line.text("method", exchange.method.as_str());
        if let Some(status) = status {
            line.bare("status", &status.to_string());
        }
        if let Some(route) = route {
            line.text("route", route);
        }
        for (name, value) in &self.metrics.dimensions {
            line.text(name, value);
        }
        for ((name, _), value) in METRICS.iter().zip(&values) {
            line.bare(name, value);
        }
        line.end()
    }

    /// What CloudWatch is to make of the other members.
    fn directive(&self, route: Option<&str>, now: SystemTime) -> String {
        let names: Vec<_> = self.metrics.dimensions.iter().map(|(name, _)| name.as_str()).collect();
        let mut sets = vec![names.clone()];
        if route.is_some() {
            sets.push(names.into_iter().chain(["route"]).collect());
        }
        let metrics = METRICS.iter().map(|(name, unit)| {
            let mut metric = Object::new();
            metric.text("Name", name);
            metric.text("Unit", unit);
            metric.end()
        });
        let mut directive = Object::new();
        directive.text("Namespace", &self.metrics.namespace);
        let sets = serde_json::to_string(&sets);
        debug_assert!(sets.is_ok(), "to write texts cannot fail: {sets:?}");
        directive.bare("Dimensions", &sets.unwrap_or_default());
        directive.bare("Metrics", &format!("[{}]", metrics.collect::<Vec<_>>().join(",")));
        let mut metadata = Object::new();
        metadata.bare("Timestamp", &now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis().to_string());
        metadata.bare("CloudWatchMetrics", &format!("[{}]", directive.end()));
        metadata.end()
    }
}

impl Observer for Emf {
    fn see(&self, exchange: &Exchange) {
        let mut line = self.line(exchange, SystemTime::now());
        line.push('\n');
        let mut stdout = io::stdout().lock();
        // In one piece. If nobody reads, that is no reason to stop.
        let _ = stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush());
    }
}

const METRICS: [(&str, &str); 6] = [
    ("Requests", "Count"),
    ("4xx", "Count"),
    ("5xx", "Count"),
    ("Latency", "Milliseconds"),
    ("ColdStarts", "Count"),
    ("ResponseBytes", "Bytes"),
];

/// Names that no dimension has.
pub(super) const TAKEN: [&str; 13] = [
    "_aws",
    "timestamp",
    "level",
    "requestId",
    "method",
    "status",
    "route",
    "Requests",
    "4xx",
    "5xx",
    "Latency",
    "ColdStarts",
    "ResponseBytes",
];

/// Lambda drops what is below the function's level.
const ABOVE_INFO: [&str; 3] = ["WARN", "ERROR", "FATAL"];

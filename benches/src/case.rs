//! The rows of the tables.

use std::sync::LazyLock;

use crate::{
    app::Answer,
    bodies,
    events::{self, http_api_binary, http_api_get, http_api_json},
};

/// An event, what the app answers to it, and how many times less we want to spend than `lambda_http`.
pub struct Case {
    pub name: &'static str,
    /// Made when it is asked for: a process that counts needs only its own.
    pub event: LazyLock<Vec<u8>, Box<dyn FnOnce() -> Vec<u8>>>,
    pub answer: Answer,
    /// From the event's bytes to the answer's.
    pub goal_raw: f64,
    /// Entered through `run`.
    pub goal_run: f64,
    /// What the body decodes to, if it is base64.
    pub base64_in: usize,
    /// What of the answer must be encoded.
    pub base64_out: usize,
}

impl Case {
    fn new(
        name: &'static str,
        event: impl FnOnce() -> Vec<u8> + 'static,
        answer: Answer,
        goal_raw: f64,
        goal_run: f64,
    ) -> Self {
        let base64_out = match answer {
            Answer::Binary1m => 1 << 20,
            Answer::Binary4m => 4 << 20,
            _ => 0,
        };
        Self { name, event: LazyLock::new(Box::new(event)), answer, goal_raw, goal_run, base64_in: 0, base64_out }
    }

    fn upload(name: &'static str, size: usize, goal_raw: f64, goal_run: f64) -> Self {
        let event = move || http_api_binary(&bodies::binary(size));
        Self { base64_in: size, ..Self::new(name, event, Answer::Json100, goal_raw, goal_run) }
    }

    /// A point of a plot, without a goal.
    pub fn scaled(event: impl FnOnce() -> Vec<u8> + 'static) -> Self {
        Self::new("scale", event, Answer::Json100, 0.0, 0.0)
    }

    /// Whether its counts are exact enough to be held to, and quick enough to be taken on every push.
    pub fn is_small(&self) -> bool {
        self.event.len() < 40_000 && self.base64_out == 0
    }

    /// Whether `lambda_http` with nothing but feature `apigw_http` takes the event.
    pub fn is_http_api(&self) -> bool {
        self.event.starts_with(br#"{"version":"2.0","routeKey""#)
    }

    /// How many events make a good figure: `lambda_http`'s maps are seeded anew for each.
    pub fn events(&self) -> usize {
        if self.is_small() { 32 } else { 2 }
    }
}

/// All of them.
pub fn cases() -> Vec<Case> {
    use Answer::{Binary1m, Binary4m, Html100k, Json100, Json100k};
    vec![
        Case::new("REST small", events::rest_small, Json100, 4.5, 4.0),
        Case::new("REST 10 KB headers", events::rest_headers, Json100, 6.5, 5.5),
        Case::new("HTTP API GET", http_api_get, Json100, 6.0, 5.0),
        Case::new("POST 1 KB JSON", || http_api_json(&bodies::json(1_000)), Json100, 6.0, 5.0),
        Case::new("POST 100 KB JSON", || http_api_json(&bodies::json(100_000)), Json100, 8.0, 7.0),
        Case::upload("1 MB base64 in", 1 << 20, 9.0, 8.0),
        Case::upload("5 MB base64 in", 3_750_000, 8.0, 7.0),
        Case::new("Function URL", events::function_url, Json100, 5.5, 4.5),
        Case::new("ALB", events::alb, Json100, 4.5, 4.0),
        Case::new("ALB multi", events::alb_multi, Json100, 7.0, 6.0),
        Case::new("Lattice", events::lattice, Json100, 12.0, 9.0),
        Case::new("WebSocket", events::web_socket, Json100, 13.0, 9.0),
        Case::new("100 KB JSON out", http_api_get, Json100k, 5.5, 4.0),
        Case::new("100 KB HTML out", http_api_get, Html100k, 5.5, 3.5),
        Case::new("1 MB binary out", http_api_get, Binary1m, 16.0, 8.0),
        Case::new("4 MB binary out", http_api_get, Binary4m, 16.0, 14.0),
    ]
}

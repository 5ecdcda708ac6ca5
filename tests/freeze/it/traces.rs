//! Traces of OpenTelemetry.

use std::{fs, time::Duration};

use http::Request;
use http_body_util::BodyExt;
use sippycup_gateway::{Body, Function, Gateway, Kind};
use tokio::{sync::mpsc, time::timeout};
use tower::ServiceExt;

use crate::collector::Collector;

/// A function behind a gateway, stopped whenever it waits for an event.
struct Frozen {
    gateway: Gateway<Function>,
    said: mpsc::UnboundedReceiver<String>,
}

impl Frozen {
    fn start(options: &str, collector: &Collector) -> Self {
        let (sender, said) = mpsc::unbounded_channel();
        let report = move |line: &str| drop(sender.send(line.to_owned()));
        let function = Function::builder()
            .report(report)
            .freeze(true)
            .env("TRACED", options)
            .env("COLLECTOR", &collector.url)
            .spawn(env!("CARGO_BIN_EXE_traced"), [""; 0])
            .unwrap();
        let gateway = Gateway::builder(Kind::FunctionUrl).response_streaming(options.contains("stream"));
        Self { gateway: gateway.build(function).unwrap(), said }
    }

    /// Invokes the function, and waits until it is stopped. Gives the number of its process.
    async fn invoke(&self, number: u32) -> u32 {
        let request = Request::get(format!("/{number}")).body(Body::empty()).unwrap();
        let response = self.gateway.clone().oneshot(request).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body = String::from_utf8_lossy(&body).into_owned();
        let process = body.parse().unwrap_or_else(|_| panic!("{body}"));
        let stopped = async {
            while !is_stopped(process) {
                tokio::task::yield_now().await;
            }
        };
        timeout(LONG, stopped).await.expect("a stop in time");
        process
    }

    /// Waits for a line with this in it.
    async fn says(&mut self, text: &str) -> String {
        loop {
            let line = timeout(LONG, self.said.recv()).await.expect("a line in time").unwrap();
            if line.contains(text) {
                return line;
            }
        }
    }
}

fn is_stopped(process: u32) -> bool {
    // Number, name in parentheses, state.
    let about = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    about.rsplit_once(") ").unwrap().1.starts_with('T')
}

#[tokio::test]
async fn every_span_of_an_invocation_is_out_before_the_freeze() {
    for way in ["http", "http,thread", "grpc", "grpc,thread"] {
        for runtime in ["", "threads", "stream"] {
            let collector = Collector::start().await;
            let function = Frozen::start(&format!("{way},{runtime}"), &collector);
            let mut wanted = Vec::new();
            for number in 1..=3 {
                function.invoke(number).await;
                wanted.extend(["Lambda runtime invoke", "background", "handler", "query"]);
                wanted.sort_unstable();
                assert_eq!(collector.names(), wanted, "{way}, {runtime}, invocation {number}");
            }
        }
    }
}

#[tokio::test]
async fn without_the_hook_nothing_is_out() {
    for way in ["http,forgetful", "grpc,forgetful"] {
        let collector = Collector::start().await;
        let function = Frozen::start(way, &collector);
        for number in 1..=3 {
            function.invoke(number).await;
        }
        assert!(collector.names().is_empty(), "{way}");
    }
}

#[tokio::test]
async fn a_collector_that_is_not_there_costs_no_invocation() {
    for way in ["http", "http,thread", "grpc", "grpc,thread"] {
        for runtime in ["", "threads"] {
            let collector = Collector::dead().await;
            let function = Frozen::start(&format!("{way},{runtime}"), &collector);
            let process = function.invoke(1).await;
            for number in 2..=3 {
                assert_eq!(function.invoke(number).await, process, "{way}, {runtime}");
            }
        }
    }
}

#[tokio::test]
async fn a_collector_that_is_silent_costs_the_limit_and_no_invocation() {
    for way in ["http", "http,thread", "grpc", "grpc,thread"] {
        for runtime in ["", "threads"] {
            let collector = Collector::silent().await;
            let mut function = Frozen::start(&format!("{way},{runtime}"), &collector);
            let process = function.invoke(1).await;
            function.says("`after_invocation` was not done after 500ms, and is dropped").await;
            assert_eq!(function.invoke(2).await, process, "{way}, {runtime}");
            function.says("`after_invocation` was not done after 500ms, and is dropped").await;
        }
    }
}

/// Only a test that fails waits so long.
const LONG: Duration = Duration::from_secs(60);

//! Function processes behind the Runtime API: the pool, and what a function sees.

mod extensions;
mod faults;
mod freeze;
mod runtime_api;
mod streams;

use std::time::Duration;

use http::StatusCode;
use sippycup_gateway::{Fault, Function, FunctionBuilder, Gateway, Kind};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::scripted::command_line;
use crate::support::{alive, ask, get, text};

/// A function that follows `script`; what the developer would read goes to `report`.
fn scripted(script: &str, builder: FunctionBuilder) -> Function {
    let mut command = command_line().into_iter();
    builder.env("SCRIPT", script).spawn(command.next().unwrap(), command).unwrap()
}

/// What the developer reads.
struct Report {
    lines: mpsc::UnboundedReceiver<String>,
    seen: Vec<String>,
}

impl Report {
    async fn next(&mut self) -> Option<String> {
        self.lines.recv().await
    }

    /// Waits until nobody can say anything more.
    async fn rest(&mut self) -> Vec<String> {
        while let Some(line) = self.lines.recv().await {
            self.seen.push(line);
        }
        self.seen.clone()
    }

    /// The same as `until`, also for what has been said before.
    async fn until_any(&mut self, part: &str) {
        if !self.seen.iter().any(|line| line.contains(part)) {
            self.until(part).await;
        }
    }

    async fn until(&mut self, part: &str) -> String {
        loop {
            let line = self.lines.recv().await.unwrap_or_else(|| panic!("nobody says `{part}`"));
            self.seen.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
    }
}

fn reported() -> (FunctionBuilder, Report) {
    let (sender, lines) = mpsc::unbounded_channel();
    let builder = Function::builder().report(move |line| {
        let _ = sender.send(line.to_owned());
    });
    (builder, Report { lines, seen: Vec::new() })
}

fn gateway(kind: Kind, function: &Function) -> Gateway<Function> {
    Gateway::builder(kind).build(function.clone()).unwrap()
}

async fn status_and_fault(gateway: Gateway<Function>, path: &str) -> (StatusCode, String) {
    let response = ask(gateway, get(path)).await;
    let fault = response.extensions().get::<Fault>().map(ToString::to_string).unwrap_or_default();
    (response.status(), fault)
}

#[tokio::test]
async fn a_function_answers_and_the_pool_uses_one_process_for_one_request_at_a_time() {
    let function = scripted("pid", Function::builder().report(|_| {}));
    let first = text(ask(gateway(Kind::HttpApiV2, &function), get("/")).await).await;
    let second = text(ask(gateway(Kind::RestApi, &function), get("/prod/")).await).await;
    assert_eq!(first, second, "a warm process is used again");
    function.stop().await;
    assert!(!alive(&first), "no process outlives the function");
}

#[tokio::test]
async fn the_process_has_the_environment_of_lambda_and_next_its_headers() {
    let function = scripted("environment", Function::builder().name("shop").memory(512).report(|_| {}));
    let mut request = get("/");
    request.headers_mut().insert("x-amzn-trace-id", "Root=1-67891233-abcdef012345678912345678".parse().unwrap());
    let seen = text(ask(gateway(Kind::HttpApiV2, &function), request).await).await;
    for expected in [
        "AWS_LAMBDA_FUNCTION_NAME=shop\n",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512\n",
        "AWS_LAMBDA_FUNCTION_VERSION=$LATEST\n",
        "AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/shop\n",
        "AWS_LAMBDA_LOG_STREAM_NAME=[$LATEST]",
        "AWS_LAMBDA_INITIALIZATION_TYPE=on-demand\n",
        "Lambda-Runtime-Aws-Request-Id: ",
        "Lambda-Runtime-Deadline-Ms: ",
        "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:shop\n",
        "Lambda-Runtime-Trace-Id: Root=1-67891233-abcdef012345678912345678;Parent=",
    ] {
        assert!(seen.contains(expected), "{expected} in {seen}");
    }
    function.stop().await;
}

#[tokio::test]
async fn two_hundred_requests_wait_for_few_processes_and_all_are_answered() {
    let function = scripted("path", Function::builder().report(|_| {}).concurrency(3));
    let gateway = gateway(Kind::HttpApiV2, &function);
    let requests: Vec<_> = (0..200).map(|i| tokio::spawn(ask(gateway.clone(), get(&format!("/{i}"))))).collect();
    for (i, request) in requests.into_iter().enumerate() {
        assert_eq!(text(request.await.unwrap()).await, format!("/{i}"));
    }
    function.stop().await;
}

#[tokio::test]
async fn one_process_with_200_polls_works_on_200_requests_at_once() {
    // Each poll waits for all others to have an event: one request less at a time, and nobody would be answered.
    let function = scripted("barrier:200", Function::builder().report(|_| {}).max_concurrency(200));
    let gateway = gateway(Kind::HttpApiV2, &function);
    let requests: Vec<_> = (0..200).map(|i| tokio::spawn(ask(gateway.clone(), get(&format!("/{i}"))))).collect();
    for (i, request) in requests.into_iter().enumerate() {
        assert_eq!(text(request.await.unwrap()).await, format!("/{i}"));
    }
    function.stop().await;
}

#[tokio::test]
async fn concurrent_requests_get_a_process_each() {
    let function = scripted("never-once", Function::builder().report(|_| {}).concurrency(2));
    let stuck = tokio::spawn(ask(gateway(Kind::HttpApiV2, &function), get("/never")));
    assert_eq!(text(ask(gateway(Kind::HttpApiV2, &function), get("/other")).await).await, "/other");
    function.stop().await;
    assert_eq!(stuck.await.unwrap().status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn a_restored_function_asks_restore_next_first() {
    let (builder, mut report) = reported();
    let function = scripted("restore", builder.snap_start(true));
    let line = report.until("restored:").await;
    assert!(line.contains("200"), "{line}");
    assert_eq!(text(ask(gateway(Kind::HttpApiV2, &function), get("/after")).await).await, "/after");
    function.stop().await;
}

#[tokio::test]
async fn a_restart_lets_work_in_flight_finish_and_loses_no_request() {
    let sign = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = sign.local_addr().unwrap().to_string();
    let function = scripted("gate", Function::builder().report(|_| {}).env("GO_ON", address));
    let gateway = gateway(Kind::HttpApiV2, &function);
    let in_flight = tokio::spawn(ask(gateway.clone(), get("/gate")));
    let (mut socket, _) = sign.accept().await.unwrap();
    function.restart();
    let new = text(ask(gateway.clone(), get("/")).await).await;
    socket.write_all(b"!").await.unwrap();
    let response = in_flight.await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let old = text(response).await;
    assert_ne!(old, new, "another process answers after the restart");
    assert_eq!(text(ask(gateway, get("/")).await).await, new);
    function.stop().await;
    assert!(!alive(&old) && !alive(&new));
}

#[tokio::test]
async fn an_attached_function_is_served_and_an_absent_one_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let function = Function::builder().report(|_| {}).timeout(Duration::from_millis(200)).attach(listener).unwrap();
    let (status, fault) = status_and_fault(gateway(Kind::HttpApiV2, &function), "/").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(fault.contains(&format!("start one with AWS_LAMBDA_RUNTIME_API={address}")), "{fault}");

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let function = Function::builder().report(|_| {}).attach(listener).unwrap();
    let elsewhere = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(&command_line()[1..])
        .env("SCRIPT", "path")
        .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
        .stdout(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    assert_eq!(text(ask(gateway(Kind::HttpApiV2, &function), get("/attached")).await).await, "/attached");
    drop(elsewhere);
}

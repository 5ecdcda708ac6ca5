//! What Lambda tells with each event and does between them: freezing, delivery, tenant.

use std::time::{Duration, Instant};

use sippycup_gateway::{Function, Kind};

use super::{gateway, reported, scripted};
use crate::support::{alive, ask, get, text};

#[tokio::test]
#[cfg(unix)]
async fn a_frozen_function_stands_still_between_events_and_works_when_one_comes() {
    let function = scripted("pid", Function::builder().report(|_| {}).freeze(true));
    let first = text(ask(gateway(Kind::HttpApiV2, &function), get("/")).await).await;
    stands_still(&first).await;
    assert_eq!(text(ask(gateway(Kind::HttpApiV2, &function), get("/")).await).await, first);
    stands_still(&first).await;
    function.stop().await;
    assert!(!alive(&first));
}

#[tokio::test]
#[cfg(unix)]
async fn a_frozen_function_with_an_internal_extension_is_asked_to_end() {
    let (builder, mut report) = reported();
    let function = scripted("terminated-internal", builder.freeze(true));
    assert_eq!(text(ask(gateway(Kind::HttpApiV2, &function), get("/warm")).await).await, "/warm");
    function.stop().await;
    drop(function);
    assert!(report.rest().await.iter().any(|line| line.contains("asked to end")));
}

#[tokio::test]
async fn an_answer_of_another_delivery_is_refused_and_the_right_one_counts() {
    let (builder, mut report) = reported();
    let function = scripted("echo", builder);
    assert_eq!(text(ask(gateway(Kind::HttpApiV2, &function), get("/")).await).await, "mine");
    let gone = r#"410 {"errorMessage":"Invoke timeout","errorType":"InvokeTimeout"}"#;
    for line in [format!("response {gone}"), format!("error {gone}"), "response 202".to_owned()] {
        report.until(&line).await;
    }
    function.stop().await;
}

#[tokio::test]
async fn the_tenant_is_told_with_each_event_and_only_one_that_lambda_takes() {
    let function = scripted("environment", Function::builder().report(|_| {}).tenant("blue-7"));
    let seen = text(ask(gateway(Kind::HttpApiV2, &function), get("/")).await).await;
    assert!(seen.contains("Lambda-Runtime-Aws-Tenant-Id: blue-7\n"), "{seen}");
    function.stop().await;
    for tenant in ["", "a\r\nb", "über", &"x".repeat(257)] {
        assert!(Function::builder().report(|_| {}).tenant(tenant).spawn("sh", ["-c", "exit"]).is_err(), "{tenant}");
    }
}

/// Waits until a process is stopped: the signal comes a moment after the function has asked.
#[cfg(unix)]
async fn stands_still(pid: &str) {
    let begin = Instant::now();
    loop {
        let state = std::process::Command::new("ps").args(["-o", "stat=", "-p", pid]).output().unwrap().stdout;
        if state.first() == Some(&b'T') {
            return;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "{pid} works on");
        tokio::task::yield_now().await;
    }
}

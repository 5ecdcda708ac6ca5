//! Extensions: what they are told, what they are refused, and how an environment with or without them ends.

use http::StatusCode;
use sippycup_gateway::{Function, FunctionBuilder, Kind};

use super::{Report, gateway, reported, scripted, status_and_fault};
use crate::scripted::command_line;
use crate::support::{alive, ask, get, text};

#[tokio::test]
async fn a_function_without_extensions_is_ended_without_being_asked() {
    let mut report = warm_then_stopped("terminated").await;
    assert!(!report.rest().await.iter().any(|line| line.contains("asked to end")));
}

#[tokio::test]
async fn a_function_with_an_internal_extension_is_asked_to_end() {
    let mut report = warm_then_stopped("terminated-internal").await;
    assert!(report.rest().await.iter().any(|line| line.contains("asked to end")));
}

#[tokio::test]
async fn an_internal_extension_that_does_not_end_is_ended() {
    // `stop` waits for the process to be gone.
    warm_then_stopped("deaf-internal").await;
}

#[tokio::test]
async fn an_external_extension_is_told_of_invocations_and_of_the_end_after_the_function_has_gone() {
    let (builder, mut report) = reported();
    let function = scripted("terminated-internal", beside(builder.name("shop"), "extension"));
    for path in ["/1", "/2"] {
        assert_eq!(text(ask(gateway(Kind::HttpApiV2, &function), get(path)).await).await, path);
        let told = report.until("outer: ").await;
        for part in [
            r#""eventType":"INVOKE""#,
            r#""deadlineMs":1"#,
            r#""requestId":""#,
            r#""invokedFunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:shop""#,
            r#""tracing":{"type":"X-Amzn-Trace-Id","value":"Root="#,
        ] {
            assert!(told.contains(part), "{part} in {told}");
        }
    }
    function.stop().await;
    drop(function);
    let rest = report.rest().await;
    let at = |part: &str| rest.iter().position(|line| line.contains(part)).unwrap_or_else(|| panic!("{part} {rest:?}"));
    assert!(at("asked to end") < at(r#""shutdownReason":"spindown""#), "{rest:?}");
}

#[tokio::test]
async fn an_extension_that_ends_or_fails_takes_its_environment_with_it() {
    for (script, line) in [
        ("extension-dies", "the extension outer ended (exit status: 4)"),
        ("extension-fails", "the extension outer failed: Extension.NoDisk: full"),
    ] {
        let (builder, mut report) = reported();
        let function = scripted("pid", beside(builder, script));
        let first = text(ask(gateway(Kind::HttpApiV2, &function), get("/")).await).await;
        report.until_any(line).await;
        // If the end comes before the answer, it is told in the place of the answer.
        if first.parse::<u32>().is_ok() {
            report.until_any("the function ended").await;
            assert!(!alive(&first), "{script}");
        }
        function.stop().await;
    }
}

#[tokio::test]
async fn an_extension_that_cannot_start_is_told_in_the_answer() {
    let (builder, _report) = reported();
    let function = builder
        .extension("outer", "sh", ["-c", "exit 6"])
        .env("SCRIPT", "path")
        .spawn(command_line().remove(0), command_line().split_off(1))
        .unwrap();
    let (status, fault) = status_and_fault(gateway(Kind::RestApi, &function), "/prod/").await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert!(fault.contains("Extension.Crash: the extension outer ended (exit status: 6)"), "{fault}");
    function.stop().await;
}

#[tokio::test]
async fn the_extensions_api_answers_and_refuses_as_awss_own() {
    let (builder, mut report) = reported();
    let function = scripted("requests", builder.name("shop"));
    assert_eq!(text(ask(gateway(Kind::HttpApiV2, &function), get("/")).await).await, "done");
    function.stop().await;
    drop(function);
    let mut said = report.rest().await;
    said.retain(|line| !line.starts_with("running"));
    let said: Vec<_> =
        said.iter().filter(|line| line.split(' ').nth(1).is_some_and(|s| s.parse::<u16>().is_ok())).collect();
    let expected = [
        ("register 403 ", r#"{"errorMessage":"Empty extension name","errorType":"Extension.InvalidExtensionName"}"#),
        ("register 403 ", "InvalidRequestFormat"),
        ("register 403 ", "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension"),
        ("register 403 ", "WAKE: ErrorInvalidEventType"),
        (
            "register 200 ",
            r#"{"accountId":"123456789012","functionName":"shop","functionVersion":"$LATEST","handler":"bootstrap"}"#,
        ),
        ("register 403 ", "Extension with this name already registered"),
        ("register 200 ", r#"{"functionName":"shop","functionVersion":"$LATEST","handler":"bootstrap"}"#),
        ("next 403 ", "Extension.MissingExtensionIdentifier"),
        ("next 403 ", "Extension.InvalidExtensionIdentifier"),
        ("next 403 ", "Unknown extension 00000000-0000-4000-8000-000000000001"),
        ("error 403 ", "Lambda-Extension-Function-Error-Type not found"),
        ("telemetry 202 ", r#"{"errorMessage":"Telemetry API is not supported","errorType":"Telemetry.NotSupported"}"#),
        ("logs 202 ", "Logs.NotSupported"),
        // There is no SnapStart.
        ("next 404 ", ""),
        ("register 403 ", "Extension.RegistrationClosed"),
        ("error 403 ", "InvalidStateTransition"),
    ];
    assert_eq!(said.len(), expected.len(), "{said:?}");
    for (line, (begin, part)) in said.iter().zip(expected) {
        assert!(line.starts_with(begin) && line.contains(part), "{begin}{part}: {line}");
    }
}

/// A function with the extension `outer`, which follows a script of its own.
fn beside(builder: FunctionBuilder, script: &str) -> FunctionBuilder {
    let begin = format!("SCRIPT={script} exec \"$@\"");
    let line = command_line();
    let arguments = ["-c", &begin, "sh"].into_iter().chain(line.iter().map(String::as_str));
    builder.extension("outer", "sh", arguments.map(str::to_owned).collect::<Vec<_>>())
}

async fn warm_then_stopped(script: &str) -> Report {
    let (builder, report) = reported();
    let function: Function = scripted(script, builder);
    assert_eq!(text(ask(gateway(Kind::HttpApiV2, &function), get("/warm")).await).await, "/warm");
    function.stop().await;
    report
}

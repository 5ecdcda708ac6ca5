//! Functions that do what they should not: each fault with its status, its message, and nothing left behind.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use sippycup_gateway::{Fault, Function, Gateway, Kind};
use tower::ServiceExt;

use super::{gateway, reported, scripted, status_and_fault};
use crate::support::{alive, ask, get, text};

#[tokio::test]
async fn exit_at_start_is_a_502_with_status_and_output_and_the_next_request_tries_again() {
    let (builder, mut report) = reported();
    let function = scripted("exit-at-start", builder);
    let line = report.until("the function ended before it asked").await;
    assert!(line.contains("exit status: 3"), "{line}");
    assert!(line.contains("cannot find my configuration"), "{line}");
    for _ in 0..2 {
        let (status, fault) = status_and_fault(gateway(Kind::RestApi, &function), "/prod/").await;
        assert_eq!(status, StatusCode::BAD_GATEWAY);
        assert!(fault.contains("Runtime.ExitError") && fault.contains("exit status: 3"), "{fault}");
    }
    function.stop().await;
}

#[tokio::test]
async fn an_error_of_initialisation_reaches_the_request() {
    let (builder, mut report) = reported();
    let function = scripted("init-error", builder);
    report.until("could not initialise: Init.NoDatabase: no database").await;
    let (status, fault) = status_and_fault(gateway(Kind::FunctionUrl, &function), "/").await;
    assert_eq!(
        (status, fault.as_str()),
        (StatusCode::BAD_GATEWAY, "the function failed: Init.NoDatabase: no database")
    );
    function.stop().await;
}

#[tokio::test]
async fn death_in_mid_request_is_told_and_the_process_replaced() {
    let (builder, mut report) = reported();
    let function = scripted("die-once", builder);
    let (status, fault) = status_and_fault(gateway(Kind::HttpApiV2, &function), "/die").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(fault.contains("ended while it worked on a request (exit status: 7)"), "{fault}");
    report.until("exit status: 7").await;
    let response = ask(gateway(Kind::HttpApiV2, &function), get("/next")).await;
    assert_eq!(text(response).await, "/next");
    function.stop().await;
}

#[tokio::test]
async fn a_function_that_never_answers_is_killed_at_its_timeout() {
    let (builder, mut report) = reported();
    let function = scripted("never-once", builder.timeout(Duration::from_secs(3)));
    // Warm, so that the time goes to the invocation alone.
    assert_eq!(text(ask(gateway(Kind::HttpApiV2, &function), get("/warm")).await).await, "/warm");
    let (status, fault) = status_and_fault(gateway(Kind::HttpApiV2, &function), "/never").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(fault, "the function failed: Sandbox.Timedout: Task timed out after 3.00 seconds");
    report.until("SIGTERM").await;
    function.stop().await;
}

#[tokio::test]
async fn a_function_that_hangs_at_start_does_not_hang_the_request() {
    let function = scripted("hang-at-start", Function::builder().report(|_| {}).timeout(Duration::from_millis(300)));
    let (status, fault) = status_and_fault(gateway(Kind::RestApi, &function), "/prod/").await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert!(fault.contains("no process was free within 0.3 s"), "{fault}");
    function.stop().await;
}

#[tokio::test]
async fn the_gateways_own_timeout_comes_first_if_it_is_shorter() {
    let function = scripted("never", Function::builder().report(|_| {}));
    let short = Gateway::builder(Kind::RestApi).timeout(Duration::from_millis(200)).build(function.clone()).unwrap();
    let (status, fault) = status_and_fault(short, "/prod/").await;
    assert_eq!((status, fault.as_str()), (StatusCode::GATEWAY_TIMEOUT, "no answer within 0.2 s"));
    function.stop().await;
}

#[tokio::test]
async fn a_second_answer_is_refused_and_the_first_counts() {
    let (builder, mut report) = reported();
    let function = scripted("twice", builder);
    assert_eq!(text(ask(gateway(Kind::HttpApiV2, &function), get("/")).await).await, "first");
    let line = report.until("second answer:").await;
    assert!(line.contains("400") && line.contains("InvalidRequestID"), "{line}");
    function.stop().await;
}

#[tokio::test]
async fn asking_for_the_next_event_without_an_answer_fails_the_first() {
    let function = scripted("skip", Function::builder().report(|_| {}));
    let (status, fault) = status_and_fault(gateway(Kind::HttpApiV2, &function), "/skip").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(fault.contains("Runtime.NoResponse"), "{fault}");
    assert_eq!(text(ask(gateway(Kind::HttpApiV2, &function), get("/then")).await).await, "/then");
    function.stop().await;
}

#[tokio::test]
async fn garbage_is_a_502_of_rest_and_the_body_of_an_http_api() {
    let function = scripted("garbage", Function::builder().report(|_| {}));
    let (status, fault) = status_and_fault(gateway(Kind::RestApi, &function), "/prod/").await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert!(fault.starts_with("malformed answer: no JSON"), "{fault}");
    assert_eq!(text(ask(gateway(Kind::HttpApiV2, &function), get("/")).await).await, "{not json");
    function.stop().await;
}

#[tokio::test]
async fn an_answer_over_6_mb_is_refused_to_the_function_and_a_502_to_the_client() {
    let (builder, mut report) = reported();
    let function = scripted("large", builder);
    let (status, fault) = status_and_fault(gateway(Kind::RestApi, &function), "/prod/").await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert!(fault.contains("Function.ResponseSizeTooLarge"), "{fault}");
    report.until("large answer:").await;
    function.stop().await;
}

#[tokio::test]
async fn a_reported_error_is_the_kinds_own_error_page() {
    let function = scripted("error", Function::builder().report(|_| {}));
    for (kind, path, status, body) in [
        (Kind::RestApi, "/prod/", 502, r#"{"message": "Internal server error"}"#),
        (Kind::HttpApiV1, "/", 500, r#"{"message":"Internal Server Error"}"#),
        (Kind::HttpApiV2, "/", 500, r#"{"message":"Internal Server Error"}"#),
        (Kind::FunctionUrl, "/", 502, "Internal Server Error"),
        (Kind::VpcLatticeV2, "/", 502, "Bad Gateway"),
    ] {
        let response = ask(gateway(kind, &function), get(path)).await;
        assert_eq!(
            response.extensions().get::<Fault>().unwrap().to_string(),
            "the function failed: ValueError: it broke"
        );
        assert_eq!(response.status().as_u16(), status, "{kind}");
        assert_eq!(text(response).await, body, "{kind}");
    }
    let error = function.clone().oneshot(Bytes::from_static(b"{}")).await.unwrap_err();
    assert_eq!(error.error_type(), "ValueError");
    assert_eq!(error.payload().as_ref(), br#"{"errorMessage":"it broke","errorType":"ValueError","stackTrace":[]}"#);
    function.stop().await;
}

#[tokio::test]
async fn what_a_function_starts_ends_with_it() {
    let (builder, mut report) = reported();
    let function = builder.spawn("sh", ["-c", "sleep 1000 & echo child $!; wait"]).unwrap();
    let line = report.until("child ").await;
    let child = line.trim_start_matches("child ");
    assert!(alive(child));
    function.stop().await;
    // It has been killed, but whoever inherited it must still notice.
    let ended = (0..1000).any(|_| !alive(child));
    assert!(ended, "{child} outlives the function");
}

#[tokio::test]
async fn a_client_that_goes_away_costs_one_answer_and_nothing_else() {
    let function = scripted("never-once", Function::builder().report(|_| {}).concurrency(2));
    let gone = tokio::spawn(ask(gateway(Kind::HttpApiV2, &function), get("/never")));
    assert_eq!(text(ask(gateway(Kind::HttpApiV2, &function), get("/other")).await).await, "/other");
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    assert_eq!(text(ask(gateway(Kind::HttpApiV2, &function), get("/third")).await).await, "/third");
    function.stop().await;
}

#[tokio::test]
async fn a_program_that_does_not_exist_fails_at_once() {
    let error = Function::builder().spawn("no-such-program-anywhere", [""; 0]).unwrap_err();
    assert_eq!(error.to_string(), "no program `no-such-program-anywhere`");
}

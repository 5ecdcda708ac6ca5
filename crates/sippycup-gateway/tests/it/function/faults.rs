//! Functions that do what they should not: each fault with its status, its message, and nothing left behind.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use sippycup_gateway::{Fault, Function, Gateway, Kind};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tower::{Service, ServiceExt};

use super::{gateway, reported, scripted, status_and_fault};
use crate::support::{alive, ask, get, text};

#[tokio::test]
async fn a_function_that_cannot_start_fails_once_however_many_requests_wait() {
    let sign = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (builder, mut report) = reported();
    let builder = builder.env("GO_ON", sign.local_addr().unwrap().to_string());
    let mut function = scripted("fail-on-sign", builder);
    let answers: Vec<_> = (0..5).map(|_| function.call(Bytes::from_static(b"{}"))).collect();
    let (mut process, _) = sign.accept().await.unwrap();
    process.write_all(b"!").await.unwrap();
    for answer in answers {
        let error = answer.await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "Runtime.ExitError: the function ended before it asked for its first event (exit status: 101)"
        );
    }
    function.stop().await;
    drop(function);
    let said = report.rest().await;
    assert_eq!(said.iter().filter(|line| line.contains("expected one of many things")).count(), 1, "{said:?}");
    assert!(!said.iter().any(|line| line.contains("the function ended")), "it was told in the answers: {said:?}");
}

#[tokio::test]
async fn exit_at_start_is_a_502_with_status_and_output_and_the_next_request_tries_again() {
    let (builder, mut report) = reported();
    let function = scripted("exit-at-start", builder);
    report.until("cannot find my configuration").await;
    let line = report.until("the function ended before it asked").await;
    assert!(line.contains("exit status: 3"), "{line}");
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
async fn death_in_mid_request_is_told_once_and_the_process_replaced() {
    let (builder, mut report) = reported();
    let function = scripted("die-once", builder);
    let (status, fault) = status_and_fault(gateway(Kind::HttpApiV2, &function), "/die").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(fault.contains("ended while it worked on a request (exit status: 7)"), "{fault}");
    let response = ask(gateway(Kind::HttpApiV2, &function), get("/next")).await;
    assert_eq!(text(response).await, "/next");
    function.stop().await;
    drop(function);
    let said = report.rest().await;
    assert!(!said.iter().any(|line| line.contains("exit status: 7")), "{said:?}");
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
    report.until("SIGKILL").await;
    function.stop().await;
}

#[tokio::test]
async fn a_function_that_hangs_at_start_does_not_hang_the_request() {
    let function = scripted("hang-at-start", Function::builder().report(|_| {}).timeout(Duration::from_millis(300)));
    let (status, fault) = status_and_fault(gateway(Kind::RestApi, &function), "/prod/").await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert!(fault.contains("no process was free within 0.3 s: none has asked for an event yet"), "{fault}");
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
    // Much more than what the sockets between them hold.
    let function = scripted("large:50000000", builder);
    for _ in 0..2 {
        let (status, fault) = status_and_fault(gateway(Kind::RestApi, &function), "/prod/").await;
        assert_eq!(status, StatusCode::BAD_GATEWAY);
        assert!(fault.contains("Function.ResponseSizeTooLarge"), "{fault}");
        let line = report.until("large answer:").await;
        assert!(line.contains("413"), "{line}");
        let line = report.until("error after it:").await;
        assert!(line.contains("202"), "an error may follow: {line}");
        let line = report.until("another error after it:").await;
        assert!(line.contains("400"), "but only one: {line}");
    }
    function.stop().await;
}

#[tokio::test]
async fn the_largest_answer_is_that_of_lambda() {
    for (size, status, said) in [(6_291_556, 200, "HTTP/1.1 202 "), (6_291_557, 500, "HTTP/1.1 413 ")] {
        let (builder, mut report) = reported();
        let function = scripted(&format!("large:{size}"), builder);
        let response = ask(gateway(Kind::HttpApiV2, &function), get("/")).await;
        assert_eq!(response.status(), status, "{size}");
        let line = report.until("large answer:").await;
        assert!(line.contains(said), "{size}: {line}");
        function.stop().await;
    }
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
async fn a_client_that_goes_away_makes_room_for_those_who_wait() {
    let (builder, mut report) = reported();
    let function = scripted("never-once", builder.concurrency(1));
    assert_eq!(text(ask(gateway(Kind::HttpApiV2, &function), get("/warm")).await).await, "/warm");
    for leaves_first in [true, false] {
        let gone = tokio::spawn(ask(gateway(Kind::HttpApiV2, &function), get("/never")));
        report.until("never").await;
        if leaves_first {
            gone.abort();
        }
        let waiting = tokio::spawn(ask(gateway(Kind::HttpApiV2, &function), get("/other")));
        // Now it waits.
        tokio::task::yield_now().await;
        gone.abort();
        assert_eq!(text(waiting.await.unwrap()).await, "/other");
        report.until("the client has gone").await;
    }
    function.stop().await;
}

#[tokio::test]
async fn a_program_that_does_not_exist_fails_at_once() {
    let error = Function::builder().spawn("no-such-program-anywhere", [""; 0]).unwrap_err();
    assert_eq!(error.to_string(), "no program `no-such-program-anywhere`");
}

#[tokio::test]
async fn an_error_report_of_any_size_is_taken_and_kept_within_bounds() {
    let function = scripted("large-error", Function::builder().report(|_| {}));
    let error = function.clone().oneshot(Bytes::from_static(b"{}")).await.unwrap_err();
    assert!(error.payload().len() <= 1 << 20, "{}", error.payload().len());
    function.stop().await;
}

#[tokio::test]
async fn an_answer_that_stalls_after_its_first_byte_is_ended_at_the_timeout() {
    let (builder, mut report) = reported();
    let function = scripted("begins", builder.timeout(Duration::from_millis(500)).concurrency(1));
    // The second request finds a process again.
    for _ in 0..2 {
        let (status, fault) = status_and_fault(gateway(Kind::RestApi, &function), "/prod/").await;
        assert_eq!(status, StatusCode::BAD_GATEWAY);
        assert_eq!(fault, "the function failed: Sandbox.Timedout: Task timed out after 0.50 seconds");
        report.until("SIGKILL").await;
    }
    function.stop().await;
}

#[tokio::test]
async fn a_function_that_answers_and_never_asks_again_is_ended_at_its_timeout() {
    let (builder, mut report) = reported();
    let function = scripted("hangs-after", builder.timeout(Duration::from_secs(1)).concurrency(1));
    let first = text(ask(gateway(Kind::HttpApiV2, &function), get("/")).await).await;
    report.until("it answered, but did not ask for the next event").await;
    let second = text(ask(gateway(Kind::HttpApiV2, &function), get("/")).await).await;
    assert_ne!(first, second);
    function.stop().await;
}

#[tokio::test]
async fn requests_do_not_wait_for_a_function_that_works_on_after_its_answer() {
    let sign = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = sign.local_addr().unwrap().to_string();
    let function = scripted("works-after", Function::builder().report(|_| {}).env("GO_ON", address));
    let first = text(ask(gateway(Kind::HttpApiV2, &function), get("/work")).await).await;
    // Nobody gives the sign.
    let second = text(ask(gateway(Kind::HttpApiV2, &function), get("/")).await).await;
    assert_ne!(first, second, "another process answers");
    function.stop().await;
}

#[tokio::test]
async fn no_trace_header_of_a_client_keeps_an_event_from_the_function() {
    let function = scripted("path", Function::builder().report(|_| {}));
    for trace in [&b"Root=\xff"[..], "Root=é".as_bytes(), b"Root=a\tb", b"Root="] {
        let mut request = get("/traced");
        request.headers_mut().insert("x-amzn-trace-id", HeaderValue::from_bytes(trace).unwrap());
        assert_eq!(text(ask(gateway(Kind::HttpApiV2, &function), request).await).await, "/traced");
    }
    function.stop().await;
}

#[tokio::test]
async fn killing_a_function_waits_for_no_orderly_end() {
    let (builder, mut report) = reported();
    let function = builder.spawn("sh", ["-c", "trap '' TERM; echo pid $$; while :; do sleep 1; done"]).unwrap();
    let line = report.until("pid ").await;
    let pid = line.trim_start_matches("pid ").to_owned();
    let orderly = tokio::spawn({
        let function = function.clone();
        async move { function.stop().await }
    });
    function.kill().await;
    assert!(!alive(&pid));
    orderly.await.unwrap();
}

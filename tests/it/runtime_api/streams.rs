//! Streamed answers.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::*;

const STREAM: [(&str, &str); 1] = [("RUDE", "stream")];

#[tokio::test]
async fn a_stream_is_a_prelude_and_the_body_and_keeps_the_connection() {
    for polls in POLLS {
        let mut api = Api::start(polls, &STREAM).await;
        let (id, report) = api.invoke("/streamed").await;
        assert_eq!(report.assert_answers(&id)["uri"], "/streamed");
        for (name, value) in [
            ("lambda-runtime-function-response-mode", "streaming"),
            ("content-type", "application/vnd.awslambda.http-integration-response"),
            ("transfer-encoding", "chunked"),
            ("trailer", "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body"),
            ("lambda-runtime-invocation-id", &format!("of-{id}")),
        ] {
            assert_eq!(report.headers[name], value);
        }
        assert!(!report.headers.contains_key("content-length") && report.trailers.is_empty());
        report.accept().await;
        api.works().await;
    }
}

#[tokio::test]
async fn what_fails_before_the_prelude_is_an_error_and_afterwards_trailers() {
    for polls in POLLS {
        let mut api = Api::start(polls, &STREAM).await;
        let (id, report) = api.invoke("/error").await;
        report.assert_fails(&id, "Service", "rude on purpose");
        report.accept().await;
        api.all_wait().await;

        let (id, report) = api.invoke("/body-error").await;
        report.assert_answers(&id);
        assert_eq!(report.trailers["lambda-runtime-function-error-type"], "Function.Body");
        let error = STANDARD.decode(&report.trailers["lambda-runtime-function-error-body"]).unwrap();
        let error: Value = serde_json::from_slice(&error).unwrap();
        assert_eq!(error["errorType"], "SippyCup.Body");
        assert_eq!(error["errorMessage"], "response body failed: the body failed on purpose");
        report.accept().await;
        api.works().await;
        let said = api.until("SippyCup.Body").await.pop().unwrap();
        let wanted = format!("SippyCup.Body: response body failed: the body failed on purpose (RequestId: {id})");
        assert_eq!(said, wanted);
    }
}

#[tokio::test]
async fn a_stream_that_cannot_be_sent_is_not_sent_twice() {
    for polls in POLLS {
        let mut api = Api::start(polls, &STREAM).await;
        for reply in [&b""[..], b"HTTP/1.1 2", b"gone\r\n\r\n"] {
            let (id, mut report) = api.invoke("/streamed").await;
            report.send(reply).await;
            drop(report);
            api.all_wait().await;
            let said = api.until("the connection broke before the Runtime API took the response").await;
            assert!(said.last().unwrap().contains(&id), "{said:?}");
        }
        for code in ["400 Bad Request", "403 Forbidden", "410 Gone", "413 Request Entity Too Large"] {
            let (_, report) = api.invoke("/streamed").await;
            report.reply(&status(code, "Refused")).await;
            api.all_wait().await;
        }
        // Nobody reads on.
        let id = api.id();
        let mut next = api.next().await;
        next.send(&event(&id, &http_api("/size/20000000"))).await;
        let mut some = [0; 1000];
        next.stream.read_exact(&mut some).await.unwrap();
        next.reset();
        api.works().await;
    }
}

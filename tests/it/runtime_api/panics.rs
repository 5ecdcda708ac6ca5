//! Panics, in every place where the app has code.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::*;

/// Where, and what it says.
const PLACES: [(&str, &str); 12] = [
    ("call", "handler panicked: in call"),
    ("future", "handler panicked: in the future"),
    ("payload-drop", "handler panicked"),
    ("future-drop", "handler panicked: in the future's drop"),
    ("display", "handler panicked: in display"),
    ("source", "handler panicked: in source"),
    ("error-drop", "handler panicked: in the error's drop"),
    ("extension-drop", "handler panicked: in an extension's drop"),
    ("body", "handler panicked: in the body"),
    ("body-drop", "handler panicked: in the body's drop"),
    ("hint", ""),
    ("poll-ready", ""),
];

#[tokio::test]
async fn a_panic_costs_its_invocation_wherever_it_is() {
    for (polls, options) in [(1, ""), (16, ""), (1, "threads"), (16, "threads")] {
        let mut api = Api::start(polls, &[("RUDE", options)]).await;
        for _ in 0..2 {
            for (place, says) in PLACES {
                let (id, report) = api.invoke(&format!("/panic/{place}")).await;
                match place {
                    // Nothing looks at it where the answer is collected.
                    "hint" => drop(report.assert_answers(&id)),
                    "poll-ready" => {
                        // The next one is hit, whichever poll gets it.
                        report.assert_answers(&id);
                        report.accept().await;
                        api.all_wait().await;
                        let (id, report) = api.invoke("/").await;
                        report.assert_fails(&id, "Panic", "handler panicked: in poll_ready");
                        report.accept().await;
                        api.works().await;
                        continue;
                    }
                    _ => report.assert_fails(&id, "Panic", says),
                }
                report.accept().await;
                api.works().await;
            }
        }
    }
}

#[tokio::test]
async fn a_panic_in_a_streamed_answer_costs_no_more_than_that() {
    for (polls, options) in [(1, "stream"), (16, "stream"), (16, "stream,threads")] {
        let mut api = Api::start(polls, &[("RUDE", options)]).await;
        for (place, says) in PLACES {
            let (id, report) = api.invoke(&format!("/panic/{place}")).await;
            match place {
                "body" | "body-drop" | "hint" => {
                    assert!(report.line.contains(&format!("/{id}/response ")), "{place}: {}", report.line);
                    // Nothing asks for hints: a stream's length is not known.
                    if place != "hint" {
                        assert_eq!(report.trailers["lambda-runtime-function-error-type"], "Function.Panic");
                        let error = STANDARD.decode(&report.trailers["lambda-runtime-function-error-body"]).unwrap();
                        let error: Value = serde_json::from_slice(&error).unwrap();
                        assert_eq!(error, json!({"errorType": "SippyCup.Panic", "errorMessage": says}));
                    }
                }
                "poll-ready" => {
                    report.assert_answers(&id);
                    report.accept().await;
                    api.all_wait().await;
                    let (id, report) = api.invoke("/").await;
                    report.assert_fails(&id, "Panic", "handler panicked: in poll_ready");
                    report.accept().await;
                    api.works().await;
                    continue;
                }
                _ => report.assert_fails(&id, "Panic", says),
            }
            report.accept().await;
            api.works().await;
        }
    }
}

#[tokio::test]
async fn a_panic_of_a_body_that_nobody_reads_to_its_end_is_told() {
    for polls in POLLS {
        let mut api = Api::start(polls, &[("RUDE", "stream")]).await;
        for _ in 0..3 {
            let id = api.id();
            let mut next = api.next().await;
            next.send(&event(&id, &http_api("/late/20000000"))).await;
            let mut some = [0; 1000];
            next.stream.read_exact(&mut some).await.unwrap();
            next.reset();
            api.works().await;
            let said = api.until("SippyCup.Panic").await.pop().unwrap();
            assert_eq!(said, format!("SippyCup.Panic: handler panicked: in the body's drop (RequestId: {id})"));
        }
    }
}

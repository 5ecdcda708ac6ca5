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
    for (polls, options) in
        [(1, ""), (16, ""), (1, "threads"), (16, "threads"), (1, "stream"), (16, "stream"), (16, "stream,threads")]
    {
        let mut api = Api::start(polls, &[("RUDE", options)]).await;
        for (place, says) in PLACES.iter().chain(&PLACES) {
            let (id, report) = api.invoke(&format!("/panic/{place}")).await;
            match *place {
                // Nothing asks for hints: an answer is collected, and the length of a stream is not known.
                "hint" => drop(report.assert_answers(&id)),
                // The next one is hit, whichever poll gets it.
                "poll-ready" => drop(report.assert_answers(&id)),
                "body" | "body-drop" if options.contains("stream") => report.assert_breaks_off(&id, says),
                _ => report.assert_fails(&id, "Panic", says),
            }
            report.accept().await;
            if *place == "poll-ready" {
                api.all_wait().await;
                let (id, report) = api.invoke("/").await;
                report.assert_fails(&id, "Panic", "handler panicked: in poll_ready");
                report.accept().await;
            }
            api.works().await;
        }
    }
}

impl Call {
    /// A streamed answer that a panic ended.
    #[track_caller]
    fn assert_breaks_off(&self, id: &str, says: &str) {
        assert_eq!(self.line, format!("POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1"));
        assert_eq!(self.trailers["lambda-runtime-function-error-type"], "Function.Panic");
        let error = STANDARD.decode(&self.trailers["lambda-runtime-function-error-body"]).unwrap();
        let error: Value = serde_json::from_slice(&error).unwrap();
        assert_eq!(error, json!({"errorType": "SippyCup.Panic", "errorMessage": says}));
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

//! Many invocations at once.

use super::*;

#[tokio::test]
async fn there_are_as_many_polls_as_lambda_gives_invocations_at_once() {
    for (variable, polls) in
        [("1", 1), ("2", 2), ("16", 16), ("0", 1), ("-1", 1), ("many", 1), ("99999999", 1), ("", 1)]
    {
        let mut api = Api::begin(polls, &[("AWS_LAMBDA_MAX_CONCURRENCY", variable)]).await;
        api.all_wait().await;
        // Another call would have come by now.
        for _ in 0..2 * polls {
            api.works().await;
            assert_eq!(api.waiting.len(), polls);
        }
    }
}

#[tokio::test]
async fn a_slow_invocation_holds_nothing_up() {
    let mut api = Api::start(16, &[]).await;
    for _ in 0..15 {
        let id = api.id();
        api.next().await.reply(&event(&id, &http_api("/never"))).await;
    }
    api.polls = 1;
    for _ in 0..5 {
        api.works().await;
    }
}

#[tokio::test]
async fn invocations_run_at_the_same_time() {
    for options in ["", "threads", "stream"] {
        let mut api = Api::start(2, &[("RUDE", options)]).await;
        let ids = [api.id(), api.id()];
        for id in &ids {
            api.next().await.reply(&event(id, &http_api("/two"))).await;
        }
        let mut answered = Vec::new();
        for _ in 0..2 {
            let report = api.report().await;
            answered.push(report.seen()["id"].as_str().unwrap().to_owned());
            report.accept().await;
        }
        answered.sort();
        assert_eq!(answered, ids);
        api.works().await;
    }
}

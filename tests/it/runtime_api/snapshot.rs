//! SnapStart: one start, and every environment goes on from there.

use super::*;

async fn begin(polls: usize, options: &str) -> Api {
    Api::begin(polls, &[("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start"), ("RUDE", options)]).await
}

const RESTORE: &str = "GET /2018-06-01/runtime/restore/next HTTP/1.1";

#[tokio::test]
async fn the_polls_begin_after_the_restore_with_the_hooks_around_it() {
    for (polls, options) in [(1, "hooks"), (16, "hooks"), (1, "hooks,stream"), (16, "hooks,stream,threads")] {
        let mut api = begin(polls, options).await;
        let restore = api.any().await;
        assert_eq!(restore.line, RESTORE);
        assert_eq!(api.until("before the first").await, ["before the second", "before the first"]);
        // No other poll asks for anything before.
        assert!(api.calls.try_recv().is_err());
        restore.reply(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        api.works().await;
        assert_eq!(api.until("after the second").await, ["after the first", "after the second"]);
    }
}

#[tokio::test]
async fn a_snapshot_outlives_its_connection() {
    let mut api = begin(1, "").await;
    for _ in 0..3 {
        let restore = api.any().await;
        assert_eq!(restore.line, RESTORE);
        restore.reset();
    }
    // An emulator that knows no snapshots.
    api.any().await.reply(&status("404 Not Found", "NotFound")).await;
    api.works().await;
}

#[tokio::test]
async fn a_hook_that_fails_is_reported_and_ends_the_process() {
    for (option, says) in
        [("before-fails", "no snapshot on purpose"), ("before-panics", "handler panicked: before on purpose")]
    {
        let mut api = begin(16, option).await;
        let report = api.any().await;
        assert_eq!(report.line, "POST /2018-06-01/runtime/init/error HTTP/1.1");
        assert_eq!(report.headers["lambda-runtime-function-error-type"], "Runtime.BeforeSnapshotError");
        assert_eq!(report.json(), json!({"errorType": "Runtime.BeforeSnapshotError", "errorMessage": says}));
        report.accept().await;
        let (ended, said) = api.ends().await;
        assert_eq!(ended, Some(1));
        assert!(said.contains(&format!("`before_snapshot` failed: {says}")), "{said}");
    }
    for (option, says) in
        [("after-fails", "no restore on purpose"), ("after-panics", "handler panicked: after on purpose")]
    {
        let mut api = begin(1, option).await;
        api.any().await.reply(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        let report = api.any().await;
        assert_eq!(report.line, "POST /2018-06-01/runtime/restore/error HTTP/1.1");
        assert_eq!(report.headers["lambda-runtime-function-error-type"], "Runtime.AfterRestoreError");
        assert_eq!(report.json(), json!({"errorType": "Runtime.AfterRestoreError", "errorMessage": says}));
        drop(report);
        let (ended, said) = api.ends().await;
        assert_eq!(ended, Some(1));
        assert!(said.contains(&format!("`after_restore` failed: {says}")), "{said}");
    }
}

#[tokio::test]
async fn a_restore_that_is_refused_ends_the_process() {
    let mut api = begin(16, "").await;
    api.any().await.reply(&status("403 Forbidden", "InvalidStateTransition")).await;
    let (ended, said) = api.ends().await;
    assert_eq!(ended, Some(1));
    assert!(said.contains("expected the Runtime API to accept `restore/next`, found status 403"), "{said}");
}

#[tokio::test]
async fn hooks_are_not_called_without_a_snapshot() {
    for kind in ["on-demand", "provisioned-concurrency", "lambda-managed-instances"] {
        let mut api = Api::start(1, &[("AWS_LAMBDA_INITIALIZATION_TYPE", kind), ("RUDE", "before-fails")]).await;
        api.works().await;
    }
}

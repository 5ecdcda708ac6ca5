//! The end of the process: the extension that makes Lambda announce it, and the hooks.

use super::*;

const REGISTER: &str = "POST /2020-01-01/extension/register HTTP/1.1";
const EVENT: &str = "GET /2020-01-01/extension/event/next HTTP/1.1";
const REGISTERED: &[u8] = b"HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: 1-2-3\r\nContent-Length: 2\r\n\r\n{}";

/// A function that has registered its extension, and waits for an event with all its polls.
async fn registered(polls: usize, options: &str) -> (Api, Call) {
    let mut api = Api::begin(polls, &[("RUDE", options)]).await;
    let register = api.any().await;
    assert_eq!((register.line.as_str(), &register.body[..]), (REGISTER, &b"{\"events\":[]}"[..]));
    assert!(!register.headers["lambda-extension-name"].is_empty());
    // Only then may it ask for an event.
    assert!(api.calls.try_recv().is_err());
    register.reply(REGISTERED).await;
    let held = api.report().await;
    assert_eq!((held.line.as_str(), held.headers["lambda-extension-identifier"].as_str()), (EVENT, "1-2-3"));
    api.all_wait().await;
    (api, held)
}

#[tokio::test]
async fn hooks_run_when_lambda_ends_the_process() {
    for (polls, options) in [(1, "shutdown"), (16, "shutdown"), (16, "shutdown,threads,stream")] {
        let (mut api, _held) = registered(polls, options).await;
        api.works().await;
        api.terminate().await;
        let (ended, said) = api.ends().await;
        assert_eq!((ended, said.as_str()), (Some(0), "the first goes\nthe second goes\n"));
    }
}

#[tokio::test]
async fn hooks_run_in_the_middle_of_an_invocation_too() {
    let (mut api, _held) = registered(1, "shutdown").await;
    let id = api.id();
    api.next().await.reply(&event(&id, &http_api("/never"))).await;
    api.terminate().await;
    assert_eq!(api.ends().await.0, Some(0));
}

#[tokio::test]
async fn what_goes_wrong_in_a_hook_is_told_and_does_not_keep_the_process() {
    let (api, _held) = registered(1, "shutdown-panics,shutdown-hangs").await;
    api.terminate().await;
    let (ended, said) = api.ends().await;
    assert_eq!(ended, Some(0));
    let wanted = "WARN: `on_shutdown` failed: handler panicked: shutdown on purpose\nanother goes\n\
                  WARN: `on_shutdown` was not done after 450ms, and is dropped\n";
    assert_eq!(said, wanted);
}

#[tokio::test]
async fn an_extension_that_is_asked_again_or_dropped_costs_nothing() {
    let (mut api, held) = registered(1, "shutdown").await;
    held.reset();
    let held = api.report().await;
    assert_eq!(held.line, EVENT);
    held.reply(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await;
    let held = api.report().await;
    assert_eq!(held.line, EVENT);
    held.reply(&status("403 Forbidden", "Extension.InvalidExtensionState")).await;
    api.works().await;
    api.terminate().await;
    assert_eq!(api.ends().await.0, Some(0));
}

#[tokio::test]
async fn without_extensions_the_function_works_and_the_log_says_what_is_missing() {
    for (reply, says) in [
        (status("403 Forbidden", "Extension.RegistrationClosed"), "it said 403 Forbidden: {"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec(), "it said 404 Not Found: "),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".to_vec(), "it gave no identifier"),
        (b"".to_vec(), "the connection broke"),
        (b"no\r\n\r\n".to_vec(), "the connection broke"),
    ] {
        let mut api = Api::begin(16, &[("RUDE", "shutdown")]).await;
        let mut register = api.any().await;
        assert_eq!(register.line, REGISTER);
        register.send(&reply).await;
        drop(register);
        api.works().await;
        let line = api.until("`on_shutdown` will not be called: no extension could be registered").await.pop().unwrap();
        assert!(line.contains(says), "{line}");
        api.terminate().await;
        assert_eq!(api.ends().await.0, Some(0));
    }
}

#[tokio::test]
async fn a_function_without_a_hook_is_no_extension_and_ends_at_once() {
    let api = Api::start(1, &[]).await;
    api.terminate().await;
    // By the signal, without a code.
    assert_eq!(api.ends().await, (None, String::new()));
}

#[tokio::test]
async fn everything_works_with_everything() {
    let variables = [
        ("RUDE", "hooks,shutdown,stream,threads,after-says"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start"),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
    ];
    let mut api = Api::begin(16, &variables).await;
    api.any().await.reply(REGISTERED).await;
    let calls = [api.any().await, api.any().await];
    assert!(calls.iter().any(|call| call.line == EVENT));
    for call in calls {
        if call.line != EVENT {
            assert_eq!(call.line, "GET /2018-06-01/runtime/restore/next HTTP/1.1");
            call.reply(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        }
        // Connections of before the snapshot are dead after it.
    }
    let _held = api.report().await;
    api.works().await;
    let (id, report) = api.invoke("/background/panic").await;
    report.assert_answers(&id);
    report.accept().await;
    api.works().await;
    api.until("after the invocation").await;
    api.terminate().await;
    let (ended, said) = api.ends().await;
    assert_eq!(ended, Some(0));
    assert!(said.ends_with("the first goes\nthe second goes\n"), "{said}");
}

//! A start that fails is not silent.

use super::*;

const INIT_ERROR: &str = "POST /2018-06-01/runtime/init/error HTTP/1.1";

#[tokio::test]
async fn a_start_that_fails_is_reported_and_ends_the_process() {
    for (variable, value, says, ends) in [
        (
            "RUDE",
            "start-fails",
            "the app cannot start: no table on purpose",
            "the app cannot start: no table on purpose",
        ),
        ("RUDE", "start-panics,threads,stream", "the app cannot start: handler panicked: start on purpose", "start on"),
        (
            "SIPPYCUP_PUBLIC_HOST",
            "no host",
            "expected a host like `shop.example.com` in `SIPPYCUP_PUBLIC_HOST`",
            "in `SIPPYCUP_PUBLIC_HOST`",
        ),
    ] {
        for replies in [true, false] {
            let mut api = Api::begin(1, &[(variable, value)]).await;
            let report = api.any().await;
            assert_eq!(report.line, INIT_ERROR);
            assert_eq!(report.headers["lambda-runtime-function-error-type"], "Function.Init");
            assert_eq!(report.json(), json!({"errorType": "SippyCup.Init", "errorMessage": says}));
            match replies {
                true => report.accept().await,
                false => report.reset(),
            }
            let (ended, said) = api.ends().await;
            assert_eq!(ended, Some(1));
            assert!(said.contains(ends), "{said}");
        }
    }
}

#[tokio::test]
async fn a_start_that_fails_before_the_extension_is_reported_before_it() {
    let mut api = Api::begin(16, &[("RUDE", "start-fails,shutdown,hooks")]).await;
    let report = api.any().await;
    assert_eq!(report.line, INIT_ERROR);
    report.reply(&status("403 Forbidden", "InvalidStateTransition")).await;
    let (ended, said) = api.ends().await;
    assert_eq!(ended, Some(1));
    assert!(said.contains("the Runtime API refused the report with 403"), "{said}");
}

#[tokio::test]
async fn a_report_that_nobody_takes_does_not_keep_the_process() {
    let mut api = Api::begin(1, &[("RUDE", "start-fails")]).await;
    let _report = api.any().await;
    let (ended, said) = api.ends().await;
    assert_eq!(ended, Some(1));
    assert!(said.contains("the Runtime API did not say that it took the report"), "{said}");
}

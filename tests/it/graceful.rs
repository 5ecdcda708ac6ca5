//! Functions behind the gateway, of others' crates and our own: they work, and they are asked to end as on Lambda.

use http::Request;
use http_body_util::BodyExt;
use sippycup_gateway::{Body, Function, Gateway, Kind};
use tokio::sync::mpsc;
use tower::ServiceExt;

#[tokio::test]
async fn lambda_runtimes_own_shutdown_handler_runs_behind_the_gateway_frozen_or_not() {
    for mode in ["graceful", "graceful-lambda-http"] {
        for freeze in [false, true] {
            let (said, mut lines) = mpsc::unbounded_channel();
            let report = move |line: &str| {
                let _ = said.send(line.to_owned());
            };
            let function = Function::builder()
                .report(report)
                .freeze(freeze)
                .env("FUNCTION_MODE", mode)
                .spawn(env!("CARGO_BIN_EXE_function"), [""; 0])
                .unwrap();
            let gateway = Gateway::builder(Kind::HttpApiV2).build(function.clone()).unwrap();
            for path in ["/one", "/two"] {
                let request = Request::get(path).body(Body::empty()).unwrap();
                let response = gateway.clone().oneshot(request).await.unwrap();
                assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), path, "{mode}");
            }
            function.stop().await;
            drop((function, gateway));
            let mut hook = false;
            while let Some(line) = lines.recv().await {
                hook |= line == "the hook ran";
            }
            assert!(hook, "{mode}, {freeze}");
        }
    }
}

/// What a function of ours does over a whole life, in the words of the process.
#[tokio::test]
async fn our_own_function_is_restored_invoked_for_a_tenant_frozen_and_told_to_end() {
    for (options, streams) in [("hooks,after-says,shutdown", false), ("hooks,after-says,shutdown,stream,threads", true)]
    {
        let (said, mut lines) = mpsc::unbounded_channel();
        let report = move |line: &str| {
            let _ = said.send(line.to_owned());
        };
        let function = Function::builder()
            .report(report)
            .freeze(true)
            .snap_start(true)
            .tenant("blue")
            .env("RUDE", options)
            .spawn(env!("CARGO_BIN_EXE_rude"), [""; 0])
            .unwrap();
        let gateway = Gateway::builder(Kind::FunctionUrl).response_streaming(streams).build(function.clone()).unwrap();
        let mut all = Vec::new();
        for path in ["/first", "/second"] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let response = gateway.clone().oneshot(request).await.unwrap();
            let seen = response.into_body().collect().await.unwrap().to_bytes();
            let seen: serde_json::Value = serde_json::from_slice(&seen).unwrap();
            assert_eq!((seen["uri"].as_str(), seen["tenant"].as_str()), (Some(path), Some("blue")));
            while all.last().is_none_or(|line| line != "after the invocation") {
                all.push(lines.recv().await.unwrap());
            }
            all.push("…".to_owned());
        }
        function.stop().await;
        drop((function, gateway));
        while let Some(line) = lines.recv().await {
            all.push(line);
        }
        let wanted = [
            "before the second",
            "before the first",
            "after the first",
            "after the second",
            "after the invocation",
            "after the invocation",
            "the first goes",
            "the second goes",
        ];
        all.retain(|line| wanted.contains(&line.as_str()));
        assert_eq!(all, wanted);
    }
}

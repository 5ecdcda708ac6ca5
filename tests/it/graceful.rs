//! Functions that others' crates run, behind the gateway: they work, and they are asked to end as on Lambda.

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

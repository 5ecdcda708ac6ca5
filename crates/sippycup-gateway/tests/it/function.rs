//! Function processes that do what functions should not: each fault with its status, its message, and nothing left behind.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http_body_util::BodyExt;
use sippycup_gateway::{Body, Fault, Function, FunctionBuilder, Gateway, Kind};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tower::ServiceExt;

use crate::scripted::scripted;
use crate::support::{alive, ask, get, text};

/// What the developer reads.
struct Report {
    lines: mpsc::UnboundedReceiver<String>,
}

impl Report {
    async fn until(&mut self, part: &str) -> String {
        loop {
            let line = self
                .lines
                .recv()
                .await
                .unwrap_or_else(|| panic!("nobody says `{part}`"));
            if line.contains(part) {
                return line;
            }
        }
    }
}

fn reported() -> (FunctionBuilder, Report) {
    let (sender, lines) = mpsc::unbounded_channel();
    let builder = Function::builder().report(move |line| {
        let _ = sender.send(line.to_owned());
    });
    (builder, Report { lines })
}

fn gateway(kind: Kind, function: &Function) -> Gateway<Function> {
    Gateway::builder(kind).build(function.clone()).unwrap()
}

async fn status_and_fault(gateway: Gateway<Function>, path: &str) -> (StatusCode, String) {
    let response = ask(gateway, get(path)).await;
    let fault = response
        .extensions()
        .get::<Fault>()
        .map(ToString::to_string)
        .unwrap_or_default();
    (response.status(), fault)
}

#[tokio::test]
async fn a_function_answers_and_the_pool_uses_one_process_for_one_request_at_a_time() {
    let function = scripted("pid", Function::builder().report(|_| {}));
    let first = text(ask(gateway(Kind::HttpApiV2, &function), get("/")).await).await;
    let second = text(ask(gateway(Kind::RestApi, &function), get("/prod/")).await).await;
    assert_eq!(first, second, "a warm process is used again");
    function.stop().await;
    assert!(!alive(&first), "no process outlives the function");
}

#[tokio::test]
async fn the_process_has_the_environment_of_lambda_and_next_its_headers() {
    let function = scripted(
        "environment",
        Function::builder().name("shop").memory(512).report(|_| {}),
    );
    let mut request = get("/");
    request.headers_mut().insert(
        "x-amzn-trace-id",
        "Root=1-67891233-abcdef012345678912345678".parse().unwrap(),
    );
    let seen = text(ask(gateway(Kind::HttpApiV2, &function), request).await).await;
    for expected in [
        "AWS_LAMBDA_FUNCTION_NAME=shop\n",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512\n",
        "AWS_LAMBDA_FUNCTION_VERSION=$LATEST\n",
        "AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/shop\n",
        "AWS_LAMBDA_LOG_STREAM_NAME=[$LATEST]",
        "AWS_LAMBDA_INITIALIZATION_TYPE=on-demand\n",
        "Lambda-Runtime-Aws-Request-Id: ",
        "Lambda-Runtime-Deadline-Ms: ",
        "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:shop\n",
        "Lambda-Runtime-Trace-Id: Root=1-67891233-abcdef012345678912345678;Parent=",
    ] {
        assert!(seen.contains(expected), "{expected} in {seen}");
    }
    function.stop().await;
}

#[tokio::test]
async fn exit_at_start_is_a_502_with_status_and_output_and_the_next_request_tries_again() {
    let (builder, mut report) = reported();
    let function = scripted("exit-at-start", builder);
    let line = report.until("the function ended before it asked").await;
    assert!(line.contains("exit status: 3"), "{line}");
    assert!(line.contains("cannot find my configuration"), "{line}");
    for _ in 0..2 {
        let (status, fault) = status_and_fault(gateway(Kind::RestApi, &function), "/prod/").await;
        assert_eq!(status, StatusCode::BAD_GATEWAY);
        assert!(
            fault.contains("Runtime.ExitError") && fault.contains("exit status: 3"),
            "{fault}"
        );
    }
    function.stop().await;
}

#[tokio::test]
async fn an_error_of_initialisation_reaches_the_request() {
    let (builder, mut report) = reported();
    let function = scripted("init-error", builder);
    report
        .until("could not initialise: Init.NoDatabase: no database")
        .await;
    let (status, fault) = status_and_fault(gateway(Kind::FunctionUrl, &function), "/").await;
    assert_eq!(
        (status, fault.as_str()),
        (
            StatusCode::BAD_GATEWAY,
            "the function failed: Init.NoDatabase: no database"
        )
    );
    function.stop().await;
}

#[tokio::test]
async fn death_in_mid_request_is_told_and_the_process_replaced() {
    let (builder, mut report) = reported();
    let function = scripted("die-once", builder);
    let (status, fault) = status_and_fault(gateway(Kind::HttpApiV2, &function), "/die").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(
        fault.contains("ended while it worked on a request (exit status: 7)"),
        "{fault}"
    );
    report.until("exit status: 7").await;
    let response = ask(gateway(Kind::HttpApiV2, &function), get("/next")).await;
    assert_eq!(text(response).await, "/next");
    function.stop().await;
}

#[tokio::test]
async fn a_function_that_never_answers_is_killed_at_its_timeout() {
    let (builder, mut report) = reported();
    let function = scripted("never-once", builder.timeout(Duration::from_secs(3)));
    // Warm, so that the time goes to the invocation alone.
    assert_eq!(
        text(ask(gateway(Kind::HttpApiV2, &function), get("/warm")).await).await,
        "/warm"
    );
    let (status, fault) = status_and_fault(gateway(Kind::HttpApiV2, &function), "/never").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(
        fault,
        "the function failed: Sandbox.Timedout: Task timed out after 3.00 seconds"
    );
    report.until("SIGTERM").await;
    function.stop().await;
}

#[tokio::test]
async fn a_function_that_hangs_at_start_does_not_hang_the_request() {
    let function = scripted(
        "hang-at-start",
        Function::builder()
            .report(|_| {})
            .timeout(Duration::from_millis(300)),
    );
    let (status, fault) = status_and_fault(gateway(Kind::RestApi, &function), "/prod/").await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert!(
        fault.contains("no process was free within 0.3 s"),
        "{fault}"
    );
    function.stop().await;
}

#[tokio::test]
async fn the_gateways_own_timeout_comes_first_if_it_is_shorter() {
    let function = scripted("never", Function::builder().report(|_| {}));
    let short = Gateway::builder(Kind::RestApi)
        .timeout(Duration::from_millis(200))
        .build(function.clone())
        .unwrap();
    let (status, fault) = status_and_fault(short, "/prod/").await;
    assert_eq!(
        (status, fault.as_str()),
        (StatusCode::GATEWAY_TIMEOUT, "no answer within 0.2 s")
    );
    function.stop().await;
}

#[tokio::test]
async fn a_second_answer_is_refused_and_the_first_counts() {
    let (builder, mut report) = reported();
    let function = scripted("twice", builder);
    assert_eq!(
        text(ask(gateway(Kind::HttpApiV2, &function), get("/")).await).await,
        "first"
    );
    let line = report.until("second answer:").await;
    assert!(
        line.contains("400") && line.contains("InvalidRequestID"),
        "{line}"
    );
    function.stop().await;
}

#[tokio::test]
async fn asking_for_the_next_event_without_an_answer_fails_the_first() {
    let function = scripted("skip", Function::builder().report(|_| {}));
    let (status, fault) = status_and_fault(gateway(Kind::HttpApiV2, &function), "/skip").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(fault.contains("Runtime.NoResponse"), "{fault}");
    assert_eq!(
        text(ask(gateway(Kind::HttpApiV2, &function), get("/then")).await).await,
        "/then"
    );
    function.stop().await;
}

#[tokio::test]
async fn garbage_is_a_502_of_rest_and_the_body_of_an_http_api() {
    let function = scripted("garbage", Function::builder().report(|_| {}));
    let (status, fault) = status_and_fault(gateway(Kind::RestApi, &function), "/prod/").await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert!(fault.starts_with("malformed answer: no JSON"), "{fault}");
    assert_eq!(
        text(ask(gateway(Kind::HttpApiV2, &function), get("/")).await).await,
        "{not json"
    );
    function.stop().await;
}

#[tokio::test]
async fn an_answer_over_6_mb_is_refused_to_the_function_and_a_502_to_the_client() {
    let (builder, mut report) = reported();
    let function = scripted("large", builder);
    let (status, fault) = status_and_fault(gateway(Kind::RestApi, &function), "/prod/").await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert!(fault.contains("Function.ResponseSizeTooLarge"), "{fault}");
    report.until("large answer:").await;
    function.stop().await;
}

#[tokio::test]
async fn a_reported_error_is_the_kinds_own_error_page() {
    let function = scripted("error", Function::builder().report(|_| {}));
    for (kind, path, status, body) in [
        (
            Kind::RestApi,
            "/prod/",
            502,
            r#"{"message": "Internal server error"}"#,
        ),
        (
            Kind::HttpApiV1,
            "/",
            500,
            r#"{"message":"Internal Server Error"}"#,
        ),
        (
            Kind::HttpApiV2,
            "/",
            500,
            r#"{"message":"Internal Server Error"}"#,
        ),
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
    let error = function
        .clone()
        .oneshot(Bytes::from_static(b"{}"))
        .await
        .unwrap_err();
    assert_eq!(error.error_type(), "ValueError");
    assert_eq!(
        error.payload().as_ref(),
        br#"{"errorMessage":"it broke","errorType":"ValueError","stackTrace":[]}"#
    );
    function.stop().await;
}

#[tokio::test]
async fn two_hundred_requests_wait_for_few_processes_and_all_are_answered() {
    let function = scripted("path", Function::builder().report(|_| {}).concurrency(3));
    let gateway = gateway(Kind::HttpApiV2, &function);
    let requests: Vec<_> = (0..200)
        .map(|i| tokio::spawn(ask(gateway.clone(), get(&format!("/{i}")))))
        .collect();
    for (i, request) in requests.into_iter().enumerate() {
        assert_eq!(text(request.await.unwrap()).await, format!("/{i}"));
    }
    function.stop().await;
}

#[tokio::test]
async fn one_process_with_200_polls_works_on_200_requests_at_once() {
    // Each poll waits for all others to have an event: one request less at a time, and nobody would be answered.
    let function = scripted(
        "barrier:200",
        Function::builder().report(|_| {}).max_concurrency(200),
    );
    let gateway = gateway(Kind::HttpApiV2, &function);
    let requests: Vec<_> = (0..200)
        .map(|i| tokio::spawn(ask(gateway.clone(), get(&format!("/{i}")))))
        .collect();
    for (i, request) in requests.into_iter().enumerate() {
        assert_eq!(text(request.await.unwrap()).await, format!("/{i}"));
    }
    function.stop().await;
}

#[tokio::test]
async fn concurrent_requests_get_a_process_each() {
    let function = scripted(
        "never-once",
        Function::builder().report(|_| {}).concurrency(2),
    );
    let stuck = tokio::spawn(ask(gateway(Kind::HttpApiV2, &function), get("/never")));
    assert_eq!(
        text(ask(gateway(Kind::HttpApiV2, &function), get("/other")).await).await,
        "/other"
    );
    function.stop().await;
    assert_eq!(
        stuck.await.unwrap().status(),
        StatusCode::INTERNAL_SERVER_ERROR
    );
}

#[tokio::test]
async fn a_restored_function_asks_restore_next_first() {
    let (builder, mut report) = reported();
    let function = scripted("restore", builder.snap_start(true));
    let line = report.until("restored:").await;
    assert!(line.contains("200"), "{line}");
    assert_eq!(
        text(ask(gateway(Kind::HttpApiV2, &function), get("/after")).await).await,
        "/after"
    );
    function.stop().await;
}

#[tokio::test]
async fn a_restart_lets_work_in_flight_finish_and_loses_no_request() {
    let sign = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = sign.local_addr().unwrap().to_string();
    let function = scripted(
        "gate",
        Function::builder().report(|_| {}).env("GO_ON", address),
    );
    let gateway = gateway(Kind::HttpApiV2, &function);
    let in_flight = tokio::spawn(ask(gateway.clone(), get("/gate")));
    let (mut socket, _) = sign.accept().await.unwrap();
    function.restart();
    let new = text(ask(gateway.clone(), get("/")).await).await;
    socket.write_all(b"!").await.unwrap();
    let response = in_flight.await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let old = text(response).await;
    assert_ne!(old, new, "another process answers after the restart");
    assert_eq!(text(ask(gateway, get("/")).await).await, new);
    function.stop().await;
    assert!(!alive(&old) && !alive(&new));
}

#[tokio::test]
async fn streams_are_passed_on_live() {
    for kind in [Kind::RestApi, Kind::FunctionUrl] {
        let mut streaming = Streaming::begin("stream", kind, true).await;
        assert_eq!(streaming.status, StatusCode::CREATED);
        assert_eq!(streaming.header("x-a"), ["b"]);
        assert_eq!(streaming.header("set-cookie"), ["c=1", "d=2"]);
        // The function has not sent more, and waits for us.
        assert_eq!(streaming.chunk().await.unwrap(), "first");
        streaming.go_on().await;
        assert_eq!(streaming.chunk().await.unwrap(), "second");
        assert!(streaming.body.frame().await.is_none());
        streaming.function.stop().await;
    }
}

#[tokio::test]
async fn a_stream_without_prelude_is_the_body_of_a_function_url() {
    let mut streaming = Streaming::begin("stream-raw", Kind::FunctionUrl, true).await;
    assert_eq!(streaming.status, StatusCode::OK);
    assert_eq!(
        streaming.header("content-type"),
        ["application/octet-stream"]
    );
    assert_eq!(streaming.chunk().await.unwrap(), "first");
    streaming.go_on().await;
    streaming.function.stop().await;
}

#[tokio::test]
async fn a_stream_that_dies_or_fails_breaks_off_for_the_client_too() {
    for (script, reason) in [
        ("stream-dies", ""),
        ("stream-fails", "Middle: in the middle"),
    ] {
        let mut streaming = Streaming::begin(script, Kind::FunctionUrl, true).await;
        assert_eq!(streaming.chunk().await.unwrap(), "first");
        streaming.go_on().await;
        let error = streaming.chunk().await.unwrap_err();
        assert!(error.contains(reason), "{error}");
        streaming.function.stop().await;
    }
}

#[tokio::test]
async fn a_gateway_that_does_not_stream_takes_the_whole_stream_for_the_answer() {
    let mut streaming = Streaming::begin("stream", Kind::RestApi, false).await;
    assert_eq!(streaming.status, StatusCode::BAD_GATEWAY);
    assert_eq!(
        streaming.chunk().await.unwrap(),
        r#"{"message":"Internal server error"}"#
    );
    streaming.function.stop().await;
}

#[tokio::test]
async fn an_http_api_sends_the_collected_stream_and_the_developer_learns_why() {
    let mut streaming = Streaming::begin("stream", Kind::HttpApiV2, false).await;
    assert_eq!(streaming.status, StatusCode::OK);
    assert_eq!(
        streaming.fault,
        "the function streamed, but this gateway is not set to stream"
    );
    assert!(
        streaming
            .chunk()
            .await
            .unwrap()
            .ends_with("\0\0firstsecond")
    );
    streaming.function.stop().await;
}

#[tokio::test]
async fn what_a_function_starts_ends_with_it() {
    let (builder, mut report) = reported();
    let function = builder
        .spawn("sh", ["-c", "sleep 1000 & echo child $!; wait"])
        .unwrap();
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
    let function = scripted(
        "never-once",
        Function::builder().report(|_| {}).concurrency(2),
    );
    let gone = tokio::spawn(ask(gateway(Kind::HttpApiV2, &function), get("/never")));
    assert_eq!(
        text(ask(gateway(Kind::HttpApiV2, &function), get("/other")).await).await,
        "/other"
    );
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    assert_eq!(
        text(ask(gateway(Kind::HttpApiV2, &function), get("/third")).await).await,
        "/third"
    );
    function.stop().await;
}

#[tokio::test]
async fn an_attached_function_is_served_and_an_absent_one_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let function = Function::builder()
        .report(|_| {})
        .timeout(Duration::from_millis(200))
        .attach(listener)
        .unwrap();
    let (status, fault) = status_and_fault(gateway(Kind::HttpApiV2, &function), "/").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(
        fault.contains(&format!("start one with AWS_LAMBDA_RUNTIME_API={address}")),
        "{fault}"
    );

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let function = Function::builder().report(|_| {}).attach(listener).unwrap();
    let elsewhere = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(&crate::scripted::command_line()[1..])
        .env("SCRIPT", "path")
        .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
        .stdout(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    assert_eq!(
        text(ask(gateway(Kind::HttpApiV2, &function), get("/attached")).await).await,
        "/attached"
    );
    drop(elsewhere);
}

#[tokio::test]
async fn a_program_that_does_not_exist_fails_at_once() {
    let error = Function::builder()
        .spawn("no-such-program-anywhere", [""; 0])
        .unwrap_err();
    assert_eq!(error.to_string(), "no program `no-such-program-anywhere`");
}

/// A streaming function and the response that has begun.
struct Streaming {
    function: Function,
    status: StatusCode,
    headers: http::HeaderMap,
    fault: String,
    body: Body,
    sign: Arc<TcpListener>,
}

impl Streaming {
    async fn begin(script: &str, kind: Kind, streaming: bool) -> Self {
        let sign = Arc::new(TcpListener::bind("127.0.0.1:0").await.unwrap());
        let address: SocketAddr = sign.local_addr().unwrap();
        let function = scripted(
            script,
            Function::builder()
                .report(|_| {})
                .env("GO_ON", address.to_string()),
        );
        let gateway = Gateway::builder(kind)
            .response_streaming(streaming)
            .build(function.clone())
            .unwrap();
        let path = format!("{}/", gateway.base_path());
        let asked = ask(gateway, get(&path));
        let response = if streaming {
            asked.await
        } else {
            // A gateway that collects needs the end of the stream.
            let (response, ()) = tokio::join!(asked, go_on(&sign));
            response
        };
        let fault = response
            .extensions()
            .get::<Fault>()
            .map(ToString::to_string)
            .unwrap_or_default();
        let (parts, body) = response.into_parts();
        Self {
            function,
            status: parts.status,
            headers: parts.headers,
            fault,
            body,
            sign,
        }
    }

    fn header(&self, name: &str) -> Vec<&str> {
        self.headers
            .get_all(name)
            .iter()
            .map(|v| v.to_str().unwrap())
            .collect()
    }

    async fn chunk(&mut self) -> Result<String, String> {
        let frame = self.body.frame().await.expect("the body goes on");
        frame
            .map(|f| String::from_utf8(f.into_data().unwrap().to_vec()).unwrap())
            .map_err(|e| e.to_string())
    }

    async fn go_on(&self) {
        go_on(&self.sign).await;
    }
}

async fn go_on(sign: &TcpListener) {
    let (mut socket, _) = sign.accept().await.unwrap();
    socket.write_all(b"!").await.unwrap();
}

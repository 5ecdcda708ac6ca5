//! A function as a process of its own, against a Runtime API on loopback that is written here from AWS's
//! documentation of custom runtimes.

use std::{convert::Infallible, process::Stdio, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{
    io::AsyncReadExt,
    net::TcpListener,
    process::{Child, Command},
    sync::{Mutex, mpsc},
};

/// What the function told the Runtime API.
struct Report {
    request_id: String,
    /// `response` or `error`.
    kind: String,
    headers: HeaderMap,
    body: Bytes,
    trailers: Option<HeaderMap>,
}

impl Report {
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The app's answer, that it is one, and the JSON in its body.
    #[track_caller]
    fn seen(&self) -> Value {
        assert_eq!(self.kind, "response", "{}", String::from_utf8_lossy(&self.body));
        serde_json::from_str(self.json()["body"].as_str().unwrap()).unwrap()
    }

    #[track_caller]
    fn assert_error(&self, error_type: &str, says: &str) {
        assert_eq!(self.kind, "error");
        // Lambda keeps no other names.
        let kept = error_type.replace("SippyCup.", "Function.");
        assert_eq!(self.headers["lambda-runtime-function-error-type"], kept);
        let error = self.json();
        assert_eq!(error["errorType"], error_type);
        let message = error["errorMessage"].as_str().unwrap();
        assert!(message.contains(says), "{message}");
    }
}

/// A function under a Runtime API, until it is dropped.
struct Lambda {
    function: Child,
    events: mpsc::UnboundedSender<(String, Bytes)>,
    reports: mpsc::UnboundedReceiver<Report>,
    sent: usize,
}

type Queue = Arc<Mutex<mpsc::UnboundedReceiver<(String, Bytes)>>>;

impl Lambda {
    async fn start(variables: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (events, queue) = mpsc::unbounded_channel();
        let (report, reports) = mpsc::unbounded_channel();
        let queue: Queue = Arc::new(Mutex::new(queue));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (queue, report) = (Arc::clone(&queue), report.clone());
                let api = service_fn(move |request| serve(request, Arc::clone(&queue), report.clone()));
                tokio::spawn(async move { http1::Builder::new().serve_connection(TokioIo::new(stream), api).await });
            }
        });
        let function = function(&[("AWS_LAMBDA_RUNTIME_API", &address)])
            .envs(variables.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self { function, events, reports, sent: 0 }
    }

    fn send(&mut self, event: impl Into<Bytes>) -> String {
        self.sent += 1;
        let id = format!("00000000-0000-4000-8000-{:012}", self.sent);
        self.events.send((id.clone(), event.into())).unwrap();
        id
    }

    async fn report(&mut self) -> Report {
        tokio::select! {
            report = self.reports.recv() => report.unwrap(),
            status = self.function.wait() => panic!("the function ended: {status:?}"),
        }
    }

    async fn invoke(&mut self, event: impl Into<Bytes>) -> Report {
        let id = self.send(event);
        let report = self.report().await;
        assert_eq!(report.request_id, id);
        report
    }
}

/// The function, not started.
pub(crate) fn function(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_function"));
    command.env_clear().envs(variables.iter().copied()).kill_on_drop(true).stdin(Stdio::null()).stderr(Stdio::null());
    command
}

async fn serve(
    request: Request<Incoming>,
    queue: Queue,
    reports: mpsc::UnboundedSender<Report>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().strip_prefix("/2018-06-01/runtime/").unwrap().to_owned();
    if path == "invocation/next" {
        assert_eq!(request.method(), Method::GET);
        let next = queue.lock().await.recv().await;
        let Some((id, event)) = next else { return std::future::pending().await };
        let response = Response::builder()
            .header("lambda-runtime-aws-request-id", &id)
            .header("lambda-runtime-deadline-ms", "1700000060000")
            .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:111122223333:function:probe")
            .header("lambda-runtime-trace-id", format!("Root=1-6553f100-{id}"))
            .header("lambda-runtime-invocation-id", format!("invocation-of-{id}"));
        return Ok(response.body(Full::new(event)).unwrap());
    }
    assert_eq!(request.method(), Method::POST);
    let mut parts = path.split('/').skip(1).map(str::to_owned);
    let (request_id, kind) = (parts.next().unwrap(), parts.next().unwrap());
    let headers = request.headers().clone();
    let collected = request.into_body().collect().await;
    let (trailers, body) = match collected {
        Ok(body) => (body.trailers().cloned(), body.to_bytes()),
        Err(_) => return Ok(Response::new(Full::default())),
    };
    // Lambda refuses answers that are too large; here a smaller limit does.
    let too_large = kind == "response" && body.len() > 1 << 20;
    reports.send(Report { request_id, kind, headers, body, trailers }).unwrap();
    let mut response = Response::new(Full::from("{\"status\":\"OK\"}"));
    *response.status_mut() = if too_large { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::ACCEPTED };
    Ok(response)
}

fn rest(path: &str) -> String {
    json!({
        "httpMethod": "GET", "resource": "/{proxy+}", "path": path,
        "headers": {"Host": "q7.execute-api.eu-central-1.amazonaws.com"},
        "requestContext": {"stage": "live", "path": format!("/live{path}")},
    })
    .to_string()
}

fn http_api(path: &str, variables: &Value) -> String {
    json!({
        "version": "2.0", "rawPath": path, "rawQueryString": "", "stageVariables": variables,
        "requestContext": {"stage": "$default", "domainName": "api.shop.example", "http": {"method": "GET"}},
    })
    .to_string()
}

#[tokio::test]
async fn answers_events_one_after_the_other_over_the_runtime_api() {
    let mut lambda = Lambda::start(&[]).await;
    for path in ["/a", "/b", "/c"] {
        let report = lambda.invoke(rest(path)).await;
        let seen = report.seen();
        assert_eq!(seen["uri"], path);
        assert_eq!(seen["base"], "/live");
        assert_eq!(seen["source"], "rest_api");
    }
}

#[tokio::test]
async fn the_invocation_gives_the_trace_and_the_context_and_gets_its_id_back() {
    let mut lambda = Lambda::start(&[]).await;
    let report = lambda.invoke(rest("/")).await;
    let seen = report.seen();
    assert_eq!(seen["trace"], format!("Root=1-6553f100-{}", report.request_id));
    assert_eq!(seen["request_id"], report.request_id.as_str());
    assert_eq!(seen["deadline"], 1_700_000_060_000_u64);
    let wanted = json!({
        "arn": "arn:aws:lambda:eu-central-1:111122223333:function:probe", "client_context": null, "identity": null,
        "remaining": null, "tenant": null, "trace": format!("Root=1-6553f100-{}", report.request_id),
    });
    // The deadline is years ago: that of an emulator.
    assert_eq!(seen["lambda"], wanted);
    assert_eq!(report.headers["lambda-runtime-invocation-id"], format!("invocation-of-{}", report.request_id));

    let own = rest("/").replacen("\"Host\"", "\"X-Amzn-Trace-Id\":\"Root=1-of-the-event\",\"Host\"", 1);
    // The event's says which trace it is, and not by whom the function was called or whether it is recorded.
    let report = lambda.invoke(own).await;
    assert_eq!(report.seen()["trace"], format!("Root=1-6553f100-{}", report.request_id));

    let failed = lambda.invoke(rest("/service-error")).await;
    assert_eq!(failed.headers["lambda-runtime-invocation-id"], format!("invocation-of-{}", failed.request_id));
}

#[tokio::test]
async fn whatever_fails_costs_its_own_invocation_only() {
    let mut lambda = Lambda::start(&[]).await;
    for (event, error_type, says) in [
        (rest("/service-error"), "SippyCup.Service", "service failed: the service failed on purpose"),
        (rest("/body-failure"), "SippyCup.Body", "the body failed on purpose"),
        (rest("/panic"), "SippyCup.Panic", "the handler panicked on purpose"),
        (String::new(), "SippyCup.Event", "at `$`"),
        ("{\"httpMethod\":".to_owned(), "SippyCup.Event", "`httpMethod`"),
        (
            rest("/").replacen("\"httpMethod\"", "\"body\":\"!\",\"isBase64Encoded\":true,\"httpMethod\"", 1),
            "SippyCup.Event",
            "at `body`",
        ),
        (
            "{\"Records\":[{\"eventSource\":\"aws:sqs\",\"body\":\"planted\"}]}".to_owned(),
            "SippyCup.Event",
            "found an SQS event",
        ),
    ] {
        let report = lambda.invoke(event).await;
        report.assert_error(error_type, says);
        assert!(!String::from_utf8_lossy(&report.body).contains("planted"));
        assert_eq!(lambda.invoke(rest("/next")).await.seen()["uri"], "/next");
    }
    let not_utf_8 = lambda.invoke(&b"{\"httpMethod\":\"\xff\"}"[..]).await;
    not_utf_8.assert_error("SippyCup.Event", "expected UTF-8 at `httpMethod`");
}

#[tokio::test]
async fn two_workers_run_two_invocations_at_once() {
    let mut lambda = Lambda::start(&[("AWS_LAMBDA_MAX_CONCURRENCY", "2")]).await;
    let sent = [lambda.send(rest("/two")), lambda.send(rest("/two"))];
    let mut answered = [lambda.report().await, lambda.report().await].map(|report| {
        assert_eq!(report.json()["body"], "two");
        report.request_id
    });
    answered.sort();
    assert_eq!(answered, sent);

    // One of two fails; the process and the other go on.
    let panicking = lambda.send(rest("/panic"));
    let reports = [lambda.report().await, lambda.invoke(rest("/after")).await];
    reports[0].assert_error("SippyCup.Panic", "on purpose");
    assert_eq!(reports[0].request_id, panicking);
    assert_eq!(reports[1].seen()["uri"], "/after");
}

#[tokio::test]
async fn an_answer_larger_than_lambda_takes_is_reported_as_an_error() {
    let mut lambda = Lambda::start(&[]).await;
    let id = lambda.send(rest("/wide"));
    let refused = lambda.report().await;
    assert_eq!((refused.kind.as_str(), &refused.request_id), ("response", &id));
    let report = lambda.report().await;
    assert_eq!(report.request_id, id);
    report.assert_error("SippyCup.Response", &format!("a response of {} bytes", refused.body.len()));
    assert_eq!(lambda.invoke(rest("/next")).await.seen()["uri"], "/next");
}

#[tokio::test]
async fn cookies_bytes_and_redirects_survive_the_whole_way() {
    let mut lambda = Lambda::start(&[]).await;
    let answer = lambda.invoke(rest("/cookies")).await.json();
    let wanted = json!({
        "statusCode": 200, "multiValueHeaders": {"set-cookie": ["a=1", "b=2"], "x-latin": ["café"]}, "body": "/wA=",
        "isBase64Encoded": true,
    });
    assert_eq!(answer, wanted);
    let redirect = lambda.invoke(rest("/login")).await.json();
    assert_eq!(redirect["multiValueHeaders"]["location"], json!(["/live/done"]));
}

#[tokio::test]
async fn the_base_path_of_the_environment_yields_to_the_stage_variable_and_the_builder() {
    let variables = [("SIPPYCUP_SCRIPT_NAME_BASE", "env/")];
    let mut lambda = Lambda::start(&variables).await;
    let seen = lambda.invoke(http_api("/env/x", &Value::Null)).await.seen();
    assert_eq!((&seen["uri"], &seen["base"]), (&json!("/x"), &json!("/env")));
    let stage = json!({"SIPPYCUP_SCRIPT_NAME_BASE": "/stage"});
    assert_eq!(lambda.invoke(http_api("/x", &stage)).await.seen()["base"], "/stage");
    assert_eq!(lambda.invoke(rest("/x")).await.seen()["base"], "/env");

    let mut built = Lambda::start(&[variables[0], ("FUNCTION_MODE", "builder")]).await;
    assert_eq!(built.invoke(http_api("/x", &stage)).await.seen()["base"], "/built");
}

#[tokio::test]
async fn the_public_host_of_the_environment_is_that_of_uris_and_redirects() {
    let mut lambda = Lambda::start(&[("SIPPYCUP_PUBLIC_HOST", "shop.example.com")]).await;
    let seen = lambda.invoke(rest("/x")).await.seen();
    assert_eq!(seen["public"], "https://shop.example.com/live/x");
    assert_ne!(seen["host"], "shop.example.com");
    let redirect = lambda.invoke(rest("/login-at-public-host")).await.json();
    assert_eq!(redirect["multiValueHeaders"]["location"], json!(["https://shop.example.com/live/done"]));
}

/// Splits a streamed answer into its prelude and what follows the eight NULs.
#[track_caller]
fn streamed(report: &Report) -> (Value, Vec<u8>) {
    assert_eq!(report.headers["lambda-runtime-function-response-mode"], "streaming");
    assert_eq!(report.headers["content-type"], "application/vnd.awslambda.http-integration-response");
    assert_eq!(report.headers["transfer-encoding"], "chunked");
    let nul = report.body.windows(8).position(|window| window == [0; 8]).unwrap();
    (serde_json::from_slice(&report.body[..nul]).unwrap(), report.body[nul + 8..].to_vec())
}

#[tokio::test]
async fn a_streamed_answer_is_a_prelude_and_the_bytes() {
    let mut lambda = Lambda::start(&[("FUNCTION_MODE", "stream")]).await;
    let report = lambda.invoke(http_api("/cookies", &Value::Null)).await;
    assert_eq!(report.kind, "response");
    let (prelude, body) = streamed(&report);
    assert_eq!(prelude, json!({"statusCode": 200, "headers": {"x-latin": "café"}, "cookies": ["a=1", "b=2"]}));
    assert_eq!(body, b"\xff\x00");

    let (prelude, body) = streamed(&lambda.invoke(rest("/login")).await);
    assert_eq!(prelude, json!({"statusCode": 303, "multiValueHeaders": {"location": ["/live/done"]}}));
    assert!(body.is_empty());

    // Nothing went out yet: an ordinary error.
    lambda.invoke(rest("/service-error")).await.assert_error("SippyCup.Service", "on purpose");
    lambda.invoke(rest("/panic")).await.assert_error("SippyCup.Panic", "on purpose");
    lambda.invoke("{}").await.assert_error("SippyCup.Event", "found an empty object");
}

#[tokio::test]
async fn a_streamed_body_that_fails_ends_in_trailers() {
    let mut lambda = Lambda::start(&[("FUNCTION_MODE", "stream")]).await;
    let report = lambda.invoke(http_api("/body-failure", &Value::Null)).await;
    let (prelude, body) = streamed(&report);
    assert_eq!(prelude["statusCode"], 200);
    assert_eq!(body, b"he");
    let trailers = report.trailers.as_ref().unwrap();
    assert_eq!(trailers["lambda-runtime-function-error-type"], "Function.Body");
    let error = STANDARD.decode(trailers["lambda-runtime-function-error-body"].as_bytes()).unwrap();
    let error: Value = serde_json::from_slice(&error).unwrap();
    assert_eq!(error["errorType"], "SippyCup.Body");
    assert!(error["errorMessage"].as_str().unwrap().contains("the body failed on purpose"));

    let (_, body) = streamed(&lambda.invoke(http_api("/next", &Value::Null)).await);
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["uri"], "/next");
}

#[tokio::test]
async fn lambda_http_runs_the_layer_too() {
    let mut lambda = Lambda::start(&[
        ("FUNCTION_MODE", "lambda-http"),
        ("AWS_LAMBDA_FUNCTION_NAME", "probe"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
    ])
    .await;
    let seen = lambda.invoke(full_rest("/a%20b")).await.seen();
    assert_eq!(seen["uri"], "/a%20b");
    assert_eq!(seen["base"], "/live");
    assert_eq!(seen["source"], "rest_api");
    assert!(seen["request_id"].is_string());
    let redirect = lambda.invoke(full_rest("/login")).await.json();
    assert_eq!(redirect["multiValueHeaders"]["location"], json!(["/live/done"]));
    let binary = lambda.invoke(full_rest("/cookies")).await.json();
    assert_eq!(binary["body"], "/wA=");
    assert_eq!(binary["multiValueHeaders"]["set-cookie"], json!(["a=1", "b=2"]));
    assert_eq!(lambda.invoke(full_rest("/service-error")).await.kind, "error");
    assert_eq!(lambda.invoke(full_rest("/body-failure")).await.kind, "error");
    assert_eq!(lambda.invoke(full_rest("/panic")).await.kind, "error");
    assert_eq!(lambda.invoke(full_rest("/next")).await.seen()["uri"], "/next");
}

/// What `lambda_http` insists on as well.
fn full_rest(path: &str) -> String {
    let mut event: Value = serde_json::from_str(&rest(path)).unwrap();
    let context = event["requestContext"].as_object_mut().unwrap();
    context.insert("httpMethod".to_owned(), "GET".into());
    context.insert("identity".to_owned(), json!({"sourceIp": "192.0.2.1"}));
    context.insert("requestTimeEpoch".to_owned(), 1.into());
    event["isBase64Encoded"] = false.into();
    event["multiValueHeaders"] = json!({"Host": ["q7.execute-api.eu-central-1.amazonaws.com"]});
    event["pathParameters"] = json!({"proxy": path.trim_start_matches('/')});
    event.to_string()
}

/// How a function ends that should not have started.
pub(crate) async fn ending(variables: &[(&str, &str)]) -> String {
    let output = function(variables).stdout(Stdio::piped()).stderr(Stdio::piped()).output().await.unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn an_address_that_is_none_is_an_error_that_names_the_variable() {
    for mode in ["", "stream"] {
        let said = ending(&[("AWS_LAMBDA_RUNTIME_API", "not a host"), ("FUNCTION_MODE", mode)]).await;
        assert!(
            said.contains("expected a host and port in `AWS_LAMBDA_RUNTIME_API`, found \\\"not a host\\\""),
            "{said}"
        );
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[tokio::test]
async fn a_function_does_not_listen_whatever_its_own_variables_say() {
    let mut lambda = Lambda::start(&[("SIPPYCUP_LISTEN", "127.0.0.1:0")]).await;
    assert_eq!(lambda.invoke(rest("/a")).await.seen()["source"], "rest_api");
    lambda.function.start_kill().unwrap();
    let mut said = String::new();
    lambda.function.stderr.take().unwrap().read_to_string(&mut said).await.unwrap();
    assert!(said.starts_with("INFO: Lambda function: events come from the Runtime API at 127.0.0.1:"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[tokio::test]
async fn an_app_that_is_never_ready_ends_the_process() {
    let mut lambda = Lambda::start(&[("FUNCTION_MODE", "never-ready")]).await;
    lambda.send(rest("/"));
    assert!(!lambda.function.wait().await.unwrap().success());
    let mut said = String::new();
    lambda.function.stderr.take().unwrap().read_to_string(&mut said).await.unwrap();
    assert!(said.contains("the app will never be ready again: service failed: never ready on purpose"), "{said}");
}

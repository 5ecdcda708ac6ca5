//! Lambda's Runtime API on loopback, and the function under it.

use std::{convert::Infallible, process::Stdio, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    net::TcpListener,
    process::{Child, ChildStderr, Command},
    sync::{Mutex, mpsc},
    task::JoinSet,
    time::timeout,
};

/// The function runs until it is dropped.
pub(crate) struct Lambda {
    _function: Child,
    said: Lines<BufReader<ChildStderr>>,
    polls: usize,
    waiting: usize,
    events: mpsc::UnboundedSender<Response<Full<Bytes>>>,
    calls: mpsc::UnboundedReceiver<Call>,
    _serving: JoinSet<()>,
}

enum Call {
    Next,
    Answer(Value),
}

impl Lambda {
    /// Starts the function, and waits until it waits for events.
    pub(crate) async fn start(collector: &str, polls: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (events, given) = mpsc::unbounded_channel();
        let (told, calls) = mpsc::unbounded_channel();
        let (given, mut serving) = (Arc::new(Mutex::new(given)), JoinSet::new());
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (given, told) = (Arc::clone(&given), told.clone());
                connections.spawn(async move {
                    let service = service_fn(move |request| take(request, Arc::clone(&given), told.clone()));
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        let mut command = Command::new(env!("CARGO_BIN_EXE_telemetry"));
        command
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "shop")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "7")
            // The log's level is no business of the traces.
            .env("AWS_LAMBDA_LOG_LEVEL", "WARN")
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector);
        if polls > 1 {
            command.env("AWS_LAMBDA_MAX_CONCURRENCY", polls.to_string());
        }
        let mut function = command.kill_on_drop(true).stderr(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(function.stderr.take().unwrap()).lines();
        let mut lambda = Self { _function: function, said, polls, waiting: 0, events, calls, _serving: serving };
        lambda.waits().await;
        lambda
    }

    /// Invokes the function with a request through an HTTP API, and gives its answer.
    pub(crate) async fn invoke(&mut self, id: &str, path: &str, trace: &str, headers: &[(&str, &str)]) -> Value {
        let mut all = json!({"host": "api.shop.example", "user-agent": "test/1"});
        for (name, value) in headers {
            all[name] = json!(value);
        }
        let event = json!({
            "version": "2.0", "rawPath": path, "rawQueryString": "token=hidden", "headers": all,
            "requestContext": {
                "stage": "$default", "domainName": "api.shop.example",
                "http": {"method": "GET", "path": path, "sourceIp": "192.0.2.7"},
            },
        });
        let event = Response::builder()
            .header("lambda-runtime-aws-request-id", id)
            .header("lambda-runtime-deadline-ms", "4102444800000")
            .header("lambda-runtime-trace-id", trace)
            .header(
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:eu-central-1:111122223333:function:shop:live",
            )
            .body(Full::from(event.to_string()));
        self.events.send(event.unwrap()).unwrap();
        self.waiting -= 1;
        loop {
            match self.called().await {
                Call::Next => self.waiting += 1,
                Call::Answer(answer) => return answer,
            }
        }
    }

    /// Waits until the function has nothing to do: Lambda would freeze it.
    pub(crate) async fn waits(&mut self) {
        while self.waiting < self.polls {
            assert!(matches!(self.called().await, Call::Next));
            self.waiting += 1;
        }
    }

    /// Waits for a line of the log with this in it.
    pub(crate) async fn says(&mut self, text: &str) -> String {
        loop {
            let line = timeout(LONG, self.said.next_line()).await.expect("a line in time").unwrap().unwrap();
            if line.contains(text) {
                return line;
            }
        }
    }

    async fn called(&mut self) -> Call {
        timeout(LONG, self.calls.recv()).await.expect("a call in time").unwrap()
    }
}

async fn take(
    request: Request<Incoming>,
    given: Arc<Mutex<mpsc::UnboundedReceiver<Response<Full<Bytes>>>>>,
    told: mpsc::UnboundedSender<Call>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    if path.ends_with("/next") {
        told.send(Call::Next).unwrap();
        return Ok(given.lock().await.recv().await.unwrap());
    }
    assert!(path.ends_with("/response"), "{path}");
    let body = request.into_body().collect().await.unwrap().to_bytes();
    told.send(Call::Answer(serde_json::from_slice(&body).unwrap())).unwrap();
    Ok(Response::builder().status(202).body(Full::default()).unwrap())
}

/// Only a test that fails waits so long.
const LONG: Duration = Duration::from_secs(60);

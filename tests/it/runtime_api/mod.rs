//! The loop over the Runtime API, against one that does all that a server can do wrong: written here byte by byte, on
//! loopback. Each row: what the process does, that it lives, and that the next invocation is right.

mod after;
mod answers;
mod callers;
mod events;
mod guards;
mod hostile;
mod locally;
mod log;
mod logging;
mod long;
mod metrics;
mod panics;
mod polls;
mod shutdown;
mod snapshot;
mod start;
mod streams;
mod unready;

use std::{collections::HashMap, process::Stdio, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    net::{TcpListener, TcpStream},
    process::{Child, ChildStderr, ChildStdout, Command},
    sync::mpsc,
    time::timeout,
};

/// What `lambda_runtime` wants of the environment, and our own loop does without.
const NAMED: [(&str, &str); 3] = [
    ("AWS_LAMBDA_FUNCTION_NAME", "function"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
];

/// A Runtime API, and the function under it until it is dropped.
struct Api {
    function: Child,
    said: Lines<BufReader<Box<dyn AsyncRead + Send + Unpin>>>,
    /// What it writes to standard output.
    written: Lines<BufReader<ChildStdout>>,
    calls: mpsc::UnboundedReceiver<Call>,
    /// Calls of `next` that wait.
    waiting: Vec<Call>,
    polls: usize,
    address: std::net::SocketAddr,
    accepting: tokio::task::JoinHandle<()>,
    number: usize,
}

/// A request of the function's, and the connection it came over. Dropped without a reply, the connection is closed.
struct Call {
    line: String,
    headers: HashMap<String, String>,
    body: Vec<u8>,
    trailers: HashMap<String, String>,
    stream: BufReader<TcpStream>,
    calls: mpsc::UnboundedSender<Self>,
}

impl Api {
    /// Starts the function with so many polls, and waits until all of them wait for an event.
    async fn start(polls: usize, variables: &[(&str, &str)]) -> Self {
        let mut api = Self::begin(polls, variables).await;
        api.all_wait().await;
        api
    }

    /// Starts the function.
    async fn begin(polls: usize, variables: &[(&str, &str)]) -> Self {
        Self::begin_as(env!("CARGO_BIN_EXE_rude"), Stdio::piped(), polls, variables).await
    }

    /// Starts this function, which writes its standard error there.
    async fn begin_as(function: &str, stderr: Stdio, polls: usize, variables: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut command = Command::new(function);
        command.env_clear().env("AWS_LAMBDA_RUNTIME_API", address.to_string());
        // A proxy has no business here.
        command.env("http_proxy", "http://192.0.2.1:1").env("HTTP_PROXY", "http://192.0.2.1:1");
        if polls > 1 {
            command.env("AWS_LAMBDA_MAX_CONCURRENCY", polls.to_string());
        }
        command
            .envs(variables.iter().copied())
            .kill_on_drop(true)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr);
        let mut function = command.spawn().unwrap();
        let said: Box<dyn AsyncRead + Send + Unpin> = match function.stderr.take() {
            Some(stderr) => Box::new(stderr),
            None => Box::new(tokio::io::empty()),
        };
        let said = BufReader::new(said).lines();
        let written = BufReader::new(function.stdout.take().unwrap()).lines();
        let (sender, calls) = mpsc::unbounded_channel();
        let accepting = tokio::spawn(accept(listener, sender));
        Self { function, said, written, calls, waiting: Vec::new(), polls, address, accepting, number: 0 }
    }

    /// Waits until every poll waits for an event.
    async fn all_wait(&mut self) {
        while self.waiting.len() < self.polls {
            let call = self.any().await;
            assert!(call.is_next(), "{} {}", call.line, String::from_utf8_lossy(&call.body));
            self.waiting.push(call);
        }
    }

    async fn any(&mut self) -> Call {
        let call = timeout(LONG, async {
            tokio::select! {
                call = self.calls.recv() => call.unwrap(),
                status = self.function.wait() => {
                    let mut said = Vec::new();
                    while let Ok(Some(line)) = self.said.next_line().await {
                        said.push(line);
                    }
                    panic!("the function ended: {status:?}\n{}", said.join("\n"))
                }
            }
        });
        call.await.expect("a call in time")
    }

    /// A call of `next`.
    async fn next(&mut self) -> Call {
        if self.waiting.is_empty() {
            let call = self.any().await;
            assert!(call.is_next(), "{} {}", call.line, String::from_utf8_lossy(&call.body));
            return call;
        }
        self.waiting.remove(0)
    }

    /// A call that is not for an event.
    async fn report(&mut self) -> Call {
        loop {
            let call = self.any().await;
            if !call.is_next() {
                return call;
            }
            self.waiting.push(call);
        }
    }

    /// Nobody listens for three seconds. This call gets no reply.
    async fn goes_and_comes_back(&mut self, call: Call) {
        self.accepting.abort();
        let _ = (&mut self.accepting).await;
        self.waiting.clear();
        drop(call);
        tokio::time::sleep(Duration::from_secs(3)).await;
        let listener = TcpListener::bind(self.address).await.unwrap();
        let (sender, calls) = mpsc::unbounded_channel();
        self.calls = calls;
        self.accepting = tokio::spawn(accept(listener, sender));
    }

    /// The most memory that the process has had, in kilobytes.
    fn peak(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.function.id().unwrap())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse().unwrap()
    }

    fn id(&mut self) -> String {
        self.number += 1;
        format!("00000000-0000-4000-8000-{:012}", self.number)
    }

    /// Gives the event to a poll that waits, and says what the function reports. It is not accepted yet.
    async fn invoke(&mut self, path: &str) -> (String, Call) {
        let id = self.id();
        self.next().await.reply(&event(&id, &http_api(path))).await;
        (id, self.report().await)
    }

    /// Everything is as it should be: every poll waits, and an invocation is answered with what it asked for.
    async fn works(&mut self) {
        self.all_wait().await;
        let (id, report) = self.invoke("/works").await;
        report.assert_answers(&id);
        report.accept().await;
        self.all_wait().await;
    }

    /// Sends the signal with which Lambda ends a process.
    async fn terminate(&self) {
        let id = self.function.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    }

    /// How the process ends, and what it said.
    async fn ends(mut self) -> (Option<i32>, String) {
        let ended = timeout(LONG, async {
            let mut said = String::new();
            while let Some(line) = self.said.next_line().await.unwrap() {
                if !line.contains(START) {
                    said.extend([&line, "\n"]);
                }
            }
            (self.function.wait().await.unwrap().code(), said)
        });
        ended.await.expect("an end in time")
    }

    /// The lines until one has this in it.
    async fn until(&mut self, text: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let line = timeout(LONG, self.said.next_line()).await.expect("a line in time").unwrap().unwrap();
            let is_last = line.contains(text);
            if line.contains(START) {
                continue;
            }
            lines.push(line);
            if is_last {
                return lines;
            }
        }
    }
}

async fn accept(listener: TcpListener, calls: mpsc::UnboundedSender<Call>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        tokio::spawn(read(BufReader::new(stream), calls.clone()));
    }
}

/// Reads one request. One that breaks off is none.
async fn read(mut stream: BufReader<TcpStream>, calls: mpsc::UnboundedSender<Call>) -> Option<()> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    let headers = fields(&mut stream).await?;
    let (mut body, mut trailers) = (Vec::new(), HashMap::new());
    if let Some(length) = headers.get("content-length") {
        body.resize(length.parse().unwrap(), 0);
        stream.read_exact(&mut body).await.ok()?;
    } else if headers.contains_key("transfer-encoding") {
        loop {
            let mut size = String::new();
            stream.read_line(&mut size).await.ok()?;
            let size = usize::from_str_radix(size.trim(), 16).ok()?;
            if size == 0 {
                trailers = fields(&mut stream).await?;
                break;
            }
            let start = body.len();
            body.resize(start + size + 2, 0);
            stream.read_exact(&mut body[start..]).await.ok()?;
            body.truncate(start + size);
        }
    }
    if line.is_empty() {
        return None;
    }
    let line = line.trim_end().to_owned();
    calls.send(Call { line, headers, body, trailers, stream, calls: calls.clone() }).ok()
}

async fn fields(stream: &mut BufReader<TcpStream>) -> Option<HashMap<String, String>> {
    let mut fields = HashMap::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let Some((name, value)) = line.trim_end().split_once(':') else { return Some(fields) };
        fields.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
}

impl Call {
    fn is_next(&self) -> bool {
        self.line == "GET /2018-06-01/runtime/invocation/next HTTP/1.1"
    }

    /// Sends the bytes. A peer that has gone is the test's business, not this.
    async fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.get_mut().write_all(bytes).await;
    }

    /// Sends so many bytes at a time.
    async fn send_pieces(&mut self, bytes: &[u8], size: usize) {
        for piece in bytes.chunks(size) {
            self.send(piece).await;
            tokio::task::yield_now().await;
        }
    }

    /// Waits for the next request over this connection.
    fn keep(self) {
        tokio::spawn(read(self.stream, self.calls));
    }

    async fn reply(mut self, bytes: &[u8]) {
        self.send(bytes).await;
        self.keep();
    }

    async fn accept(self) {
        self.reply(ACCEPTED).await;
    }

    /// As a host that has forgotten the connection.
    fn reset(self) {
        self.stream.get_ref().set_zero_linger().unwrap();
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&self.body)))
    }

    /// The app's answer to this invocation, with what the app saw in it.
    #[track_caller]
    fn assert_answers(&self, id: &str) -> Value {
        assert_eq!(self.line, format!("POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1"));
        let seen = self.seen();
        assert_eq!(seen["id"], id);
        seen
    }

    /// What the app saw.
    #[track_caller]
    fn seen(&self) -> Value {
        let answer = match self.body.windows(8).position(|window| window == [0; 8]) {
            Some(prelude) => String::from_utf8(self.body[prelude + 8..].to_vec()).unwrap(),
            None => self.json()["body"].as_str().unwrap().to_owned(),
        };
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{answer}"))
    }

    /// The failure of this invocation.
    #[track_caller]
    fn assert_fails(&self, id: &str, error_type: &str, says: &str) {
        assert_eq!(self.line, format!("POST /2018-06-01/runtime/invocation/{id}/error HTTP/1.1"), "{:?}", self.body);
        assert_eq!(self.headers["lambda-runtime-function-error-type"], format!("Function.{error_type}"));
        assert_eq!(self.json()["errorType"], format!("SippyCup.{error_type}"));
        let message = self.json()["errorMessage"].as_str().unwrap().to_owned();
        assert!(message.contains(says), "{message}");
    }
}

/// What Lambda says to a call of `next`, with everything that it may say.
fn event(id: &str, event: &str) -> Vec<u8> {
    event_with(&format!("{}Lambda-Runtime-Invocation-Id: of-{id}\r\n", head(id)), event)
}

/// The headers that always come.
fn head(id: &str) -> String {
    format!(
        "Lambda-Runtime-Aws-Request-Id: {id}\r\nLambda-Runtime-Deadline-Ms: 4102444800000\r\n\
         Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-central-1:111122223333:function:rude\r\n"
    )
}

fn event_with(headers: &str, event: &str) -> Vec<u8> {
    let length = event.len();
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{headers}Content-Length: {length}\r\n\r\n{event}")
        .into()
}

fn http_api(path: &str) -> String {
    json!({
        "version": "2.0", "rawPath": path, "rawQueryString": "",
        "requestContext": {"stage": "$default", "domainName": "api.shop.example", "http": {"method": "GET"}},
    })
    .to_string()
}

fn status(status: &str, error_type: &str) -> Vec<u8> {
    let body = json!({"errorMessage": "said on purpose", "errorType": error_type}).to_string();
    format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        .into()
}

const ACCEPTED: &[u8] =
    b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"status\":\"OK\"}\n";

/// How the process was started is said once, in front of everything else.
const START: &str = "Lambda function: events come from the Runtime API";

/// Only a test that fails waits so long.
const LONG: Duration = Duration::from_secs(60);

/// As on demand, and as on Managed Instances.
const POLLS: [usize; 2] = [1, 16];

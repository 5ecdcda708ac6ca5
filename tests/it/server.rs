//! The same function where it listens itself: as a Web Function, and where `SIPPYCUP_LISTEN` says so.

use std::process::Stdio;

use bytes::Bytes;
use futures_util::FutureExt;
use http::{Request, Version};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    net::{TcpListener, TcpStream},
    process::{Child, ChildStderr},
};

use crate::lambda::{ending, function};

/// A function that listens, until it is dropped.
struct Server {
    function: Child,
    said: Lines<BufReader<ChildStderr>>,
    address: String,
    /// What it said of itself.
    kind: String,
}

impl Server {
    async fn start(variables: &[(&str, &str)]) -> Self {
        let mut function = function(variables).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(function.stderr.take().unwrap()).lines();
        let first = said.next_line().await.unwrap().unwrap();
        let (kind, address) = first.split_once("listening on http://").unwrap_or_else(|| panic!("{first}"));
        let address = address.split(',').next().unwrap().to_owned();
        Self { address, kind: kind.to_owned(), function, said }
    }

    async fn listening(variables: &[(&str, &str)]) -> Self {
        Self::start(&[&[("SIPPYCUP_LISTEN", "127.0.0.1:0")], variables].concat()).await
    }

    async fn connect(&self, request: impl AsRef<[u8]>) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(request.as_ref()).await.unwrap();
        stream
    }

    /// Everything that the client reads.
    async fn send(&self, request: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect(request).await;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    async fn get(&self, target: &str) -> String {
        self.send(get(target, "")).await
    }

    /// What the app saw of a request.
    async fn seen(&self, target: &str, headers: &str) -> Value {
        let answer = self.send(get(target, headers)).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer}"));
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        serde_json::from_str(body).unwrap()
    }

    fn terminate(&self) {
        let id = i32::try_from(self.function.id().unwrap()).unwrap();
        rustix::process::kill_process(rustix::process::Pid::from_raw(id).unwrap(), rustix::process::Signal::TERM)
            .unwrap();
    }

    /// All lines until the process has ended well.
    async fn ended(mut self) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(line) = self.said.next_line().await.unwrap() {
            lines.push(line);
        }
        assert!(self.function.wait().await.unwrap().success(), "{lines:?}");
        lines
    }
}

fn get(target: &str, headers: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nhost: shop.example\r\n{headers}connection: close\r\n\r\n")
}

async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    while !read.ends_with(end.as_bytes()) {
        let byte = stream.read_u8().await.unwrap_or_else(|error| {
            panic!("expected `{end}`, found {error} behind {}", String::from_utf8_lossy(&read))
        });
        read.push(byte);
    }
    String::from_utf8(read).unwrap()
}

#[tokio::test]
async fn a_server_gives_the_app_what_a_front_door_would() {
    let server = Server::listening(&[("SIPPYCUP_SCRIPT_NAME_BASE", "/shop")]).await;
    assert_eq!(server.kind, "INFO: not on Lambda: ");
    let headers = "x-forwarded-for: 192.0.2.9\r\nx-forwarded-proto: https\r\nlambda-web-request-id: forged\r\n";
    let seen = server.seen("/shop/a%20b?q=1", headers).await;
    for (name, wanted) in [
        ("uri", json!("/a%20b?q=1")),
        ("source", json!("server")),
        ("base", json!("/shop")),
        ("client", json!("127.0.0.1")),
        ("public", json!("https://shop.example/shop/a%20b?q=1")),
        ("host", json!("shop.example")),
        ("request_id", Value::Null),
        ("lambda", Value::Null),
    ] {
        assert_eq!(seen[name], wanted, "{name}");
    }
    let redirect = server.get("/shop/login").await;
    assert!(redirect.starts_with("HTTP/1.1 303 ") && redirect.contains("\r\nlocation: /shop/done\r\n"), "{redirect}");
    let cookies = server.get("/cookies").await;
    assert!(cookies.contains("\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n"), "{cookies}");
    assert_eq!(server.seen("/", "").await["public"], "http://shop.example/shop/");
}

#[tokio::test]
async fn a_server_speaks_http_2_without_tls() {
    let server = Server::listening(&[]).await;
    let stream = TcpStream::connect(&server.address).await.unwrap();
    let (mut client, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = |path: &str, body: &'static str| {
        Request::post(format!("http://shop.example{path}")).body(Full::new(Bytes::from(body))).unwrap()
    };
    // Each passes only where the other is under way, over the same connection.
    let two = [client.send_request(request("/two", "")), client.send_request(request("/two", ""))];
    for response in futures_util::future::join_all(two).await {
        assert_eq!(response.unwrap().into_body().collect().await.unwrap().to_bytes(), "two");
    }
    let response = client.send_request(request("/a?b", "")).await.unwrap();
    assert_eq!((response.status().as_u16(), response.version()), (200, Version::HTTP_2));
    let seen: Value = serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap();
    assert_eq!((&seen["uri"], &seen["host"]), (&json!("/a?b"), &json!("shop.example")));
    assert_eq!(seen["public"], "http://shop.example/a?b");
    let echo = client.send_request(request("/echo", "hello")).await.unwrap();
    assert_eq!(echo.into_body().collect().await.unwrap().to_bytes(), "hello");
    // What fails costs its own stream.
    assert_eq!(client.send_request(request("/panic", "")).await.unwrap().status(), 500);
    let broken = client.send_request(request("/body-failure", "")).await;
    let broken = async { broken?.into_body().collect().await };
    assert!(broken.await.is_err());

    let mut held = client.send_request(request("/held", "")).await.unwrap().into_body();
    assert_eq!(held.frame().await.unwrap().unwrap().into_data().unwrap(), "held 1;");
    server.terminate();
    assert_eq!(held.frame().await.unwrap().unwrap().into_data().unwrap(), "ended;");
    assert!(held.collect().await.unwrap().to_bytes().is_empty());
    connection.await.unwrap().unwrap();
    server.ended().await;
}

#[tokio::test]
async fn a_server_that_is_told_to_end_answers_what_is_under_way() {
    let server = Server::listening(&[]).await;
    // A connection that waits for its next request, and one that never sent any, hold nothing up.
    let mut idle = server.connect("GET /a HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let _silent = server.connect("").await;
    read_until(&mut idle, "}").await;
    let mut held = server.connect(get("/held", "")).await;
    let head = read_until(&mut held, "held 1;").await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("transfer-encoding: chunked"), "{head}");
    server.terminate();
    let rest = read_until(&mut held, "\r\n0\r\n\r\n").await;
    assert!(rest.contains("ended;"), "{rest}");
    assert_eq!(idle.read(&mut [0]).await.unwrap(), 0);
    let address = server.address.clone();
    assert_eq!(server.ended().await, ["INFO: told to end; requests under way are answered first"]);
    assert!(TcpStream::connect(&address).await.is_err());
}

#[tokio::test]
async fn whatever_fails_costs_its_own_request_only_and_is_a_line() {
    let server = Server::listening(&[]).await;
    for path in ["/panic", "/service-error"] {
        let answer = server.get(path).await;
        assert!(answer.starts_with("HTTP/1.1 500 ") && answer.contains("\r\ncontent-length: 0\r\n"), "{answer}");
        assert!(!answer.contains("on purpose"), "{answer}");
    }
    // Half an answer must not look like a whole one.
    let broken = server.get("/body-failure").await;
    assert!(!broken.ends_with("\r\n0\r\n\r\n"), "{broken}");
    assert_eq!(server.seen("/next", "").await["uri"], "/next");
    assert!(server.send("NO HTTP\r\n\r\n").await.starts_with("HTTP/1.1 400 "));
    server.terminate();
    let lines = server.ended().await;
    let told: Vec<_> = lines.iter().filter(|line| line.starts_with("SippyCup.")).collect();
    assert_eq!(
        told,
        [
            "SippyCup.Panic: handler panicked: the handler panicked on purpose",
            "SippyCup.Service: service failed: the service failed on purpose",
            "SippyCup.Body: response body failed: the body failed on purpose",
        ]
    );
}

#[tokio::test]
async fn a_body_above_the_limit_is_refused_however_it_is_framed() {
    let server = Server::listening(&[("FUNCTION_MODE", "small-bodies")]).await;
    let counted = |body: &str| {
        format!("POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    };
    let chunked = |body: &str| {
        let head = "POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
        format!("{head}2\r\n{}\r\n{}\r\n{}\r\n0\r\n\r\n", &body[..2], body.len() - 2, &body[2..])
    };
    for framed in [&counted as &dyn Fn(&str) -> String, &chunked] {
        let answer = server.send(framed("hello")).await;
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\nhello"), "{answer}");
        let answer = server.send(framed("hello!")).await;
        assert!(answer.starts_with("HTTP/1.1 413 ") && answer.ends_with("\r\n\r\n"), "{answer}");
    }
    // Who asks first is told before the body is sent.
    let expecting = "POST /echo HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 6\r\n\r\n";
    assert!(server.send(expecting).await.starts_with("HTTP/1.1 413 "));

    let default = Server::listening(&[]).await;
    let largest = "a".repeat(6 << 20);
    assert!(default.send(counted(&largest)).await.ends_with(&largest));
}

/// What AWS sets, beside a Runtime API that nobody must ask.
async fn web_function() -> (Server, TcpListener) {
    let runtime_api = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = runtime_api.local_addr().unwrap().to_string();
    let server = Server::start(&[
        ("AWS_LAMBDA_HTTP_ENDPOINT", "127.0.0.1:0"),
        ("AWS_LAMBDA_RUNTIME_API", &address),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "native-http"),
        ("AWS_REGION", "eu-central-1"),
        ("SIPPYCUP_LISTEN", "127.0.0.1:1"),
    ])
    .await;
    assert_eq!(server.kind, "INFO: Lambda Web Function (experimental): ");
    (server, runtime_api)
}

#[tokio::test]
async fn a_web_function_serves_http_and_leaves_the_runtime_api_alone() {
    let (server, runtime_api) = web_function().await;
    let headers = "x-forwarded-for: 192.0.2.9, 203.0.113.7\r\nx-forwarded-proto: http\r\n\
        lambda-web-request-id: 9f1c\r\nlambda-web-endpoint-name: shop\r\n";
    let seen = server.seen("/a?b", headers).await;
    for (name, wanted) in [
        ("uri", "/a?b"),
        ("source", "web_function"),
        ("base", ""),
        ("client", "203.0.113.7"),
        ("public", "https://shop.example/a?b"),
        ("request_id", "9f1c"),
    ] {
        assert_eq!(seen[name], wanted, "{name}");
    }
    let failing = get("/service-error", "lambda-web-request-id: 9f1d\r\n");
    assert!(server.send(failing).await.starts_with("HTTP/1.1 500 "));
    // HTTP/1.1 only.
    let answer = server.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert!(!answer.starts_with("\0"), "{answer:?}");

    let mut held = server.connect(get("/held", "")).await;
    read_until(&mut held, "held 1;").await;
    server.terminate();
    assert!(read_until(&mut held, "\r\n0\r\n\r\n").await.contains("ended;"));
    let lines = server.ended().await;
    let told = "SippyCup.Service: service failed: the service failed on purpose (RequestId: 9f1d)";
    assert!(lines.iter().any(|line| line == told), "{lines:?}");
    assert!(runtime_api.accept().now_or_never().is_none());
}

#[tokio::test]
async fn a_web_function_has_128_requests_at_once_and_no_more() {
    let (server, _runtime_api) = web_function().await;
    let mut held = Vec::new();
    for number in 1..=128 {
        let mut stream = server.connect(get("/held", "")).await;
        read_until(&mut stream, &format!("held {number};")).await;
        held.push(stream);
    }
    let mut one_more = server.connect(get("/held", "")).await;
    held.pop();
    read_until(&mut one_more, "held 128;").await;
}

#[tokio::test]
async fn an_address_that_is_none_is_an_error_that_names_the_variable() {
    for name in ["SIPPYCUP_LISTEN", "AWS_LAMBDA_HTTP_ENDPOINT"] {
        for address in ["8080", ":8080", "localhost", "127.0.0.1:http", "127.0.0.1:65536"] {
            let said = ending(&[(name, address)]).await;
            let wanted = format!("expected a host and port like `0.0.0.0:8080` in `{name}`, found \\\"{address}\\\"");
            assert!(said.contains(&wanted), "{said}");
        }
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = taken.local_addr().unwrap().to_string();
        let said = ending(&[(name, &address)]).await;
        assert!(said.contains(&format!("cannot listen on {address}: ")), "{said}");
    }
}

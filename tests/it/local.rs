//! The same function without a Lambda around it: served on this machine, behind a gateway in its own process.

use std::{process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    net::TcpStream,
    process::{Child, ChildStderr},
    time::timeout,
};

use crate::lambda::{ending, function};

/// A function that runs without a Lambda around it, until it is dropped.
struct Local {
    function: Child,
    said: Lines<BufReader<ChildStderr>>,
    address: String,
    base: String,
}

impl Local {
    async fn start(variables: &[(&str, &str)]) -> Self {
        let mut function = function(variables).env("PORT", "0").stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(function.stderr.take().unwrap()).lines();
        let url = loop {
            let line = said.next_line().await.unwrap().unwrap();
            if let Some((_, url)) = line.split_once("http://") {
                break url.to_owned();
            }
        };
        let (address, base) = url.split_once('/').unwrap();
        assert!(address.starts_with("127.0.0.1:"), "{url}");
        Self { function, said, address: address.to_owned(), base: base.to_owned() }
    }

    /// Everything that the client reads.
    async fn get(&self, target: &str) -> String {
        let Self { address, base, .. } = self;
        self.send(&format!("GET /{base}{target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")).await
    }

    async fn send(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// The lines until the one that begins so, and that one.
    async fn until(&mut self, beginning: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let line = timeout(Duration::from_secs(60), self.said.next_line()).await;
            lines.push(line.unwrap_or_else(|_| panic!("no `{beginning}` in {lines:#?}")).unwrap().unwrap());
            if lines.last().is_some_and(|line| line.starts_with(beginning)) {
                return lines;
            }
        }
    }
}

#[tokio::test]
async fn the_same_binary_serves_on_this_machine() {
    let local = Local::start(&[]).await;
    let answers = [local.get("a%20b?q=1").await, local.get("panic").await, local.get("next").await];
    assert!(answers[0].starts_with("HTTP/1.1 200 OK\r\n"), "{}", answers[0]);
    assert!(answers[0].contains("\"uri\":\"/a%20b?q=1\""), "{}", answers[0]);
    assert!(!answers[0].contains("\"source\":null"), "{}", answers[0]);
    assert!(answers[1].starts_with("HTTP/1.1 500 "), "{}", answers[1]);
    assert!(answers[2].contains("\"uri\":\"/next\""), "{}", answers[2]);

    assert!(ending(&[("PORT", "many")]).await.contains("expected a port number"));
    let address = &local.address;
    let taken = [("PORT", address.rsplit_once(':').unwrap().1)];
    let said = ending(&taken).await;
    assert!(said.contains(&format!("cannot listen on {address}")) && said.contains("`PORT`"), "{said}");
    let said = ending(&[("PORT", "0"), ("SIPPYCUP_GATEWAY", "teapot")]).await;
    assert!(said.contains("`SIPPYCUP_GATEWAY`") && said.contains("teapot"), "{said}");
    let said = ending(&[("PORT", "0"), ("FUNCTION_MODE", "contradiction")]).await;
    assert!(said.contains("settings of the gateway") && said.contains("stage"), "{said}");
}

#[tokio::test]
async fn answers_are_streamed_behind_the_gateway_that_was_chosen() {
    let mut local = Local::start(&[("FUNCTION_MODE", "stream-locally")]).await;
    assert_eq!(local.base, "dev/");
    let redirect = local.get("login").await;
    assert!(redirect.starts_with("HTTP/1.1 303 ") && redirect.contains("\r\nlocation: /dev/done\r\n"), "{redirect}");
    let seen = local.get("a%20b?q=1").await;
    assert!(seen.starts_with("HTTP/1.1 200 OK\r\n") && seen.contains("\"uri\":\"/a%20b?q=1\""), "{seen}");
    assert!(seen.contains("\r\ntransfer-encoding: chunked\r\n") && seen.ends_with("\r\n0\r\n\r\n"), "{seen}");

    // Half an answer must not look like a whole one, and what failed must not be a secret.
    let broken = local.get("body-failure").await;
    assert!(!broken.ends_with("\r\n0\r\n\r\n"), "{broken}");
    assert!(local.get("next").await.contains("\"uri\":\"/next\""));
    let said = local.until("GET /dev/next 200").await;
    let told: Vec<_> = said.iter().filter(|line| line.contains("SippyCup.")).collect();
    assert_eq!(told, ["  SippyCup.Body: response body failed: the body failed on purpose"]);
    assert!(said.iter().any(|line| line.starts_with("GET /dev/body-failure broke off after ")), "{said:?}");
    assert!(local.function.try_wait().unwrap().is_none());
}

#[tokio::test]
async fn every_request_has_a_line_and_every_failure_its_reason_once() {
    let mut local = Local::start(&[]).await;
    let host = local.address.clone();
    local.get("a%20b?q=1").await;
    let said = local.until("GET /a%20b?q=1 200 ").await;
    assert!(said.concat().contains(" B, answer "), "{said:?}");

    for (request, status, reason) in [
        (
            "GET /service-error HTTP/1.1",
            500,
            "  the function failed: SippyCup.Service: service failed: the service failed on purpose",
        ),
        (
            "GET /panic HTTP/1.1",
            500,
            "  the function failed: SippyCup.Panic: handler panicked: the handler panicked on purpose",
        ),
        (
            "GET /body-failure HTTP/1.1",
            500,
            "  the function failed: SippyCup.Body: response body failed: the body failed on purpose",
        ),
        ("PUT /large HTTP/1.1\r\ncontent-length: 20000000", 413, "  the body has more than 10485760 bytes"),
        (
            "GET /page HTTP/1.1\r\norigin: https://elsewhere.example",
            403,
            "  a web page of `https://elsewhere.example` may not send requests here; allow it with `allow-host`",
        ),
        ("CONNECT localhost:443 HTTP/1.1", 405, "  CONNECT is for proxies"),
    ] {
        let answer = local.send(&format!("{request}\r\nhost: {host}\r\nconnection: close\r\n\r\n")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {answer}");
        let target = request.rsplit_once(" HTTP").unwrap().0;
        local.until(&format!("{target} {status} ")).await;
        let said = local.until(reason).await;
        assert_eq!(said.len(), 1, "{said:?}");
    }

    // What failed is told once: the next lines are those of the next request.
    local.get("service-error").await;
    local.get("next").await;
    let said = local.until("GET /next 200 ").await;
    assert_eq!(said.iter().filter(|line| line.contains("on purpose")).count(), 1, "{said:?}");

    let upgrade = format!("GET /socket HTTP/1.1\r\nhost: {host}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
    let mut socket = TcpStream::connect(&host).await.unwrap();
    socket.write_all(upgrade.as_bytes()).await.unwrap();
    local.until("GET /socket 200 ").await;
    local.until("  hint: the request asks for an upgrade to `websocket`").await;

    // Nobody else comes to `two`, and the first one goes.
    let mut socket = TcpStream::connect(&host).await.unwrap();
    socket.write_all(format!("GET /two HTTP/1.1\r\nhost: {host}\r\n\r\n").as_bytes()).await.unwrap();
    socket.shutdown().await.unwrap();
    local.until("GET /two the client went away after ").await;
}

//! The Runtime API as clients meet it: nothing in it surprises them.

use bytes::Bytes;
use sippycup_gateway::{Function, Kind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use super::{gateway, reported, scripted};
use crate::scripted::command_line;
use crate::support::{ask, get, text};

#[tokio::test]
async fn a_waiting_next_is_not_answered_at_the_end_but_closed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (builder, _report) = reported();
    let function = builder.attach(listener).unwrap();
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(&request("GET", "invocation/next", b"")).await.unwrap();
    // The one before has been read when this one is answered.
    assert!(exchange(address, request("GET", "restore/next", b"")).await.starts_with("HTTP/1.1 200"));
    function.stop().await;
    let mut response = Vec::new();
    let _ = socket.read_to_end(&mut response).await;
    assert_eq!(String::from_utf8(response).unwrap(), "");
}

#[tokio::test]
async fn a_function_that_does_not_end_by_itself_gets_no_answer_until_it_is_ended() {
    let (builder, mut report) = reported();
    let line = command_line();
    let script = r#"trap '' TERM; exec "$@""#;
    let arguments = ["-c", script, "sh"].into_iter().chain(line.iter().map(String::as_str));
    let function = builder.env("SCRIPT", "path").spawn("sh", arguments).unwrap();
    assert_eq!(text(ask(gateway(Kind::HttpApiV2, &function), get("/warm")).await).await, "/warm");
    function.stop().await;
    drop(function);
    // The script ends with a line and status 0 if its `next` is answered without an event.
    while let Some(line) = report.next().await {
        assert!(!line.contains("no event"), "{line}");
    }
}

#[tokio::test]
async fn an_extension_that_has_failed_may_say_so_and_nothing_more() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (builder, mut report) = reported();
    let function = builder.attach(listener).unwrap();
    let ask = |line: &str, headers: &str, body: &str| {
        let length = body.len();
        let request = format!(
            "{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
        );
        exchange(address, request.into_bytes())
    };
    let path = "/2020-01-01/extension";
    let registered =
        ask(&format!("POST {path}/register"), "Lambda-Extension-Name: outer\r\n", r#"{"events":["INVOKE"]}"#).await;
    let (_, identifier) = registered.split_once("Lambda-Extension-Identifier: ").unwrap();
    let own = format!("Lambda-Extension-Identifier: {}\r\n", identifier.lines().next().unwrap());
    let failed = format!("{own}Lambda-Extension-Function-Error-Type: Extension.NoDisk\r\n");
    let said = ask(&format!("POST {path}/exit/error"), &failed, r#"{"errorMessage":"full"}"#).await;
    assert!(said.starts_with("HTTP/1.1 202"), "{said}");
    let next = ask(&format!("GET {path}/event/next"), &own, "").await;
    assert!(next.starts_with("HTTP/1.1 403"), "{next}");
    report.until("the extension outer failed: Extension.NoDisk: full").await;
    function.stop().await;
}

#[tokio::test]
async fn an_id_that_is_no_id_is_told_in_short() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (builder, mut report) = reported();
    let function = builder.attach(listener).unwrap();
    let path = format!("invocation/{}/response", "x".repeat(30_000));
    assert!(exchange(address, request("POST", &path, b"{}")).await.starts_with("HTTP/1.1 400"));
    let line = report.until("which is unknown").await;
    assert!(line.len() < 200, "{}", line.len());
    function.stop().await;
}

#[tokio::test]
async fn a_function_may_have_any_time_but_not_any_name() {
    let (builder, _report) = reported();
    let function = scripted("path", builder.timeout(std::time::Duration::MAX));
    assert_eq!(text(ask(gateway(Kind::HttpApiV2, &function), get("/long")).await).await, "/long");
    function.stop().await;
    for name in ["", "a\nb", "a\0b"] {
        let error = Function::builder().name(name).spawn("sh", ["-c", "exit"]).unwrap_err();
        assert!(error.to_string().contains("expected a function's name"), "{error}");
    }
}

#[tokio::test]
async fn what_is_refused_is_read_to_its_end_first() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let function = Function::builder().report(|_| {}).attach(listener).unwrap();
    let large = vec![b'x'; 20 << 20];
    for (path, status) in [
        ("invocation/unknown/response", "HTTP/1.1 400"),
        ("invocation/unknown/error", "HTTP/1.1 400"),
        ("no/such/path", "HTTP/1.1 404"),
    ] {
        let response = exchange(address, request("POST", path, &large)).await;
        assert!(response.starts_with(status), "{path}: {response}");
    }
    function.stop().await;
}

#[tokio::test]
async fn the_request_id_of_a_function_url_is_that_of_the_invocation() {
    let function = scripted("environment", Function::builder().report(|_| {}));
    let response = ask(gateway(Kind::FunctionUrl, &function), get("/")).await;
    let id = response.headers()["x-amzn-requestid"].to_str().unwrap().to_owned();
    let seen = text(response).await;
    assert!(seen.contains(&format!("Lambda-Runtime-Aws-Request-Id: {id}\n")), "{id} in {seen}");
    let response = ask(gateway(Kind::HttpApiV2, &function), get("/")).await;
    let id = response.headers()["apigw-requestid"].to_str().unwrap().to_owned();
    assert!(!text(response).await.contains(&format!("Request-Id: {id}")), "an HTTP API has ids of its own");
    function.stop().await;
}

#[tokio::test]
async fn one_event_sent_twice_is_two_invocations() {
    let function = scripted("barrier:2", Function::builder().report(|_| {}).max_concurrency(2));
    let event = Bytes::from_static(
        br#"{"rawPath":"/twice","requestContext":{"domainName":"a.lambda-url.us-east-1.on.aws","requestId":"00000000-0000-4000-8000-000000000001"}}"#,
    );
    let (one, two) = tokio::join!(function.clone().oneshot(event.clone()), function.clone().oneshot(event));
    assert!(one.is_ok() && two.is_ok());
    function.stop().await;
}

fn request(method: &str, path: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{method} /2018-06-01/runtime/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Sends everything, then reads everything: a connection closed before its time is an error.
async fn exchange(address: std::net::SocketAddr, request: Vec<u8>) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(&request).await.unwrap();
    let mut response = Vec::new();
    socket.read_to_end(&mut response).await.unwrap();
    String::from_utf8(response).unwrap()
}

//! What only a listener meets: web pages, and clients that send no whole request.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body::Frame;
use http_body_util::StreamBody;
use serde_json::{Value, json};
use sippycup_gateway::{Answer, Authorizer, BoxError, Function, Gateway, GatewayBuilder, Kind, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use crate::support::{ask, get, text};

#[tokio::test]
async fn no_web_page_of_another_site_reaches_the_function() {
    for &kind in Kind::OF_REQUESTS {
        let address = listening(Gateway::builder(kind)).await;
        let path = path(kind);
        for headers in [
            "Host: evil.example\r\n",
            "Host: evil.example:80\r\n",
            "Host: localhost\r\nOrigin: https://evil.example\r\n",
            "Host: localhost\r\nOrigin: null\r\n",
            "Host: localhost\r\nOrigin: http://localhost\r\nOrigin: https://evil.example\r\n",
            "Host: localhost\r\nSec-Fetch-Site: none\r\nSec-Fetch-Site: cross-site\r\n",
            "Host: localhost\r\nSec-Fetch-Site: cross-site\r\n",
        ] {
            let response = send(address, &format!("POST {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n")).await;
            assert!(response.starts_with("HTTP/1.1 403"), "{kind} {headers}: {response}");
        }
        for headers in [
            format!("Host: {address}\r\n"),
            "Host: localhost\r\nOrigin: http://localhost:5173\r\nSec-Fetch-Site: same-site\r\n".to_owned(),
            format!("Host: {}\r\n", Gateway::builder(kind).build(()).unwrap().default_domain()),
        ] {
            let response = send(address, &format!("POST {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n")).await;
            assert!(response.starts_with("HTTP/1.1 200"), "{kind} {headers}: {response}");
        }
    }
}

#[tokio::test]
async fn an_absolute_target_is_a_host_too() {
    let address = listening(Gateway::builder(Kind::HttpApiV2)).await;
    let request = "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert!(send(address, request).await.starts_with("HTTP/1.1 403"));
}

#[tokio::test]
async fn the_user_in_an_absolute_target_is_no_part_of_the_host() {
    let address = listening(Gateway::builder(Kind::HttpApiV2)).await;
    let request = "GET http://me:secret@localhost/ HTTP/1.1\r\nHost: x.example\r\nConnection: close\r\n\r\n";
    let response = send(address, request).await;
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");
}

#[tokio::test]
async fn as_many_headers_as_fit_into_the_limit_arrive() {
    let address = listening(Gateway::builder(Kind::HttpApiV2)).await;
    let headers: String = (0..1000).map(|number| format!("x{number}: 1\r\n")).collect();
    let request = format!("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");
    let response = send(address, &request).await;
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");
}

#[tokio::test]
async fn names_can_be_allowed() {
    let address =
        listening(Gateway::builder(Kind::HttpApiV2).allow_host("shop.example").allow_host("*.ngrok.example")).await;
    for (headers, status) in [
        ("Host: shop.example\r\nOrigin: https://shop.example\r\nSec-Fetch-Site: same-origin\r\n", "200"),
        ("Host: localhost\r\nOrigin: https://a.ngrok.example\r\nSec-Fetch-Site: cross-site\r\n", "200"),
        ("Host: other.example\r\n", "403"),
    ] {
        let response = send(address, &format!("GET / HTTP/1.1\r\n{headers}Connection: close\r\n\r\n")).await;
        assert!(response.starts_with(&format!("HTTP/1.1 {status}")), "{headers}: {response}");
    }
}

#[tokio::test]
async fn injected_claims_are_not_for_those_whom_another_site_sends() {
    for kind in [Kind::RestApi, Kind::HttpApiV2] {
        let gateway = Gateway::builder(kind).authorizer(Authorizer::jwt([("sub", json!("admin"))], None));
        let address = listening(gateway.clone()).await;
        let sent = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";
        for (headers, claimed) in [("", true), (sent, false)] {
            let request =
                format!("GET {} HTTP/1.1\r\nHost: localhost\r\n{headers}Connection: close\r\n\r\n", path(kind));
            let response = send(address, &request).await;
            let (_, event) = response.split_once("\r\n\r\n").unwrap();
            let event: Value = serde_json::from_str(event).unwrap();
            assert_eq!(event["requestContext"].get("authorizer").is_some(), claimed, "{kind} {headers}");
        }
    }
}

#[tokio::test]
async fn a_gateway_without_a_listener_takes_every_name() {
    let mut request = get("/");
    request.headers_mut().insert("host", "evil.example".parse().unwrap());
    request.headers_mut().insert("origin", "https://evil.example".parse().unwrap());
    let response = ask(Gateway::builder(Kind::HttpApiV2).build(tower::service_fn(echo)).unwrap(), request).await;
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn no_web_page_takes_an_event_or_answers_for_the_function() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let function = Function::builder().report(|_| {}).allow_host("host.docker.internal").attach(listener).unwrap();
    let asked = tokio::spawn(ask(Gateway::builder(Kind::HttpApiV2).build(function.clone()).unwrap(), get("/secret")));
    for headers in [
        "Host: evil.example\r\n",
        "Host: localhost\r\nOrigin: http://localhost:5173\r\n",
        "Host: localhost\r\nSec-Fetch-Site: cross-site\r\n",
    ] {
        for line in ["GET /2018-06-01/runtime/invocation/next", "POST /2018-06-01/runtime/init/error"] {
            let response = send(address, &format!("{line} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n")).await;
            assert!(response.starts_with("HTTP/1.1 403"), "{line} {headers}: {response}");
        }
    }
    let next = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: host.docker.internal:9001\r\nConnection: close\r\n\r\n";
    let event = send(address, next).await;
    assert!(event.contains("/secret"), "the event is still there: {event}");
    let id = event.lines().find_map(|line| line.strip_prefix("Lambda-Runtime-Aws-Request-Id: ")).unwrap();
    let answer = format!(
        "POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nConnection: close\r\n\r\n\"hi\""
    );
    assert!(send(address, &answer).await.starts_with("HTTP/1.1 202"));
    assert_eq!(text(asked.await.unwrap()).await, "hi");
    function.stop().await;
}

#[tokio::test]
async fn an_extension_of_an_attached_function_is_told_of_the_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let function = Function::builder().report(|_| {}).attach(listener).unwrap();
    let mut waiting = Vec::new();
    for events in [r#"{"events":["SHUTDOWN"]}"#, r#"{"events":[]}"#] {
        let registered = send(address, &register(events)).await;
        let id = registered.lines().find_map(|line| line.strip_prefix("Lambda-Extension-Identifier: ")).unwrap();
        let next = "GET /2020-01-01/extension/event/next HTTP/1.1\r\nHost: localhost";
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(format!("{next}\r\nLambda-Extension-Identifier: {id}\r\n\r\n").as_bytes()).await.unwrap();
        waiting.push(socket);
    }
    // What came before has been read by now.
    send(address, &register("{}")).await;
    function.stop().await;
    let [told, silent] = waiting.try_into().unwrap();
    let told = rest(told).await;
    assert!(told.contains(r#""eventType":"SHUTDOWN""#) && told.contains(r#""shutdownReason":"spindown""#), "{told}");
    assert_eq!(rest(silent).await, "");
    assert!(TcpStream::connect(address).await.is_err());
}

/// Each by another name: who registers again is taken for the same.
fn register(events: &str) -> String {
    let length = events.len();
    format!(
        "POST /2020-01-01/extension/register HTTP/1.1\r\nHost: localhost\r\nLambda-Extension-Name: e{length}\r\nConnection: close\r\n\
         Content-Length: {length}\r\n\r\n{events}"
    )
}

#[tokio::test]
async fn a_malformed_body_is_400() {
    for &kind in Kind::OF_REQUESTS {
        let address = listening(Gateway::builder(kind)).await;
        let head = format!("POST {} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", path(kind));
        let response = send(address, &format!("{head}zz\r\nno chunk\r\n")).await;
        assert!(response.starts_with("HTTP/1.1 400"), "{kind}: {response}");
    }
}

#[tokio::test]
async fn a_length_beyond_the_limit_is_413_before_the_body_is_sent() {
    for &kind in Kind::OF_REQUESTS {
        let address = listening(Gateway::builder(kind).request_limit(1000)).await;
        // Nothing follows the head.
        let response =
            send(address, &format!("PUT {} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1001\r\n\r\n", path(kind)))
                .await;
        assert!(response.starts_with("HTTP/1.1 413"), "{kind}: {response}");
    }
}

#[tokio::test]
async fn connect_and_a_load_balancers_trace_are_refused() {
    for &kind in Kind::OF_REQUESTS {
        let address = listening(Gateway::builder(kind)).await;
        let request = "CONNECT api.example.com:443 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        let response = send(address, request).await;
        assert!(response.starts_with("HTTP/1.1 405"), "{kind}: {response}");
        let trace = format!("TRACE {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path(kind));
        let status = if matches!(kind, Kind::LoadBalancer | Kind::LoadBalancerMultiValue) { "405" } else { "200" };
        assert!(send(address, &trace).await.starts_with(&format!("HTTP/1.1 {status}")), "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_end_loses_its_connection() {
    let address = listening(Gateway::builder(Kind::HttpApiV2)).await;
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n").await.unwrap();
    let begin = Instant::now();
    let mut response = Vec::new();
    let _ = socket.read_to_end(&mut response).await;
    assert_eq!(String::from_utf8(response).unwrap(), "");
    // By a clock that only goes on where nothing else does.
    assert_eq!(begin.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_go_on_is_400() {
    let address = listening(Gateway::builder(Kind::HttpApiV2)).await;
    let response = send(address, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf").await;
    assert!(response.starts_with("HTTP/1.1 400"), "{response}");
}

#[tokio::test]
async fn what_is_no_http_is_refused_and_told() {
    let (sender, mut lines) = tokio::sync::mpsc::unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let gateway = Gateway::builder(Kind::HttpApiV2).build(tower::service_fn(echo)).unwrap();
    let server = Server::new().report(move |line| sender.send(line.to_owned()).unwrap());
    tokio::spawn(server.serve(listener, gateway, std::future::pending()));
    for (sent, said) in [
        ("GET /a<b> HTTP/1.1\r\nHost: localhost\r\n\r\n", "URI"),
        ("\u{16}\u{3}\u{1}\0\u{5}", "no HTTP/1.1 without TLS"),
    ] {
        assert!(send(address, sent).await.starts_with("HTTP/1.1 400"), "{sent:?}");
        let line = lines.recv().await.unwrap();
        assert!(line.contains(said), "{line}");
    }
}

#[tokio::test]
async fn what_comes_before_the_failure_of_a_stream_reaches_the_client() {
    const PRELUDE: &[u8] = b"{\"statusCode\":201,\"headers\":{\"x-a\":\"1\"}}\0\0\0\0\0\0\0\0";
    for kind in [Kind::FunctionUrl, Kind::RestApi] {
        for (said, sent) in
            [(&[PRELUDE][..], ""), (&[PRELUDE, b"one"], "3\r\none\r\n"), (&[PRELUDE, b"one", b"two"], "3\r\ntwo\r\n")]
        {
            let function = tower::service_fn(async |_: Bytes| {
                let frames = said.iter().map(|piece| Ok(Frame::data(Bytes::from_static(piece))));
                let frames = frames.chain([Err(BoxError::from("failed on purpose"))]);
                Ok::<_, BoxError>(Answer::streaming(
                    StreamBody::new(futures_util::stream::iter(frames.collect::<Vec<_>>())),
                    true,
                ))
            });
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let gateway = Gateway::builder(kind).response_streaming(true).build(function).unwrap();
            tokio::spawn(gateway.serve(listener, std::future::pending()));
            let response = send(address, &format!("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", path(kind))).await;
            assert!(response.starts_with("HTTP/1.1 201") && response.contains("x-a: 1"), "{kind}: {response:?}");
            let (_, body) = response.split_once("\r\n\r\n").unwrap();
            assert!(body.ends_with(sent), "{kind}: {response:?}");
        }
    }
}

fn path(kind: Kind) -> &'static str {
    if kind == Kind::RestApi { "/prod/" } else { "/" }
}

/// A gateway before a function whose answer has the event for a body; it listens until the test ends.
async fn listening(builder: GatewayBuilder) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let gateway = builder.build(tower::service_fn(echo)).unwrap();
    tokio::spawn(gateway.serve(listener, std::future::pending()));
    address
}

async fn echo(event: Bytes) -> Result<Bytes, BoxError> {
    let event = String::from_utf8(event.to_vec())?;
    let headers =
        json!({"statusCode": 200, "headers": {}, "multiValueHeaders": {}, "isBase64Encoded": false, "body": event});
    Ok(Bytes::from(headers.to_string()))
}

/// Everything that comes back until the connection ends.
async fn send(address: SocketAddr, request: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    rest(socket).await
}

async fn rest(mut socket: TcpStream) -> String {
    let mut response = Vec::new();
    let _ = socket.read_to_end(&mut response).await;
    String::from_utf8(response).unwrap()
}

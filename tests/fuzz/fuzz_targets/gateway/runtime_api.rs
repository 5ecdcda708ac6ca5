//! What a function process sends to its Runtime API.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use rustix::net::sockopt::set_socket_linger;
use sippycup_gateway::Function;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tower::ServiceExt;

use crate::block_on;

/// Takes an event, then sends the input, in which `$ID` is the id of the invocation. The server ends every
/// connection, and an answer that it accepts reaches whoever waits for it.
pub(crate) fn requests(input: &[u8]) {
    block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let function = Function::builder().report(|_| {}).attach(listener).unwrap();
        let invocation = tokio::spawn(function.clone().oneshot(Bytes::from_static(b"{}")));

        let next =
            format!("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        let given = send(address, next.as_bytes(), false).await;
        let given = String::from_utf8(given).unwrap();
        let id = given.split("Request-Id: ").nth(1).and_then(|rest| rest.split('\r').next()).unwrap();
        let sent = replaced(input, b"$ID", id.as_bytes());
        let answered = send(address, &sent, true).await;
        if answered.starts_with(b"HTTP/1.1 202 ") && !contains(&sent, b"/init/error") {
            let answer = timeout(LONG, invocation).await.expect("an accepted answer reaches nobody").unwrap();
            if let Ok(answer) = answer {
                use http_body_util::BodyExt;
                let _ = timeout(LONG, answer.into_body().collect()).await.expect("a stream without an end");
            }
        } else {
            invocation.abort();
        }
        timeout(LONG, function.stop()).await.expect("a function that does not stop");
    });
}

/// Writes all of it, and reads what comes until the server ends the connection. `whole`: there is no more to come, so
/// the server has no reason to wait.
async fn send(address: SocketAddr, bytes: &[u8], whole: bool) -> Vec<u8> {
    let mut connection = TcpStream::connect(address).await.unwrap();
    // Else every run leaves a port behind that waits for a minute.
    set_socket_linger(&connection, Some(Duration::ZERO)).unwrap();
    let mut answer = Vec::new();
    let exchange = async {
        // A server that has heard enough may close first.
        let _ = connection.write_all(bytes).await;
        if whole {
            let _ = connection.shutdown().await;
            // A poll waits for work, and there is none.
            if contains(bytes, b"/next") {
                return;
            }
        }
        let _ = connection.read_to_end(&mut answer).await;
    };
    timeout(LONG, exchange).await.expect("a connection without an end");
    answer
}

fn replaced(input: &[u8], wanted: &[u8], by: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = input;
    while let Some(at) = rest.windows(wanted.len()).position(|window| window == wanted) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(by);
        rest = &rest[at + wanted.len()..];
    }
    out.extend_from_slice(rest);
    out
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Far beyond what anything here takes.
const LONG: Duration = Duration::from_secs(20);

//! Over sockets, with a client that is not the gateway's own.

use std::net::SocketAddr;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};
use sippycup_gateway::GatewayBuilder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::{Function, builder, echo, function};

type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Where it listens until the sender is dropped, and when it has ended.
async fn listening(
    builder: GatewayBuilder,
    function: Function,
) -> (SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopping) = oneshot::channel::<()>();
    let gateway = builder.build(function).unwrap();
    let served = tokio::spawn(async move { gateway.serve(listener, async { drop(stopping.await) }).await.unwrap() });
    (address, stop, served)
}

async fn client(address: SocketAddr) -> Client {
    connect_async(format!("ws://{address}/prod")).await.unwrap().0
}

/// The next message of text, or how it ended.
async fn next(client: &mut Client) -> Result<String, Option<CloseFrame>> {
    loop {
        match client.next().await {
            Some(Ok(Message::Text(text))) => return Ok(text.as_str().to_owned()),
            Some(Ok(Message::Close(frame))) => return Err(frame),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return Err(None),
        }
    }
}

fn piece(length: usize, code: Data, last: bool) -> Message {
    Message::Frame(Frame::message(Bytes::from(vec![b'x'; length]), OpCode::Data(code), last))
}

#[tokio::test]
async fn messages_go_through_and_an_answer_comes_back() {
    let (function, events) = echo();
    let (address, _stop, _) =
        listening(builder().route("$connect").route("$default").route_response("$default"), function).await;
    let mut client = client(address).await;
    client.send(Message::text("grüß dich")).await.unwrap();
    assert_eq!(next(&mut client).await.as_deref(), Ok("grüß dich"));
    let connect = events.next().await;
    assert_eq!(connect["requestContext"]["domainName"], address.to_string(), "so that functions post back here");
    assert_eq!(connect["headers"]["X-Forwarded-For"], "127.0.0.1");
    client.send(Message::Ping(Bytes::from_static(b"there?"))).await.unwrap();
    assert_eq!(client.next().await.unwrap().unwrap(), Message::Pong(Bytes::from_static(b"there?")));
}

#[tokio::test]
async fn frames_and_messages_have_limits() {
    let (function, events) = echo();
    let (address, _stop, _) = listening(builder().route("$default").route_response("$default"), function).await;
    let most = 32 << 10;
    // In four frames, and back in as many.
    let mut whole = client(address).await;
    whole.send(piece(most, Data::Text, false)).await.unwrap();
    for last in [false, false, true] {
        whole.send(piece(most, Data::Continue, last)).await.unwrap();
    }
    assert_eq!(next(&mut whole).await.map(|text| text.len()), Ok(4 * most));
    assert_eq!(events.next().await["body"].as_str().map(str::len), Some(4 * most));

    let mut one_frame = client(address).await;
    one_frame.send(piece(40 << 10, Data::Text, true)).await.unwrap();
    assert_eq!(next(&mut one_frame).await.unwrap_err().unwrap().code, CloseCode::Size);
    let mut five_frames = client(address).await;
    five_frames.send(piece(most, Data::Text, false)).await.unwrap();
    for last in [false, false, false, true] {
        // The last of them may find the connection closed already.
        let _ = five_frames.send(piece(most, Data::Continue, last)).await;
    }
    assert_eq!(next(&mut five_frames).await.unwrap_err().unwrap().code, CloseCode::Size);
    let mut binary = client(address).await;
    binary.send(Message::binary(vec![0])).await.unwrap();
    assert_eq!(next(&mut binary).await.unwrap_err().unwrap().code, CloseCode::Unsupported);
    let mut no_text = client(address).await;
    no_text.send(Message::Frame(Frame::message(&b"\xff"[..], OpCode::Data(Data::Text), true))).await.unwrap();
    assert_eq!(next(&mut no_text).await.unwrap_err().unwrap().code, CloseCode::Invalid);
    assert_eq!(events.now(), None);
}

#[tokio::test]
async fn a_refused_handshake_is_a_response() {
    let (function, _) = function(|_, _| Ok(json!({"statusCode": 401})));
    let (address, _stop, _) = listening(builder(), function).await;
    let refused = connect_async(format!("ws://{address}/prod")).await.unwrap_err();
    assert!(matches!(&refused, Error::Http(response) if response.status() == StatusCode::UNAUTHORIZED), "{refused}");
    let mut foreign = format!("ws://{address}/prod").into_client_request().unwrap();
    foreign.headers_mut().insert("origin", HeaderValue::from_static("https://evil.example"));
    let refused = connect_async(foreign).await.unwrap_err();
    assert!(matches!(&refused, Error::Http(response) if response.status() == StatusCode::FORBIDDEN), "{refused}");
}

#[tokio::test]
async fn the_subprotocol_that_connect_chose_is_negotiated() {
    let (function, _) = function(|_, event| {
        let offered =
            event["headers"]["Sec-WebSocket-Protocol"].as_str().unwrap().split(", ").last().unwrap().to_owned();
        Ok(json!({"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": offered}}))
    });
    let (address, _stop, _) = listening(builder().route("$connect"), function).await;
    let mut request = format!("ws://{address}/prod").into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("one, two"));
    let (_, response) = connect_async(request).await.unwrap();
    assert_eq!(response.headers()["sec-websocket-protocol"], "two");
}

#[tokio::test]
async fn a_server_that_ends_says_goodbye_and_waits_for_disconnect() {
    let (function, events) = echo();
    let (address, stop, served) = listening(builder(), function).await;
    let mut client = client(address).await;
    drop(stop);
    let closed = next(&mut client).await.unwrap_err().unwrap();
    assert_eq!((closed.code, closed.reason.as_str()), (CloseCode::Away, "Going away"));
    served.await.unwrap();
    assert_eq!(events.next().await["requestContext"]["eventType"], "CONNECT");
    assert_eq!(events.now().unwrap()["requestContext"]["disconnectStatusCode"], 1001);
}

#[tokio::test]
async fn two_thousand_connections_lose_nothing() {
    room_for_descriptors();
    const CLIENTS: usize = 2_000;
    const MESSAGES: usize = 3;
    let (function, events) = echo();
    let (address, stop, served) = listening(
        builder().route("$connect").route("$default").route("$disconnect").route_response("$default"),
        function,
    )
    .await;
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(client(address).await);
    }
    let tasks: Vec<_> = clients
        .into_iter()
        .enumerate()
        .map(|(number, mut client)| {
            tokio::spawn(async move {
                for message in 0..MESSAGES {
                    let text = format!("{number}-{message}");
                    client.send(Message::text(text.clone())).await.unwrap();
                    assert_eq!(next(&mut client).await, Ok(text));
                }
                client
            })
        })
        .collect();
    let mut clients = Vec::new();
    for task in tasks {
        clients.push(task.await.unwrap());
    }
    for client in &mut clients {
        client.close(None).await.unwrap();
    }
    drop(stop);
    served.await.unwrap();
    let count = |kind: &str, events: &[Value]| {
        events.iter().filter(|event| event["requestContext"]["eventType"] == kind).count()
    };
    let all: Vec<_> = std::iter::from_fn(|| events.now()).collect();
    assert_eq!(
        ["CONNECT", "MESSAGE", "DISCONNECT"].map(|kind| count(kind, &all)),
        [CLIENTS, CLIENTS * MESSAGES, CLIENTS]
    );
}

/// Both ends of each connection are in this process. Many systems let it have 1,024 until it asks for more.
#[cfg(unix)]
fn room_for_descriptors() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
}

#[cfg(not(unix))]
fn room_for_descriptors() {}

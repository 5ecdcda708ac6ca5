//! TLS on a listener, as clients of HTTP/2, HTTP/1.1 and neither meet it.

mod mutual;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use sippycup_gateway::{BoxError, Gateway, GatewayBuilder, Gateways, Kind, Server, Tls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, version};

type Http2 = hyper::client::conn::http2::SendRequest<Empty<Bytes>>;

#[tokio::test]
async fn a_client_of_http2_is_shown_as_one_of_http1() {
    for kind in [Kind::RestApi, Kind::HttpApiV2, Kind::FunctionUrl, Kind::LoadBalancer] {
        let server = Listening::new(Gateway::builder(kind)).await;
        let mut client = server.http2().await;
        let path = if kind == Kind::RestApi { "/prod/x" } else { "/x" };
        let request = http::Request::get(format!("https://localhost:{}{path}?q=1", server.address.port()))
            .header("cookie", "a=1")
            .header("cookie", "b=2")
            .header("x-tag", "1")
            .body(Empty::new())
            .unwrap();
        let response = client.send_request(request).await.unwrap();
        assert_eq!(response.status(), 200, "{kind}");
        let event = response.into_body().collect().await.unwrap().to_bytes();
        let event: Value = serde_json::from_slice(&event).unwrap();
        let header = |name: &str| {
            let headers = event["headers"].as_object().unwrap();
            headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
        };
        assert_eq!(header("host"), Some(json!(format!("localhost:{}", server.address.port()))), "{kind}");
        assert_eq!(header("x-forwarded-proto"), Some(json!("https")), "{kind}");
        assert_eq!(header("x-tag"), Some(json!("1")), "{kind}");
        let context = &event["requestContext"];
        match kind {
            Kind::RestApi => assert_eq!(context["protocol"], "HTTP/1.1"),
            Kind::HttpApiV2 | Kind::FunctionUrl => {
                assert_eq!(context["http"]["protocol"], "HTTP/1.1");
                assert_eq!(event["cookies"], json!(["a=1", "b=2"]));
            }
            // Were they two lines, the last one alone would be there.
            _ => assert_eq!(header("cookie"), Some(json!("a=1; b=2"))),
        }
    }
}

#[tokio::test]
async fn a_function_url_shows_what_the_handshake_agreed_on() {
    let server = Listening::new(Gateway::builder(Kind::FunctionUrl)).await;
    for (versions, shown, suite) in
        [(&[&version::TLS12][..], "TLSv1.2", "ECDHE-ECDSA-"), (&[&version::TLS13][..], "TLSv1.3", "TLS_")]
    {
        let mut stream = server.connect(&[], versions).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
        let response = rest(&mut stream).await;
        let event: Value = serde_json::from_str(response.split_once("\r\n\r\n").unwrap().1).unwrap();
        assert_eq!(event["headers"]["x-amzn-tls-version"], shown);
        let found = event["headers"]["x-amzn-tls-cipher-suite"].as_str().unwrap();
        assert!(found.starts_with(suite), "{found}");
    }
}

#[tokio::test]
async fn who_does_not_choose_gets_http1() {
    let server = Listening::new(Gateway::builder(Kind::HttpApiV2)).await;
    for offered in [&[][..], &["http/1.1"]] {
        let mut stream = server.connect(offered, &[&version::TLS13]).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
        let response = rest(&mut stream).await;
        assert!(response.starts_with("HTTP/1.1 200"), "{offered:?}: {response}");
    }
}

#[tokio::test]
async fn http2_is_not_offered_where_it_is_not_served() {
    let tls = Tls::self_signed(["localhost"]).unwrap().http2(false);
    let server = Listening::with(Gateway::builder(Kind::HttpApiV2), tls).await;
    let stream = server.connect(&["h2", "http/1.1"], &[&version::TLS13]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    assert!(server.connect(&["h2"], &[&version::TLS13]).await.is_err());
}

#[tokio::test]
async fn a_request_without_tls_gets_400_and_the_reason() {
    let mut server = Listening::new(Gateway::builder(Kind::HttpApiV2)).await;
    for request in
        ["GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "POST / HTTP/1.1\r\n"]
    {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let response = rest(&mut stream).await;
        assert!(response.starts_with("HTTP/1.1 400"), "{response}");
        assert!(response.contains("the URL must begin with https://"), "{response}");
        assert!(server.told.recv().await.unwrap().contains("what it sent is no TLS"));
    }
    // Those who come after are served.
    server.http2().await;
}

#[tokio::test]
async fn http2_in_the_clear_is_not_spoken() {
    let gateway = Gateway::builder(Kind::HttpApiV2).build(echo()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(Server::new().serve(listener, Gateways::new(gateway), std::future::pending()));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut answered = Vec::new();
    let _ = stream.read_to_end(&mut answered).await;
    assert!(answered.is_empty() || answered.starts_with(b"HTTP/1.1 400"), "{answered:?}");
}

#[tokio::test]
async fn a_client_that_trusts_nobody_is_told() {
    let mut server = Listening::new(Gateway::builder(Kind::HttpApiV2)).await;
    let other = Tls::self_signed(["localhost"]).unwrap();
    let trusting = std::mem::replace(&mut server.certificate, other.certificate().to_vec());
    assert!(server.connect(&[], &[&version::TLS13]).await.is_err());
    let told = server.told.recv().await.unwrap();
    assert!(told.contains("does not trust the certificate"), "{told}");
    server.certificate = trusting;
    server.http2().await;
}

#[tokio::test]
async fn what_is_no_handshake_ends_alone() {
    let mut server = Listening::new(Gateway::builder(Kind::HttpApiV2)).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(&[22, 3, 1, 0, 4, 1, 0, 0, 0]).await.unwrap();
    let mut answered = Vec::new();
    let _ = stream.read_to_end(&mut answered).await;
    assert!(server.told.recv().await.unwrap().contains("TLS handshake failed"));
    server.http2().await;
}

#[tokio::test]
async fn a_client_that_never_shakes_hands_is_sent_away() {
    let mut server = Listening::new(Gateway::builder(Kind::HttpApiV2)).await;
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    let mut half = TcpStream::connect(server.address).await.unwrap();
    half.write_all(&[22, 3, 1, 2, 0]).await.unwrap();
    server.http2().await;
    // The clock goes on by itself when everybody waits for it.
    tokio::time::pause();
    for stream in [&mut silent, &mut half] {
        let mut answered = Vec::new();
        let _ = stream.read_to_end(&mut answered).await;
        assert!(server.told.recv().await.unwrap().contains("no TLS handshake within 10 s"));
    }
}

#[tokio::test]
async fn more_requests_at_once_than_are_allowed_wait() {
    let (release, released) = tokio::sync::watch::channel(false);
    let running = Arc::new(Mutex::new((0_usize, 0_usize)));
    let (counted, arrived) = (Arc::clone(&running), Arc::new(tokio::sync::Notify::new()));
    let told = Arc::clone(&arrived);
    let function = tower::service_fn(move |_: Bytes| {
        let (mut released, counted, told) = (released.clone(), Arc::clone(&counted), Arc::clone(&told));
        async move {
            let all = {
                let mut counted = counted.lock().unwrap();
                counted.0 += 1;
                counted.1 = counted.1.max(counted.0);
                counted.0
            };
            if all == 128 {
                told.notify_one();
            }
            released.wait_for(|released| *released).await.unwrap();
            counted.lock().unwrap().0 -= 1;
            Ok::<_, BoxError>(Bytes::from_static(b"\"ok\""))
        }
    });
    let tls = Tls::self_signed(["localhost"]).unwrap();
    let gateways = Gateways::new(Gateway::builder(Kind::HttpApiV2).build(function).unwrap());
    let server = Listening::of(gateways, tls).await;
    let client = server.http2().await;
    let requests: Vec<_> = (0..200)
        .map(|_| {
            let mut client = client.clone();
            let request = http::Request::get("https://localhost/").body(Empty::new()).unwrap();
            tokio::spawn(async move { client.send_request(request).await.unwrap().status() })
        })
        .collect();
    arrived.notified().await;
    release.send(true).unwrap();
    for request in requests {
        assert_eq!(request.await.unwrap(), 200);
    }
    assert_eq!(running.lock().unwrap().1, 128);
}

#[tokio::test]
async fn a_client_that_resets_what_it_asks_loses_the_connection() {
    let server = Listening::new(Gateway::builder(Kind::HttpApiV2)).await;
    let mut stream = server.connect(&["h2"], &[&version::TLS13]).await.unwrap();
    let mut attack = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    // `:method: GET`, `:scheme: https` and `:path: /` of the static table, and a reset behind each.
    for stream in (1..2001_u32).step_by(2) {
        attack.extend_from_slice(&[0, 0, 3, 1, 5]);
        attack.extend_from_slice(&stream.to_be_bytes());
        attack.extend_from_slice(&[0x82, 0x87, 0x84]);
        attack.extend_from_slice(&[0, 0, 4, 3, 0]);
        attack.extend_from_slice(&stream.to_be_bytes());
        attack.extend_from_slice(&8_u32.to_be_bytes());
    }
    let _ = stream.write_all(&attack).await;
    let mut answered = Vec::new();
    let _ = stream.read_to_end(&mut answered).await;
    // GOAWAY with ENHANCE_YOUR_CALM.
    assert!(answered.windows(4).any(|bytes| bytes == [0, 0, 0, 11]), "{answered:?}");
    server.http2().await;
}

#[tokio::test]
async fn a_header_that_no_front_door_takes_is_refused() {
    let server = Listening::new(Gateway::builder(Kind::HttpApiV2)).await;
    for (size, status) in [(20 << 10, 431), (300 << 10, 431)] {
        let mut client = server.http2().await;
        let request = http::Request::get("https://localhost/").header("x-big", "a".repeat(size));
        let response = client.send_request(request.body(Empty::new()).unwrap()).await;
        assert_eq!(response.unwrap().status(), status, "{size}");
    }
}

#[tokio::test]
async fn a_connection_of_http2_that_asks_nothing_is_closed() {
    let server = Listening::new(Gateway::builder(Kind::HttpApiV2)).await;
    let mut asked = server.http2().await;
    let request = || http::Request::get("https://localhost/").body(Empty::new()).unwrap();
    assert_eq!(asked.send_request(request()).await.unwrap().status(), 200);
    // One that does not even begin.
    let mut silent = server.connect(&["h2"], &[&version::TLS13]).await.unwrap();
    silent.write_all(b"PRI * ").await.unwrap();
    tokio::time::pause();
    let mut answered = Vec::new();
    let _ = silent.read_to_end(&mut answered).await;
    while !asked.is_closed() {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    assert!(asked.send_request(request()).await.is_err());
}

#[test]
fn certificates_that_cannot_be_used_are_told() {
    let (certificate, key) = Tls::generate(["localhost"]).unwrap();
    let (_, other) = Tls::generate(["localhost"]).unwrap();
    for (certificate, key, part) in [
        ("", key.as_str(), "expected a certificate in PEM"),
        (&certificate, "", "expected a private key in PEM"),
        (&certificate, &other, "certificate and key cannot be used"),
        (&key, &key, "expected a certificate in PEM"),
    ] {
        let error = Tls::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
        assert!(!error.contains("MHcC") && !error.contains("MIG"), "{error}");
    }
    let kept = Tls::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap();
    assert_eq!(kept.fingerprint(), Tls::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap().fingerprint());
    assert_eq!(kept.fingerprint().len(), 95);
    assert!(Tls::self_signed(["not a näme"]).is_err());
}

/// A function that answers with its event.
fn echo() -> impl tower::Service<Bytes, Response = Bytes, Error = BoxError, Future: Send> + Clone + Send + Sync + 'static
{
    tower::service_fn(|event: Bytes| async move {
        let event = String::from_utf8(event.to_vec())?;
        let answer = json!({"statusCode": 200, "headers": {"content-type": "application/json"}, "body": event, "isBase64Encoded": false});
        Ok::<_, BoxError>(Bytes::from(answer.to_string()))
    })
}

/// A server, and what its clients trust.
struct Listening {
    address: SocketAddr,
    certificate: Vec<u8>,
    told: mpsc::UnboundedReceiver<String>,
}

impl Listening {
    async fn new(builder: GatewayBuilder) -> Self {
        Self::with(builder, Tls::self_signed(["localhost", "127.0.0.1"]).unwrap()).await
    }

    async fn with(builder: GatewayBuilder, tls: Tls) -> Self {
        Self::of(Gateways::new(builder.build(echo()).unwrap()), tls).await
    }

    async fn of<F>(gateways: Gateways<F>, tls: Tls) -> Self
    where
        F: tower::Service<Bytes, Response = Bytes, Error = BoxError, Future: Send> + Clone + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let certificate = tls.certificate().to_vec();
        let (tell, told) = mpsc::unbounded_channel();
        let server = Server::new().tls(tls).report(move |line| drop(tell.send(line.to_owned())));
        tokio::spawn(server.serve(listener, gateways, std::future::pending()));
        Self { address, certificate, told }
    }

    async fn connect(
        &self,
        offered: &[&str],
        versions: &[&'static SupportedProtocolVersion],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(self.certificate.clone())).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = offered.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let stream = TcpStream::connect(self.address).await?;
        TlsConnector::from(Arc::new(config)).connect("localhost".try_into().unwrap(), stream).await
    }

    async fn http2(&self) -> Http2 {
        let stream = self.connect(&["h2"], &[&version::TLS13]).await.unwrap();
        let mut builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
        builder.max_header_list_size(1 << 20);
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        sender
    }
}

async fn rest(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut response = Vec::new();
    // A server that closes without a farewell of TLS is at its end too.
    let _ = stream.read_to_end(&mut response).await;
    String::from_utf8(response).unwrap()
}

//! The hyper test: one app, one request, through a server of hyper on loopback and through gateway and layer.
//! The app must not be able to tell which, but for what the table names.

use std::{convert::Infallible, net::SocketAddr};

use axum::{
    Extension, Json, Router,
    extract::{ConnectInfo, OriginalUri},
    response::IntoResponse,
    routing::any,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, Uri, Version};
use http_body_util::BodyExt;
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use serde_json::{Value, json};
use sippycup::SippyCup;
use sippycup_gateway::{Body, Gateway, Kind};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tower::ServiceExt;

use super::{
    SHARED_REQUESTS, Sent,
    changes::{ON_THE_WAY_IN, changed, without_chance},
    message::{Headers, Message, Path, Query, Text},
    own_requests, plain, shared_requests,
};
use crate::support::{block_on, recorded::checked};

/// Answers everything with what it sees: through extractors of axum, not through anything of SippyCup.
fn app() -> Router {
    Router::new().fallback(any(echo))
}

async fn echo(
    method: Method,
    uri: Uri,
    version: Version,
    OriginalUri(original): OriginalUri,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    let headers: Vec<_> =
        headers.iter().map(|(name, value)| [name.as_str().to_owned(), STANDARD.encode(value)]).collect();
    let seen = json!({
        "method": method.as_str(),
        "uri": uri.to_string(),
        "original_uri": original.to_string(),
        "version": format!("{version:?}"),
        "peer": peer.ip().to_string(),
        "headers": headers,
        "body": STANDARD.encode(body),
    });
    // The answer to a HEAD has no body to tell it in.
    let header = if method == Method::HEAD { STANDARD.encode(seen.to_string()) } else { String::new() };
    ([("x-seen", header)], Json(seen))
}

/// What the app said that it saw.
fn seen(headers: &HeaderMap, body: &[u8]) -> Value {
    match headers["x-seen"].as_bytes() {
        b"" => serde_json::from_slice(body).unwrap(),
        header => serde_json::from_slice(&STANDARD.decode(header).unwrap()).unwrap(),
    }
}

fn message(seen: &Value) -> Message {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let bytes = |value: &Value| Text(STANDARD.decode(value.as_str().unwrap()).unwrap());
    let uri: Uri = text(&seen["uri"]).parse().unwrap();
    let mut headers = Headers::new();
    for header in seen["headers"].as_array().unwrap() {
        headers.entry(text(&header[0])).or_default().push(bytes(&header[1]));
    }
    Message {
        authority: uri.authority().map(ToString::to_string),
        method: text(&seen["method"]),
        path: Path::Written(uri.path().to_owned()),
        query: Query::Written(uri.query().map(str::to_owned)),
        headers,
        body: bytes(&seen["body"]),
    }
}

/// Through hyper; `None` if it refuses the request.
async fn through_hyper(address: SocketAddr, sent: &Sent) -> Option<Value> {
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(&sent.wire()).await.unwrap();
    let mut response = Vec::new();
    connection.read_to_end(&mut response).await.unwrap();
    let (head, body) = super::parsed(&response);
    match head.status().as_u16() {
        200 => Some(seen(head.headers(), &body)),
        400 => None,
        other => panic!("{}: {other}", sent.id),
    }
}

async fn through_gateway<F>(gateway: Gateway<F>, request: Request<Bytes>) -> Value
where
    Gateway<F>: tower::Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    let (parts, body) = gateway.oneshot(request.map(Body::from)).await.unwrap().into_parts();
    assert_eq!(parts.status, 200);
    seen(&parts.headers, &body.collect().await.unwrap().to_bytes())
}

/// All requests both ways; gives how many hyper let through.
fn same_as_hyper(requests: &[Sent]) -> usize {
    block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            loop {
                let (stream, peer) = listener.accept().await.unwrap();
                let service = TowerToHyperService::new(app().layer(Extension(ConnectInfo(peer))));
                // One after the other: each connection ends with its response.
                // What is no HTTP is an error here and a 400 there; the client looks at the latter.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            }
        });
        let mut compared = 0;
        for sent in requests {
            let Some(by_hyper) = through_hyper(address, sent).await else {
                assert!(sent.request().is_none(), "{}: hyper refuses what a gateway takes", sent.id);
                continue;
            };
            compared += 1;
            let mut request = sent.request().unwrap();
            // The connection of the other way ends with its response.
            request.headers_mut().entry("connection").or_insert(http::HeaderValue::from_static("close"));
            for &kind in Kind::OF_REQUESTS {
                let id = format!("{kind} {}", sent.id);
                let app = SippyCup::new(app());
                let by_gateway = through_gateway(plain(kind).build(app).unwrap(), request.clone()).await;
                let expected = changed(ON_THE_WAY_IN, kind, &message(&by_hyper), None);
                let mut found = message(&by_gateway).read_as(&expected);
                without_chance(&mut found, &expected);
                assert_eq!(found, expected, "{id}");
                assert_eq!(by_gateway["version"], by_hyper["version"], "{id}");
                assert_eq!(by_gateway["uri"], by_gateway["original_uri"], "{id}");
                assert_eq!(by_gateway["peer"], by_hyper["peer"], "{id}");
            }
        }
        server.abort();
        compared
    })
}

#[test]
fn an_app_sees_what_it_sees_behind_hyper() {
    let requests = own_requests();
    assert_eq!(same_as_hyper(&requests), requests.len());
}

#[test]
#[cfg_attr(not(shared), ignore = "needs ../shared")]
fn an_app_sees_what_it_sees_behind_hyper_of_all_shared_requests() {
    let requests = shared_requests();
    // One of them has `<` in its target, which no HTTP server takes.
    assert_eq!(same_as_hyper(&requests), requests.len() - 1);
    checked(SHARED_REQUESTS, "", requests.len());
}

//! Collectors on loopback: one that speaks OTLP over HTTP and over gRPC, and those that do not answer.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use tokio::{net::TcpListener, task::JoinSet};

/// It serves until it is dropped.
pub(crate) struct Collector {
    pub(crate) url: String,
    names: Arc<Mutex<Vec<String>>>,
    _serving: JoinSet<()>,
}

impl Collector {
    pub(crate) async fn start() -> Self {
        let (listener, url) = listen().await;
        let names = Arc::new(Mutex::default());
        let (mut serving, taken) = (JoinSet::new(), Arc::clone(&names));
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let taken = Arc::clone(&taken);
                connections.spawn(async move {
                    let service = service_fn(move |request| take(Arc::clone(&taken), request));
                    let http = auto::Builder::new(TokioExecutor::new());
                    let _ = http.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { url, names, _serving: serving }
    }

    /// One that accepts connections, and says nothing.
    pub(crate) async fn silent() -> Self {
        let (listener, url) = listen().await;
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut held = Vec::new();
            loop {
                held.push(listener.accept().await.unwrap());
            }
        });
        Self { url, names: Arc::default(), _serving: serving }
    }

    /// One where nobody listens.
    pub(crate) async fn dead() -> Self {
        let (_, url) = listen().await;
        Self { url, names: Arc::default(), _serving: JoinSet::new() }
    }

    /// The names of the spans so far, in the order of the alphabet.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names = self.names.lock().unwrap().clone();
        names.sort();
        names
    }
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

async fn take(
    names: Arc<Mutex<Vec<String>>>,
    request: Request<Incoming>,
) -> Result<Response<BoxBody<Bytes, Infallible>>, Infallible> {
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let (message, reply, trailers) = match path.as_str() {
        HTTP => (body, Bytes::new(), None),
        // A flag and a length come before each message.
        GRPC => (body.slice(5..), Bytes::from_static(&[0; 5]), Some(HeaderValue::from_static("0"))),
        _ => panic!("{path}"),
    };
    let spans = ExportTraceServiceRequest::decode(message).unwrap();
    let spans = spans.resource_spans.into_iter().flat_map(|spans| spans.scope_spans).flat_map(|spans| spans.spans);
    names.lock().unwrap().extend(spans.map(|span| span.name));
    let content_type = if path == GRPC { "application/grpc" } else { "application/x-protobuf" };
    let trailers =
        trailers.map(|status| Ok(HeaderMap::from_iter([(http::HeaderName::from_static("grpc-status"), status)])));
    let reply = Full::new(reply).with_trailers(std::future::ready(trailers));
    Ok(Response::builder().status(StatusCode::OK).header("content-type", content_type).body(reply.boxed()).unwrap())
}

const HTTP: &str = "/v1/traces";
const GRPC: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

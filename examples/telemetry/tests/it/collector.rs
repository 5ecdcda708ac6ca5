//! Collectors on loopback: one that takes OTLP over HTTP, and those that do not.

use std::{
    convert::Infallible,
    mem,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    trace::v1::Span,
};
use prost::Message;
use tokio::{net::TcpListener, task::JoinSet};

/// It serves until it is dropped.
pub(crate) struct Collector {
    pub(crate) url: String,
    taken: Arc<Mutex<Taken>>,
    _serving: JoinSet<()>,
}

#[derive(Default)]
struct Taken {
    spans: Vec<Span>,
    resource: Vec<KeyValue>,
}

impl Collector {
    pub(crate) async fn start() -> Self {
        let (listener, url) = listen().await;
        let taken = Arc::new(Mutex::<Taken>::default());
        let (mut serving, takes) = (JoinSet::new(), Arc::clone(&taken));
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let takes = Arc::clone(&takes);
                connections.spawn(async move {
                    let service = service_fn(move |request| take(Arc::clone(&takes), request));
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { url, taken, _serving: serving }
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
        Self { url, taken: Arc::default(), _serving: serving }
    }

    /// One where nobody listens.
    pub(crate) async fn dead() -> Self {
        let (_, url) = listen().await;
        Self { url, taken: Arc::default(), _serving: JoinSet::new() }
    }

    /// What has come since this was last asked.
    pub(crate) fn take(&self) -> Vec<Span> {
        mem::take(&mut self.taken.lock().unwrap().spans)
    }

    /// An attribute of who sent it.
    pub(crate) fn resource(&self, name: &str) -> Option<String> {
        text(&self.taken.lock().unwrap().resource, name)
    }
}

pub(crate) fn value(attributes: &[KeyValue], name: &str) -> Option<Value> {
    attributes.iter().find(|attribute| attribute.key == name)?.value.clone()?.value
}

pub(crate) fn text(attributes: &[KeyValue], name: &str) -> Option<String> {
    match value(attributes, name)? {
        Value::StringValue(text) => Some(text),
        other => panic!("{name}: {other:?}"),
    }
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

async fn take(taken: Arc<Mutex<Taken>>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    assert_eq!(request.uri().path(), "/v1/traces");
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let mut taken = taken.lock().unwrap();
    for of_resource in ExportTraceServiceRequest::decode(body).unwrap().resource_spans {
        taken.resource = of_resource.resource.unwrap_or_default().attributes;
        taken.spans.extend(of_resource.scope_spans.into_iter().flat_map(|of_scope| of_scope.spans));
    }
    Ok(Response::new(Full::default()))
}

//! What a function answers.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use serde::de::IgnoredAny;
use serde_json::Value;
use sippycup_gateway::{Answer, Body, Fault, Gateway, Kind};
use tower::{ServiceExt, service_fn};

use crate::block_on;

/// The input is the answer.
pub(crate) fn buffered(kind: Kind, answer: &[u8]) {
    let function = {
        let answer = Bytes::copy_from_slice(answer);
        service_fn(move |_event: Bytes| std::future::ready(Ok::<_, Infallible>(answer.clone())))
    };
    let response = respond(kind, function);
    let (faulty, status) = (response.extensions().get::<Fault>().is_some(), response.status());
    let Ok(json) = serde_json::from_slice::<Value>(answer) else {
        // Two kinds take what has no status code for the body. And what serde_json has no value for, half a surrogate
        // pair, may be an answer all the same.
        let infers = matches!(kind, Kind::FunctionUrl | Kind::HttpApiV2);
        let is_json = serde_json::from_slice::<IgnoredAny>(answer).is_ok();
        assert!(faulty || infers || is_json, "{kind}: {status} for no JSON");
        return;
    };
    if !faulty && let Some(code) = json["statusCode"].as_u64() {
        assert_eq!(u64::from(status.as_u16()), code, "{kind}: {json}");
    }
    assert!(!faulty || status.is_server_error() || status.is_client_error(), "{status}");
}

/// The input is the stream: with a prelude if its first byte is odd, in pieces of as many bytes.
pub(crate) fn streamed(kind: Kind, stream: &[u8]) {
    let Some((first, stream)) = stream.split_first() else { return };
    let pieces: Vec<_> = stream.chunks(usize::from(*first).max(1)).map(Bytes::copy_from_slice).collect();
    let prelude = first % 2 == 1;
    let function = service_fn(move |_event: Bytes| {
        std::future::ready(Ok::<_, Infallible>(Answer::streaming(Pieces(pieces.clone().into_iter()), prelude)))
    });
    respond(kind, function);
}

fn respond<F, A>(kind: Kind, function: F) -> Response<Bytes>
where
    F: tower::Service<Bytes, Response = A, Error = Infallible, Future: Send> + Clone + Send + 'static,
    A: Into<Answer> + Send,
{
    let mut builder = Gateway::builder(kind);
    if matches!(kind, Kind::FunctionUrl | Kind::RestApi) {
        builder = builder.response_streaming(true);
    }
    if kind == Kind::RestApi {
        builder = builder.binary_media_type("image/*");
    }
    let gateway = builder.build(function).unwrap();
    let path = format!("{}/x", gateway.base_path());
    let request = Request::get(path).header("accept", "image/png").body(Full::new(Bytes::new())).unwrap();
    block_on(async {
        let (parts, body): (_, Body) = gateway.oneshot(request).await.unwrap().into_parts();
        // A body that breaks off is the function's.
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        Response::from_parts(parts, body)
    })
}

struct Pieces(std::vec::IntoIter<Bytes>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        std::task::Poll::Ready(self.0.next().map(|piece| Ok(http_body::Frame::data(piece))))
    }
}

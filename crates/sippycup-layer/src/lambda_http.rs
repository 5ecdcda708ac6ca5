//! SippyCup inside a stack that `lambda_http` runs.
//!
//! ```no_run
//! # use std::convert::Infallible;
//! # use sippycup_layer::{Body, SippyCup};
//! # async fn hello(_: http::Request<Body>) -> Result<http::Response<String>, Infallible> { Ok(http::Response::default()) }
//! # async fn run() -> Result<(), lambda_http::Error> {
//! let app = tower::service_fn(hello);
//! lambda_http::run(SippyCup::new(app).into_lambda_http()).await
//! # }
//! ```
//!
//! The app gets its base path and the extensions, its redirects are correct, and the bytes of its bodies decide between
//! text and base64. What `lambda_http` loses before SippyCup sees the request stays lost:
//!
//! * on REST APIs all but the last value of a repeated header, everywhere the order of query keys;
//! * dot segments (`/a/../b`), backslashes and tabs of paths: normalised; a `?` or `#` that a path had encoded;
//! * an event with an odd `Host`, `X-Forwarded-Proto` or base64: it panics before SippyCup is called;
//! * an event with a member of a type it does not expect, and every Lattice event of version 1: rejected.
//!
//! On the way out a cookie that is not ASCII is lost on HTTP APIs. With `sippycup::run` nothing of this is lost.

use std::{
    future,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Request, Response, Uri,
    header::{CONTENT_LENGTH, HOST, SET_COOKIE, TRANSFER_ENCODING},
    request::Parts,
    uri::PathAndQuery,
};
use http_body::Body as HttpBody;
use http_body_util::BodyExt;
use lambda_http::{Body as LambdaBody, IntoResponse, RequestExt, request::RequestContext};
use serde_json::{Map, Value, json};
use sippycup_core::{BinaryPolicy, EventSource, ProxyEvent, PublicUri};
use tower_service::Service;

use crate::{Body, BoxError, Error, SippyCup, rewrite::Rewrite, service::add_frameworks_extensions};

impl<S> SippyCup<S> {
    /// The same app as a `Service<lambda_http::Request>`, for `lambda_http::run`. See the [module docs](self).
    pub fn into_lambda_http(self) -> LambdaHttp<S> {
        LambdaHttp { inner: self }
    }
}

/// An app that `lambda_http` runs: a `Service<lambda_http::Request>`.
#[derive(Clone, Debug)]
pub struct LambdaHttp<S> {
    inner: SippyCup<S>,
}

impl<S, B> Service<lambda_http::Request> for LambdaHttp<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Future: Send + 'static,
    S::Error: Into<BoxError> + Send,
    B: HttpBody + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    type Response = LambdaHttpResponse;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<LambdaHttpResponse, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_app(cx).map_err(BoxError::from)
    }

    fn call(&mut self, request: lambda_http::Request) -> Self::Future {
        let layer = self.inner.layer.clone();
        let (request, source) = match translate(request, &layer.events) {
            Ok(translated) => translated,
            Err(error) => return Box::pin(future::ready(Err(error.into()))),
        };
        let rewrite = Rewrite::new(&layer, &request);
        let call = self.inner.inner.call(request);
        Box::pin(async move {
            let (mut parts, body) = call.await.map_err(Error::service)?.into_parts();
            let body = body.collect().await.map_err(Error::body)?.to_bytes();
            if let Some(rewrite) = rewrite {
                rewrite.apply(&layer, &mut parts.headers);
            }
            let body = lambda_body(&layer.binary, &parts.headers, &body);
            parts.headers = survivable(&parts.headers, source);
            Ok(LambdaHttpResponse(Response::from_parts(parts, body)))
        })
    }
}

/// The response for `lambda_http`. Its body is text or binary already, depending on its bytes.
#[derive(Debug)]
pub struct LambdaHttpResponse(Response<LambdaBody>);

impl LambdaHttpResponse {
    /// The response itself.
    #[must_use]
    pub fn into_inner(self) -> Response<LambdaBody> {
        self.0
    }
}

impl IntoResponse for LambdaHttpResponse {
    fn into_response(self) -> Pin<Box<dyn Future<Output = Response<LambdaBody>> + Send>> {
        Box::pin(future::ready(self.0))
    }
}

/// Takes the base path and the extensions from an event made of what `lambda_http` has kept, and everything else from
/// its request.
fn translate(
    request: lambda_http::Request,
    options: &sippycup_core::EventOptions,
) -> Result<(Request<Body>, EventSource), Error> {
    let (parts, body) = request.into_parts();
    let event = outline(&parts);
    let event = ProxyEvent::from_bytes(event.to_string())?;
    let mut outlined = event.into_request(options)?;
    let source = outlined.extensions().get().copied();
    debug_assert!(source.is_some(), "every event has a source");
    let source = source.unwrap_or(EventSource::RestApi);

    let body = bytes_of(body);
    let length = body.len();
    let mut request = Request::from_parts(parts, Body::from(body));
    // As `ProxyEvent::into_request` has it: the body is whole and counted, however the client sent it.
    request.headers_mut().remove(TRANSFER_ENCODING);
    if length > 0 || request.headers().contains_key(CONTENT_LENGTH) {
        request.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    let query = request.uri().query().map_or(String::new(), |query| format!("?{query}"));
    let target = format!("{}{query}", outlined.uri().path());
    let public = outlined.extensions().get::<PublicUri>().and_then(|uri| format!("{uri}{query}").parse().ok());
    if let Some(uri) = public {
        outlined.extensions_mut().insert(PublicUri::from_uri(uri));
    }
    if let Ok(target) = PathAndQuery::try_from(target) {
        *request.uri_mut() = Uri::from(target);
    }
    // The method of a WebSocket event follows from the event's type; `lambda_http` makes all of them GET.
    *request.method_mut() = outlined.method().clone();
    request.extensions_mut().extend(outlined.into_parts().0.extensions);
    add_frameworks_extensions(&mut request);
    Ok((request, source))
}

/// The event without query and body, and of the headers only those that say where the request came from.
fn outline(parts: &Parts) -> Value {
    let (extensions, method) = (&parts.extensions, parts.method.as_str());
    let path = extensions.raw_http_path();
    let mut event = Map::new();
    let context = match extensions.request_context_ref() {
        Some(RequestContext::ApiGatewayV1(context)) => {
            // An HTTP API has a route key where a REST API has an opaque id.
            if context.resource_id.as_deref().is_some_and(|id| id == "$default" || id.contains(' ')) {
                event.insert("version".to_owned(), "1.0".into());
            }
            serde_json::to_value(context)
        }
        Some(RequestContext::ApiGatewayV2(context)) => {
            event.insert("rawPath".to_owned(), path.into());
            event.insert("routeKey".to_owned(), context.route_key.clone().into());
            serde_json::to_value(context)
        }
        Some(RequestContext::Alb(context)) => serde_json::to_value(context),
        Some(RequestContext::WebSocket(context)) => serde_json::to_value(context),
        Some(RequestContext::VpcLattice(context)) => {
            event.insert("method".to_owned(), method.into());
            serde_json::to_value(context)
        }
        _ => Ok(json!({})),
    };
    debug_assert!(context.is_ok(), "a context that was read can be written: {context:?}");
    event.insert("requestContext".to_owned(), context.unwrap_or_default());
    if !matches!(extensions.request_context_ref(), Some(RequestContext::WebSocket(_))) {
        event.insert("httpMethod".to_owned(), method.into());
        event.insert("path".to_owned(), path.into());
    }
    let headers = [HOST.as_str(), "x-forwarded-for", "x-forwarded-proto"].into_iter().map(|name| {
        let values = parts.headers.get_all(name).iter().filter_map(|value| std::str::from_utf8(value.as_bytes()).ok());
        (name, values.collect::<Value>())
    });
    event.insert("headers".to_owned(), headers.collect());
    event.insert("stageVariables".to_owned(), extensions.stage_variables().iter().collect());
    event.insert("pathParameters".to_owned(), extensions.path_parameters().iter().collect());
    event.into()
}

fn bytes_of(body: LambdaBody) -> Bytes {
    match body {
        LambdaBody::Text(text) => Bytes::from(text),
        LambdaBody::Binary(bytes) => Bytes::from(bytes),
        _ => Bytes::new(),
    }
}

fn lambda_body(binary: &BinaryPolicy, headers: &HeaderMap, body: &[u8]) -> LambdaBody {
    match std::str::from_utf8(body) {
        Ok("") => LambdaBody::Empty,
        Ok(text) if !binary.is_base64(headers, body) => LambdaBody::Text(text.to_owned()),
        _ => LambdaBody::Binary(body.to_vec()),
    }
}

/// The headers in a form that `lambda_http` sends completely: repeated ones are joined where it would send only the
/// first, and values that are not UTF-8, which would end its process, are read as ISO-8859-1.
fn survivable(headers: &HeaderMap, source: EventSource) -> HeaderMap {
    let joins = !matches!(source, EventSource::RestApi | EventSource::LoadBalancer | EventSource::WebSocket);
    let mut out = HeaderMap::new();
    for name in headers.keys() {
        let values = headers.get_all(name).iter().map(text_of);
        if joins && *name != SET_COOKIE {
            let joined = values.collect::<Vec<_>>().join(", ");
            out.extend(HeaderValue::try_from(joined).ok().map(|value| (name.clone(), value)));
        } else {
            for value in values.filter_map(|value| HeaderValue::try_from(value).ok()) {
                out.append(name, value);
            }
        }
    }
    out
}

fn text_of(value: &HeaderValue) -> String {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().iter().map(|byte| char::from(*byte)).collect(),
    }
}

//! A span around each request.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::{body::TracedBody, span::RequestSpan};
use crate::failure::ErrorType;

/// Continues the caller's trace, and puts a span of `tracing` around each request; see the [module](super).
///
/// A span is about the app: its status is the one that the app answered with. What a guard sends in its place (an answer
/// that is too large or too late, a panic) is in the access line and in the metrics.
///
/// Put it around the whole app. Around an axum `Router` it learns the route from `MatchedPathLayer` (feature `axum`); or put
/// this layer inside, with `Router::layer`.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct TraceLayer;

impl TraceLayer {
    /// The layer.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl<S> Layer<S> for TraceLayer {
    type Service = TraceService<S>;

    fn layer(&self, inner: S) -> TraceService<S> {
        TraceService { inner }
    }
}

/// The service of a [`TraceLayer`].
#[derive(Clone, Copy, Debug)]
pub struct TraceService<S> {
    inner: S,
}

impl<S, R, B> Service<Request<R>> for TraceService<S>
where
    S: Service<Request<R>, Response = Response<B>>,
{
    type Response = Response<TracedBody<B>>;
    type Error = S::Error;
    type Future = TraceFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<R>) -> Self::Future {
        let mut span = Some(RequestSpan::begin(&mut request));
        let call = RequestSpan::around(&mut span, || self.inner.call(request));
        TraceFuture { call, span }
    }
}

pin_project! {
    /// The answer of a [`TraceService`].
    pub struct TraceFuture<F> {
        #[pin]
        call: F,
        span: Option<RequestSpan>,
    }
}

impl<F, B, E> Future for TraceFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<TracedBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(RequestSpan::around(this.span, || this.call.poll(cx)));
        let mut span = this.span.take();
        if let Some(span) = &mut span {
            match &answer {
                Ok(response) => span.answered(response.status()),
                Err(_) => span.failed(ErrorType::Service),
            }
        }
        Poll::Ready(answer.map(|response| response.map(|body| TracedBody::new(body, span))))
    }
}

impl<F> fmt::Debug for TraceFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceFuture").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
        time::Duration,
    };

    use http_body::{Body as HttpBody, Frame};
    use opentelemetry::trace::{Status, TracerProvider};
    use opentelemetry_sdk::{
        error::OTelSdkResult,
        trace::{SdkTracerProvider, Span, SpanData, SpanProcessor},
    };
    use sippycup_layer::BoxError;
    use tower::{ServiceExt, service_fn};
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use crate::{MatchedRoute, telemetry};

    #[derive(Clone, Debug, Default)]
    struct Ended(Arc<Mutex<Vec<SpanData>>>);

    impl SpanProcessor for Ended {
        fn on_start(&self, _: &mut Span, _: &opentelemetry::Context) {}

        fn on_end(&self, span: SpanData) {
            self.0.lock().unwrap().push(span);
        }

        fn force_flush(&self) -> OTelSdkResult {
            Ok(())
        }

        fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
            Ok(())
        }
    }

    /// Two frames, and then what the path says.
    struct Ends(&'static str, u8);

    impl HttpBody for Ends {
        type Data = bytes::Bytes;
        type Error = io::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<bytes::Bytes>, io::Error>>> {
            self.1 += 1;
            match (self.1, self.0) {
                (3, "/body-error") => Poll::Ready(Some(Err(io::Error::other("on purpose")))),
                (3, "/body-panic") => panic!("on purpose"),
                (3, _) => Poll::Ready(None),
                _ => Poll::Ready(Some(Ok(Frame::data(bytes::Bytes::from_static(b"a"))))),
            }
        }
    }

    async fn app(request: Request<()>) -> Result<Response<Ends>, BoxError> {
        let path = match request.uri().path() {
            "/panic" => panic!("on purpose"),
            "/error" => return Err("on purpose".into()),
            "/body-error" => "/body-error",
            "/body-panic" => "/body-panic",
            _ => "",
        };
        if let Some(route) = request.extensions().get::<MatchedRoute>() {
            route.set("/{what}");
        }
        let mut response = Response::new(Ends(path, 0));
        if request.uri().path() == "/busy" {
            *response.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
        }
        Ok(response)
    }

    /// The span of a request, of which there is one and not before the end of the answer.
    async fn span(method: &str, path: &str) -> SpanData {
        let ended = Ended::default();
        let provider = SdkTracerProvider::builder().with_span_processor(ended.clone()).build();
        let subscriber = tracing_subscriber::registry().with(telemetry::layer(provider.tracer("test")));
        let _guard = tracing::subscriber::set_default(subscriber);
        let service = TraceLayer::new().layer(service_fn(app));
        let request = Request::builder().method(method).uri(path).body(()).unwrap();
        // A panic ends in a task of its own.
        let answer = tokio::spawn(async move {
            let body = service.oneshot(request).await?.into_body();
            let mut body = std::pin::pin!(body);
            while let Some(frame) = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
                assert!(frame?.is_data());
            }
            Ok::<_, BoxError>(())
        });
        let _ = answer.await;
        let mut spans = ended.0.lock().unwrap();
        assert_eq!(spans.len(), 1, "{spans:?}");
        spans.remove(0)
    }

    #[tokio::test]
    async fn a_failure_is_an_error_of_its_type_wherever_it_is() {
        for (method, path, name, error_type) in [
            ("GET", "/", "GET /{what}", None),
            ("BREW", "/", "HTTP /{what}", None),
            ("GET", "/busy", "GET /{what}", Some("503")),
            ("GET", "/error", "GET", Some("SippyCup.Service")),
            ("GET", "/panic", "GET", Some("SippyCup.Panic")),
            ("GET", "/body-error", "GET /{what}", Some("SippyCup.Body")),
            ("GET", "/body-panic", "GET /{what}", Some("SippyCup.Panic")),
        ] {
            let span = span(method, path).await;
            let attribute = |name: &str| {
                let found = span.attributes.iter().rfind(|attribute| attribute.key.as_str() == name);
                found.map(|attribute| attribute.value.as_str().into_owned())
            };
            assert_eq!(span.name, name);
            assert_eq!(attribute("error.type").as_deref(), error_type, "{path}");
            assert_eq!(matches!(span.status, Status::Error { .. }), error_type.is_some(), "{path}");
            let method = if method == "GET" { ("GET", None) } else { ("_OTHER", Some("BREW")) };
            assert_eq!(attribute("http.request.method").as_deref(), Some(method.0));
            assert_eq!(attribute("http.request.method_original").as_deref(), method.1);
        }
    }
}

//! Spans that are sent when `flush` is awaited, and not before.

use std::{
    fmt, mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use opentelemetry::{Context, context::FutureExt};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{Span, SpanData, SpanExporter, SpanProcessor},
};
use tokio::{sync::Mutex as AsyncMutex, time::timeout};

use crate::log;

/// Holds spans that have ended, and sends them when [`flush`](Self::flush) is awaited: for
/// [`after_invocation`](crate::serve::Serve::after_invocation).
///
/// The processors of `opentelemetry_sdk` have a thread of their own, which Lambda freezes in the middle of its work, or
/// block the thread that they run on, which on a current-thread runtime the exporter needs. This one blocks
/// no thread, on either runtime, and takes any exporter whose client is asynchronous: `opentelemetry_otlp` with a client of
/// hyper, `reqwest` or tonic. A collector that does not answer costs no more than the [`limit`](Self::limit).
///
/// It holds 2,048 spans; what comes beyond that before the next `flush`, and what could not be sent, is lost, and the log
/// says how many. `force_flush` and `shutdown` of the provider do nothing: they cannot be awaited.
pub struct AwaitedSpanProcessor<E> {
    inner: Arc<Inner<E>>,
    limit: Duration,
}

struct Inner<E> {
    /// One flush at a time: exporters are not made for more.
    exporter: AsyncMutex<E>,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    spans: Vec<SpanData>,
    lost: usize,
}

impl<E: SpanExporter + 'static> AwaitedSpanProcessor<E> {
    /// A processor for this exporter. A clone is of the same.
    pub fn new(exporter: E) -> Self {
        let inner = Inner { exporter: AsyncMutex::new(exporter), held: Mutex::default() };
        Self { inner: Arc::new(inner), limit: LIMIT }
    }

    /// How long a [`flush`](Self::flush) may take. Default: 400 ms, less than what `after_invocation` has by default.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Sends what has ended by now. What goes wrong is a line in the log.
    pub fn flush(&self) -> impl Future<Output = ()> + Send + use<E> {
        let (inner, limit) = (self.inner.clone(), self.limit);
        async move {
            let mut count = 0;
            let sent = async {
                let exporter = inner.exporter.lock().await;
                let Held { spans, lost } = mem::take(&mut *inner.held());
                count = spans.len();
                if lost > 0 {
                    log::warn("", format_args!("{lost} spans are lost: expected at most {MOST} between flushes"));
                }
                if spans.is_empty() {
                    return Ok(());
                }
                // A client that is traced must not trace this.
                exporter.export(spans).with_context(Context::current().with_telemetry_suppressed()).await
            };
            let ended = timeout(limit, sent).await;
            match ended {
                Ok(Ok(())) => {}
                Ok(Err(error)) => log::warn("", format_args!("{count} spans are lost: {error}")),
                Err(_) => {
                    log::warn("", format_args!("{count} spans are lost: the collector did not answer in {limit:?}"))
                }
            }
        }
    }
}

impl<E> Inner<E> {
    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<E: SpanExporter + 'static> SpanProcessor for AwaitedSpanProcessor<E> {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if !span.span_context.is_sampled() {
            return;
        }
        let mut held = self.inner.held();
        match held.spans.len() < MOST {
            true => held.spans.push(span),
            false => held.lost += 1,
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        // The provider calls it before there is a span.
        if let Ok(mut exporter) = self.inner.exporter.try_lock() {
            exporter.set_resource(resource);
        }
    }
}

impl<E> Clone for AwaitedSpanProcessor<E> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), limit: self.limit }
    }
}

impl<E> fmt::Debug for AwaitedSpanProcessor<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwaitedSpanProcessor").field("limit", &self.limit).finish_non_exhaustive()
    }
}

const LIMIT: Duration = Duration::from_millis(400);

/// As many as the processor of `opentelemetry_sdk` holds.
const MOST: usize = 2_048;

#[cfg(test)]
mod tests {
    use std::{
        future,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use opentelemetry::trace::{Tracer, TracerProvider};
    use opentelemetry_sdk::trace::SdkTracerProvider;

    use super::*;

    /// Counts spans, or never answers.
    #[derive(Clone, Debug, Default)]
    struct Exporter {
        sent: Arc<AtomicUsize>,
        is_dead: bool,
    }

    impl SpanExporter for Exporter {
        async fn export(&self, spans: Vec<SpanData>) -> OTelSdkResult {
            assert!(Context::current().is_telemetry_suppressed());
            if self.is_dead {
                future::pending::<()>().await;
            }
            self.sent.fetch_add(spans.len(), Ordering::Relaxed);
            Ok(())
        }
    }

    fn ends(exporter: &Exporter, spans: usize) -> AwaitedSpanProcessor<Exporter> {
        let processor = AwaitedSpanProcessor::new(exporter.clone()).limit(Duration::from_millis(20));
        let provider = SdkTracerProvider::builder().with_span_processor(processor.clone()).build();
        for _ in 0..spans {
            drop(provider.tracer("test").start("a span"));
        }
        processor
    }

    #[tokio::test]
    async fn spans_are_sent_when_it_is_awaited_and_once() {
        let exporter = Exporter::default();
        let processor = ends(&exporter, 3);
        assert_eq!(exporter.sent.load(Ordering::Relaxed), 0);
        processor.flush().await;
        processor.flush().await;
        assert_eq!(exporter.sent.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn no_more_spans_are_held_than_fit() {
        let exporter = Exporter::default();
        ends(&exporter, MOST + 5).flush().await;
        assert_eq!(exporter.sent.load(Ordering::Relaxed), MOST);
    }

    #[tokio::test]
    async fn a_collector_that_does_not_answer_costs_the_limit_and_leaves_nothing_behind() {
        let exporter = Exporter { is_dead: true, ..Exporter::default() };
        let processor = ends(&exporter, 1);
        let began = tokio::time::Instant::now();
        processor.flush().await;
        assert!(began.elapsed() >= Duration::from_millis(20));
        assert!(processor.inner.held().spans.is_empty());
    }
}

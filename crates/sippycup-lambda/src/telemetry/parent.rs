//! The trace that a request belongs to.

use http::HeaderMap;
use opentelemetry::{
    Context,
    propagation::{Extractor, TextMapPropagator},
    trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState},
};
use opentelemetry_sdk::propagation::TraceContextPropagator;

/// What came before the span of a request.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Parent {
    pub(super) parent: Option<SpanContext>,
    pub(super) link: Option<SpanContext>,
}

impl Parent {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let xray = headers.get("x-amzn-trace-id").and_then(|header| xray(header.to_str().ok()?));
        if let Some(parent) = w3c(headers) {
            return Self { parent: Some(parent), link: xray };
        }
        match xray {
            Some(xray) if xray.is_sampled() => Self { parent: Some(xray), link: None },
            link => Self { parent: None, link },
        }
    }
}

fn w3c(headers: &HeaderMap) -> Option<SpanContext> {
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(headers));
    Some(context.span().span_context().clone()).filter(SpanContext::is_valid)
}

struct Headers<'h>(&'h HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}

/// Reads the
/// [X-Ray header](https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader):
/// `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`, with other fields, in any order. Written
/// here because the propagator of `opentelemetry-aws` takes a field that it does not know, or space, for the end of it.
fn xray(header: &str) -> Option<SpanContext> {
    let (mut root, mut parent, mut is_sampled) = (None, None, true);
    for (key, value) in header.split(';').filter_map(|field| field.trim().split_once('=')) {
        match key {
            "Root" => root = trace_id(value),
            "Parent" => parent = hex(value, 16).and_then(|id| SpanId::from_hex(id).ok()),
            // The caller has not decided, so we do.
            "Sampled" => is_sampled = value != "0",
            _ => {}
        }
    }
    let flags = if is_sampled { TraceFlags::SAMPLED } else { TraceFlags::NOT_SAMPLED };
    Some(SpanContext::new(root?, parent?, flags, true, TraceState::NONE)).filter(SpanContext::is_valid)
}

/// `1-5759e988-bd862e3fe1be46a994272793` is `5759e988bd862e3fe1be46a994272793`.
fn trace_id(root: &str) -> Option<TraceId> {
    let (time, rest) = root.strip_prefix("1-")?.split_once('-')?;
    TraceId::from_hex(&[hex(time, 8)?, hex(rest, 24)?].concat()).ok()
}

fn hex(text: &str, digits: usize) -> Option<&str> {
    (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(text)
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    const XRAY: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    const W3C: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn of(headers: &[(&'static str, &str)]) -> [Option<String>; 2] {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::try_from(*value).unwrap()))
            .collect();
        let Parent { parent, link } = Parent::of(&headers);
        [parent, link].map(|context| context.map(|context| format!("{}-{}", context.trace_id(), context.span_id())))
    }

    #[test]
    fn traceparent_comes_first_and_xray_that_is_sampled_second() {
        let xray = || Some("5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8".to_owned());
        let w3c = || Some("0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331".to_owned());
        let unsampled = XRAY.replace("Sampled=1", "Sampled=0");
        for (headers, parent, link) in [
            (vec![], None, None),
            (vec![("x-amzn-trace-id", XRAY)], xray(), None),
            (vec![("x-amzn-trace-id", XRAY), ("traceparent", W3C)], w3c(), xray()),
            (vec![("x-amzn-trace-id", &*unsampled), ("traceparent", W3C)], w3c(), xray()),
            (vec![("x-amzn-trace-id", &*unsampled)], None, xray()),
            (vec![("x-amzn-trace-id", XRAY), ("traceparent", "00-0-0-01")], xray(), None),
            (vec![("traceparent", W3C)], w3c(), None),
        ] {
            assert_eq!(of(&headers), [parent, link], "{headers:?}");
        }
    }

    #[test]
    fn an_xray_header_may_have_more_in_any_order_and_what_is_broken_is_none() {
        let good = "5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8";
        for (header, is_good) in [
            ("Parent=53995c3f42cd8ad8; Sampled=1 ;Root=1-5759e988-bd862e3fe1be46a994272793", true),
            (
                "Self=1-67891234-12456789abcdef012345678;Foo Bar=x;Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8",
                true,
            ),
            (
                "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:a87bd80c:1|68fd508a:5",
                true,
            ),
            ("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=?", true),
            ("Root=1-5759e988-bd862e3fe1be46a994272793", false),
            ("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1", false),
            ("Root=2-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8", false),
            ("Root=1-5759e98-8bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8", false),
            ("Root=1-00000000-000000000000000000000000;Parent=53995c3f42cd8ad8", false),
            ("Root=1-5759e988-bd862e3fe1be46a99427279\u{e9};Parent=53995c3f42cd8ad8", false),
            ("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=0000000000000000", false),
            (";;=;Root", false),
        ] {
            let wanted = is_good.then(|| good.to_owned());
            assert_eq!(of(&[("x-amzn-trace-id", header)]), [wanted, None], "{header}");
        }
    }
}

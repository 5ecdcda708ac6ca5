//! What arrives at a collector on loopback, of the function as Lambda runs it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets the unexpected must fail, its helpers too"
)]

mod collector;
mod runtime_api;

use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};

use self::{
    collector::{Collector, text, value},
    runtime_api::Lambda,
};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const W3C: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const XRAY: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=";

fn of<'s>(spans: &'s [Span], name: &str) -> &'s Span {
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no {name}: {spans:?}"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn spans_are_away_before_the_next_event_with_the_names_of_opentelemetry() {
    for polls in [1, 4] {
        let collector = Collector::start().await;
        let mut lambda = Lambda::start(&collector.url, polls).await;
        for at in 0..3 {
            let id = format!("id-{at}");
            let answer = lambda.invoke(&id, "/items/7", &format!("{XRAY}1"), &[("traceparent", W3C)]).await;
            assert_eq!(answer["body"], "item 7");
            lambda.waits().await;
            let spans = collector.take();
            assert_eq!(spans.len(), 3, "{spans:?}");
            let request = of(&spans, "GET /items/{id}");
            assert_eq!(
                (hex(&request.trace_id), hex(&request.parent_span_id)),
                (TRACE.into(), "b7ad6b7169203331".into())
            );
            assert_eq!(request.kind(), SpanKind::Server);
            assert_eq!(request.status.as_ref().map(|status| status.code()).unwrap_or_default(), StatusCode::Unset);
            for (name, wanted) in [
                ("http.request.method", "GET"),
                ("http.route", "/items/{id}"),
                ("url.path", "/items/7"),
                ("url.scheme", "https"),
                ("server.address", "api.shop.example"),
                ("client.address", "192.0.2.7"),
                ("user_agent.original", "test/1"),
                ("faas.trigger", "http"),
                ("faas.invocation_id", &id),
                ("aws.lambda.invoked_arn", "arn:aws:lambda:eu-central-1:111122223333:function:shop:live"),
                ("cloud.account.id", "111122223333"),
                ("cloud.resource_id", "arn:aws:lambda:eu-central-1:111122223333:function:shop:7"),
            ] {
                assert_eq!(text(&request.attributes, name).as_deref(), Some(wanted), "{name}");
            }
            use opentelemetry_proto::tonic::common::v1::any_value::Value::{BoolValue, IntValue};
            assert_eq!(value(&request.attributes, "http.response.status_code"), Some(IntValue(200)));
            assert_eq!(value(&request.attributes, "faas.coldstart"), Some(BoolValue(at == 0)));
            for absent in ["url.query", "error.type", "http.request.method_original"] {
                assert_eq!(value(&request.attributes, absent), None, "{absent}");
            }
            // The trace of X-Ray that was not taken.
            assert_eq!(request.links.len(), 1);
            assert_eq!(hex(&request.links[0].trace_id), "5759e988bd862e3fe1be46a994272793");
            let query = of(&spans, "query");
            assert_eq!((&query.trace_id, &query.parent_span_id), (&request.trace_id, &request.span_id));
            assert_eq!(query.events[0].name, "asks the database");
            of(&spans, "count the visit");
            assert_eq!(collector.resource("service.name").as_deref(), Some("shop"));
            assert_eq!(collector.resource("cloud.platform").as_deref(), Some("aws_lambda"));
        }
    }
}

#[tokio::test]
async fn the_trace_of_xray_goes_on_if_it_is_sampled_and_is_a_link_if_not() {
    let collector = Collector::start().await;
    let mut lambda = Lambda::start(&collector.url, 1).await;
    for (sampled, goes_on) in [("1", true), ("0", false)] {
        lambda.invoke("id", "/broken", &format!("{XRAY}{sampled}"), &[]).await;
        lambda.waits().await;
        let spans = collector.take();
        let request = of(&spans, "GET /broken");
        let is_xray = hex(&request.trace_id) == "5759e988bd862e3fe1be46a994272793";
        assert_eq!((is_xray, request.links.len()), (goes_on, usize::from(!goes_on)), "{request:?}");
        assert_eq!(hex(&request.parent_span_id), if goes_on { "53995c3f42cd8ad8" } else { "" });
        assert_eq!(text(&request.attributes, "error.type").as_deref(), Some("503"));
        assert_eq!(request.status.as_ref().unwrap().code(), StatusCode::Error);
    }
    lambda.invoke("id", "/nowhere", &format!("{XRAY}1"), &[]).await;
    lambda.waits().await;
    let spans = collector.take();
    assert_eq!(text(&of(&spans, "GET").attributes, "http.route"), None);
    // A caller that does not trace is followed.
    let unsampled = W3C.replace("-01", "-00");
    lambda.invoke("id", "/broken", &format!("{XRAY}1"), &[("traceparent", &unsampled)]).await;
    lambda.waits().await;
    assert_eq!(collector.take(), []);
}

#[tokio::test]
async fn a_collector_that_does_not_answer_costs_the_limit_and_one_that_is_dead_nothing() {
    for (collector, says, at_least) in [
        (
            Collector::silent().await,
            "spans are lost: the collector did not answer in 400ms",
            Duration::from_millis(400),
        ),
        (Collector::dead().await, "spans are lost: ", Duration::ZERO),
    ] {
        let mut lambda = Lambda::start(&collector.url, 1).await;
        for _ in 0..2 {
            let began = Instant::now();
            let answer = lambda.invoke("id", "/items/7", &format!("{XRAY}1"), &[]).await;
            assert_eq!(answer["body"], "item 7");
            lambda.waits().await;
            assert!(began.elapsed() >= at_least);
            assert!(lambda.says(says).await.contains("id"));
        }
    }
}

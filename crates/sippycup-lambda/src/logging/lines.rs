//! Writes a line for every event.

use std::{
    io::{self, Write},
    time::SystemTime,
};

use tracing::{
    Event, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    layer::Context,
    registry::{LookupSpan, SpanRef},
};

use super::{
    fields::{Fields, Value},
    line::{Form, Line},
};
use crate::{LambdaContext, current, log, span};

pub(super) struct Lines {
    form: Form,
}

impl Lines {
    pub(super) fn new(form: Form) -> Self {
        Self { form }
    }
}

/// Nothing is locked while fields are recorded: to record runs code of the app, which may log or panic.
impl<S> Layer<S> for Lines
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().replace(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        let Some(span) = context.span(id) else { return };
        if let Some(known) = span.extensions_mut().get_mut::<Fields>() {
            known.extend(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let spans: Vec<_> = context.event_scope(event).into_iter().flatten().collect();
        let ids = current::invocation().map_or_else(|| of_spans(&spans), |invocation| of(&invocation));
        if event.metadata().target() == log::TARGET {
            fields.rename("error_type", "errorType");
        }
        let message = fields.take("message");
        let extensions: Vec<_> =
            spans.iter().filter(|span| span.name() != span::NAME).map(SpanRef::extensions).collect();
        let of_spans = extensions.iter().filter_map(|extensions| extensions.get::<Fields>()).flat_map(Fields::iter);
        let line = Line {
            time: SystemTime::now(),
            level: *event.metadata().level(),
            message: message.as_ref().map(Value::as_str).unwrap_or_default(),
            ids: &ids,
            target: event.metadata().target(),
            fields: fields.iter().chain(of_spans).collect(),
        };
        let line = line.render(self.form);
        drop(extensions);
        // A closed standard error is no reason to stop.
        let _ = io::stderr().write_all(line.as_bytes());
    }
}

/// The ids of the invocation, by the names of their members.
fn of(invocation: &LambdaContext) -> Vec<(&'static str, String)> {
    ids(|name| match name {
        "requestId" => Some(invocation.request_id().to_owned()),
        "tenantId" => invocation.tenant_id().map(str::to_owned),
        _ => invocation.trace_id().map(str::to_owned),
    })
}

/// The ids that the span of an invocation has, for code that the app runs in a task of its own.
fn of_spans<S>(spans: &[SpanRef<'_, S>]) -> Vec<(&'static str, String)>
where
    S: for<'s> LookupSpan<'s>,
{
    let Some(span) = spans.iter().find(|span| span.name() == span::NAME) else { return Vec::new() };
    let extensions = span.extensions();
    let Some(fields) = extensions.get::<Fields>() else { return Vec::new() };
    ids(|name| fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str().to_owned()))
}

fn ids(find: impl Fn(&str) -> Option<String>) -> Vec<(&'static str, String)> {
    let found = IDS.into_iter().filter_map(|name| Some((name, find(name)?)));
    found.map(|(name, id)| (name, if name == TRACE { root(id) } else { id })).collect()
}

/// The trace of `Root=1-2-3;Parent=4;Sampled=1` is `1-2-3`.
fn root(header: String) -> String {
    let root = header.split(';').find_map(|part| part.trim().strip_prefix("Root=")).map(str::to_owned);
    root.unwrap_or(header)
}

const TRACE: &str = "xrayTraceId";
const IDS: [&str; 3] = ["requestId", "tenantId", TRACE];

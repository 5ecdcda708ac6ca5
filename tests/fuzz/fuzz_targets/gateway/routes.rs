//! Route templates, stages, domains, and the targets that are matched with them. Whatever event comes of it, the
//! reader of events takes it.

use bytes::Bytes;
use http::{Request, Uri};
use sippycup_core::{EventOptions, ProxyEvent};
use sippycup_gateway::{Domain, Gateway, GatewayBuilder, Kind};

/// Lines: routes with a space between, the stage, a mapping of a custom domain, the target, the value of a header.
pub(crate) fn event(kind: Kind, input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let mut lines = text.split('\n');
    let mut line = || lines.next().unwrap_or_default();
    let mut builder = Gateway::builder(kind);
    for route in line().split('\u{1}').filter(|route| !route.is_empty()) {
        builder = builder.route(route);
    }
    let (stage, mapping) = (line(), line());
    if !stage.is_empty() {
        builder = builder.stage(stage);
    }
    if !mapping.is_empty() {
        builder = builder.domain(Domain::new("api.example.com").mapping(mapping));
    }
    ask(builder, line(), line());
}

/// A gateway in one line, then a target.
pub(crate) fn one_line(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (line, target) = text.split_once('\n').unwrap_or((text, "/"));
    match line.parse::<GatewayBuilder>() {
        Ok(builder) => ask(builder, target, ""),
        Err(error) => drop(error.to_string()),
    }
}

fn ask(builder: GatewayBuilder, target: &str, header: &str) {
    let gateway = match builder.build(()) {
        Ok(gateway) => gateway,
        Err(error) => return drop(error.to_string()),
    };
    let Ok(target) = target.parse::<Uri>() else { return };
    let Ok(request) = Request::get(target).header("x-fuzz", header).body(Bytes::new()) else { return };
    match gateway.event(&request) {
        Ok(event) => {
            let event = ProxyEvent::from_bytes(event).unwrap();
            let target = request.uri();
            event.into_request(&EventOptions::default()).unwrap_or_else(|error| panic!("{target}: {error}"));
        }
        Err(error) => drop(error.to_string()),
    }
}

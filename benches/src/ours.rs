//! SippyCup's ways from an event to an answer.

use std::hint::black_box;

use axum::Router;
use bytes::Bytes;
use http::Response;
use sippycup_core::{BinaryPolicy, EventOptions, ProxyEvent};
use sippycup_layer::{Body, SippyCup, SippyCupLayer};
use tower::{Layer, Service};

use crate::{
    app::app,
    case::Case,
    events::http_api_binary,
    meter::{Subject, now, subject},
};

/// Event bytes to request: the core alone.
pub fn core(case: &Case) -> Subject {
    let event = case.event.clone();
    subject(move || Bytes::from(event.clone()), read)
}

/// The same where clients take turns of which each sends other headers: more than the core remembers at once.
pub fn clients(case: &Case) -> Subject {
    const CLIENTS: usize = 12;
    let event = String::from_utf8(case.event.clone()).expect("JSON");
    let of = move |client| Bytes::from(event.replace("user-agent", &"x-user-agent"[..client]));
    (1..=CLIENTS).map(&of).for_each(read);
    let mut client = 0;
    subject(
        move || {
            client += 1;
            of(1 + client % CLIENTS)
        },
        read,
    )
}

fn read(event: Bytes) {
    let request = ProxyEvent::from_bytes(event).and_then(|event| event.into_request(&EventOptions::default()));
    drop(black_box(request.expect("the event is right")));
}

/// Event bytes to answer bytes: core, layer and router.
pub fn raw(case: &Case) -> Subject {
    let event = case.event.clone();
    let mut service: SippyCup<Router> = SippyCupLayer::new().layer(app(case.answer));
    subject(
        move || Bytes::from(event.clone()),
        move |event| {
            let answer = now(service.call(event));
            drop(black_box(answer.expect("the app answers")));
        },
    )
}

/// The text of a body to the answer's bytes.
pub fn encode(text: String) -> Subject {
    let event = ProxyEvent::from_bytes(http_api_binary(&[])).expect("the event is right");
    let format = event.response_format(&EventOptions::default()).expect("the event is right");
    let body = Bytes::from(text);
    subject(
        move || Response::new(body.clone()),
        move |response| drop(black_box(format.encode(response, &BinaryPolicy::default()).expect("an answer"))),
    )
}

/// The router alone, with the request that `core` makes; of an upload with its body left out, since to give back
/// the event's memory is not the router's work.
pub fn router(case: &Case) -> Subject {
    let event = if case.base64_in > 0 { http_api_binary(&[]) } else { case.event.clone() };
    let mut router = app(case.answer);
    let options = EventOptions::default();
    subject(
        move || {
            let event = ProxyEvent::from_bytes(event.clone()).expect("the event is right");
            event.into_request(&options).expect("the event is right").map(Body::from)
        },
        move |request| {
            let Ok(answer) = now(router.call(request));
            drop(black_box(answer));
        },
    )
}

//! SippyCup's ways from an event to an answer.

use std::hint::black_box;

use axum::Router;
use bytes::Bytes;
use sippycup_core::{EventOptions, ProxyEvent};
use sippycup_layer::{Body, SippyCup, SippyCupLayer};
use tower::{Layer, Service};

use crate::{
    app::app,
    case::Case,
    meter::{Subject, now, subject},
};

/// Event bytes to request: the core alone.
pub fn core(case: &Case) -> Subject {
    let event = case.event.clone();
    let options = EventOptions::default();
    subject(
        move || Bytes::from(event.clone()),
        move |event| {
            let request = ProxyEvent::from_bytes(event).and_then(|event| event.into_request(&options));
            drop(black_box(request.expect("the event is right")));
        },
    )
}

/// Event bytes to answer bytes: core, layer and router.
pub fn raw(case: &Case) -> Subject {
    let event = case.event.clone();
    let mut service: SippyCup<Router> = SippyCupLayer::new().layer(app(case.answer));
    subject(
        move || Bytes::from(event.clone()),
        move |event| {
            let answer = now(Service::<Bytes>::call(&mut service, event));
            drop(black_box(answer.expect("the app answers")));
        },
    )
}

/// The router alone, with the request that [`core`] makes, except for a large body: to give back its memory is the
/// translation's share, and a router that has never seen it does not make it cheaper.
pub fn router(case: &Case) -> Subject {
    let event = case.event.clone();
    let mut router = app(case.answer);
    let options = EventOptions::default();
    subject(
        move || {
            let event = ProxyEvent::from_bytes(event.clone()).expect("the event is right");
            let request = event.into_request(&options).expect("the event is right");
            request.map(|body| Body::new(if body.len() > 1 << 16 { Bytes::new() } else { body }))
        },
        move |request| {
            let Ok(answer) = now(router.call(request));
            drop(black_box(answer));
        },
    )
}

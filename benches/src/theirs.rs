//! `lambda_http`'s way from an event to an answer, as `lambda_runtime` takes it.

use std::hint::black_box;

use bytes::Bytes;
use lambda_http::{Adapter, request::LambdaRequest};
use lambda_runtime::{Context, LambdaEvent};
use tower::Service;

use crate::{
    app::app,
    case::Case,
    invocation,
    meter::{Subject, now, subject},
};

/// Event bytes to answer bytes: what stands between `lambda_runtime`'s two HTTP calls, and no more.
pub fn adapter(case: &Case) -> Subject {
    let event = case.event.clone();
    let mut adapter = Adapter::from(app(case.answer));
    subject(
        move || (Bytes::from(event.clone()), invocation::context()),
        move |(event, context)| {
            let answer = now(adapter.call(LambdaEvent::new(read(&event), context))).expect("the app answers");
            let answer = serde_json::to_vec(&answer).expect("an answer is JSON");
            drop(black_box(answer));
        },
    )
}

/// The answer, to be compared.
pub fn answer(case: &Case) -> Vec<u8> {
    let mut adapter = Adapter::from(app(case.answer));
    let event = LambdaEvent::new(read(&case.event), invocation::context());
    serde_json::to_vec(&now(adapter.call(event)).expect("the app answers")).expect("an answer is JSON")
}

/// Event bytes to what `lambda_http` makes the request from, for the cost of reading alone.
pub fn parse(case: &Case) -> Subject {
    let event = case.event.clone();
    subject(move || (Bytes::from(event.clone()), Context::default()), |(event, _)| drop(black_box(read(&event))))
}

fn read(event: &[u8]) -> LambdaRequest {
    let mut json = serde_json::Deserializer::from_slice(event);
    serde_path_to_error::deserialize(&mut json).expect("the event is right")
}

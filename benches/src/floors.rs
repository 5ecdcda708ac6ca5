//! What even a perfect translation pays, or what it would be held against.

use std::hint::black_box;

use bytes::Bytes;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use serde::de::IgnoredAny;
use sippycup_core::{EventOptions, ProxyEvent};

use crate::{
    bodies,
    case::Case,
    meter::{Subject, subject},
};

/// `serde_json` over the event, keeping nothing.
pub fn ignored_any(case: &Case) -> Subject {
    let event = case.event.clone();
    subject(
        move || Bytes::from(event.clone()),
        |event| {
            black_box(serde_json::from_slice::<IgnoredAny>(&event).expect("the event is JSON"));
        },
    )
}

/// The same request from parts that somebody else found: names and values checked, the URI parsed.
pub fn build(case: &Case) -> Subject {
    let event = ProxyEvent::from_bytes(case.event.clone()).expect("the event is right");
    let (parts, body) = event.into_request(&EventOptions::default()).expect("the event is right").into_parts();
    let (uri, method) = (parts.uri.to_string(), parts.method.to_string());
    let text =
        |(name, value): (&HeaderName, &HeaderValue)| (name.to_string(), Bytes::copy_from_slice(value.as_bytes()));
    let headers: Vec<(String, Bytes)> = parts.headers.iter().map(text).collect();
    let extensions: Extensions = parts.extensions;
    subject(
        move || extensions.clone(),
        move |extensions| {
            let mut request = Request::new(body.clone());
            *request.method_mut() = Method::from_bytes(method.as_bytes()).expect("a method");
            *request.uri_mut() = Uri::try_from(uri.as_bytes()).expect("a URI");
            *request.headers_mut() = HeaderMap::with_capacity(headers.len());
            for (name, value) in &headers {
                let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
                let value = HeaderValue::from_maybe_shared(value.clone()).expect("a value");
                request.headers_mut().append(name, value);
            }
            *request.extensions_mut() = extensions;
            drop(black_box(request));
        },
    )
}

/// The case's base64 and nothing else; `None` if it has none.
pub fn base64(case: &Case) -> Option<Subject> {
    let codec = base64_simd::STANDARD;
    match (case.base64_in, case.base64_out) {
        (0, 0) => None,
        (0, size) => {
            let body = bodies::binary(size);
            Some(subject(|| (), move |()| drop(black_box(codec.encode_to_string(&body)))))
        }
        (size, _) => {
            let text = codec.encode_to_string(bodies::binary(size));
            Some(subject(|| (), move |()| drop(black_box(codec.decode_to_vec(&text).expect("base64")))))
        }
    }
}

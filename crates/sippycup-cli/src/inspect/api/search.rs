//! Which exchanges have a text in what is kept of them.

use http::HeaderMap;
use memchr::memmem::Finder;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::answer::parameter;
use crate::inspect::store::{Contents, Store};

/// The numbers of the exchanges that have `text` in target, headers, bodies, event, answer, log or reason, as it is written there.
pub(super) fn search(store: &Store, query: &str) -> Value {
    let text: Vec<u8> = percent_decode_str(parameter(query, "text").unwrap_or_default()).collect();
    let finder = Finder::new(&text);
    let has = |bytes: &[u8]| finder.find(bytes).is_some();
    let state = store.state();
    let found = state
        .exchanges
        .values()
        .filter(|exchange| exchange.contents.as_deref().is_some_and(|contents| is_in(contents, has)));
    json!({ "ids": found.map(|exchange| exchange.id).collect::<Vec<_>>() })
}

fn is_in(contents: &Contents, has: impl Fn(&[u8]) -> bool) -> bool {
    let in_headers = |headers: &HeaderMap| {
        headers.iter().any(|(name, value)| has(name.as_str().as_bytes()) || has(value.as_bytes()))
    };
    let texts = [Some(&contents.target), contents.failed.as_ref(), contents.fault.as_ref(), contents.broken.as_ref()];
    let jsons = [contents.event.as_deref(), contents.answer.as_deref()];
    let bodies = [&contents.body, &contents.streamed, &contents.response_body];
    let mut lines = contents.invocations.iter().flat_map(|invocation| &invocation.lines);
    texts.into_iter().flatten().any(|text| has(text.as_bytes()))
        || in_headers(&contents.headers)
        || in_headers(&contents.response_headers)
        || jsons.into_iter().flatten().any(&has)
        || bodies.into_iter().any(|body| has(body.bytes()))
        || lines.any(|(_, line)| has(line.as_bytes()))
}

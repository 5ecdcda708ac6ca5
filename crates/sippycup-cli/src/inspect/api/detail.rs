//! One exchange, as the page shows it.

use std::time::UNIX_EPOCH;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use serde_json::{Map, Value, json};
use sippycup_gateway::Verdict;

use super::saw;
use crate::certain::Certain;
use crate::inspect::store::{Contents, Exchange, Invocation, Kept};
use crate::record::{mask, prelude_end};

/// Everything that is kept of an exchange, with credentials masked unless they are asked for.
pub(super) fn detail(exchange: &Exchange, secrets: bool) -> Value {
    let row = &exchange.row;
    let mut detail = json!({
        "id": exchange.id,
        "at": row.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_micros() as u64,
        "method": row.method,
        "target": row.target,
        "status": row.status,
        "door": row.door.name,
        "kind": row.door.kind,
        "address": row.door.address.to_string(),
        "function": exchange.function(),
        "listener": row.listener,
        "authorizer": row.authorizer(),
        "repeats": row.repeats,
        "cold": row.cold,
        "took": row.ended.map(|ended| ended.after),
        "end": row.ended.map(|ended| ended.how),
        "version": exchange.version,
        "secrets": secrets,
    });
    if let (Value::Object(members), Some(contents)) = (&mut detail, &exchange.contents) {
        members.extend(of_contents(contents, secrets));
    }
    detail
}

fn of_contents(contents: &Contents, secrets: bool) -> Map<String, Value> {
    let shown = |mut value: Value| {
        if !secrets {
            mask(&mut value);
        }
        value
    };
    let json = |json: &[u8]| serde_json::from_slice(json).map(shown).ok();
    let event = contents.event.as_deref();
    let prelude = contents.stream.filter(|has| *has).and_then(|_| prelude_end(contents.streamed.bytes()));
    let of_prelude = |end: usize| json(contents.streamed.bytes().get(..end).certain());
    let mut members = Map::new();
    for (name, value) in [
        ("target", shown(contents.target.clone().into())),
        ("protocol", format!("{:?}", contents.version).into()),
        ("headers", headers(&contents.headers, secrets)),
        ("body", body(&contents.body)),
        ("routed", routed(contents)),
        ("verdict", contents.verdict.as_ref().map(|verdict| shown(said(verdict))).into()),
        ("event", event.and_then(json).into()),
        ("eventSize", event.map(<[u8]>::len).into()),
        ("saw", event.map(|event| shown(saw::saw(event))).into()),
        ("answer", contents.answer.as_deref().and_then(json).into()),
        ("answerText", contents.answer.as_deref().filter(|a| json(a).is_none()).map(String::from_utf8_lossy).into()),
        ("answerSize", contents.answer.as_deref().map(<[u8]>::len).into()),
        ("stream", contents.stream.map(|_| body(&contents.streamed)).into()),
        ("prelude", prelude.and_then(of_prelude).into()),
        ("failed", contents.failed.clone().into()),
        ("responseHeaders", headers(&contents.response_headers, secrets)),
        ("responseBody", body(&contents.response_body)),
        ("fault", contents.fault.clone().into()),
        ("hints", contents.hints.clone().into()),
        ("broken", contents.broken.clone().into()),
        ("times", contents.times.iter().map(|(name, at)| json!([name, at])).collect()),
        ("invocations", contents.invocations.iter().map(invocation).collect()),
    ] {
        members.insert(name.to_owned(), value);
    }
    members
}

/// Pairs in their order. Bytes that are no UTF-8 become U+FFFD.
pub(super) fn headers(headers: &HeaderMap, secrets: bool) -> Value {
    let pair = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        json!([name.as_str(), header(name.as_str(), &String::from_utf8_lossy(value.as_bytes()), secrets)])
    };
    headers.iter().map(pair).collect()
}

/// The value of a header, masked if it is a credential.
pub(super) fn header(name: &str, value: &str, secrets: bool) -> String {
    if secrets {
        return value.to_owned();
    }
    let mut member = json!({ name: value });
    mask(&mut member);
    member.get(name).and_then(Value::as_str).certain().to_owned()
}

fn body(kept: &Kept) -> Value {
    let pieces: Vec<_> = kept.pieces().iter().map(|piece| json!([piece.at, piece.bytes])).collect();
    json!({
        "base64": STANDARD.encode(kept.bytes()),
        "kept": kept.bytes().len(),
        "total": kept.total(),
        "pieces": pieces,
    })
}

/// Where the request belongs, and what of its path is the front door's.
fn routed(contents: &Contents) -> Value {
    let Some(routed) = &contents.routed else { return Value::Null };
    let path = contents.target.split(['?', '#']).next().certain();
    let path = path.split_once("://").map_or(path, |(_, rest)| rest.find('/').map_or("/", |at| rest.split_at(at).1));
    let base = path.strip_suffix(routed.path.as_str()).or(path.strip_suffix('/')).unwrap_or(path);
    let found = match (&routed.mapping, &routed.stage) {
        (Some(mapping), _) if mapping.is_empty() => format!("`{}` maps its root", routed.domain),
        (Some(mapping), _) => format!("the mapping `{mapping}` of `{}`", routed.domain),
        (None, Some(stage)) if stage != "$default" => format!("the stage `{stage}`, on the name that AWS gives"),
        _ => "nothing stands before the path of the app".to_owned(),
    };
    json!({
        "domain": routed.domain,
        "mapping": routed.mapping,
        "stage": routed.stage,
        "route": routed.route,
        "path": routed.path,
        "base": if routed.path == path { "" } else { base },
        "found": found,
    })
}

/// What the authorizer said.
fn said(verdict: &Verdict) -> Value {
    json!({
        "authorizer": verdict.authorizer(),
        "allowed": verdict.is_allowed(),
        "refusal": verdict.refusal(),
        "principal": verdict.principal(),
        "context": verdict.context(),
        "cached": verdict.is_cached(),
        "took": verdict.took().as_micros() as u64,
    })
}

fn invocation(invocation: &Invocation) -> Value {
    json!({
        "id": invocation.id,
        "function": invocation.function,
        "environment": invocation.environment,
        "cold": invocation.cold,
        "queued": invocation.queued,
        "invoked": invocation.invoked,
        "answered": invocation.answered,
        "init": invocation.init.map(|(from, to)| json!([from, to])),
        "lines": invocation.lines.iter().map(|(at, line)| json!([at, line])).collect::<Vec<_>>(),
        "moreLines": invocation.more_lines,
    })
}

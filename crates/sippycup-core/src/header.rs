//! The event's header maps and cookies, made into a `HeaderMap`.

use std::{borrow::Cow, collections::HashSet};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{
    field::{Fault, Field, Kind},
    known::known,
    scan::Scanner,
    wire::{Header, Wire},
};

/// Every value of `multiValueHeaders` in order, then from `headers` the names that are missing there.
///
/// API Gateway writes both maps, and `headers` only has the last value of each name. A name or a value
/// that HTTP cannot have is left out alone; the request still counts.
pub(crate) fn headers(json: &Bytes, wire: &Wire) -> Result<HeaderMap, Fault> {
    let (multi, single) = (&wire.multi_headers, &wire.headers);
    // One more for a cookie or trace header that comes from elsewhere.
    let mut map = HeaderMap::with_capacity((multi.len().max(single.len()) + 1).min(MOST));
    for header in if multi.is_empty() { single } else { multi } {
        if let Some(name) = name(json, header.name)? {
            append(&mut map, json, name, header.value)?;
        }
    }
    if !multi.is_empty() && !same_names(json, multi, single) {
        append_missing(&mut map, json, single)?;
    }
    Ok(map)
}

/// One `cookie` header out of the list that payload format 2.0 has, unless the header is there (function
/// URLs send both).
pub(crate) fn append_cookies(map: &mut HeaderMap, json: &[u8], cookies: Field) -> Result<(), Fault> {
    if cookies.kind != Kind::Array || map.contains_key(header::COOKIE) {
        return Ok(());
    }
    let mut joined = Vec::new();
    let mut scanner = Scanner::on(json, cookies);
    scanner.enter_array()?;
    let mut first = true;
    while scanner.next_item(&mut first)? {
        if let Some(cookie) = scanner.value()?.text(json)? {
            if !joined.is_empty() {
                joined.extend_from_slice(b"; ");
            }
            joined.extend_from_slice(&cookie);
        }
    }
    if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(joined))
        && !value.is_empty()
    {
        let _full = map.try_append(header::COOKIE, value);
    }
    Ok(())
}

/// Whether the two maps have the same names in the same order, as API Gateway writes them; `headers` then
/// has nothing to add. Spares looking every name up.
fn same_names(json: &[u8], multi: &[Header], single: &[Header]) -> bool {
    let mut names = multi.iter().map(|header| header.name);
    let mut last = None;
    single.iter().all(|header| {
        let name = header.name.raw(json);
        for next in names.by_ref() {
            // Further values of the name before stand under the very same key.
            if last == Some(next.start()) {
                continue;
            }
            last = Some(next.start());
            return next.raw(json) == name;
        }
        false
    })
}

fn append_missing(map: &mut HeaderMap, json: &Bytes, single: &[Header]) -> Result<(), Fault> {
    // Two spellings of one name may both be missing from the other map; both count.
    let mut missing: HashSet<HeaderName> = HashSet::new();
    for header in single {
        let Some(name) = name(json, header.name)? else { continue };
        if map.contains_key(&name) && !missing.contains(&name) {
            continue;
        }
        append(map, json, name.clone(), header.value)?;
        missing.insert(name);
    }
    Ok(())
}

fn name(json: &[u8], name: Field) -> Result<Option<HeaderName>, Fault> {
    if let Some(known) = known(name.raw(json)) {
        return Ok(Some(known));
    }
    Ok(name.text(json)?.and_then(|name| HeaderName::from_bytes(&name).ok()))
}

fn append(map: &mut HeaderMap, json: &Bytes, name: HeaderName, field: Field) -> Result<(), Fault> {
    if let Some(value) = value(json, field)? {
        // More headers than a `HeaderMap` takes (32,768) cannot come through a gateway's limits.
        let _full = map.try_append(name, value);
    }
    Ok(())
}

/// A value, not copied where the event has it as it is. Values that are not ASCII arrive as Unicode text and
/// go on as its UTF-8 bytes.
pub(crate) fn value(json: &Bytes, value: Field) -> Result<Option<HeaderValue>, Fault> {
    let bytes = match value.text(json)? {
        None => return Ok(None),
        Some(Cow::Borrowed(text)) => json.slice_ref(text),
        Some(Cow::Owned(text)) => Bytes::from(text),
    };
    Ok(HeaderValue::from_maybe_shared(bytes).ok())
}

/// The room for more headers than any gateway lets through; asked for its own limit, a `HeaderMap` panics.
const MOST: usize = 1024;

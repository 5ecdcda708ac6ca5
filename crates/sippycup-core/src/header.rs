//! The event's header maps and cookies, made into a `HeaderMap`.

use std::{borrow::Cow, collections::HashSet};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{
    field::{Fault, Field, Kind},
    names::{Names, Role, Slot, X_AMZN_TRACE_ID},
    scan::Scanner,
    wire::{Header, Wire},
};

/// The headers of a request, and what some of them tell about it.
#[derive(Default)]
pub(crate) struct Headers {
    pub(crate) map: HeaderMap,
    /// The first `host`.
    pub(crate) host: Option<HeaderValue>,
    /// The first `x-forwarded-proto`.
    pub(crate) forwarded_proto: Option<HeaderValue>,
    /// Where the value of `x-forwarded-for` stands as it is, if there is only one.
    pub(crate) forwarded_for: Field,
    has_cookie: bool,
    has_trace_id: bool,
}

impl Headers {
    /// Every value of `multiValueHeaders` in order, then from `headers` the names that are missing there.
    ///
    /// API Gateway writes both maps, and `headers` only has the last value of each name. A name or a value
    /// that HTTP cannot have is left out alone; the request still counts.
    pub(crate) fn read(json: &Bytes, wire: &Wire) -> Result<Self, Fault> {
        let (multi, single) = (&wire.multi_headers, &wire.headers);
        // One more for a cookie or trace header that comes from elsewhere.
        let map = HeaderMap::with_capacity((multi.len().max(single.len()) + 1).min(MOST));
        let mut headers = Self { map, ..Self::default() };
        let mut names = Names::recall();
        for header in if multi.is_empty() { single } else { multi } {
            if let Some(name) = name(&mut names, json, header.name)? {
                headers.append(json, name, header.value)?;
            }
        }
        if !multi.is_empty() && !same_names(json, multi, single) {
            headers.append_missing(&mut names, json, single)?;
        }
        names.keep();
        Ok(headers)
    }

    /// One `cookie` header out of the list that payload format 2.0 has, unless the header is there (function
    /// URLs send both).
    pub(crate) fn append_cookies(&mut self, json: &[u8], cookies: Field) -> Result<(), Fault> {
        if cookies.kind() != Kind::Array || self.has_cookie {
            return Ok(());
        }
        let mut joined = Vec::with_capacity(cookies.len());
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
            let _full = self.map.try_append(header::COOKIE, value);
        }
        Ok(())
    }

    /// The invocation's trace id, unless the event has one.
    pub(crate) fn append_trace_id(&mut self, id: HeaderValue) {
        if !self.has_trace_id {
            let _full = self.map.try_append(X_AMZN_TRACE_ID, id);
        }
    }

    fn append_missing(&mut self, names: &mut Names, json: &Bytes, single: &[Header]) -> Result<(), Fault> {
        // Two spellings of one name may both be missing from the other map; both count.
        let mut missing: HashSet<HeaderName> = HashSet::new();
        for header in single {
            let Some(name) = name(names, json, header.name)? else { continue };
            if self.map.contains_key(&name.name) && !missing.contains(&name.name) {
                continue;
            }
            self.append(json, name, header.value)?;
            missing.insert(name.name.clone());
        }
        Ok(())
    }

    #[inline(always)]
    fn append(&mut self, json: &Bytes, name: &Slot, field: Field) -> Result<(), Fault> {
        let text = if field.is_plain() { Some(field.share(json)) } else { odd_value(json, field)? };
        let Some(Ok(value)) = text.map(HeaderValue::from_maybe_shared) else { return Ok(()) };
        match name.role {
            Role::Other => {}
            Role::Cookie => self.has_cookie = true,
            Role::TraceId => self.has_trace_id = true,
            Role::ForwardedFor => {
                let only = self.forwarded_for.kind() == Kind::Missing && !field.is_escaped();
                self.forwarded_for = if only { field } else { Field::new(Kind::Null, 0, 0) };
            }
            Role::ForwardedProto if self.forwarded_proto.is_none() => self.forwarded_proto = Some(value.clone()),
            Role::Host if self.host.is_none() => self.host = Some(value.clone()),
            _ => {}
        }
        // More headers than a `HeaderMap` takes (32,768) cannot come through a gateway's limits.
        let _full = self.map.try_append(&name.name, value);
        Ok(())
    }
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

#[inline(always)]
fn name<'a>(names: &'a mut Names, json: &[u8], name: Field) -> Result<Option<&'a Slot>, Fault> {
    if name.is_escaped() { escaped_name(names, json, name) } else { Ok(names.get(name.raw(json))) }
}

#[cold]
fn escaped_name<'a>(names: &'a mut Names, json: &[u8], name: Field) -> Result<Option<&'a Slot>, Fault> {
    let name = name.text(json)?;
    Ok(name.and_then(|name| names.get(&name)))
}

/// The text of a value. Values that are not ASCII arrive as Unicode text and go on as its UTF-8 bytes.
#[cold]
fn odd_value(json: &Bytes, value: Field) -> Result<Option<Bytes>, Fault> {
    Ok(match value.text(json)? {
        None => None,
        Some(Cow::Borrowed(_)) => Some(value.share(json)),
        // The text was made with room to spare; a copy has none, and needs no second allocation to be shared.
        Some(Cow::Owned(text)) => Some(Bytes::copy_from_slice(&text)),
    })
}

/// The value of a member that is no header.
pub(crate) fn value(json: &Bytes, value: Field) -> Result<Option<HeaderValue>, Fault> {
    Ok(odd_value(json, value)?.and_then(|text| HeaderValue::from_maybe_shared(text).ok()))
}

/// The room for more headers than any gateway lets through; asked for its own limit, a `HeaderMap` panics.
const MOST: usize = 1024;

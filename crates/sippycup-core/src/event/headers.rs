//! The event's header maps and cookies, made into a `HeaderMap`.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};

use super::names::{Names, Role, Slot, X_AMZN_TRACE_ID};
use crate::json::{Fault, Field, Kind, Scanner, share};

/// The headers of a request, and what some of them tell about it.
pub(crate) struct Headers {
    pub(crate) map: HeaderMap,
    /// Where the first `host` stands.
    pub(crate) host: Field,
    /// Where the first `x-forwarded-proto` stands.
    pub(crate) forwarded_proto: Field,
    /// Where the value of `x-forwarded-for` stands as it is, if there is only one.
    pub(crate) forwarded_for: Field,
    has_cookie: bool,
    has_trace_id: bool,
}

impl Headers {
    /// Headers of which nothing is known.
    pub(crate) fn of(map: HeaderMap) -> Self {
        let nowhere = Field::default();
        Self {
            map,
            host: nowhere,
            forwarded_proto: nowhere,
            forwarded_for: nowhere,
            has_cookie: false,
            has_trace_id: false,
        }
    }

    /// The headers of the map that stands next, and then those of the one at `single`, which is `headers` if this
    /// is `multiValueHeaders`, whose names are missing there.
    ///
    /// API Gateway writes both maps, and `headers` only has the last value of each name. A name or a value
    /// that HTTP cannot have is left out alone; the request still counts.
    pub(crate) fn read(json: &Bytes, scanner: &mut Scanner<'_>, single: Field) -> Result<Self, Fault> {
        let mut missing = Missing::of(json, single)?;
        if !scanner.enter_object()? {
            return Ok(Self::of(HeaderMap::new()));
        }
        // Every value shares the event's buffer; this tells the first that it will be shared, and not each.
        let json = &json.clone();
        let mut names = Names::recall();
        let mut headers = Self::of(HeaderMap::with_capacity(names.usual));
        let mut first = true;
        loop {
            while let Some((name, text)) = scanner.plain_member(first) {
                first = false;
                let name = json.get(name).unwrap_or_default();
                if let Some(missing) = &mut missing {
                    missing.met(json, name)?;
                }
                let Some(slot) = (match names.find(name) {
                    None => names.learn(name),
                    found => found,
                }) else {
                    continue;
                };
                if let Ok(value) = HeaderValue::from_maybe_shared(share(json, text.clone())) {
                    headers.append(slot, value, || Field::new(Kind::String, text.start, text.end));
                }
            }
            let Some(name) = scanner.next_key(&mut first)? else { break };
            let before = headers.map.len();
            headers.append_odd(json, &mut names, name, scanner)?;
            // A list without a value does not hide the value that `headers` has.
            if let Some(missing) = &mut missing
                && headers.map.len() != before
            {
                missing.met(json, name.raw(json))?;
            }
        }
        // One more for a cookie or trace header that comes from elsewhere.
        names.usual = (headers.map.len() + 1).min(MOST);
        names.keep();
        if missing.is_some_and(|missing| missing.next.is_some()) {
            headers.append_missing(json, single)?;
        }
        Ok(headers)
    }

    /// Appends a member that has several values, or one with escapes, or something else. What is not ASCII arrives
    /// as Unicode text and goes on as its UTF-8 bytes.
    #[inline(never)]
    fn append_odd(
        &mut self,
        json: &Bytes,
        names: &mut Names,
        name: Field,
        scanner: &mut Scanner<'_>,
    ) -> Result<(), Fault> {
        let name = name.text(json)?.unwrap_or_default();
        let mut space = std::mem::take(&mut names.text);
        space.reserve(LONG_VALUE);
        let slot = match names.find(&name) {
            None => names.learn(&name),
            found => found,
        };
        if scanner.kind()? == Kind::Array {
            scanner.enter_array()?;
            let mut first = true;
            while scanner.next_item(&mut first)? {
                let field = scanner.text(&mut space)?;
                self.append_text(json, slot, field, &space);
            }
        } else {
            let field = scanner.text(&mut space)?;
            self.append_text(json, slot, field, &space);
        }
        names.text = space;
        Ok(())
    }

    /// Appends a value of which `text` is the value if it has escapes.
    fn append_text(&mut self, json: &[u8], name: Option<&Slot>, field: Field, text: &[u8]) {
        let text = if field.is_escaped() { text } else { field.raw(json) };
        if field.is_scalar()
            && let Some(name) = name
            && let Ok(value) = HeaderValue::from_bytes(text)
        {
            self.append(name, value, || field);
        }
    }

    /// Appends what this map of headers has and those so far have not.
    pub(crate) fn append_missing(&mut self, json: &Bytes, single: Field) -> Result<(), Fault> {
        if single.kind() != Kind::Object {
            return Ok(());
        }
        let mut names = Names::recall();
        // By themselves first: of two spellings of a name that is missing both count.
        let mut missing = Self::of(HeaderMap::new());
        let mut scanner = Scanner::on(json, single);
        let mut first = true;
        scanner.enter_object()?;
        while let Some(name) = scanner.next_key(&mut first)? {
            let known = names.get(&name.text(json)?.unwrap_or_default());
            if known.is_some_and(|known| !self.map.contains_key(&known.name)) {
                missing.append_odd(json, &mut names, name, &mut scanner)?;
            } else {
                scanner.value()?;
            }
        }
        names.keep();
        for (name, value) in &missing.map {
            let _full = self.map.try_append(name, value.clone());
        }
        self.host = self.host.or(missing.host);
        self.forwarded_proto = self.forwarded_proto.or(missing.forwarded_proto);
        if self.forwarded_for.kind() == Kind::Missing {
            self.forwarded_for = missing.forwarded_for;
        }
        self.has_cookie |= missing.has_cookie;
        self.has_trace_id |= missing.has_trace_id;
        Ok(())
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

    #[inline(always)]
    fn append(&mut self, name: &Slot, value: HeaderValue, field: impl Fn() -> Field) {
        if name.role != Role::Other {
            self.note(name.role, field());
        }
        // More headers than a `HeaderMap` takes (32,768) cannot come through a gateway's limits.
        let _full = self.map.try_append(&name.name, value);
    }

    #[inline(never)]
    fn note(&mut self, role: Role, field: Field) {
        match role {
            Role::Cookie => self.has_cookie = true,
            Role::TraceId => self.has_trace_id = true,
            Role::ForwardedFor => {
                let only = self.forwarded_for.kind() == Kind::Missing && !field.is_escaped();
                self.forwarded_for = if only { field } else { Field::new(Kind::Null, 0, 0) };
            }
            Role::ForwardedProto => self.forwarded_proto = self.forwarded_proto.or(field),
            Role::Host => self.host = self.host.or(field),
            Role::Other => {}
        }
    }
}

/// The first name of `headers` that `multiValueHeaders` did not have so far. Where API Gateway wrote both, with
/// the same names in the same order, none is left at the end, and none had to be looked up.
struct Missing<'a> {
    scanner: Scanner<'a>,
    next: Option<Field>,
}

impl<'a> Missing<'a> {
    /// `None` if there is no such map.
    fn of(json: &'a [u8], single: Field) -> Result<Option<Self>, Fault> {
        if single.kind() != Kind::Object {
            return Ok(None);
        }
        let mut scanner = Scanner::on(json, single);
        let next = if scanner.enter_object()? { scanner.next_key(&mut true)? } else { None };
        Ok(Some(Self { scanner, next }))
    }

    fn met(&mut self, json: &[u8], name: &[u8]) -> Result<(), Fault> {
        if self.next.is_some_and(|next| next.raw(json) == name) {
            self.scanner.value()?;
            self.next = self.scanner.next_key(&mut false)?;
        }
        Ok(())
    }
}

/// Room for most values that have escapes, in bytes.
const LONG_VALUE: usize = 128;

/// The room for more headers than any gateway lets through; asked for its own limit, a `HeaderMap` panics.
const MOST: usize = 1024;

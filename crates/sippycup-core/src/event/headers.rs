//! The event's header maps and cookies, made into a `HeaderMap`.

use std::mem;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};

use super::{
    layouts::Spelling,
    names::{Names, Role, Slot, X_AMZN_TRACE_ID},
};
use crate::{
    certain::Certain,
    json::{Fault, Field, Kind, Member, each_item},
};

/// The headers of a request, and what some of them tell about it.
#[derive(Default)]
pub(crate) struct Headers {
    pub(crate) map: HeaderMap,
    /// Where the first `host` stands.
    pub(crate) host: Field,
    /// Where the first `x-forwarded-proto` stands.
    pub(crate) forwarded_proto: Field,
    /// Where the value of `x-forwarded-for` stands as it is, if there is only one.
    pub(crate) forwarded_for: Field,
    /// Where the value of `content-length` stands as it is, if there is only one.
    content_length: Field,
    has_cookie: bool,
    has_trace_id: bool,
}

impl Headers {
    /// All that `multiValueHeaders` has, and what only `headers` has.
    ///
    /// API Gateway writes both maps, and `headers` only has the last value of each name. A name or a value
    /// that HTTP cannot have is left out alone; the request still counts.
    pub(crate) fn read(
        &mut self,
        json: &Bytes,
        multi: &[Member],
        single: &[Member],
        cookies: Field,
    ) -> Result<(), Fault> {
        let (map, rest) = if multi.is_empty() { (single, multi) } else { (multi, single) };
        // Every value shares the event's buffer; this tells the first that it will be shared, and not each.
        let json = &json.clone();
        let cookies = joined(json, cookies)?;
        let spelling = Spelling::new(json, map, cookies.is_some());
        Names::with(|names| match self.fill(json, names, spelling, rest, cookies.as_ref())? {
            true => Ok(()),
            false => self.append_all(json, names, spelling, rest, cookies.as_ref()),
        })
    }

    /// Appends the members one by one.
    fn append_all(
        &mut self,
        json: &Bytes,
        names: &mut Names,
        spelling: Spelling<'_>,
        single: &[Member],
        cookies: Option<&HeaderValue>,
    ) -> Result<(), Fault> {
        let mut rest = single;
        // Once, for all of them: a map that grows puts each of its names in place anew. Behind them come a cookie or trace
        // header and a length that stand elsewhere. What does not fit is left out when it is appended.
        let _too_many = self.map.try_reserve(spelling.members.len() + FURTHER);
        for member in spelling.members {
            if self.append(json, names, *member)? {
                pass(&mut rest, json, member);
            }
        }
        if !rest.is_empty() {
            self.append_missing(json, names, single)?;
        }
        // Function URLs send both.
        if let Some(cookies) = cookies.filter(|_| !self.has_cookie) {
            let _full = self.map.try_append(header::COOKIE, cookies.clone());
        }
        if rest.is_empty() {
            names.layouts.learn(spelling, &self.map);
        }
        Ok(())
    }

    /// Takes a map that was made for the same names before, and sets the values. Returns whether there was one, and a value
    /// for each.
    fn fill(
        &mut self,
        json: &Bytes,
        names: &mut Names,
        spelling: Spelling<'_>,
        mut rest: &[Member],
        cookies: Option<&HeaderValue>,
    ) -> Result<bool, Fault> {
        let Some(layout) = names.layouts.find(spelling) else { return Ok(false) };
        let members = spelling.members;
        if !rest.is_empty() {
            members.iter().for_each(|member| pass(&mut rest, json, member));
            if !rest.is_empty() {
                return Ok(false);
            }
        }
        let mut map = layout.map();
        let mut places = map.values_mut();
        for (Member { value, .. }, place) in members.iter().zip(places.by_ref()) {
            let text = if value.is_plain() {
                HeaderValue::from_maybe_shared(value.share(json))
            } else if let Some(text) = value.text_in(json, &mut names.room)? {
                HeaderValue::from_bytes(text)
            } else {
                return Ok(false);
            };
            let Ok(text) = text else { return Ok(false) };
            *place = text;
        }
        if let (Some(place), Some(cookies)) = (places.next(), cookies) {
            place.clone_from(cookies);
        }
        for (index, role) in &layout.roles {
            self.note(*role, members.get(*index).copied().certain().value);
        }
        self.map = map;
        Ok(true)
    }

    /// Appends a member; returns whether it hides one of that name in the other map.
    #[inline(always)]
    fn append(&mut self, json: &Bytes, names: &mut Names, member: Member) -> Result<bool, Fault> {
        let Member { name, value } = member;
        if !name.is_plain() || !value.is_plain() {
            return self.append_odd(json, names, member);
        }
        let name = name.raw(json);
        let slot = match names.find(name) {
            None => names.learn(name),
            found => found,
        };
        if let Some(slot) = slot
            && let Ok(text) = HeaderValue::from_maybe_shared(value.share(json))
        {
            self.append_value(slot, text, value);
        }
        Ok(true)
    }

    /// The same for one that has several values, or one with escapes, or something else. What is not ASCII arrives
    /// as Unicode text and goes on as its UTF-8 bytes. A list without a value hides nothing.
    #[inline(never)]
    fn append_odd(&mut self, json: &Bytes, names: &mut Names, member: Member) -> Result<bool, Fault> {
        let before = self.map.len();
        let mut room = mem::take(&mut names.room);
        let name = member.name.text(json)?.certain();
        let slot = match names.find(&name) {
            None => names.learn(&name),
            found => found,
        };
        each_item(json, member.value, |field| {
            let value = field.text_in(json, &mut room)?.and_then(|text| HeaderValue::from_bytes(text).ok());
            if let (Some(slot), Some(value)) = (slot, value) {
                self.append_value(slot, value, field);
            }
            Ok(())
        })?;
        names.room = room;
        Ok(self.map.len() != before)
    }

    /// Appends what this map has and the headers so far have not.
    #[cold]
    fn append_missing(&mut self, json: &Bytes, names: &mut Names, single: &[Member]) -> Result<(), Fault> {
        // All of them are found first: of two spellings of a name that is missing both count.
        let mut missing = Vec::new();
        for member in single {
            let known = names.get(&member.name.text(json)?.certain());
            if known.is_some_and(|known| !self.map.contains_key(&known.name)) {
                missing.push(*member);
            }
        }
        missing.into_iter().try_for_each(|member| self.append(json, names, member).map(drop))
    }

    /// Adds what stands elsewhere: the invocation's trace id, and how long the body is.
    pub(crate) fn complete(&mut self, json: &[u8], trace_id: Option<HeaderValue>, length: usize) {
        if let Some(id) = trace_id {
            self.set_trace_id(id);
        }
        self.set_content_length(json, length);
    }

    /// The invocation's trace id. That of the event says only which trace it is; the invocation's says also by whom the
    /// function was called and whether the trace is recorded.
    fn set_trace_id(&mut self, id: HeaderValue) {
        if self.has_trace_id {
            self.map.insert(X_AMZN_TRACE_ID, id);
        } else {
            let _full = self.map.try_append(X_AMZN_TRACE_ID, id);
        }
    }

    /// The length of the body, as hyper's requests have it: REST APIs send none, and one that was sent is wrong where
    /// the front door changed the body on its way.
    fn set_content_length(&mut self, json: &[u8], length: usize) {
        let sent = self.content_length;
        let said = std::str::from_utf8(sent.raw(json)).ok().filter(|said| is_decimal(said));
        if said.and_then(|said| said.parse().ok()) == Some(length) {
            return;
        }
        if sent.kind() != Kind::Missing {
            self.map.insert(header::CONTENT_LENGTH, length.into());
        } else if length > 0 {
            let _full = self.map.try_append(header::CONTENT_LENGTH, length.into());
        }
    }

    #[inline(always)]
    fn append_value(&mut self, name: &Slot, value: HeaderValue, field: Field) {
        if name.role != Role::Other && !self.note(name.role, field) {
            return;
        }
        // More headers than a `HeaderMap` takes (32,768) cannot come through a gateway's limits.
        let _full = self.map.try_append(&name.name, value);
    }

    /// Notes what a header tells; returns whether the app sees it.
    #[inline(never)]
    fn note(&mut self, role: Role, field: Field) -> bool {
        match role {
            Role::Cookie => self.has_cookie = true,
            Role::TraceId => self.has_trace_id = true,
            Role::ContentLength => note_only(&mut self.content_length, field),
            Role::ForwardedFor => note_only(&mut self.forwarded_for, field),
            Role::ForwardedProto => self.forwarded_proto = self.forwarded_proto.or(field),
            Role::Host => self.host = self.host.or(field),
            Role::Other => {}
            // Of the body as the client sent it. The event's is whole and counted, and no request of hyper's says both.
            Role::TransferEncoding => return false,
        }
        true
    }
}

/// Steps over the next member of the other map if this one hides it. Where both have the same names in the same order none
/// is left at the end, and none was looked up.
fn pass(rest: &mut &[Member], json: &[u8], member: &Member) {
    if let Some((next, behind)) = rest.split_first()
        && next.name.raw(json) == member.name.raw(json)
    {
        *rest = behind;
    }
}

/// One `cookie` header out of the list that payload format 2.0 has.
fn joined(json: &[u8], cookies: Field) -> Result<Option<HeaderValue>, Fault> {
    if cookies.kind() != Kind::Array {
        return Ok(None);
    }
    let mut joined = Vec::with_capacity(cookies.len());
    each_item(json, cookies, |cookie| {
        if let Some(cookie) = cookie.text(json)? {
            if !joined.is_empty() {
                joined.extend_from_slice(b"; ");
            }
            joined.extend_from_slice(&cookie);
        }
        Ok(())
    })?;
    Ok(HeaderValue::from_maybe_shared(Bytes::from(joined)).ok().filter(|cookies| !cookies.is_empty()))
}

/// Whether a number is written as this one is written here: with digits alone, and without a zero in front.
fn is_decimal(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit()) && (text == "0" || !text.starts_with('0'))
}

/// Notes where the only value of a header stands as it is. Where there are several, the note is taken back.
fn note_only(place: &mut Field, field: Field) {
    let only = place.kind() == Kind::Missing && !field.is_escaped();
    *place = if only { field } else { Field::new(Kind::Null, 0, 0) };
}

/// How many headers a request may have that its maps have not.
const FURTHER: usize = 2;

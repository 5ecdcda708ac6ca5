//! The event's header maps and cookies, made into a `HeaderMap`.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};

use super::{layouts::Spelling, names::Names, wire::Wire};
use crate::{
    certain::Certain,
    json::{Fault, Field, Kind, Member, each_item},
};

/// All headers that `multiValueHeaders` has, and what only `headers` has.
///
/// API Gateway writes both maps, and `headers` only has the last value of each name. A name or a value
/// that HTTP cannot have is left out alone; the request still counts.
pub(super) fn headers(json: &Bytes, wire: &Wire) -> Result<HeaderMap, Fault> {
    let (multi, single) = (wire.members(wire.multi_headers), wire.members(wire.single_headers));
    let (members, rest) = if multi.is_empty() { (single, multi) } else { (multi, single) };
    // Every value shares the event's buffer; this tells the first that it will be shared, and not each.
    let json = &json.clone();
    let cookies = joined(json, wire.cookies)?;
    let spelling = Spelling::new(json, members, cookies.as_ref());
    Names::with(|names| match filled(json, names, &spelling, rest)? {
        Some(map) => Ok(map),
        None => appended(json, names, &spelling, rest),
    })
}

/// Takes a value as HTTP has it; `None` if HTTP cannot have it. What is not ASCII arrives as Unicode text and goes on as
/// its UTF-8 bytes.
#[inline(always)]
pub(super) fn header_value<T>(
    json: &Bytes,
    field: Field,
    take: impl FnOnce(HeaderValue) -> T,
) -> Result<Option<T>, Fault> {
    if field.is_plain() {
        return Ok(HeaderValue::from_maybe_shared(field.share(json)).ok().map(take));
    }
    Ok(field.text(json)?.and_then(|text| HeaderValue::from_bytes(&text).ok()).map(take))
}

/// A map that was made for the same names before, with these values. `None` if there was none, or not a value for each.
fn filled(json: &Bytes, names: &Names, spelling: &Spelling<'_>, rest: &[Member]) -> Result<Option<HeaderMap>, Fault> {
    let Some(layout) = names.layouts.find(spelling) else { return Ok(None) };
    let Spelling { members, cookies, .. } = *spelling;
    let mut hiding = members.iter();
    if !rest.iter().all(|other| hiding.any(|member| member.name.raw(json) == other.name.raw(json))) {
        return Ok(None);
    }
    let mut map = layout.map.clone();
    let mut places = map.values_mut();
    for (member, place) in members.iter().zip(places.by_ref()) {
        if header_value(json, member.value, |value| *place = value)?.is_none() {
            return Ok(None);
        }
    }
    if let (Some(place), Some(cookies)) = (places.next(), cookies) {
        place.clone_from(cookies);
    }
    Ok(Some(map))
}

/// A map to which the members were appended one by one.
fn appended(json: &Bytes, names: &mut Names, spelling: &Spelling<'_>, single: &[Member]) -> Result<HeaderMap, Fault> {
    let Spelling { members, cookies, .. } = *spelling;
    let mut map = HeaderMap::new();
    let mut rest = single;
    // Once, for all of them: a map that grows puts each of its names in place anew. Behind them come a cookie or trace
    // header and a length that stand elsewhere. What does not fit is left out when it is appended.
    let _too_many = map.try_reserve(members.len() + FURTHER);
    for member in members {
        // Where both maps have the same names in the same order none is left at the end, and none was looked up.
        if append(&mut map, json, names, *member)?
            && let Some((next, behind)) = rest.split_first()
            && next.name.raw(json) == member.name.raw(json)
        {
            rest = behind;
        }
    }
    if !rest.is_empty() {
        append_missing(&mut map, json, names, single)?;
    }
    // Function URLs send both.
    if let Some(cookies) = cookies.filter(|_| !map.contains_key(header::COOKIE)) {
        let _full = map.try_append(header::COOKIE, cookies.clone());
    }
    if rest.is_empty() {
        names.layouts.learn(spelling, &map);
    }
    Ok(map)
}

/// Appends a member; returns whether it hides one of that name in the other map, which a list without a value does not.
fn append(map: &mut HeaderMap, json: &Bytes, names: &mut Names, Member { name, value }: Member) -> Result<bool, Fault> {
    let before = map.len();
    let name = names.get(&name.text(json)?.certain());
    // A `transfer-encoding` was that of the body as the client sent it. The event's is whole and counted.
    let name = name.filter(|name| *name != header::TRANSFER_ENCODING);
    let mut append = |value| {
        if let Some(name) = name {
            // More headers than a `HeaderMap` takes (32,768) cannot come through a gateway's limits.
            let _full = map.try_append(name, value);
        }
    };
    if value.is_plain() {
        header_value(json, value, append)?;
        return Ok(true);
    }
    each_item(json, value, |item| header_value(json, item, &mut append).map(drop))?;
    Ok(map.len() != before)
}

/// Appends what this map has and the headers so far have not.
#[cold]
fn append_missing(map: &mut HeaderMap, json: &Bytes, names: &mut Names, single: &[Member]) -> Result<(), Fault> {
    // All of them are found first: of two spellings of a name that is missing both count.
    let mut missing = Vec::new();
    for member in single {
        let known = names.get(&member.name.text(json)?.certain());
        if known.is_some_and(|known| !map.contains_key(known)) {
            missing.push(*member);
        }
    }
    missing.into_iter().try_for_each(|member| append(map, json, names, member).map(drop))
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

/// How many headers a request may have that its maps have not.
const FURTHER: usize = 2;

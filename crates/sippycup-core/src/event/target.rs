//! The request's path and query, out of whichever members of the event have them.

use std::borrow::Cow;

use bytes::Bytes;
use http::{Method, uri::PathAndQuery};

use super::{query::push_query_maps, wire::Wire};
use crate::{
    error::{EventError, found},
    source::EventSource,
    uri::{Text, is_plain_path, push_path, push_raw_query},
};

/// Path and query as a URI can hold them, with whatever the gateway put in front.
pub(crate) struct Target {
    text: Bytes,
    pub(crate) path_end: usize,
}

impl Target {
    pub(crate) fn of(json: &Bytes, wire: &Wire, source: EventSource, format_2: bool) -> Result<Self, EventError> {
        let fault = |fault| EventError::json(json, fault);
        let (place, field) = match source {
            EventSource::VpcLattice if wire.lattice_path.is_some() => ("raw_path", wire.lattice_path),
            EventSource::WebSocket => ("requestContext.routeKey", wire.path.or(wire.context.route_key)),
            _ if format_2 => ("rawPath", wire.raw_path.or(wire.path)),
            _ => ("path", wire.path),
        };
        let decoded_path = format_2 && source != EventSource::FunctionUrl;
        let kind = if decoded_path { Text::Decoded } else { Text::Encoded };
        let no_query = match format_2 && wire.raw_query.is_scalar() {
            true => wire.raw_query.len() == 0,
            false => wire.multi_query.is_none() && wire.query.is_none(),
        };
        if no_query && field.is_plain() && is_plain_path(field.raw(json), kind) {
            let text = field.share(json);
            return Ok(Self { path_end: text.len(), text });
        }

        let text = match field.text(json).map_err(fault)? {
            Some(text) => text,
            None if source == EventSource::WebSocket => Cow::Borrowed(web_socket(json, wire).1),
            // The smallest of hand-made test events have a method and what they test, and nothing else.
            None if source == EventSource::RestApi && field.is_none() && wire.context.all.is_none() => {
                Cow::Borrowed(&b"/"[..])
            }
            None => return Err(EventError::member(place, "a path", found(field.kind()))),
        };
        let mut raw_query = if format_2 { wire.raw_query.text(json).map_err(fault)? } else { None };
        let mut path = &*text;
        // Some of Lattice's examples show the query in the path; it is the same as in the map, and verbatim.
        if source == EventSource::VpcLattice
            && let Some(end) = path.iter().position(|byte| *byte == b'?')
            && let Some((before, behind)) = path.split_at_checked(end)
        {
            path = before;
            raw_query = Some(Cow::Borrowed(behind));
        }
        let query = wire.multi_query.len() + wire.query.len();
        let mut out = Vec::with_capacity(text.len() + raw_query.as_deref().map_or(query, <[u8]>::len) + 2);
        push_path(&mut out, path, kind);
        let path_end = out.len();
        if let Some(query) = raw_query {
            push_raw_query(&mut out, &query);
        } else {
            let verbatim = matches!(source, EventSource::LoadBalancer | EventSource::VpcLattice);
            let text = if verbatim { Text::Encoded } else { Text::Decoded };
            push_query_maps(&mut out, json, wire.multi_query, wire.query, text).map_err(fault)?;
        }
        Ok(Self { text: out.into(), path_end })
    }

    pub(crate) fn path(&self) -> &str {
        self.text.get(..self.path_end).and_then(|path| std::str::from_utf8(path).ok()).unwrap_or_default()
    }

    /// The origin-form without the first `strip` bytes; where nothing of the path is left it is `/`.
    pub(crate) fn origin_form(self, strip: usize) -> Result<PathAndQuery, EventError> {
        let text = match strip {
            0 => self.text,
            _ if strip >= self.path_end => {
                let query = self.text.get(self.path_end..).unwrap_or_default();
                Bytes::from([b"/", query].concat())
            }
            _ => self.text.slice(strip..),
        };
        PathAndQuery::from_maybe_shared(text)
            .map_err(|_| EventError::member("path", "a path and query of at most 65,534 bytes", "more"))
    }
}

/// The method of a WebSocket event, and the route it came through if it has no route key.
pub(crate) fn web_socket(json: &[u8], wire: &Wire) -> (Method, &'static [u8]) {
    let is = |event_type: &[u8]| wire.context.event_type.is(json, event_type);
    match () {
        () if is(b"CONNECT") => (Method::GET, b"$connect"),
        () if is(b"DISCONNECT") => (Method::DELETE, b"$disconnect"),
        () => (Method::POST, b"$default"),
    }
}

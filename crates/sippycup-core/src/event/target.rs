//! The request's path and query, out of whichever members of the event have them.

use std::borrow::Cow;

use bytes::Bytes;
use http::uri::PathAndQuery;

use super::{
    dialect::{Dialect, Query},
    query::push_maps,
    wire::Wire,
};
use crate::{
    certain::Certain,
    error::EventError,
    json::Field,
    uri::{Text, is_plain_path, push_path, push_raw_query},
};

/// Path and query as a URI can hold them, with whatever the gateway put in front.
pub(crate) struct Target {
    text: Bytes,
    pub(crate) path_end: usize,
}

impl Target {
    pub(crate) fn of(json: &Bytes, wire: &Wire, dialect: &Dialect) -> Result<Self, EventError> {
        let fault = |fault| EventError::json(json, fault);
        let (place, kind) = (&dialect.path, dialect.path_text);
        let field = (place.field)(wire);
        let raw_query = if dialect.query == Query::RawOrMaps { wire.raw_query } else { Field::default() };
        let no_query = match raw_query.is_scalar() {
            true => raw_query.len() == 0,
            false => wire.multi_query.field.is_none() && wire.query.field.is_none(),
        };
        if no_query && field.is_plain() && is_plain_path(field.raw(json), kind) {
            let text = field.share(json);
            return Ok(Self { path_end: text.len(), text });
        }

        let text = place.text(json, wire, "a path")?;
        let mut raw_query = raw_query.text(json).map_err(fault)?;
        let mut path = &*text;
        // Some of Lattice's examples show the query in the path; it is the same as in the map, and verbatim.
        if dialect.query == Query::PathOrMaps
            && let Some(end) = path.iter().position(|byte| *byte == b'?')
            && let Some((before, behind)) = path.split_at_checked(end)
        {
            path = before;
            raw_query = Some(Cow::Borrowed(behind));
        }
        let query = wire.multi_query.field.len() + wire.query.field.len();
        let mut out = Vec::with_capacity(text.len() + raw_query.as_deref().map_or(query, <[u8]>::len) + 2);
        push_path(&mut out, path, kind);
        let mut path_end = out.len();
        if let Some(query) = raw_query {
            push_raw_query(&mut out, &query);
        } else {
            let text = match dialect.query {
                Query::Maps(text) => text,
                Query::PathOrMaps => Text::Encoded,
                Query::RawOrMaps => Text::Decoded,
            };
            let (multi, single) = (wire.members(wire.multi_query), wire.members(wire.query));
            push_maps(&mut out, json, multi, single, text).map_err(fault)?;
        }
        // The target `*` has no query: with one, it is a path.
        if path == b"*" && out.len() > path_end {
            out.insert(0, b'/');
            path_end += 1;
        }
        Ok(Self { text: out.into(), path_end })
    }

    pub(crate) fn path(&self) -> &str {
        self.text.get(..self.path_end).and_then(|path| std::str::from_utf8(path).ok()).certain()
    }

    /// The origin-form without the first `strip` bytes; where nothing of the path is left it is `/`.
    pub(crate) fn origin_form(self, strip: usize) -> Result<PathAndQuery, EventError> {
        let text = match strip {
            0 => self.text,
            _ if strip >= self.path_end => {
                let query = self.text.get(self.path_end..).certain();
                Bytes::from([b"/", query].concat())
            }
            _ => self.text.slice(strip..),
        };
        PathAndQuery::from_maybe_shared(text)
            .map_err(|_| EventError::member("path", "a path and query of at most 65,534 bytes", "more"))
    }
}

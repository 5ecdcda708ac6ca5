//! The query, where the event has it in maps.

use std::{borrow::Cow, collections::HashSet};

use crate::{
    certain::Certain,
    json::{Fault, Member, each_item},
    uri::{Text, push_key, push_value},
};

/// The query that stands in maps: every value of `multi` in order, then of `single` what is missing there.
///
/// API Gateway decodes keys and values, so they are encoded again; load balancers and Lattice hand them on
/// as the client wrote them, so they are joined as they are.
pub(crate) struct QueryMaps<'a> {
    pub(crate) json: &'a [u8],
    pub(crate) multi: &'a [Member],
    pub(crate) single: &'a [Member],
    pub(crate) text: Text,
}

impl QueryMaps<'_> {
    /// Appends it, with a question mark in front unless there is none.
    pub(crate) fn push(&self, out: &mut Vec<u8>) -> Result<(), Fault> {
        let mut separator = b'?';
        for member in self.multi {
            self.push_member(out, &mut separator, member, true)?;
        }
        let key = |member: &Member| member.name.raw(self.json);
        // API Gateway writes both maps with the same keys; a set of them is only worth it where they differ.
        if self.single.is_empty() || self.multi.iter().map(key).eq(self.single.iter().map(key)) {
            return Ok(());
        }
        let known = self.multi.iter().map(|member| member.name.text(self.json));
        let known: HashSet<Option<Cow<'_, [u8]>>> = known.collect::<Result<_, _>>()?;
        for member in self.single {
            let wanted = !known.contains(&member.name.text(self.json)?);
            self.push_member(out, &mut separator, member, wanted)?;
        }
        Ok(())
    }

    fn push_member(&self, out: &mut Vec<u8>, separator: &mut u8, member: &Member, wanted: bool) -> Result<(), Fault> {
        let key = member.name.text(self.json)?.certain();
        each_item(self.json, member.value, |value| {
            // A null value is nothing that a client could have sent.
            if let Some(value) = value.text(self.json)?.filter(|_| wanted) {
                out.push(std::mem::replace(separator, b'&'));
                push_key(out, &key, self.text);
                out.push(b'=');
                push_value(out, &value, self.text);
            }
            Ok(())
        })
    }
}

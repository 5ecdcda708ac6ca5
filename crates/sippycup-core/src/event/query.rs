//! The query, where the event has it in maps.

use std::{borrow::Cow, collections::HashSet};

use crate::{
    certain::Certain,
    json::{Fault, Member, each_item},
    uri::{Text, push_key, push_value},
};

/// Appends the query that stands in maps, with a question mark in front unless there is none: every value of `multi` in
/// order, then of `single` what is missing there.
///
/// API Gateway decodes keys and values, so they are encoded again; load balancers and Lattice hand them on
/// as the client wrote them, so they are joined as they are.
pub(crate) fn push_maps(
    out: &mut Vec<u8>,
    json: &[u8],
    multi: &[Member],
    single: &[Member],
    text: Text,
) -> Result<(), Fault> {
    let mut separator = b'?';
    let mut push = |member: &Member, wanted: bool| {
        let key = member.name.text(json)?.certain();
        each_item(json, member.value, |value| {
            // A null value is nothing that a client could have sent.
            if let Some(value) = value.text(json)?.filter(|_| wanted) {
                out.push(std::mem::replace(&mut separator, b'&'));
                push_key(out, &key, text);
                out.push(b'=');
                push_value(out, &value, text);
            }
            Ok(())
        })
    };
    multi.iter().try_for_each(|member| push(member, true))?;
    let key = |member: &Member| member.name.raw(json);
    // API Gateway writes both maps with the same keys; a set of them is only worth it where they differ.
    if single.is_empty() || multi.iter().map(key).eq(single.iter().map(key)) {
        return Ok(());
    }
    let known = multi.iter().map(|member| member.name.text(json));
    let known: HashSet<Option<Cow<'_, [u8]>>> = known.collect::<Result<_, _>>()?;
    single.iter().try_for_each(|member| push(member, !known.contains(&member.name.text(json)?)))
}

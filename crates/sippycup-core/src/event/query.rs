//! The query, where the event has it in maps.

use std::{borrow::Cow, collections::HashMap};

use crate::{
    json::{Fault, Field, Kind, Scanner, members},
    uri::{Text, push_key, push_value},
};

/// Appends the query that stands in maps: every value of `multi` in order, then of `single` what is
/// missing there.
///
/// API Gateway decodes keys and values, so they are encoded again; load balancers and Lattice hand them on
/// as the client wrote them, so they are joined as they are.
pub(crate) fn push_query_maps(
    out: &mut Vec<u8>,
    json: &[u8],
    multi: Field,
    single: Field,
    text: Text,
) -> Result<(), Fault> {
    let mut separator = b'?';
    push_map(out, json, multi, &mut separator, text, None)?;
    if single.kind() != Kind::Object {
        return Ok(());
    }
    // API Gateway writes both maps with the same keys; a map of them is only worth it where they differ.
    if multi.kind() == Kind::Object && same_keys(json, multi, single)? {
        return Ok(());
    }
    let known = members(json, multi)?;
    push_map(out, json, single, &mut separator, text, Some(&known))
}

fn push_map(
    out: &mut Vec<u8>,
    json: &[u8],
    map: Field,
    separator: &mut u8,
    text: Text,
    known: Option<&HashMap<Cow<'_, [u8]>, Field>>,
) -> Result<(), Fault> {
    if map.kind() != Kind::Object {
        return Ok(());
    }
    let mut scanner = Scanner::on(json, map);
    scanner.enter_object()?;
    let mut first = true;
    while let Some(key) = scanner.next_key(&mut first)? {
        let key = key.text(json)?.unwrap_or_default();
        let wanted = known.is_none_or(|known| !known.contains_key(&key));
        let mut push = |value: Field| -> Result<(), Fault> {
            // A null value is nothing that a client could have sent.
            if let Some(value) = value.text(json)?.filter(|_| wanted) {
                out.push(std::mem::replace(separator, b'&'));
                push_key(out, &key, text);
                out.push(b'=');
                push_value(out, &value, text);
            }
            Ok(())
        };
        if scanner.kind()? == Kind::Array {
            scanner.enter_array()?;
            let mut first = true;
            while scanner.next_item(&mut first)? {
                push(scanner.value()?)?;
            }
        } else {
            push(scanner.value()?)?;
        }
    }
    Ok(())
}

/// Whether two objects have the same keys in the same order.
fn same_keys(json: &[u8], a: Field, b: Field) -> Result<bool, Fault> {
    let (mut a, mut b) = (Scanner::on(json, a), Scanner::on(json, b));
    a.enter_object()?;
    b.enter_object()?;
    let (mut first_a, mut first_b) = (true, true);
    loop {
        match (a.next_key(&mut first_a)?, b.next_key(&mut first_b)?) {
            (None, None) => return Ok(true),
            (Some(x), Some(y)) if x.raw(json) == y.raw(json) => {}
            _ => return Ok(false),
        }
        a.value()?;
        b.value()?;
    }
}

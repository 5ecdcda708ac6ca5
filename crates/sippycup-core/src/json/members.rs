//! The members of an object, and the items of an array, one after the other.

use std::{borrow::Cow, collections::HashMap};

use super::{
    fault::Fault,
    field::{Field, Kind, Member},
    scan::Scanner,
};
use crate::certain::Certain;

/// An object of which the members were noted in the walk over the document.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Map {
    pub(crate) field: Field,
    first: usize,
    end: usize,
}

impl Map {
    /// Walks over a value; the members of an object are noted behind those of others.
    pub(crate) fn note(scanner: &mut Scanner<'_>, members: &mut Vec<Member>) -> Result<Self, Fault> {
        let first = members.len();
        let field = scanner.each_member(|member| {
            members.push(member);
            Ok(())
        })?;
        Ok(Self { field, first, end: members.len() })
    }

    /// The members, out of those of all that were noted.
    pub(crate) fn of<'m>(&self, members: &'m [Member]) -> &'m [Member] {
        members.get(self.first..self.end).certain()
    }
}

/// Names and values of an object that was walked over before. A value of any other kind has none.
pub(crate) struct Members<'a>(Option<Scanner<'a>>);

impl<'a> Members<'a> {
    pub(crate) fn of(json: &'a [u8], object: Field) -> Self {
        let mut scanner = Scanner::on(json, object);
        let is_object = object.kind() == Kind::Object && scanner.enter(Kind::Object).unwrap_or_default();
        Self(is_object.then_some(scanner))
    }
}

impl Iterator for Members<'_> {
    type Item = Result<Member, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let scanner = self.0.as_mut()?;
        let member = match scanner.next_name() {
            Ok(Some(name)) => Some(scanner.value().map(|value| Member { name, value })),
            Ok(None) => None,
            Err(fault) => Some(Err(fault)),
        };
        if !matches!(member, Some(Ok(_))) {
            self.0 = None;
        }
        member
    }
}

/// Hands over the items of an array that was walked over before. A value of any other kind is its own and only item.
pub(crate) fn each_item(
    json: &[u8],
    value: Field,
    mut each: impl FnMut(Field) -> Result<(), Fault>,
) -> Result<(), Fault> {
    if value.kind() != Kind::Array {
        return each(value);
    }
    let mut scanner = Scanner::on(json, value);
    scanner.enter(Kind::Array)?;
    while scanner.next_item()? {
        each(scanner.value()?)?;
    }
    Ok(())
}

/// The member of an object by its name; the last of several, as every JSON parser has it.
pub(crate) fn member(json: &[u8], object: Field, name: &str) -> Option<Field> {
    let named = Members::of(json, object).flatten().filter(|member| member.name.is(json, name.as_bytes()));
    named.last().map(|member| member.value)
}

/// An object's members by their names, for callers that look up many.
pub(crate) fn index(json: &[u8], object: Field) -> Result<HashMap<Cow<'_, [u8]>, Field>, Fault> {
    let named = Members::of(json, object).map(|member| {
        let Member { name, value } = member?;
        Ok((name.text(json)?.certain(), value))
    });
    named.collect()
}

//! Stage variables and path parameters: flat maps of strings.

use std::{
    fmt,
    iter::FusedIterator,
    slice,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;

use crate::json::{Field, Member, Members};

/// A JSON object of strings, read when it is asked for.
#[derive(Clone, Default)]
struct Map {
    json: Bytes,
    pairs: OnceLock<Arc<[(String, String)]>>,
}

impl Map {
    fn iter(&self) -> Pairs<'_> {
        Pairs(self.pairs.get_or_init(|| read(&self.json)).iter())
    }
}

/// Names with their values, in the event's order: the iterator of [`StageVariables`] and [`PathParameters`].
#[derive(Clone)]
pub struct Pairs<'a>(slice::Iter<'a, (String, String)>);

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(texts)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl DoubleEndedIterator for Pairs<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(texts)
    }
}

impl ExactSizeIterator for Pairs<'_> {}

impl FusedIterator for Pairs<'_> {}

fn texts((name, value): &(String, String)) -> (&str, &str) {
    (name, value)
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().fmt(f)
    }
}

impl fmt::Debug for Pairs<'_> {
    /// Names only: stage variables may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.clone().map(|(name, _)| name)).finish()
    }
}

/// Null values are left out; numbers and booleans count as their text. A broken escape costs its own pair alone.
fn read(json: &[u8]) -> Arc<[(String, String)]> {
    let texts = |Member { name, value }| {
        Some((name.string_or_none(json)?.into_owned(), value.string_or_none(json)?.into_owned()))
    };
    Members::of(json, Field::whole(json)).flatten().filter_map(texts).collect()
}

macro_rules! map {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        #[derive(Clone, Debug, Default)]
        pub struct $name(Map);

        impl $name {
            pub(crate) fn new(json: Bytes) -> Self {
                Self(Map { json, pairs: OnceLock::new() })
            }

            /// The value of `name`, if there is one.
            #[must_use]
            pub fn get(&self, name: &str) -> Option<&str> {
                // The last of several equal names, as every JSON parser has it.
                self.iter().rev().find(|(each, _)| *each == name).map(|(_, value)| value)
            }

            /// Whether there are none.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// How many there are.
            #[must_use]
            pub fn len(&self) -> usize {
                self.iter().len()
            }

            /// Every name with its value, in the event's order.
            pub fn iter(&self) -> Pairs<'_> {
                self.0.iter()
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.iter().eq(other)
            }
        }

        impl Eq for $name {}

        impl<'a> IntoIterator for &'a $name {
            type Item = (&'a str, &'a str);
            type IntoIter = Pairs<'a>;

            fn into_iter(self) -> Pairs<'a> {
                self.iter()
            }
        }

        impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for $name {
            fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
                let pairs: Arc<[_]> = pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
                Self(Map { json: Bytes::new(), pairs: OnceLock::from(pairs) })
            }
        }
    };
}

map! {
    /// The variables of the API's stage
    /// ([Stage variables](https://docs.aws.amazon.com/apigateway/latest/developerguide/stage-variables.html)).
    ///
    /// Read from every event anew, since a canary deployment may override them. Function URLs, load
    /// balancers and VPC Lattice have none.
    ///
    /// ```
    /// # use sippycup_core::StageVariables;
    /// let variables = StageVariables::from_iter([("TABLE", "orders")]);
    /// assert_eq!((variables.get("TABLE"), variables.len()), (Some("orders"), 1));
    /// for (name, value) in &variables {
    ///     println!("{name}: {} bytes", value.len());
    /// }
    /// ```
    StageVariables
}

map! {
    /// What the *gateway's* resource or route captured: `id` of `/items/{id}`. Not the parameters of the
    /// app's own router.
    ///
    /// The values are as the source writes them: percent-encoded on a REST API, decoded on an HTTP API.
    PathParameters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_no_strings_do_not_hide_the_rest() {
        let variables = StageVariables::new(Bytes::from_static(
            br#"{"a":1,"b":null,"c":true,"d":{"x":1},"e":"\ud800","f\u0066":"y","a":"2"}"#,
        ));
        let pairs: Vec<_> = variables.iter().collect();
        assert_eq!(pairs, [("a", "1"), ("c", "true"), ("ff", "y"), ("a", "2")]);
        assert_eq!(variables.get("a"), Some("2"));
        assert_eq!((variables.len(), variables.iter().len()), (4, 4));
        assert_eq!(variables.iter().next_back(), Some(("a", "2")));
        assert_eq!((&variables).into_iter().collect::<StageVariables>(), variables);
        assert_ne!(StageVariables::default(), variables);
        assert!(StageVariables::new(Bytes::from_static(b"null")).is_empty());
        assert!(PathParameters::default().is_empty());
    }
}

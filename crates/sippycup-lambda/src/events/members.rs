//! Some members of a JSON object, found in one walk over it; their values stay text.

use std::{borrow::Cow, fmt};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object that were asked for. Anything that is no object has none.
pub(super) struct Members<'a> {
    wanted: &'static [&'static str],
    found: Vec<(&'static str, &'a str)>,
}

impl<'a> Members<'a> {
    /// A member that stands there twice counts as the last says, as everywhere.
    pub(super) fn read(json: &'a str, wanted: &'static [&'static str]) -> Self {
        let mut members = Self { wanted, found: Vec::new() };
        if json.starts_with('{') {
            let mut reader = serde_json::Deserializer::from_str(json);
            // The event was read before, so this cannot fail; if it does, what was found until then counts.
            let _ = reader.deserialize_map(&mut members);
        }
        members
    }

    /// The value as JSON; `null` is as good as nothing.
    pub(super) fn json(&self, name: &str) -> Option<&'a str> {
        debug_assert!(self.wanted.contains(&name), "`{name}` was not asked for");
        self.found.iter().find(|(found, _)| *found == name).map(|(_, json)| *json).filter(|json| *json != "null")
    }

    pub(super) fn has(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.json(name).is_some())
    }

    pub(super) fn has_object(&self, name: &str) -> bool {
        self.json(name).is_some_and(|json| json.starts_with('{'))
    }

    pub(super) fn has_array(&self, name: &str) -> bool {
        self.json(name).is_some_and(|json| json.starts_with('['))
    }

    /// The value, if it is a string.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        text(self.json(name)?)
    }

    /// Whether the value is one of these strings.
    pub(super) fn is(&self, name: &str, texts: &[&str]) -> bool {
        self.text(name).is_some_and(|text| texts.contains(&&*text))
    }

    /// Members of the value.
    pub(super) fn of(&self, name: &str, wanted: &'static [&'static str]) -> Self {
        Self::read(self.json(name).unwrap_or_default(), wanted)
    }
}

/// The first item of an array.
pub(super) fn first(json: &str) -> Option<&str> {
    if !json.starts_with('[') {
        return None;
    }
    serde_json::from_str::<First<'_>>(json).ok()?.0
}

fn text(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { serde_json::from_str(json).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

impl<'de> Visitor<'de> for &mut Members<'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(Name(self.wanted))? {
            let Some(name) = name else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let json = map.next_value::<&RawValue>()?.get();
            match self.found.iter_mut().find(|(found, _)| *found == name) {
                Some((_, before)) => *before = json,
                None => self.found.push((name, json)),
            }
        }
        Ok(())
    }
}

/// Reads a name: that of the list, if it is in there.
struct Name(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().find(|wanted| **wanted == name).copied())
    }
}

struct First<'a>(Option<&'a str>);

impl<'de> Deserialize<'de> for First<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items;

        impl<'de> Visitor<'de> for Items {
            type Value = First<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<First<'de>, A::Error> {
                let first = items.next_element::<&RawValue>()?.map(RawValue::get);
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(First(first))
            }
        }

        deserializer.deserialize_seq(Items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_is_found_whatever_stands_around_it() {
        let json = r#"{"x":[{"a":0}],"a":1,"\u0062":"t\u0065xt","c":null,"a":{"b":"in"},"y":"}"}"#;
        let members = Members::read(json, &["a", "b", "c", "d"]);
        assert_eq!(members.json("a"), Some(r#"{"b":"in"}"#));
        assert_eq!(members.text("b").as_deref(), Some("text"));
        assert!(members.has(&["a", "b"]) && !members.has(&["a", "c"]) && !members.has(&["d"]));
        assert!(members.has_object("a") && !members.has_array("a") && !members.has_object("b"));
        assert!(members.of("a", &["b"]).is("b", &["out", "in"]));
        assert!(!members.of("b", &["b"]).has(&["b"]));
        assert!(!members.of("d", &["b"]).has(&["b"]));
    }

    #[test]
    fn only_the_first_item_of_an_array_counts() {
        assert_eq!(first(r#"[{"a":1},{"a":2}]"#), Some(r#"{"a":1}"#));
        assert_eq!(first("[]"), None);
        assert_eq!(first("{}"), None);
        assert_eq!(first("null"), None);
    }

    #[test]
    fn an_event_may_be_as_deep_as_it_likes() {
        let deep = format!("{{\"x\":{}{},\"a\":1}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(Members::read(&deep, &["a"]).json("a"), Some("1"));
    }
}

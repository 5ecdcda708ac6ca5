//! Claims as gateways write them: numbers, booleans, lists and dates as text.

use serde::{
    Deserializer,
    de::{
        DeserializeOwned, IntoDeserializer, Visitor,
        value::{MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::{Error, Result, Value};

/// Reads JSON into a type that may ask for other things than the text that stands there.
pub(super) fn from_slice<T: DeserializeOwned>(json: &[u8]) -> Result<T> {
    T::deserialize(Claim(serde_json::from_slice(json)?))
}

/// A value that is read as what the type asks for, where its text says such a thing.
struct Claim(Value);

impl Claim {
    /// The value, or the number that its text is: in digits, in the scientific notation that some writers have for
    /// large ones, or as a date.
    fn into_number(self) -> Value {
        let text = match &self.0 {
            Value::String(text) => text.trim(),
            Value::Number(number) => return number.as_f64().filter(|_| number.is_f64()).map_or(self.0, whole),
            _ => return self.0,
        };
        let integer = text.parse::<u64>().map(Value::from).or_else(|_| text.parse::<i64>().map(Value::from));
        match (integer, text.parse::<f64>()) {
            (Ok(number), _) => number,
            (_, Ok(number)) if number.is_finite() => whole(number),
            _ => seconds(text).map_or(self.0, Value::from),
        }
    }

    fn into_boolean(self) -> Value {
        match &self.0 {
            Value::String(text) if text.trim().eq_ignore_ascii_case("true") => true.into(),
            Value::String(text) if text.trim().eq_ignore_ascii_case("false") => false.into(),
            _ => self.0,
        }
    }

    /// The value, or the text of a number or a boolean: a Lambda authorizer may have written one.
    fn into_text(self) -> Value {
        match &self.0 {
            Value::Number(_) | Value::Bool(_) => self.0.to_string().into(),
            _ => self.0,
        }
    }

    /// The value, or the items of a list that is text: `[a b]` behind HTTP APIs, `a,b` behind REST APIs, `a b` as
    /// OAuth has scopes. A Lambda authorizer of a REST API may have written JSON.
    fn into_list(self) -> Value {
        let Value::String(text) = &self.0 else { return self.0 };
        let text = text.trim();
        if let Some(items) = json_items(text) {
            return items;
        }
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        let items = bare.split(|character: char| character == ',' || character.is_whitespace());
        items.filter(|item| !item.is_empty()).map(Value::from).collect()
    }

    /// The value, or the object that its text is: so HTTP APIs write objects in claims.
    fn into_object(self) -> Value {
        let Value::String(text) = &self.0 else { return self.0 };
        match text.trim_start().starts_with('{').then(|| serde_json::from_str(text)) {
            Some(Ok(object)) => object,
            _ => self.0,
        }
    }
}

macro_rules! read {
    ($(($($deserialize:ident)*) as $read:ident)*) => {$($(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            self.$read().$deserialize(visitor)
        }
    )*)*};
}

impl<'de> Deserializer<'de> for Claim {
    type Error = Error;

    read! {
        (deserialize_bool) as into_boolean
        (deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128) as into_number
        (deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128) as into_number
        (deserialize_f32 deserialize_f64) as into_number
        (deserialize_char deserialize_str deserialize_string) as into_text
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0 {
            Value::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter().map(Self))),
            Value::Object(members) => {
                let members = members.into_iter().map(|(name, value)| (Self(name.into()), Self(value)));
                visitor.visit_map(MapDeserializer::new(members))
            }
            value => value.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        // `RawValue`, which takes what stands there.
        if name.starts_with('$') {
            return self.0.deserialize_newtype_struct(name, visitor);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        Self(self.into_list()).deserialize_any(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, _: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.into_text().deserialize_enum(name, variants, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        Self(self.into_object()).deserialize_any(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_map(visitor)
    }

    forward_to_deserialize_any! { bytes byte_buf unit unit_struct identifier ignored_any }
}

impl IntoDeserializer<'_, Error> for Claim {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// The number, as an integer if it is one.
fn whole(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < LARGEST_EXACT { (number as i64).into() } else { number.into() }
}

/// The items of a list in JSON. `[1]` and `[true]` are written the same way in both, and `[a]` is none of JSON.
fn json_items(text: &str) -> Option<Value> {
    let first = text.strip_prefix('[')?.trim_start();
    first.starts_with(['"', '{', '[']).then(|| serde_json::from_str(text).ok())?
}

/// The seconds since 1970 of a date as Cognito authorizers of REST APIs write it: `Tue Apr 04 18:39:39 UTC 2023`.
fn seconds(text: &str) -> Option<i64> {
    let mut words = text.split_ascii_whitespace().skip(1);
    let (month, day, time, zone) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let year: i64 = words.next()?.parse().ok().filter(|year| (1970..=9999).contains(year))?;
    let month = MONTHS.iter().position(|name| *name == month)?;
    let day: i64 = day.parse().ok().filter(|day| (1..=31).contains(day))?;
    let mut clock = time.splitn(3, ':').map(|part| part.parse::<i64>().ok().filter(|part| (0..=60).contains(part)));
    let (hours, minutes, seconds) = (clock.next()??, clock.next()??, clock.next()??);
    if !matches!(zone, "UTC" | "GMT") {
        return None;
    }
    // A year begins in March here, so that the day which some years have more is the last of one.
    let (year, month) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    let days_of_year = (153 * month as i64 + 2) / 5 + day - 1;
    let days = 365 * year + year / 4 - year / 100 + year / 400 + days_of_year - DAYS_BEFORE_1970;
    Some(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// From the first of March of the year 0 to the first of January 1970.
const DAYS_BEFORE_1970: i64 = 719_468;

/// Up to here an `f64` has every whole number: 2⁵³.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use serde::Deserialize;
    use serde_json::{json, value::RawValue};

    use super::*;

    fn read<T: DeserializeOwned>(claims: &Value) -> T {
        from_slice(claims.to_string().as_bytes()).unwrap()
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Claims {
        sub: String,
        exp: u64,
        iat: Option<i64>,
        email_verified: bool,
        #[serde(rename = "cognito:groups", default)]
        groups: Vec<String>,
    }

    #[test]
    fn text_is_read_as_what_the_type_asks_for() {
        let expected = |groups: &[&str]| Claims {
            sub: "42".into(),
            exp: 1_680_633_579,
            iat: Some(1_680_629_979),
            email_verified: true,
            groups: groups.iter().map(ToString::to_string).collect(),
        };
        for (claims, groups) in [
            (json!({"exp": "1680633579", "iat": "1680629979", "cognito:groups": "[a b]"}), &["a", "b"][..]),
            (
                json!({"exp": "Tue Apr 04 18:39:39 UTC 2023", "iat": "Tue Apr 04 17:39:39 UTC 2023", "cognito:groups": "a,b"}),
                &["a", "b"],
            ),
            (json!({"exp": "1.680633579E9", "iat": 1_680_629_979, "cognito:groups": "a"}), &["a"]),
            (json!({"exp": 1_680_633_579, "iat": " 1680629979 ", "cognito:groups": ["a", "b"]}), &["a", "b"]),
            (json!({"exp": "1680633579", "iat": "1680629979", "cognito:groups": "[]"}), &[]),
        ] {
            let mut claims = claims;
            claims["sub"] = if groups.is_empty() { 42.into() } else { "42".into() };
            claims["email_verified"] = if groups.len() == 1 { "True".into() } else { "true".into() };
            assert_eq!(read::<Claims>(&claims), expected(groups), "{claims}");
        }
    }

    #[test]
    fn text_that_is_asked_for_stays_as_it_is() {
        let claims = json!({"a": "007", "b": "[a b]", "c": "true", "d": null});
        let texts: BTreeMap<String, Option<String>> = read(&claims);
        let expected = [("a", Some("007")), ("b", Some("[a b]")), ("c", Some("true")), ("d", None)];
        assert!(texts.iter().map(|(name, text)| (&**name, text.as_deref())).eq(expected));
        assert_eq!(read::<Value>(&claims), claims);
    }

    #[test]
    fn items_and_members_are_read_the_same_way() {
        #[derive(Debug, Deserialize, PartialEq, Eq, Hash)]
        struct Id(u32);
        #[derive(Debug, Deserialize, PartialEq)]
        #[serde(rename_all = "lowercase")]
        enum Plan {
            Free,
        }
        assert_eq!(read::<HashSet<Id>>(&json!("[1 2 2]")), HashSet::from([Id(1), Id(2)]));
        assert_eq!(read::<(u8, f32)>(&json!("1, 2.5")), (1, 2.5));
        let of_lists: BTreeMap<String, Vec<bool>> = read(&json!({"a": "true,false"}));
        assert_eq!(of_lists, BTreeMap::from([("a".to_owned(), vec![true, false])]));
        assert_eq!(read::<Option<Plan>>(&json!("free")), Some(Plan::Free));
        assert_eq!(read::<Option<Plan>>(&Value::Null), None);
    }

    #[test]
    fn a_number_may_have_a_point_where_there_is_nothing_behind_it() {
        for claim in [json!(1.680_633_579e9), json!("1680633579.0"), json!(1_680_633_579)] {
            assert_eq!(read::<u64>(&claim), 1_680_633_579);
            assert_eq!(read::<f64>(&claim), 1_680_633_579.0);
        }
        assert_eq!(read::<f64>(&json!(0.5)), 0.5);
        assert!(from_slice::<u64>(b"0.5").is_err() && from_slice::<i64>(b"1e300").is_err());
    }

    #[test]
    fn raw_json_is_what_stands_there() {
        assert_eq!(read::<Box<RawValue>>(&json!("5")).get(), "\"5\"");
    }

    #[test]
    fn json_in_text_is_read_where_the_type_asks_for_more_than_text() {
        #[derive(Debug, Deserialize, PartialEq)]
        struct Address {
            country: String,
            zip: Option<u32>,
        }
        let address = |zip| Address { country: "DE".into(), zip };
        for (text, zip) in [(r#"{"country":"DE","zip":"10115"}"#, Some(10_115)), (r#" { "country" : "DE" } "#, None)] {
            assert_eq!(read::<Option<Address>>(&json!(text)), Some(address(zip)));
        }
        assert_eq!(read::<BTreeMap<String, u8>>(&json!(r#"{"a":"1"}"#)), BTreeMap::from([("a".to_owned(), 1)]));
        assert_eq!(read::<Vec<Address>>(&json!(r#"[{"country":"DE"}]"#)), [address(None)]);
        assert_eq!(read::<Vec<Vec<u8>>>(&json!("[[1,2],[]]")), [vec![1, 2], vec![]]);
        assert_eq!(read::<Vec<String>>(&json!(r#"["a b","c,d"]"#)), ["a b", "c,d"]);
        // What only begins like it.
        assert_eq!(read::<Vec<String>>(&json!(r#"["a" b]"#)), [r#""a""#, "b"]);
        assert_eq!(read::<Vec<String>>(&json!("[007 true]")), ["007", "true"]);
        for text in ["{", "{}", r#"["DE"]"#, "DE", ""] {
            assert!(from_slice::<Address>(json!(text).to_string().as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn what_says_something_else_is_an_error() {
        for text in
            ["", "x", "-1", "Tue Apr 04 18:39:39 CET 2023", "Tue Foo 04 18:39:39 UTC 2023", "1.5", "inf", "1e400"]
        {
            assert!(from_slice::<u64>(json!(text).to_string().as_bytes()).is_err(), "{text}");
        }
        assert!(from_slice::<bool>(b"\"yes\"").is_err());
        assert!(from_slice::<Vec<u8>>(b"5").is_err());
        assert!(from_slice::<bool>(b"").is_err());
    }

    #[test]
    fn dates_are_seconds_since_1970() {
        for (text, expected) in [
            ("Thu Jan 01 00:00:00 UTC 1970", 0),
            ("Thu Feb 29 12:00:00 UTC 2024", 1_709_208_000),
            ("Fri Mar 01 00:00:00 GMT 2024", 1_709_251_200),
            ("Fri Dec 31 23:59:59 UTC 9999", 253_402_300_799),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
    }
}

//! The headers of the answer, in each of the ways that front doors read them.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONNECTION, SET_COOKIE},
};

use crate::{certain::Certain, error::ResponseError, json::Writer};

/// Where the headers go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Every value of a header in an array.
    Multi,
    /// One value for a header, cookies in a list of their own.
    Cookies,
    /// One value for a header and nothing else.
    Single,
}

/// The headers that go on to the client.
pub(super) struct Sendable<'a> {
    headers: &'a HeaderMap,
    has_connection: bool,
    kept: &'static [&'static str],
}

impl<'a> Sendable<'a> {
    pub(super) fn new(headers: &'a HeaderMap, kept: &'static [&'static str]) -> Self {
        // An answer has few headers: to look at each costs less than to look one up.
        Self { headers, has_connection: headers.keys().any(|name| *name == CONNECTION), kept }
    }

    pub(super) fn write(&self, out: &mut Writer, shape: Shape) -> Result<(), ResponseError> {
        match shape {
            // `,"multiValueHeaders":{…}`
            Shape::Multi => {
                out.raw(",\"multiValueHeaders\":{");
                write_members(out, self.each(), ["\":[\"", "\",\"", "\"]"]);
                out.raw("}");
            }
            // `,"headers":{…},"cookies":[…]`
            Shape::Cookies => {
                self.write_joined(out);
                out.raw("},\"cookies\":[");
                write_list(out, self.cookies());
                out.raw("]");
            }
            // `,"headers":{…}`
            Shape::Single => {
                let is_empty = self.write_joined(out);
                self.write_cookie_variants(out, is_empty)?;
                out.raw("}");
            }
        }
        Ok(())
    }

    /// The bytes in the values that go on.
    pub(super) fn value_bytes(&self) -> usize {
        self.each().map(|(_, value)| value.len()).sum()
    }

    /// The values that go on, those of one name behind each other.
    fn each(&self) -> impl Iterator<Item = (&'a HeaderName, &'a HeaderValue)> {
        self.headers.iter().filter(|(name, _)| !self.stays_behind(name))
    }

    fn cookies(&self) -> impl Iterator<Item = &'a HeaderValue> {
        self.headers.iter().filter(|(name, _)| **name == SET_COOKIE).map(|(_, value)| value)
    }

    fn stays_behind(&self, name: &HeaderName) -> bool {
        // `Connection` names further headers that are for the next hop alone.
        let is_named = |value: &HeaderValue| {
            let mut names = value.as_bytes().split(|byte| *byte == b',');
            names.any(|named| named.trim_ascii().eq_ignore_ascii_case(name.as_str().as_bytes()))
        };
        match name.as_str() {
            "connection" | "content-length" | "keep-alive" | "proxy-connection" | "te" | "trailer"
            | "transfer-encoding" | "upgrade" => true,
            name if self.kept.contains(&name) => true,
            _ => self.has_connection && self.headers.get_all(CONNECTION).iter().any(is_named),
        }
    }

    /// `,"headers":{…` without the cookies, with the values of a name joined, and without the closing brace;
    /// returns whether there is none.
    fn write_joined(&self, out: &mut Writer) -> bool {
        out.raw(",\"headers\":{");
        write_members(out, self.each().filter(|(name, _)| *name != SET_COOKIE), ["\":\"", ", ", "\""])
    }

    /// The trick for formats that have one value for each name: `set-cookie`, `Set-cookie`, `sEt-cookie`, …
    /// are different names in JSON and the same on the wire. Cookies must not be joined with commas.
    fn write_cookie_variants(&self, out: &mut Writer, mut is_first: bool) -> Result<(), ResponseError> {
        let limit = case_variants(SET_COOKIE.as_str());
        for (index, value) in self.cookies().enumerate() {
            if index == limit {
                return Err(ResponseError::too_many_cookies(self.cookies().count(), limit));
            }
            out.raw(if std::mem::take(&mut is_first) { "\"" } else { ",\"" });
            out.raw(&case_variant(SET_COOKIE.as_str(), index));
            out.raw("\":\"");
            write_value(out, value);
            out.raw("\"");
        }
        Ok(())
    }
}

/// The members of an object: each name with its values, and what stands in front of the first of them, between two and
/// behind the last. Returns whether there is none.
fn write_members<'a>(
    out: &mut Writer,
    headers: impl Iterator<Item = (&'a HeaderName, &'a HeaderValue)>,
    [front, between, behind]: [&str; 3],
) -> bool {
    let mut last = None;
    for (name, value) in headers {
        if last == Some(name) {
            out.raw(between);
        } else {
            if last.replace(name).is_some() {
                out.raw(behind);
                out.raw(",");
            }
            out.raw("\"");
            out.raw(name.as_str());
            out.raw(front);
        }
        write_value(out, value);
    }
    if last.is_some() {
        out.raw(behind);
    }
    last.is_none()
}

/// Header values as the items of an array.
fn write_list<'a>(out: &mut Writer, values: impl Iterator<Item = &'a HeaderValue>) {
    for (index, value) in values.enumerate() {
        out.raw(if index == 0 { "\"" } else { ",\"" });
        write_value(out, value);
        out.raw("\"");
    }
}

/// A header value inside quotes: UTF-8 as it is, anything else as ISO-8859-1.
fn write_value(out: &mut Writer, value: &HeaderValue) {
    if std::str::from_utf8(value.as_bytes()).is_ok() {
        out.text(value.as_bytes());
        return;
    }
    let latin_1: String = value.as_bytes().iter().map(|byte| char::from(*byte)).collect();
    out.text(latin_1.as_bytes());
}

/// In how many ways the letters of an ASCII name can be written.
fn case_variants(name: &str) -> usize {
    1 << name.bytes().filter(u8::is_ascii_alphabetic).count()
}

/// The spelling of a lower-case name whose n-th letter is upper-case where the n-th bit of `index` is set.
fn case_variant(name: &str, index: usize) -> String {
    let mut name = name.as_bytes().to_vec();
    let letters = name.iter_mut().filter(|byte| byte.is_ascii_alphabetic()).enumerate();
    letters.filter(|(bit, _)| index >> bit & 1 == 1).for_each(|(_, letter)| letter.make_ascii_uppercase());
    String::from_utf8(name).ok().certain()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_a_name_never_collide() {
        let spellings: HashSet<_> =
            (0..case_variants("set-cookie")).map(|index| case_variant("set-cookie", index)).collect();
        assert_eq!(spellings.len(), 512);
        assert!(spellings.iter().all(|spelling| spelling.eq_ignore_ascii_case("set-cookie")));
        assert_eq!(case_variant("set-cookie", 0), "set-cookie");
        assert_eq!(case_variant("set-cookie", 1), "Set-cookie");
    }

    proptest! {
        #[test]
        fn a_header_value_is_utf_8_or_latin_1(bytes in prop::collection::vec(0x20u8..=0xff, 0..40)) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let mut writer = Writer::with_capacity(0);
                write_list(&mut writer, [value].iter());
                let json = writer.into_bytes();
                let text: String = serde_json::from_slice(&json).unwrap();
                match std::str::from_utf8(&bytes) {
                    Ok(utf_8) => prop_assert_eq!(text, utf_8),
                    Err(_) => prop_assert_eq!(text.chars().map(|c| c as u32 as u8).collect::<Vec<_>>(), bytes),
                }
            }
        }
    }
}

//! Paths and queries as gateways write them, made into what a URI can hold. The only file that
//! percent-encodes.
//!
//! What a client sent is never decoded and never normalised: `/a/../b`, `//x`, `%2F` and `\` stay. Only
//! bytes that `http::Uri` refuses, or that would mean something else there (`?` and `#` of a path that AWS
//! decoded), are percent-encoded.

use crate::certain::Certain;

/// How a source writes the text of a path or query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    /// As the client sent it. A `%` stands as it is, even where no two hex digits follow.
    Encoded,
    /// Decoded by the gateway (the `rawPath` of an HTTP API). Whatever RFC 3986 does not allow is encoded. A `%`
    /// before two hex digits is left alone, because older recordings and emulators send the path encoded; any other
    /// `%` becomes `%25`.
    Decoded,
}

impl Text {
    fn path(self) -> &'static Set {
        match self {
            Self::Encoded => &PATH,
            Self::Decoded => &DECODED_PATH,
        }
    }
}

/// Appends a path to `out`; a missing leading slash is added, an empty path is `/`.
pub(crate) fn push_path(out: &mut Vec<u8>, path: &[u8], text: Text) {
    // `OPTIONS *` asks about the server as a whole; its target is no path.
    if path.first() != Some(&b'/') && path != b"*" {
        out.push(b'/');
    }
    let set = text.path();
    push_escaped(out, path, |byte, behind| {
        let lone_percent =
            || byte == b'%' && !behind.first_chunk::<2>().is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        set.keeps(byte) && !(text == Text::Decoded && lone_percent())
    });
}

/// Whether the path can stand in a URI as it is.
pub(crate) fn is_plain_path(path: &[u8], text: Text) -> bool {
    let set = text.path();
    let keeps = |byte: &u8| set.keeps(*byte) && (*byte != b'%' || text == Text::Encoded);
    path.first() == Some(&b'/') && path.iter().all(keeps)
}

/// Appends a raw query string, without the `?` that AWS's tables sometimes show in front of it.
pub(crate) fn push_raw_query(out: &mut Vec<u8>, query: &[u8]) {
    let query = query.strip_prefix(b"?").unwrap_or(query);
    if !query.is_empty() {
        out.push(b'?');
        push_encoded(out, query, &RAW_QUERY);
    }
}

/// Appends a key of a query.
pub(crate) fn push_key(out: &mut Vec<u8>, key: &[u8], text: Text) {
    push_encoded(out, key, if text == Text::Decoded { &DECODED_KEY } else { &ENCODED_KEY });
}

/// Appends a value of a query.
pub(crate) fn push_value(out: &mut Vec<u8>, value: &[u8], text: Text) {
    push_encoded(out, value, if text == Text::Decoded { &DECODED_VALUE } else { &ENCODED_VALUE });
}

fn push_encoded(out: &mut Vec<u8>, text: &[u8], set: &Set) {
    push_escaped(out, text, |byte, _| set.keeps(byte));
}

/// Appends text with all bytes percent-encoded that `keeps` refuses; it sees what is behind each.
fn push_escaped(out: &mut Vec<u8>, text: &[u8], keeps: impl Fn(u8, &[u8]) -> bool) {
    let digit = |nibble: u8| b"0123456789ABCDEF".get(usize::from(nibble)).copied().certain();
    let (mut kept, mut rest) = (text, text);
    while let Some((byte, behind)) = rest.split_first() {
        if !keeps(*byte, behind) {
            out.extend_from_slice(kept.get(..kept.len() - rest.len()).certain());
            out.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 0xf)]);
            kept = behind;
        }
        rest = behind;
    }
    out.extend_from_slice(kept);
}

/// Whether a piece of a path is this text: as it stands, or with nothing percent-encoded but what must be.
pub(crate) fn is_written(piece: &[u8], text: &[u8]) -> bool {
    if piece == text {
        return true;
    }
    let mut encoded = Vec::with_capacity(text.len());
    push_encoded(&mut encoded, text, &DECODED_PATH);
    piece == encoded
}

/// Whether two pieces of a path are the same, or would be if one or both were percent-decoded.
///
/// No part of either is looked at more than a few times, and nothing behind the first difference.
pub(crate) fn same_text(a: &[u8], b: &[u8]) -> bool {
    a == b
        || same_characters(Decoded(a), Decoded(b))
        || same_characters(Decoded(a), b.iter().copied())
        || same_characters(a.iter().copied(), Decoded(b))
}

/// Whether two texts are the same, where what is not UTF-8 counts as the U+FFFD that stands in JSON for it.
fn same_characters(a: impl Iterator<Item = u8> + Clone, b: impl Iterator<Item = u8> + Clone) -> bool {
    let (mut rest_a, mut rest_b) = (a.clone(), b.clone());
    loop {
        match (rest_a.next(), rest_b.next()) {
            (None, None) => return true,
            (x, y) if x == y => {}
            // Only a byte that is not ASCII can be a part of what is replaced.
            (x, y) if x.is_none_or(|x| x.is_ascii()) && y.is_none_or(|y| y.is_ascii()) => return false,
            _ => break,
        }
    }
    let (a, b): (Vec<u8>, Vec<u8>) = (a.collect(), b.collect());
    String::from_utf8_lossy(&a) == String::from_utf8_lossy(&b)
}

/// A percent-encoded text, decoded. What is not UTF-8 then is replaced.
pub(crate) fn percent_decoded(text: &str) -> String {
    String::from_utf8_lossy(&Decoded(text.as_bytes()).collect::<Vec<_>>()).into_owned()
}

/// The bytes of a percent-encoded text, decoded. A `%` without two hex digits behind it stands for itself.
#[derive(Clone)]
struct Decoded<'a>(&'a [u8]);

impl Iterator for Decoded<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let (first, behind) = self.0.split_first()?;
        let hex = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        if *first == b'%'
            && let Some(([high, low], behind)) = behind.split_first_chunk()
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            self.0 = behind;
            return Some(high << 4 | low);
        }
        self.0 = behind;
        Some(*first)
    }
}

/// The bytes that may stand as they are.
struct Set([bool; 256]);

impl Set {
    /// Every visible ASCII character but those given. `"`, `<`, `>`, `` ` `` and `#` are in no URI, and `http` refuses most of
    /// them. What was decoded does not tell how it was sent, and keeps the characters of a URI alone.
    #[expect(clippy::indexing_slicing, reason = "evaluated at compile time, where it cannot fail unseen")]
    const fn all_but(mut refused: &[u8], text: Text) -> Self {
        let mut set = Self([false; 256]);
        let mut byte = b'!';
        while byte <= b'~' {
            set.0[byte as usize] = match text {
                Text::Encoded => !matches!(byte, b'"' | b'<' | b'>' | b'`' | b'#'),
                Text::Decoded => is_uri_byte(byte),
            };
            byte += 1;
        }
        while let Some((byte, rest)) = refused.split_first() {
            set.0[*byte as usize] = false;
            refused = rest;
        }
        set
    }

    fn keeps(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte)).copied().certain()
    }
}

/// Whether a path or a query of [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986#section-3.3) may have this byte.
pub(crate) const fn is_uri_byte(byte: u8) -> bool {
    matches!(byte, b'!' | b'$'..=b';' | b'=' | b'?'..=b'Z' | b'_' | b'a'..=b'z' | b'~')
}

/// Whether the name of a host may have this byte.
pub(crate) fn is_host_byte(byte: u8) -> bool {
    HOST.keeps(byte)
}

static HOST: Set = Set::all_but(b"!$%&'()*+,/:;=?@~", Text::Decoded);
static PATH: Set = Set::all_but(b"?", Text::Encoded);
static RAW_QUERY: Set = Set::all_but(b"", Text::Encoded);
static DECODED_PATH: Set = Set::all_but(b"?", Text::Decoded);
// `;` splits a query for API Gateway, so one inside a decoded value must have been sent as `%3B`.
static DECODED_KEY: Set = Set::all_but(b"%+&=;", Text::Decoded);
static DECODED_VALUE: Set = Set::all_but(b"%+&;", Text::Decoded);
// A `&` inside what was not decoded cannot be one that separates.
static ENCODED_KEY: Set = Set::all_but(b"&=", Text::Encoded);
static ENCODED_VALUE: Set = Set::all_but(b"&", Text::Encoded);

/// What `http::Uri` holds, in bytes.
pub(crate) const MAX_TARGET: usize = 65_534;

#[cfg(test)]
mod tests {
    use http::uri::PathAndQuery;
    use proptest::prelude::*;

    use super::*;

    fn path(path: &str, text: Text) -> String {
        let mut out = Vec::new();
        push_path(&mut out, path.as_bytes(), text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_path_keeps_everything_a_uri_can_hold() {
        for same in [
            "/",
            "/a/../b",
            "//x",
            "/a//b/",
            "/a%2Fb",
            "/%e9",
            "/100%",
            "/a%zz",
            "/a\\b",
            "/a|b^c",
            "/{id}",
            "/~u/$&'()*+,;=:@!",
        ] {
            assert_eq!(path(same, Text::Encoded), same);
        }
        for (from, to) in [
            ("", "/"),
            ("api/x", "/api/x"),
            ("/a b", "/a%20b"),
            ("/é", "/%C3%A9"),
            ("/a?b", "/a%3Fb"),
            ("/a#b", "/a%23b"),
            ("/<x>\"`\u{7f}\t", "/%3Cx%3E%22%60%7F%09"),
        ] {
            assert_eq!(path(from, Text::Encoded), to);
        }
    }

    #[test]
    fn a_decoded_path_has_its_percent_signs_encoded_unless_they_are_escapes() {
        for (from, to) in [
            ("/100%", "/100%25"),
            ("/a%zz", "/a%25zz"),
            ("/a%20b", "/a%20b"),
            ("/%", "/%25"),
            ("/%2", "/%252"),
            ("/☕", "/%E2%98%95"),
            ("/a{b}|c\\d^e[f]", "/a%7Bb%7D%7Cc%5Cd%5Ee%5Bf%5D"),
            ("/~u/$&'()*+,;=:@!", "/~u/$&'()*+,;=:@!"),
        ] {
            assert_eq!(path(from, Text::Decoded), to);
        }
    }

    #[test]
    fn segments_are_compared_whatever_their_encoding() {
        assert!(same_text(b"a%20b", b"a b"));
        assert!(same_text(b"a b", b"a%20b"));
        assert!(same_text(b"%C3%A9", "é".as_bytes()));
        assert!(same_text(b"a%2fb", b"a%2Fb"));
        assert!(same_text(b"a%FFb", "a\u{fffd}b".as_bytes()));
        assert!(!same_text(b"a%20b", b"a%21b"));
        assert!(!same_text(b"a%FFb", b"a%20b"));
        assert!(!same_text(b"a", b"b"));
    }

    #[test]
    fn a_text_is_written_in_one_way() {
        for (piece, text) in
            [("a", "a"), ("é", "é"), ("%C3%A9", "é"), ("a%20b", "a b"), ("a%20b", "a%20b"), ("%7B", "{")]
        {
            assert!(is_written(piece.as_bytes(), text.as_bytes()), "{piece} {text}");
        }
        for (piece, text) in [("%61", "a"), ("%c3%a9", "é"), ("a b", "a%20b"), ("%2561", "%61"), ("a", "b")] {
            assert!(!is_written(piece.as_bytes(), text.as_bytes()), "{piece} {text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_the_event_has_is_a_path_and_query(path: Vec<u8>, query: Vec<u8>, decoded: bool) {
            let mut out = Vec::new();
            push_path(&mut out, &path, if decoded { Text::Decoded } else { Text::Encoded });
            // Who calls sees to it that the target `*` has no query.
            if path != b"*" {
                push_raw_query(&mut out, &query);
            }
            let text = String::from_utf8(out.clone()).unwrap();
            let parsed = PathAndQuery::from_maybe_shared(out).unwrap();
            prop_assert_eq!(parsed.as_str(), text);
        }
    }
}

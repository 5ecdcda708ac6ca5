//! Links in headers that have more in them than a link.

use http::{HeaderName, header};

use super::Rewrite;

impl Rewrite {
    /// The header's value with the base path in front of the paths of its links; `None` if it stays.
    pub(super) fn header(&self, name: &HeaderName, value: &[u8]) -> Option<Vec<u8>> {
        match name {
            _ if *name == header::REFRESH => self.refresh(value),
            _ if *name == header::LINK => self.link(value),
            _ if name == "hx-location" && value.trim_ascii_start().starts_with(b"{") => self.hx_location(value),
            _ => self.location(value),
        }
    }

    /// `5; url=/x`, with the address in quotes or not, or `5; /x`
    /// ([the refresh header](https://html.spec.whatwg.org/multipage/document-lifecycle.html#the-refresh-header)).
    fn refresh(&self, value: &[u8]) -> Option<Vec<u8>> {
        let behind = |from: usize, passes: fn(&u8) -> bool| {
            let rest = value.get(from..).unwrap_or_default();
            from + rest.iter().take_while(|byte| passes(byte)).count()
        };
        let seconds = behind(0, |byte| byte.is_ascii_digit() || matches!(byte, b'.' | b' '));
        let begin = behind(seconds, |byte| matches!(byte, b';' | b',' | b' '));
        let is_named = value.get(begin..begin + 3).is_some_and(|name| name.eq_ignore_ascii_case(b"url"));
        let equals = behind(begin + 3, |byte| *byte == b' ');
        let begin = if is_named && value.get(equals) == Some(&b'=') { equals + 1 } else { begin };
        let (before, rest) = value.split_at_checked(begin)?;
        let quotes = rest.iter().take_while(|byte| matches!(byte, b'\'' | b'"' | b' ')).count();
        let (quotes, rest) = rest.split_at_checked(quotes)?;
        let end = match quotes.last() {
            Some(quote @ (b'\'' | b'"')) => rest.iter().position(|byte| byte == quote),
            _ => None,
        };
        let (address, behind) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
        Some([before, quotes, &self.location(address)?, behind].concat())
    }

    /// `</style.css>; rel=preload, </next>; rel=next`
    /// ([RFC 8288](https://www.rfc-editor.org/rfc/rfc8288#section-3)).
    fn link(&self, value: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(value.len());
        let (mut rest, mut changed, mut quoted) = (value, false, false);
        while let Some((byte, behind)) = rest.split_first() {
            out.push(*byte);
            rest = behind;
            match byte {
                // An angle bracket in a parameter's text opens no link.
                b'"' => quoted = !quoted,
                b'\\' if quoted => {
                    let (escaped, behind) = rest.split_at_checked(1).unwrap_or_default();
                    out.extend_from_slice(escaped);
                    rest = behind;
                }
                b'<' if !quoted => {
                    let end = rest.iter().position(|byte| *byte == b'>')?;
                    let (address, behind) = rest.split_at_checked(end)?;
                    let rewritten = self.location(address);
                    changed |= rewritten.is_some();
                    out.extend_from_slice(rewritten.as_deref().unwrap_or(address));
                    rest = behind;
                }
                _ => {}
            }
        }
        changed.then_some(out)
    }

    /// `{"path":"/x","target":"#list"}` ([HX-Location](https://htmx.org/headers/hx-location/)). An address with a
    /// backslash in it stays.
    fn hx_location(&self, value: &[u8]) -> Option<Vec<u8>> {
        let (mut at, mut depth, mut is_path) = (0, 0, false);
        while let Some(byte) = value.get(at) {
            at += 1;
            match byte {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                b'"' => {
                    let rest = value.get(at..)?;
                    let end = end_of_string(rest)?;
                    let (text, behind) = rest.split_at_checked(end)?;
                    let is_name = behind.get(1..)?.trim_ascii_start().starts_with(b":");
                    if is_path && depth == 1 && !is_name {
                        return Some([value.get(..at)?, &self.location(text)?, behind].concat());
                    }
                    is_path = depth == 1 && is_name && text == b"path";
                    at += end + 1;
                }
                _ => {}
            }
        }
        None
    }
}

/// Where a JSON string ends whose opening quote is in front of `text`.
fn end_of_string(text: &[u8]) -> Option<usize> {
    let mut escaped = false;
    text.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use sippycup_core::BasePath;

    use super::*;

    fn header(name: &'static str, value: &str) -> Option<String> {
        let host = Some(HeaderValue::from_static("api.example.com"));
        let rewrite = Rewrite { base: BasePath::from_static("/shop"), host, public: None };
        let value = rewrite.header(&HeaderName::from_static(name), value.as_bytes());
        value.map(|value| String::from_utf8(value).unwrap())
    }

    #[test]
    fn links_get_the_base_path_wherever_a_header_has_them() {
        for (name, from, to) in [
            ("hx-redirect", "/login", "/shop/login"),
            ("hx-push-url", "https://api.example.com/x", "https://api.example.com/shop/x"),
            ("hx-location", "/x", "/shop/x"),
            ("hx-location", r##"{"path":"/x","target":"#a"}"##, r##"{"path":"/shop/x","target":"#a"}"##),
            (
                "hx-location",
                r#"{"a":"\"path","b":[{}], "path" : "/x"}"#,
                r#"{"a":"\"path","b":[{}], "path" : "/shop/x"}"#,
            ),
            ("refresh", "5; url=/x", "5; url=/shop/x"),
            ("refresh", "0;URL='/x'; later", "0;URL='/shop/x'; later"),
            ("refresh", "0; url = /x", "0; url = /shop/x"),
            ("refresh", "0.5,/urls?url=/x", "0.5,/shop/urls?url=/x"),
            ("refresh", "0; url= \"/x\"", "0; url= \"/shop/x\""),
            ("refresh", "0;/ab=c", "0;/shop/ab=c"),
            ("link", "</a.css>; rel=preload, </b>; rel=next", "</shop/a.css>; rel=preload, </shop/b>; rel=next"),
            ("link", r"\</x>", r"\</shop/x>"),
            ("link", "<https://b.example/>; title=\"</x>\", </y>", "<https://b.example/>; title=\"</x>\", </shop/y>"),
        ] {
            assert_eq!(header(name, from).as_deref(), Some(to), "{name}: {from}");
            assert_eq!(header(name, to), None, "{name}: {to}");
        }
    }

    #[test]
    fn everything_else_stays() {
        for (name, stays) in [
            ("hx-push-url", "false"),
            ("hx-location", r#"{"target":"/x"}"#),
            ("hx-location", r#"{"path":5}"#),
            ("hx-location", "{"),
            ("hx-location", r#"{"path":{"path":"/x"}}"#),
            ("hx-location", r#"{"values":{"path":"/x"},"source":"path"}"#),
            ("hx-location", r#"{"path":["/x"]}"#),
            ("hx-location", r#"{"path":[5,"/x"]}"#),
            ("refresh", "5"),
            ("refresh", "5; url="),
            ("refresh", "0; url=\"/shop\"; later"),
            ("refresh", "5; url=https://b.example/"),
            ("link", "<a>; rel=next"),
            ("link", "</a"),
            ("link", "title=\"\\\"</x>\""),
        ] {
            assert_eq!(header(name, stays), None, "{name}: {stays}");
        }
    }
}

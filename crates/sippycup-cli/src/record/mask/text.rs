//! Secrets inside of texts: parameters of queries and paths, names before a host, cookies, schemes of authentication.

use super::names::is_secret_parameter;
use crate::certain::Certain;

/// What stands in the place of a secret.
pub(super) const MASK: &str = "(masked)";

/// `?code=(masked)&page=2`: wherever a URL can stand in a text, and in one URL inside of another's query.
pub(super) fn parameters(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    // A query alone has nothing before its first name.
    let mut end = RAW;
    let mut rest = text;
    loop {
        if let Some((name, value)) = named(rest)
            && is_secret_parameter(name)
        {
            let length = first(value, end).map_or(value.len(), |(at, _)| at);
            masked.push_str(rest.strip_suffix(value).certain());
            masked.push_str(if length == 0 { "" } else { MASK });
            rest = value.get(length..).certain();
        }
        let Some((at, separator)) = first(rest, BEGINNINGS) else {
            masked.push_str(rest);
            return masked;
        };
        let (before, after) = rest.split_at_checked(at + separator.len()).certain();
        masked.push_str(before);
        rest = after;
        end = match separator {
            ";" => PATH,
            escaped if escaped.starts_with('%') => ESCAPED,
            _ => RAW,
        };
    }
}

/// `https://(masked)@host/…`
pub(super) fn user(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        masked.push_str(before);
        masked.push_str("://");
        let authority = after.split(['/', '?', '#', ' ', ',', '"', '<', '>']).next().certain();
        rest = match authority.rfind('@') {
            Some(at) => {
                masked.push_str(MASK);
                after.get(at..).certain()
            }
            None => after,
        };
    }
    masked.push_str(rest);
    masked
}

/// `session=…`, whose name tells something and is no secret. A cookie without a name is all secret.
pub(super) fn cookie(cookie: &str) -> String {
    match cookie.split_once('=') {
        Some((name, _)) => format!("{name}={MASK}"),
        None if cookie.trim().is_empty() => cookie.to_owned(),
        None => MASK.to_owned(),
    }
}

/// `session=…; Path=/`
pub(super) fn cookie_with_attributes(text: &str) -> String {
    match text.split_once(';') {
        Some((name, attributes)) => format!("{};{attributes}", cookie(name)),
        None => cookie(text),
    }
}

/// `Bearer …`. A word that is no scheme may be a part of the secret.
pub(super) fn credentials(text: &str) -> String {
    match text.split_once(' ') {
        Some((scheme, _)) if SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme)) => {
            format!("{scheme} {MASK}")
        }
        _ if text.is_empty() => String::new(),
        _ => MASK.to_owned(),
    }
}

/// A name with what follows its `=`, if a text begins with them.
fn named(text: &str) -> Option<(&str, &str)> {
    let (at, found) = first(text, EQUALS).into_iter().chain(first(text, BEGINNINGS)).chain(first(text, RAW)).min()?;
    let (name, value) = text.split_at_checked(at)?;
    EQUALS.contains(&found).then_some((name, value.strip_prefix(found)?))
}

/// The first of several texts in a text, and where it is.
fn first<'a>(text: &str, any: &[&'a str]) -> Option<(usize, &'a str)> {
    text.char_indices().find_map(|(at, _)| {
        let rest = text.get(at..)?;
        any.iter().find(|one| rest.starts_with(**one)).map(|one| (at, *one))
    })
}

/// After what a parameter can begin.
const BEGINNINGS: &[&str] = &["?", "&", ";", "#", "%3F", "%3f", "%26", "%3B", "%3b", "%23"];

/// Where the value of one in a query ends: a `;`, a `/` or an escape can be a part of it.
const RAW: &[&str] = &["&", "#", " ", "\"", "<", ">"];

/// Where one ends that began with an escape, in a URL inside of another.
const ESCAPED: &[&str] = &["%26", "%23", "&", "#", " ", "\"", "<", ">"];

/// Where one of a path's segment ends, as `/cart;jsessionid=…/items` has it.
const PATH: &[&str] = &[";", "/", "?", "&", "#", " ", "\"", "<", ">"];

/// What stands between a name and its value, in a URL inside of another as well.
const EQUALS: &[&str] = &["=", "%3D", "%3d"];

/// Schemes of IANA's registry, of AWS's signatures, and what frameworks use beside them.
const SCHEMES: [&str; 13] = [
    "ApiKey",
    "AWS4-ECDSA-P256-SHA256",
    "AWS4-HMAC-SHA256",
    "Basic",
    "Bearer",
    "Digest",
    "DPoP",
    "HOBA",
    "Mutual",
    "Negotiate",
    "NTLM",
    "OAuth",
    "Token",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_in_queries_of_every_form_and_nothing_else() {
        for (text, expected) in [
            ("code=s3cret&state=x", "code=(masked)&state=x"),
            ("a=1&access_token=s3cret", "a=1&access_token=(masked)"),
            ("/cb?code=s3cret;s3cret/s3cret%26s3cret&state=x", "/cb?code=(masked)&state=x"),
            (
                "https://shop.example.com/f?X-Amz-Credential=s3cret&X-Amz-Date=1&X-Amz-Signature=s3cret#top",
                "https://shop.example.com/f?X-Amz-Credential=(masked)&X-Amz-Date=1&X-Amz-Signature=(masked)#top",
            ),
            ("https://shop.example.com/#id_token=s3cret&a=1", "https://shop.example.com/#id_token=(masked)&a=1"),
            ("/?access%5Ftoken=s3cret&api%5fkey=s3cret", "/?access%5Ftoken=(masked)&api%5fkey=(masked)"),
            (
                "/login?next=%2Fcb%3Fcode%3Ds3cret%26page%3D2&sig=s3cret",
                "/login?next=%2Fcb%3Fcode%3D(masked)%26page%3D2&sig=(masked)",
            ),
            ("/cart;jsessionid=s3cret/items;a=1?token=s3cret", "/cart;jsessionid=(masked)/items;a=1?token=(masked)"),
            ("<https://x.example/?token=s3cret>; rel=\"next\"", "<https://x.example/?token=(masked)>; rel=\"next\""),
            ("token=s3cret&token=", "token=(masked)&token="),
            ("user[password]=s3cret", "user[password]=(masked)"),
            ("?token=ü&page=ü", "?token=(masked)&page=ü"),
            // Nothing secret, or nothing of a query.
            ("/items/token?page_token=x&q=code", "/items/token?page_token=x&q=code"),
            ("text/html; charset=utf-8, */*;q=0.8", "text/html; charset=utf-8, */*;q=0.8"),
            ("Mozilla/5.0 (X11; Linux x86_64)", "Mozilla/5.0 (X11; Linux x86_64)"),
            (
                "Root=1-67891233-abcdef012345678912345678;Sampled=0",
                "Root=1-67891233-abcdef012345678912345678;Sampled=0",
            ),
            ("%", "%"),
            ("a=%&%3&=&", "a=%&%3&=&"),
            ("", ""),
        ] {
            assert_eq!(parameters(text), expected);
            assert_eq!(parameters(expected), expected, "what is masked stays");
        }
    }

    #[test]
    fn who_stands_before_a_host_is_masked() {
        assert_eq!(
            user("https://a:s3cret@x.example/@b, http://c@d"),
            "https://(masked)@x.example/@b, http://(masked)@d"
        );
        assert_eq!(user("https://x.example/a@b?c=d@e"), "https://x.example/a@b?c=d@e");
        assert_eq!(user("mail a@b, ://"), "mail a@b, ://");
    }

    #[test]
    fn only_a_scheme_that_is_known_stays() {
        for (text, expected) in [
            ("Bearer s3cret", "Bearer (masked)"),
            ("basic s3cret", "basic (masked)"),
            ("AWS4-HMAC-SHA256 Credential=s3cret, Signature=s3cret", "AWS4-HMAC-SHA256 (masked)"),
            ("s3cret and s3cret", "(masked)"),
            ("s3cret", "(masked)"),
            ("", ""),
        ] {
            assert_eq!(credentials(text), expected);
        }
    }

    #[test]
    fn cookies_keep_their_names_and_one_without_a_name_keeps_nothing() {
        assert_eq!(cookie(" a=s3cret=s3cret"), " a=(masked)");
        assert_eq!(cookie("s3cret"), "(masked)");
        assert_eq!(cookie(" "), " ");
        assert_eq!(cookie_with_attributes("a=s3cret; Path=/; HttpOnly"), "a=(masked); Path=/; HttpOnly");
        assert_eq!(cookie_with_attributes("a=s3cret"), "a=(masked)");
    }
}

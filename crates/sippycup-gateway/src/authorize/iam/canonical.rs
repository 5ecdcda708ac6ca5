//! The text of a request that its signature is about ("Elements of an AWS API request signature").

use http::HeaderMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

use super::super::asked::Denied;
use super::signature::{INVALID, Signature, flaw, hashed};
use crate::Kind;
use crate::request::Call;

#[derive(Debug)]
pub(super) struct Canonical {
    pub(super) text: String,
    /// What makes it unlikely that the signature is of this text.
    pub(super) doubt: Option<&'static str>,
}

impl Canonical {
    pub(super) fn of(call: &Call<'_>, signature: &Signature) -> Result<Self, Denied> {
        let (payload, doubt) = payload(call, signature)?;
        // In process a request may go without a host.
        let lines = lines(&call.parts.headers, &signature.signed_headers, &call.accepted.located.domain_name);
        let (path, query) = (path(call.parts.uri.path()), query(call.query()));
        let text = [call.parts.method.as_str(), &path, &query, &lines, &signature.signed_headers, &payload].join("\n");
        Ok(Self { text, doubt })
    }
}

/// What is signed of the body.
fn payload(call: &Call<'_>, signature: &Signature) -> Result<(String, Option<&'static str>), Denied> {
    let kind = call.kind();
    let name = "x-amz-content-sha256";
    let of_query = || call.query_value("X-Amz-Content-Sha256").filter(|_| signature.is_presigned);
    let hash = || hashed(call.body);
    Ok(match call.header_text(name).or_else(of_query).as_deref() {
        // "Lambda doesn't support unsigned payloads": "Restrict access to an AWS Lambda function URL origin".
        Some(UNSIGNED) if kind == Kind::FunctionUrl => (hash(), Some("function URLs take no UNSIGNED-PAYLOAD")),
        Some(UNSIGNED) => (UNSIGNED.to_owned(), None),
        Some(streamed) if streamed.starts_with("STREAMING-") => {
            let message =
                format!("x-amz-content-sha256 must be UNSIGNED-PAYLOAD or a valid sha256 value, not {streamed}");
            return Err(flaw(INVALID, message, "bodies that are signed in chunks are not checked here"));
        }
        // "SigV4 authenticated requests for Amazon VPC Lattice": it does not look into bodies.
        _ if kind.is_lattice() => (UNSIGNED.to_owned(), Some("Lattice wants `x-amz-content-sha256: UNSIGNED-PAYLOAD`")),
        Some(sent) if sent != hash() => (hash(), Some("`x-amz-content-sha256` is not the SHA-256 of the body")),
        _ => (hash(), None),
    })
}

/// The path as it was sent, without `.`, `..` and empty segments, encoded once more.
fn path(sent: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in sent.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    let end = if sent.ends_with('/') && !segments.is_empty() { "/" } else { "" };
    let encoded: Vec<_> = segments.iter().map(|segment| encoded(segment.as_bytes())).collect();
    format!("/{}{end}", encoded.join("/"))
}

/// The query in order of names and values, encoded in the one way that signatures know; what signs it is not in it.
fn query(sent: &str) -> String {
    let once = |text: &str| encoded(&percent_decode_str(&text.replace('+', " ")).collect::<Vec<u8>>());
    let pairs = sent.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let mut pairs: Vec<_> = pairs.map(|(name, value)| (once(name), once(value))).collect();
    pairs.retain(|(name, _)| name != "X-Amz-Signature");
    pairs.sort();
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

/// The signed headers, each with a line end.
fn lines(headers: &HeaderMap, signed: &str, host: &str) -> String {
    let line = |name| match value(headers, name) {
        None if name == "host" => format!("host:{host}\n"),
        value => format!("{name}:{}\n", value.unwrap_or_default()),
    };
    signed.split(';').map(line).collect()
}

/// All lines of a header, with one blank where there are several.
fn value(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(name).iter().map(|value| {
        let text = String::from_utf8_lossy(value.as_bytes());
        text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
    });
    let lines: Vec<_> = lines.collect();
    (!lines.is_empty()).then(|| lines.join(","))
}

fn encoded(bytes: &[u8]) -> String {
    percent_encode(bytes, RESERVED).to_string()
}

/// All but what RFC 3986 leaves unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

#[cfg(test)]
mod tests {
    use super::super::IamCredentials;
    use super::super::signature::Signature;
    use super::*;

    /// AWS's test suite for signers ("Signature Version 4 test suite"): what each request must have been signed with.
    #[test]
    fn the_signatures_that_aws_publishes_are_found() {
        let credentials = IamCredentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        for (method, query, more, body, expected) in [
            ("GET", "", &[][..], "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            ("POST", "", &[], "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
            (
                "GET",
                "Param2=value2&Param1=value1",
                &[],
                "",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
            (
                "POST",
                "",
                &[("content-type", "application/x-www-form-urlencoded")],
                "Param1=value1",
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            ),
            (
                "GET",
                "",
                &[("my-header1", "  value1"), ("my-header2", " \"a   b   c\"")],
                "",
                "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
            ),
        ] {
            let mut headers = HeaderMap::new();
            let own = [("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")];
            let mut names: Vec<&str> = Vec::new();
            for (name, value) in own.iter().chain(more) {
                headers.append(*name, value.parse().unwrap());
                names.push(name);
            }
            names.sort_unstable();
            let signed = names.join(";");
            let lines = lines(&headers, &signed, "");
            let text = [method, "/", &super::query(query), &lines, &signed, &hashed(body.as_bytes())].join("\n");
            let signature = Signature::of_the_suite(expected);
            assert!(credentials.has_signed(&signature, &signature.string_to_sign(&text)), "{text}");
            let changed = text.replacen("host:example", "host:another", 1);
            assert!(!credentials.has_signed(&signature, &signature.string_to_sign(&changed)));
        }
    }

    #[test]
    fn a_path_is_encoded_once_more_than_it_was_sent() {
        for (sent, signed) in [
            ("/", "/"),
            ("/prod/items/a%20b", "/prod/items/a%2520b"),
            ("/a/./b/../c/", "/a/c/"),
            ("//example//", "/example/"),
            ("/../..", "/"),
            ("/$default/x:y@z~", "/%24default/x%3Ay%40z~"),
            ("/%E1%88%B4", "/%25E1%2588%25B4"),
        ] {
            assert_eq!(path(sent), signed, "{sent}");
        }
    }

    #[test]
    fn a_query_is_sorted_and_encoded_in_one_way() {
        for (sent, signed) in [
            ("", ""),
            ("b=2&a=1", "a=1&b=2"),
            ("Param2=v&Param1=v", "Param1=v&Param2=v"),
            ("p=2&p=1&&p", "p=&p=1&p=2"),
            ("a=x+y&b=%7e%2f%C3%bc", "a=x%20y&b=~%2F%C3%BC"),
            ("a=b=c&%=%zz", "%25=%25zz&a=b%3Dc"),
            ("X-Amz-Signature=00&X-Amz-Date=1", "X-Amz-Date=1"),
        ] {
            assert_eq!(query(sent), signed, "{sent}");
        }
    }
}

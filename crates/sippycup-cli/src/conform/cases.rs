//! The cases: what is sent, and what for.

use bytes::Bytes;

/// What a case is about; a row of the table.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Topic {
    Paths,
    Queries,
    Headers,
    Cookies,
    Bodies,
    BasePaths,
    Answers,
    Errors,
    Streaming,
}

pub(crate) struct Case {
    pub(crate) topic: Topic,
    pub(crate) name: &'static str,
    pub(crate) request: Sent,
    pub(crate) expect: Expect,
}

/// A request.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) method: &'static str,
    pub(crate) target: &'static str,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: Bytes,
}

pub(crate) enum Expect {
    /// The mirror shows the request.
    Seen,
    /// The mirror is told to answer so.
    Answer(Answer),
    /// This status, whatever the body.
    Status(u16),
    /// The mirror is told to fail, and must go on.
    Failure,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: Bytes,
    /// Pieces of 1 KiB, so far apart.
    pub(crate) chunks_ms: Option<u64>,
}

pub(crate) fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |topic, name, request, expect| cases.push(Case { topic, name, request, expect });
    for target in PATHS {
        add(Topic::Paths, target, Sent::get(target), Expect::Seen);
    }
    for target in QUERIES {
        add(Topic::Queries, target, Sent::get(target), Expect::Seen);
    }
    for (name, headers) in HEADERS {
        add(Topic::Headers, name, Sent { headers: headers.to_vec(), ..Sent::get("/headers") }, Expect::Seen);
    }
    for (name, headers) in COOKIES {
        add(Topic::Cookies, name, Sent { headers: headers.to_vec(), ..Sent::get("/cookies") }, Expect::Seen);
    }
    for (name, method, content_type, body) in bodies() {
        let headers = content_type.map(|content_type| ("content-type", content_type)).into_iter().collect();
        add(Topic::Bodies, name, Sent { method, target: "/bodies", headers, body }, Expect::Seen);
    }
    for target in BASE_PATHS {
        add(Topic::BasePaths, target, Sent::get(target), Expect::Seen);
    }
    let redirect = Answer { status: 302, headers: vec![("location", "/login")], body: Bytes::new(), chunks_ms: None };
    add(Topic::BasePaths, "a redirect", Sent::plan(), Expect::Answer(redirect));
    for (name, answer) in answers() {
        add(Topic::Answers, name, Sent::plan(), Expect::Answer(answer));
    }
    add(Topic::Answers, "HEAD", Sent { method: "HEAD", ..Sent::get("/head") }, Expect::Status(200));
    add(Topic::Errors, "the app fails", Sent::plan(), Expect::Failure);
    add(Topic::Errors, "and fails again", Sent::plan(), Expect::Failure);
    for (name, body) in [("one piece", Bytes::from("hi")), ("many pieces", every_byte(20_000))] {
        let headers = vec![("content-type", "application/octet-stream"), ("set-cookie", "a=1"), ("set-cookie", "b=2")];
        let answer = Answer { status: 201, headers, body, chunks_ms: Some(0) };
        add(Topic::Streaming, name, Sent::plan(), Expect::Answer(answer));
    }
    cases
}

impl Topic {
    pub(crate) const ALL: [Self; 9] = [
        Self::Paths,
        Self::Queries,
        Self::Headers,
        Self::Cookies,
        Self::Bodies,
        Self::BasePaths,
        Self::Answers,
        Self::Errors,
        Self::Streaming,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Paths => "paths",
            Self::Queries => "queries",
            Self::Headers => "headers",
            Self::Cookies => "cookies",
            Self::Bodies => "bodies",
            Self::BasePaths => "base paths",
            Self::Answers => "answers",
            Self::Errors => "errors",
            Self::Streaming => "streaming",
        }
    }
}

impl Sent {
    pub(crate) fn get(target: &'static str) -> Self {
        Self { method: "GET", target, headers: Vec::new(), body: Bytes::new() }
    }

    /// One whose body is a plan.
    fn plan() -> Self {
        Self {
            method: "POST",
            target: "/__respond",
            headers: vec![("content-type", "application/json"), ("accept", "*/*")],
            body: Bytes::new(),
        }
    }
}

fn bodies() -> Vec<(&'static str, &'static str, Option<&'static str>, Bytes)> {
    let text = |text: &'static str| Bytes::from_static(text.as_bytes());
    vec![
        ("no body, POST", "POST", None, Bytes::new()),
        ("JSON", "POST", Some("application/json"), text(r#"{"a":[1,2.50,"ü\u0000"]}"#)),
        ("a form", "POST", Some("application/x-www-form-urlencoded"), text("a=1&b=%20&b=+")),
        ("text with every kind of character", "PUT", Some("text/plain; charset=utf-8"), text("a\r\n\tb\u{7f}ü€😀\"\\")),
        ("text that looks like base64", "PATCH", Some("text/plain"), text("aGVsbG8=")),
        ("DELETE with a body", "DELETE", Some("application/json"), text("{}")),
        ("every byte", "POST", Some("application/octet-stream"), every_byte(256)),
        ("100 KB of bytes", "POST", Some("application/octet-stream"), every_byte(100_000)),
        ("one NUL", "POST", Some("application/octet-stream"), text("\0")),
        ("a file in a form", "POST", Some("multipart/form-data; boundary=x"), multipart()),
        ("an image", "PUT", Some("image/png"), Bytes::from_static(b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe")),
        ("OPTIONS", "OPTIONS", None, Bytes::new()),
    ]
}

fn answers() -> Vec<(&'static str, Answer)> {
    let text = |text: &'static str| Bytes::from_static(text.as_bytes());
    let plain = || vec![("content-type", "text/plain; charset=utf-8")];
    let octets = || vec![("content-type", "application/octet-stream")];
    let mut answers = vec![
        ("text", 200, plain(), text("hello")),
        ("UTF-8", 200, plain(), text("ü€😀\u{2028}\u{0}\"\\")),
        ("JSON", 201, vec![("content-type", "application/json")], text(r#"{"a":1}"#)),
        ("a type of its own", 200, vec![("content-type", "application/vnd.api+json; v=2")], text("{}")),
        ("every byte", 200, octets(), every_byte(256)),
        ("100 KB of bytes", 200, octets(), every_byte(100_000)),
        ("an image", 200, vec![("content-type", "image/png")], Bytes::from_static(b"\x89PNG\r\n\x1a\n\x00\xff")),
        ("a font", 200, vec![("content-type", "font/woff2")], Bytes::from_static(b"wOF2\x00\x01\xff\xfe")),
        ("SVG", 200, vec![("content-type", "image/svg+xml")], text("<svg/>")),
        ("gzip", 200, vec![("content-type", "text/html"), ("content-encoding", "gzip")], Bytes::from_static(GZIP)),
        ("bytes that call themselves text", 200, vec![("content-type", "text/plain")], Bytes::from_static(b"caf\xe9")),
        ("text that looks like base64", 200, plain(), text("aGVsbG8=")),
        ("no body", 204, Vec::new(), Bytes::new()),
        ("an empty body", 200, plain(), Bytes::new()),
        ("not modified", 304, vec![("etag", "\"a\"")], Bytes::new()),
        ("one cookie", 200, vec![("set-cookie", "a=1; Path=/; HttpOnly")], Bytes::new()),
        ("two cookies", 200, vec![("set-cookie", "a=1"), ("set-cookie", "b=2; Secure")], Bytes::new()),
        ("a cookie with a date", 200, vec![("set-cookie", "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT")], Bytes::new()),
        ("a header twice", 200, vec![("x-a", "1"), ("x-a", "2")], Bytes::new()),
        ("vary twice", 200, vec![("vary", "accept"), ("vary", "origin")], Bytes::new()),
        ("who asks", 401, vec![("www-authenticate", "Basic realm=\"x\"")], text("no")),
        (
            "another host",
            302,
            vec![("x-location", "https://other.example/x"), ("cache-control", "no-store, max-age=0")],
            Bytes::new(),
        ),
        ("a quoted name", 200, vec![("content-disposition", "attachment; filename=\"a; b.txt\"")], text("x")),
    ];
    for status in [202, 206, 400, 404, 409, 410, 418, 422, 429, 500, 503] {
        answers.push(("a status", status, plain(), text("status")));
    }
    answers
        .into_iter()
        .map(|(name, status, headers, body)| (name, Answer { status, headers, body, chunks_ms: None }))
        .collect()
}

/// All bytes in turn.
fn every_byte(len: usize) -> Bytes {
    (0..=u8::MAX).cycle().take(len).collect()
}

fn multipart() -> Bytes {
    let mut body = b"--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.bin\"\r\n\r\n".to_vec();
    body.extend(0..=u8::MAX);
    body.extend(b"\r\n--x--\r\n");
    body.into()
}

const PATHS: [&str; 20] = [
    "/",
    "/items",
    "/items/",
    "/a/b/c",
    "/a%20b",
    "/a+b",
    "/a%2Fb",
    "/a%252Fb",
    "/%C3%BC/%E2%82%AC",
    "/a%3Fb%23c",
    "/a%25b",
    "/a//b",
    "//a",
    "/a/../b",
    "/a/./b",
    "/a;v=1/b",
    "/a=b&c",
    "/@a:b,c",
    "/~a_b.c-d!*'()",
    "/.well-known/x",
];

const QUERIES: [&str; 16] = [
    "/q?a=1",
    "/q?a=1&b=2",
    "/q?a=1&a=2&a=3",
    "/q?b=1&a=2&b=3",
    "/q?a=",
    "/q?a",
    "/q?a=b%20c",
    "/q?a=b+c",
    "/q?a=b%2Bc",
    "/q?a=%26%3D%23",
    "/q?a=b%3Dc",
    "/q?%C3%BC=%E2%82%AC",
    "/q?a[]=1&a[]=2",
    "/q?a%5Bb%5D=1",
    "/q?u=https://x.example/?y",
    "/q?a=%2525",
];

const HEADERS: [(&str, &[(&str, &str)]); 14] = [
    ("one", &[("x-a", "1")]),
    ("twice", &[("x-a", "1"), ("x-a", "2")]),
    ("three times among others", &[("x-a", "1"), ("x-b", "0"), ("x-a", "2"), ("x-a", "3")]),
    ("a list", &[("x-a", "1, 2")]),
    ("a date", &[("if-modified-since", "Wed, 21 Oct 2026 07:28:00 GMT")]),
    ("a quoted value", &[("if-none-match", "\"a\", W/\"b\"")]),
    ("a long value", &[("x-long", LONG)]),
    ("an underscore's neighbour", &[("x-a-b", "1"), ("x-ab", "2")]),
    ("UTF-8", &[("x-utf", "ü€")]),
    ("accept", &[("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")]),
    ("authorization", &[("authorization", "Bearer a.b-c_d==")]),
    ("origin", &[("origin", "https://app.example.com"), ("referer", "https://app.example.com/x?y=1")]),
    ("range", &[("range", "bytes=0-99")]),
    ("a URL", &[("x-url", "https://x.example/a?b=c&d=%20")]),
];

const COOKIES: [(&str, &[(&str, &str)]); 6] = [
    ("one", &[("cookie", "a=1")]),
    ("several", &[("cookie", "a=1; b=2; c=3")]),
    ("the same name twice", &[("cookie", "a=1; a=2")]),
    ("a value with =", &[("cookie", "a=b=c==; d=")]),
    ("a quoted value", &[("cookie", "a=\"b c\"")]),
    ("two lines", &[("cookie", "a=1"), ("cookie", "b=2")]),
];

const BASE_PATHS: [&str; 6] = ["/", "/items", "/items?q=1", "/a%20b", "/shop/items", "/prodigal"];

const LONG: &str = "0123456789abcdefghijklmnopqrstuvwxyz 0123456789abcdefghijklmnopqrstuvwxyz 0123456789abcdefghijklmnopqrstuvwxyz \
    0123456789abcdefghijklmnopqrstuvwxyz 0123456789abcdefghijklmnopqrstuvwxyz 0123456789abcdefghijklmnopqrstuvwxyz";

/// `hi`, compressed.
const GZIP: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\xc8\x04\x00\xac\x2a\x93\xd8\x02\x00\x00\x00";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_has_cases() {
        let cases = all();
        for topic in Topic::ALL {
            assert!(cases.iter().any(|case| case.topic == topic), "{topic:?}");
        }
        assert!(cases.len() > 100);
    }
}

//! Events that nobody sends, of as many parts as are asked for: each a shape that would cost most if every part of it
//! were looked at again for every other.

use crate::bodies::binary;

/// Makes an event of so many parts.
pub type Shape = fn(usize) -> String;

/// All of them, and what there is many of.
pub const SHAPES: [(&str, Shape); 17] = [
    ("`multiValueHeaders` behind `headers`", |parts| {
        let maps = r#""multiValueHeaders":{},"#.repeat(parts);
        let headers = members("h", parts);
        format!(r#"{{"httpMethod":"GET","path":"/","headers":{{{headers}}},{maps}"requestContext":{{}}}}"#)
    }),
    ("slashes in a path", |parts| rest(&"/".repeat(parts), "/{proxy+}", "")),
    ("escapes in a path", |parts| {
        let proxy = "a/%61/".repeat(parts / 2);
        rest(&"/%61".repeat(parts), "/{proxy+}", &format!(r#""proxy":"{proxy}""#))
    }),
    ("path parameters", |parts| rest(&"/a".repeat(parts), "/{id}/{proxy+}", &members("p", parts))),
    ("escapes of a mapped path, as the parameter has them", |parts| {
        let path = "/%FF".repeat(parts);
        rest(&format!("/shop{path}"), "/{proxy+}", &format!(r#""proxy":"{}""#, path.trim_start_matches('/')))
    }),
    ("escapes of a mapped path that were decoded", |parts| {
        let value = "\u{fffd}/".repeat(parts);
        rest(&format!("/shop{}", "/%FF".repeat(parts)), "/{proxy+}", &format!(r#""proxy":"{value}""#))
    }),
    ("escapes of a mapped path, the last one other than the parameter's", |parts| {
        let value = "\u{fffd}/".repeat(parts);
        rest(&format!("/shop{}/%41", "/%FF".repeat(parts)), "/{proxy+}", &format!(r#""proxy":"{value}B""#))
    }),
    ("escaped slashes of a mapped path", |parts| {
        rest(&format!("/shop/{}a", "%2F".repeat(parts)), "/{proxy+}", &format!(r#""proxy":"{}a""#, "/".repeat(parts)))
    }),
    ("slashes behind a mapping", |parts| rest(&format!("/shop{}a", "/".repeat(parts)), "/{id}/{proxy+}", "")),
    ("query keys that only one map has", |parts| {
        let (multi, single) = (members("m", parts), members("s", parts));
        format!(
            r#"{{"httpMethod":"GET","path":"/","multiValueQueryStringParameters":{{{multi}}},"queryStringParameters":{{{single}}},"requestContext":{{}}}}"#
        )
    }),
    ("characters of a query that are no URI's", |parts| {
        let value = "{|}".repeat(parts);
        format!(r#"{{"httpMethod":"GET","path":"/","queryStringParameters":{{"q":"{value}"}},"requestContext":{{}}}}"#)
    }),
    ("cookies", |parts| {
        let cookies = vec![r#""a=1""#; parts].join(",");
        format!(
            r#"{{"version":"2.0","rawPath":"/","cookies":[{cookies}],"requestContext":{{"http":{{"method":"GET"}}}}}}"#
        )
    }),
    ("levels of an array", |parts| {
        let (open, close) = ("[".repeat(parts), "]".repeat(parts));
        format!(r#"{{"httpMethod":"GET","path":"/","x":{open}{close},"requestContext":{{}}}}"#)
    }),
    ("parameters of a template", |parts| {
        let template: String = (0..parts).map(|number| format!("/{{p{number}}}")).collect();
        rest(&"/1".repeat(2 * parts), &template, &members("p", parts))
    }),
    ("segments in front of a greedy parameter without a value", |parts| {
        rest(&"/1".repeat(parts), &format!("{}/{{proxy+}}", "/{id}".repeat(parts / 40)), &members("p", parts))
    }),
    ("literal segments in front of a greedy parameter without a value", |parts| {
        rest(&"/1".repeat(parts), &format!("{}/{{proxy+}}", "/1".repeat(parts / 4)), &members("p", parts))
    }),
    ("segments of a template", |parts| rest(&"/a".repeat(2 * parts), &"/a".repeat(parts), "")),
];

/// Events whose bodies are nothing but escapes, and what there is many of.
pub const ESCAPES: [(&str, Shape); 7] = [
    (r"`\n` in a body", |parts| post(&r"\n".repeat(parts))),
    (r"`\u0041` in a body", |parts| post(&r"\u0041".repeat(parts))),
    (r"`\u00e9` behind seven letters in a body", |parts| post(&r"letters\u00e9".repeat(parts))),
    (r"`\u20ac` and `\t` by turns in a body", |parts| post(&r"\u20ac\t".repeat(parts / 2))),
    (r"`\ud83d\ude00` in a body", |parts| post(&r"\ud83d\ude00".repeat(parts))),
    ("escapes of every kind, without order, in a body", |parts| {
        let kinds = [r"\n", r"\\", r"\/", r"\u0041", r"\u00e9", r"\u20ac", r"\ud83d\ude00", "a"];
        post(&binary(parts).into_iter().map(|byte| kinds[usize::from(byte) % kinds.len()]).collect::<String>())
    }),
    (r"`\/` in base64", |parts| post(&r"\/\/\/\/".repeat(parts / 4)).replace("}}", r#"}},"isBase64Encoded":true"#)),
];

/// Bodies of answers that JSON has to escape, and what there is many of.
pub const ANSWERS: [(&str, Shape); 5] = [
    ("quotes in an answer", |parts| "\"".repeat(parts)),
    ("lines in an answer", |parts| "\n".repeat(parts)),
    ("NULs in an answer", |parts| "\0".repeat(parts)),
    ("colours of a terminal in an answer", |parts| "\u{1b}[31m".repeat(parts)),
    ("control characters, without order, in an answer", |parts| {
        binary(parts).into_iter().map(|byte| char::from(byte % 64)).collect()
    }),
];

fn post(body: &str) -> String {
    format!(r#"{{"version":"2.0","rawPath":"/","requestContext":{{"http":{{"method":"POST"}}}},"body":"{body}"}}"#)
}

fn rest(path: &str, template: &str, parameters: &str) -> String {
    format!(
        r#"{{"httpMethod":"GET","path":"{path}","resource":"{template}","pathParameters":{{{parameters}}},"requestContext":{{}}}}"#
    )
}

fn members(name: &str, count: usize) -> String {
    let members: Vec<String> = (0..count).map(|number| format!(r#""{name}{number}":"1""#)).collect();
    members.join(",")
}

//! Events that nobody sends, of as many parts as are asked for: each a shape that would cost most if every part of it
//! were looked at again for every other.

/// Makes an event of so many parts.
pub type Shape = fn(usize) -> String;

/// All of them, and what there is many of.
pub const SHAPES: [(&str, Shape); 5] = [
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
    ("segments of a template", |parts| rest(&"/a".repeat(2 * parts), &"/a".repeat(parts), "")),
];

fn rest(path: &str, template: &str, parameters: &str) -> String {
    format!(
        r#"{{"httpMethod":"GET","path":"{path}","resource":"{template}","pathParameters":{{{parameters}}},"requestContext":{{}}}}"#
    )
}

fn members(name: &str, count: usize) -> String {
    let members: Vec<String> = (0..count).map(|number| format!(r#""{name}{number}":"1""#)).collect();
    members.join(",")
}

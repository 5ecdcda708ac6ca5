//! Resources of a REST API, routes of an HTTP API: templates, and which one a request reaches.

use std::cmp::Ordering;

use http::Method;

use crate::{ConfigError, Kind};

/// What a request reached: a template and the values of its parameters, still percent-encoded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Matched {
    /// `/items/{id}`, or `$default`.
    pub(crate) template: String,
    /// `GET /items/{id}`, `ANY /items/{id}`, or `$default`.
    pub(crate) key: String,
    pub(crate) parameters: Vec<(String, String)>,
}

impl Matched {
    /// What has a key and no template: a rule of a listener, the handshake of a WebSocket API.
    pub(crate) fn by_key(key: impl Into<String>) -> Self {
        Self { template: String::new(), key: key.into(), parameters: Vec::new() }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Route {
    method: Option<Method>,
    template: String,
    segments: Vec<Segment>,
}

/// Ordered from most to least specific, which is AWS's precedence.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Segment {
    Literal(String),
    Parameter(String),
    Greedy(String),
}

impl Route {
    /// Parses `GET /items/{id}`, `ANY /{proxy+}`, `/items` (any method) or `$default`.
    pub(crate) fn parse(text: &str) -> Result<Self, ConfigError> {
        let wrong = |what: &str| Err(ConfigError::new(format!("route `{text}`: {what}")));
        let (method, template) = match text.split_once(' ') {
            Some(("ANY", template)) => (None, template.trim()),
            Some((method, template)) => match Method::from_bytes(method.as_bytes()) {
                Ok(method) if method.as_str().bytes().all(|b| b.is_ascii_uppercase()) => {
                    (Some(method), template.trim())
                }
                _ => return wrong("expected a method in upper case before the path"),
            },
            None => (None, text),
        };
        if template == DEFAULT {
            return match method {
                None => Ok(Self { method, template: template.to_owned(), segments: Vec::new() }),
                Some(_) => wrong("$default takes no method"),
            };
        }
        let Some(path) = template.strip_prefix('/') else {
            return wrong("expected a path with a leading slash, or $default");
        };
        let mut segments = Vec::new();
        let count = path.split('/').count();
        for (at, segment) in path.split('/').enumerate().filter(|_| !path.is_empty()) {
            if segments.iter().any(|s| matches!(s, Segment::Greedy(_))) {
                return wrong("a greedy parameter must be the last segment");
            }
            segments.push(match segment.strip_prefix('{').and_then(|s| s.strip_suffix('}')) {
                Some(name) => match name.strip_suffix('+') {
                    Some(name) if is_name(name) => Segment::Greedy(name.to_owned()),
                    None if is_name(name) => Segment::Parameter(name.to_owned()),
                    _ => {
                        return wrong("a parameter's name is made of letters, digits and `._-`");
                    }
                },
                // The last one may be: on HTTP APIs a trailing slash makes another route.
                None if segment.is_empty() && !(path.ends_with('/') && at + 1 == count) => {
                    return wrong("a segment is empty");
                }
                None if segment.contains(['{', '}']) => {
                    return wrong("a parameter must fill its segment");
                }
                None => Segment::Literal(segment.to_owned()),
            });
        }
        Ok(Self { method, template: template.to_owned(), segments })
    }

    pub(crate) fn is_default(&self) -> bool {
        self.template == DEFAULT
    }

    /// `/items/`, which an HTTP API tells apart from `/items`.
    pub(crate) fn ends_with_slash(&self) -> bool {
        self.template.len() > 1 && self.template.ends_with('/')
    }

    /// `GET /items/{id}`, `ANY /items/{id}`, or `$default`.
    pub(crate) fn key(&self) -> String {
        match &self.method {
            _ if self.is_default() => DEFAULT.to_owned(),
            Some(method) => format!("{method} {}", self.template),
            None => format!("ANY {}", self.template),
        }
    }

    fn matched(&self, parameters: Vec<(String, String)>) -> Matched {
        Matched { template: self.template.clone(), key: self.key(), parameters }
    }

    fn parameters(&self, path: &Path<'_>) -> Option<Vec<(String, String)>> {
        let mut rest = path.segments.as_slice();
        let mut parameters = Vec::new();
        for segment in &self.segments {
            match segment {
                Segment::Greedy(name) => {
                    if rest.is_empty() && !path.empty_tail {
                        return None;
                    }
                    parameters.push((name.clone(), rest.join("/")));
                    return Some(parameters);
                }
                Segment::Literal(literal) => {
                    let (head, tail) = rest.split_first()?;
                    if head != literal {
                        return None;
                    }
                    rest = tail;
                }
                Segment::Parameter(name) => {
                    let (head, tail) = rest.split_first()?;
                    if head.is_empty() {
                        return None;
                    }
                    parameters.push((name.clone(), (*head).to_owned()));
                    rest = tail;
                }
            }
        }
        rest.is_empty().then_some(parameters)
    }

    /// Less is what AWS takes first.
    pub(crate) fn precedence(&self, other: &Self) -> Ordering {
        let rank = |s: &Segment| match s {
            Segment::Literal(_) => 0_u8,
            Segment::Parameter(_) => 1,
            Segment::Greedy(_) => 2,
        };
        self.is_default()
            .cmp(&other.is_default())
            .then_with(|| self.segments.iter().map(rank).cmp(other.segments.iter().map(rank)))
            .then_with(|| self.method.is_none().cmp(&other.method.is_none()))
    }
}

/// Finds the resource or route that a request reaches.
pub(crate) fn find<'r>(kind: Kind, routes: &'r [Route], method: &Method, path: &str) -> Option<(&'r Route, Matched)> {
    if kind == Kind::RestApi { resource(routes, method, path) } else { route(routes, method, path) }
}

/// Finds the resource of a REST API. A trailing slash makes no difference, and no parameter sees it.
///
/// A resource that does not serve the method is passed over in favour of the next best one, as API Gateway does with a sibling `{proxy+}`.
fn resource<'r>(routes: &'r [Route], method: &Method, path: &str) -> Option<(&'r Route, Matched)> {
    let path = match path.strip_suffix('/') {
        Some("") | None => path,
        Some(trimmed) => trimmed,
    };
    best(routes, method, &Path::new(path, false))
}

/// Finds the route of an HTTP API. A trailing slash counts, and lets a greedy parameter be empty.
fn route<'r>(routes: &'r [Route], method: &Method, path: &str) -> Option<(&'r Route, Matched)> {
    best(routes, method, &Path::new(path, path.ends_with('/')))
}

struct Path<'a> {
    segments: Vec<&'a str>,
    empty_tail: bool,
}

impl<'a> Path<'a> {
    fn new(path: &'a str, empty_tail: bool) -> Self {
        let path = path.strip_prefix('/').unwrap_or(path);
        let segments = if path.is_empty() { Vec::new() } else { path.split('/').collect() };
        Self { segments, empty_tail }
    }
}

fn best<'r>(routes: &'r [Route], method: &Method, path: &Path<'_>) -> Option<(&'r Route, Matched)> {
    routes
        .iter()
        .filter(|route| route.method.as_ref().is_none_or(|m| m == method))
        .filter_map(|route| {
            let parameters = if route.is_default() { Vec::new() } else { route.parameters(path)? };
            Some((route, parameters))
        })
        .min_by(|(a, _), (b, _)| a.precedence(b))
        .map(|(route, parameters)| (route, route.matched(parameters)))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

const DEFAULT: &str = "$default";

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(routes: &[Route], method: &Method, path: &str) -> Option<Matched> {
        super::resource(routes, method, path).map(|(_, matched)| matched)
    }

    fn route(routes: &[Route], method: &Method, path: &str) -> Option<Matched> {
        super::route(routes, method, path).map(|(_, matched)| matched)
    }

    fn routes(keys: &[&str]) -> Vec<Route> {
        keys.iter().map(|key| Route::parse(key).unwrap()).collect()
    }

    #[test]
    fn rest_resources_follow_the_precedence_of_api_gateway() {
        let table = routes(&["/", "/items", "GET /items/{id}", "/items/special", "/items/{id}/{rest+}", "/{proxy+}"]);
        for (method, path, template, parameters) in [
            ("GET", "/", "/", vec![]),
            ("GET", "/items", "/items", vec![]),
            ("GET", "/items/", "/items", vec![]),
            ("GET", "/items/7", "/items/{id}", vec![("id", "7")]),
            ("GET", "/items/special", "/items/special", vec![]),
            ("POST", "/items/7", "/{proxy+}", vec![("proxy", "items/7")]),
            ("GET", "/items/7/a//b/", "/items/{id}/{rest+}", vec![("id", "7"), ("rest", "a//b")]),
            ("GET", "/other/x/", "/{proxy+}", vec![("proxy", "other/x")]),
            ("GET", "/a%2Fb", "/{proxy+}", vec![("proxy", "a%2Fb")]),
        ] {
            let found = resource(&table, &method.parse().unwrap(), path).unwrap_or_else(|| panic!("{path}"));
            let parameters: Vec<_> = parameters.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            assert_eq!((found.template.as_str(), found.parameters), (template, parameters), "{method} {path}");
        }
        assert_eq!(
            resource(&routes(&["/a/{x+}"]), &Method::GET, "/a/"),
            None,
            "a greedy parameter of REST is never empty"
        );
        assert_eq!(resource(&routes(&["/{proxy+}"]), &Method::GET, "/"), None);
        assert_eq!(resource(&routes(&["POST /a"]), &Method::GET, "/a"), None);
    }

    #[test]
    fn http_routes_follow_the_precedence_of_api_gateway() {
        let table = routes(&[
            "$default",
            "ANY /pets/{proxy+}",
            "GET /pets/{proxy+}",
            "GET /pets/dog/{id}",
            "ANY /pets/dog/{id}",
            "/handler/{proxy+}",
        ]);
        for (method, path, key) in [
            ("GET", "/pets/dog/1", "GET /pets/dog/{id}"),
            ("PUT", "/pets/dog/1", "ANY /pets/dog/{id}"),
            ("GET", "/pets/cat/1", "GET /pets/{proxy+}"),
            ("PUT", "/pets/cat/1", "ANY /pets/{proxy+}"),
            ("GET", "/pets/dog/1/", "GET /pets/{proxy+}"),
            ("GET", "/handler/", "ANY /handler/{proxy+}"),
            ("GET", "/handler", "$default"),
            ("GET", "/", "$default"),
        ] {
            assert_eq!(route(&table, &method.parse().unwrap(), path).unwrap().key, key, "{method} {path}");
        }
        let two = routes(&["/y", "GET /y/"]);
        for (path, key) in [("/y", "ANY /y"), ("/y/", "GET /y/")] {
            assert_eq!(route(&two, &Method::GET, path).unwrap().key, key);
        }
        let slash = route(&routes(&["/{proxy+}"]), &Method::GET, "/foo/").unwrap();
        assert_eq!(slash.parameters, [("proxy".to_owned(), "foo/".to_owned())], "an HTTP API keeps the slash");
    }

    #[test]
    fn malformed_routes_are_told_apart() {
        for (text, message) in [
            ("items", "route `items`: expected a path with a leading slash, or $default"),
            ("/a/{x+}/b", "route `/a/{x+}/b`: a greedy parameter must be the last segment"),
            ("/a/{}", "route `/a/{}`: a parameter's name is made of letters, digits and `._-`"),
            ("/a//b", "route `/a//b`: a segment is empty"),
            ("/a/x{id}", "route `/a/x{id}`: a parameter must fill its segment"),
            ("get /a", "route `get /a`: expected a method in upper case before the path"),
            ("GET $default", "route `GET $default`: $default takes no method"),
        ] {
            assert_eq!(Route::parse(text).unwrap_err().to_string(), message);
        }
    }
}

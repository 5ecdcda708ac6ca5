//! Transforms of rules: what the target sees in the place of what the client sent.

use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderValue, Uri};
use regex_lite::Regex;

use super::condition::regex;
use crate::ConfigError;

/// A regular expression, and what comes in the place of what it finds.
#[derive(Clone, Debug)]
pub(super) struct Rewrite {
    regex: Regex,
    replace: String,
}

impl Rewrite {
    pub(super) fn new(expression: &str, replace: &str) -> Result<Self, ConfigError> {
        if expression.len() > LONGEST || replace.len() > LONGEST {
            return Err(ConfigError::new(format!("expected `regex` and `replace` of {LONGEST} characters at most")));
        }
        // `$1_x` would else be the group `1_x`, which no expression has.
        Ok(Self { regex: regex(expression, false)?, replace: braced(replace) })
    }

    /// `None` if the expression finds nothing.
    fn of(&self, text: &str) -> Option<String> {
        self.regex.is_match(text).then(|| self.regex.replace(text, &*self.replace).into_owned())
    }

    /// Rewrites path and query.
    ///
    /// # Errors
    ///
    /// If what comes out is no path.
    pub(super) fn url(&self, parts: &mut Parts) -> Result<(), String> {
        let before = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str).to_owned();
        let Some(after) = self.of(&before) else { return Ok(()) };
        let Some(target) = Some(&*after).filter(|after| after.starts_with('/')).and_then(|after| after.parse().ok())
        else {
            return Err(format!("the rewrite of the URL makes `{after}` of `{before}`, which is no path"));
        };
        let mut uri = std::mem::take(&mut parts.uri).into_parts();
        uri.path_and_query = Some(target);
        let uri = Uri::from_parts(uri);
        debug_assert!(uri.is_ok(), "with a path every URI stays one: {uri:?}");
        parts.uri = uri.unwrap_or_default();
        Ok(())
    }

    /// Rewrites the host, without its port.
    ///
    /// # Errors
    ///
    /// If what comes out is no host.
    pub(super) fn host(&self, parts: &mut Parts) -> Result<(), String> {
        let before = parts.headers.get(http::header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let (name, port) = match before.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => (name, format!(":{port}")),
            _ => (before, String::new()),
        };
        let Some(after) = self.of(name) else { return Ok(()) };
        let is_host = !after.is_empty() && after.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b));
        match HeaderValue::from_str(&format!("{after}{port}")) {
            Ok(host) if is_host => {
                parts.headers.insert(http::header::HOST, host);
                Ok(())
            }
            _ => Err(format!("the rewrite of the host makes `{after}` of `{name}`, which is no host")),
        }
    }
}

/// `$1` as `${1}`.
fn braced(replace: &str) -> String {
    let mut braced = String::new();
    let mut rest = replace;
    while let Some((before, behind)) = rest.split_once('$') {
        braced.push_str(before);
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        match behind.split_at_checked(digits) {
            Some((number, behind)) if !number.is_empty() => {
                braced.push_str(&format!("${{{number}}}"));
                rest = behind;
            }
            _ => {
                braced.push('$');
                rest = behind;
                // What `$$` or `${name}` means is left to the expression.
                if let Some(behind) = rest.strip_prefix('$') {
                    braced.push('$');
                    rest = behind;
                }
            }
        }
    }
    braced + rest
}

/// Of an expression, and of what replaces it.
const LONGEST: usize = 1024;

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn a_url_is_rewritten_with_its_query() {
        for (regex, replace, before, after) in [
            ("^/api/(.*)$", "/$1", "/api/x?q=1", Ok("/x?q=1")),
            ("^/api/(.*)$", "/$1", "/other", Ok("/other")),
            ("^/(a)/(b)", "/$2$1_x", "/a/b", Ok("/ba_x")),
            (r"^/items\?id=(\d+)$", "/items/$1", "/items?id=7", Ok("/items/7")),
            ("^/a", "b", "/a", Err(())),
            ("^/a", "/ b", "/a", Err(())),
            ("^/a", "", "/a", Err(())),
        ] {
            let (mut parts, ()) = Request::get(before).body(()).unwrap().into_parts();
            let rewritten = Rewrite::new(regex, replace).unwrap().url(&mut parts);
            assert_eq!(
                rewritten.map(|()| parts.uri.to_string()).map_err(drop),
                after.map(str::to_owned),
                "{regex} {replace}"
            );
        }
    }

    #[test]
    fn a_host_is_rewritten_without_its_port() {
        let rewrite = Rewrite::new(r"^mywebsite-(.+)\.com$", "internal.dev.$1.myweb.com").unwrap();
        let (mut parts, ()) =
            Request::get("/").header("host", "mywebsite-example.com:81").body(()).unwrap().into_parts();
        assert_eq!(rewrite.host(&mut parts), Ok(()));
        assert_eq!(parts.headers["host"], "internal.dev.example.myweb.com:81");
        let (mut parts, ()) = Request::get("/").header("host", "x").body(()).unwrap().into_parts();
        assert!(Rewrite::new("x", "a/b").unwrap().host(&mut parts).is_err());
    }

    #[test]
    fn expressions_that_need_backtracking_are_refused() {
        for expression in ["(?=a)", "(a)\\1", "(?>a)", "(", "\\p{L}"] {
            assert!(Rewrite::new(expression, "").is_err(), "{expression}");
        }
        assert!(Rewrite::new(&"a".repeat(1025), "").is_err());
        assert!(Rewrite::new("(((((a{100}){100}){100}){100}){100})", "").is_err());
    }
}

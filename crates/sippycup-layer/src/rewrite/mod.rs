//! The way out: the base path in front of links that the app wrote without it, then the encoding.

use std::sync::Arc;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Request, Response,
    header::{CONTENT_LOCATION, HOST, LOCATION, SET_COOKIE},
    response::Parts,
};
use sippycup_core::{BasePath, ProxyResponse, PublicUri, ResponseError, ResponseFormat};

use crate::{Error, SippyCupLayer, layer::CookiePaths};

mod headers;

/// What the response needs to know of its request.
#[derive(Debug)]
pub(crate) struct Exit {
    pub(crate) format: ResponseFormat,
    pub(crate) layer: Arc<SippyCupLayer>,
    /// In a box because it is large, most answers have none, and all are moved several times.
    rewrite: Option<Box<Rewrite>>,
}

#[derive(Debug)]
pub(crate) struct Rewrite {
    base: BasePath,
    host: Option<HeaderValue>,
    /// The request's URI, if its host is not the request's.
    public: Option<PublicUri>,
}

impl Exit {
    pub(crate) fn new<B>(format: ResponseFormat, layer: &Arc<SippyCupLayer>, request: &Request<B>) -> Self {
        Self { format, layer: Arc::clone(layer), rewrite: Rewrite::new(layer, request).map(Box::new) }
    }

    pub(crate) fn encode(self, mut parts: Parts, body: Bytes) -> Result<ProxyResponse, Error> {
        self.rewrite(&mut parts.headers);
        Ok(self.format.encode(Response::from_parts(parts, body), &self.layer.binary)?)
    }

    /// The prelude, and the error if its headers are too large.
    pub(crate) fn encode_prelude(&self, parts: &mut Parts) -> Result<(Bytes, Option<ResponseError>), Error> {
        self.rewrite(&mut parts.headers);
        let prelude = self.format.encode_prelude(parts.status, &parts.headers)?;
        Ok((prelude, self.format.oversize(&parts.headers)))
    }

    fn rewrite(&self, headers: &mut HeaderMap) {
        if let Some(rewrite) = &self.rewrite {
            rewrite.apply(&self.layer, headers);
        }
    }
}

impl Rewrite {
    /// `None` where there is nothing to rewrite: no base path, or the layer is told to rewrite nothing.
    pub(crate) fn new<B>(layer: &SippyCupLayer, request: &Request<B>) -> Option<Self> {
        let base = request.extensions().get::<BasePath>().filter(|base| !base.is_root())?;
        if !layer.rewrite_location && layer.cookie_paths == CookiePaths::None && layer.rewrite_headers.is_empty() {
            return None;
        }
        let public = if layer.states_host { request.extensions().get::<PublicUri>().cloned() } else { None };
        Some(Self { base: base.clone(), host: request.headers().get(HOST).cloned(), public })
    }

    pub(crate) fn apply(&self, layer: &SippyCupLayer, headers: &mut HeaderMap) {
        if layer.rewrite_location {
            for name in [LOCATION, CONTENT_LOCATION] {
                each(headers, &name, &|value| self.location(value));
            }
        }
        for name in &layer.rewrite_headers {
            each(headers, name, &|value| self.header(name, value));
        }
        if layer.cookie_paths != CookiePaths::None {
            each(headers, &SET_COOKIE, &|value| self.cookie(value, layer.cookie_paths));
        }
    }

    /// The location with the base path in front of its path; `None` if it stays.
    fn location(&self, location: &[u8]) -> Option<Vec<u8>> {
        let (authority, path) = match location.strip_prefix(b"//") {
            Some(rest) => (2, rest),
            None if location.first() == Some(&b'/') => return self.path(location),
            None => {
                let rest =
                    strip_ignoring_case(location, b"https://").or_else(|| strip_ignoring_case(location, b"http://"))?;
                (location.len() - rest.len(), rest)
            }
        };
        let end = path.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(path.len());
        let (host, path) = path.split_at(end);
        if !self.is_own_host(host) {
            return None;
        }
        let mut out = location.get(..authority + end)?.to_vec();
        out.extend_from_slice(&self.path(path)?);
        Some(out)
    }

    fn is_own_host(&self, host: &[u8]) -> bool {
        let own = self.host.as_ref().is_some_and(|own| own.as_bytes().eq_ignore_ascii_case(host));
        let public = || self.public.as_ref().and_then(|uri| uri.authority());
        own || public().is_some_and(|public| public.as_str().as_bytes().eq_ignore_ascii_case(host))
    }

    /// The same for a path with query and fragment.
    fn path(&self, path: &[u8]) -> Option<Vec<u8>> {
        let end = path.iter().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(path.len());
        let alone = std::str::from_utf8(path.get(..end)?).ok();
        if alone.is_some_and(|path| self.base.strip(path).is_some()) {
            return None;
        }
        let mut out = self.base.as_str().as_bytes().to_vec();
        out.extend_from_slice(path);
        Some(out)
    }

    /// The cookie with the base path in front of its `Path`; `None` if it has none or stays.
    fn cookie(&self, cookie: &[u8], paths: CookiePaths) -> Option<Vec<u8>> {
        let (mut end, mut path) = (0, None);
        for attribute in cookie.split(|byte| *byte == b';') {
            let start = end;
            end = start + attribute.len() + 1;
            let (name, value) = attribute.split_at(attribute.iter().position(|byte| *byte == b'=').unwrap_or_default());
            let value = value.get(1..).unwrap_or_default().trim_ascii();
            // The first is the cookie itself, and of several paths a browser takes the last.
            if start > 0 && name.trim_ascii().eq_ignore_ascii_case(b"path") && value.first() == Some(&b'/') {
                path = Some((start, value, end - 1));
            }
        }
        let (start, value, end) = path?;
        let new = match value {
            // A browser drops a `__Host-` cookie with another path, whatever the case of its prefix.
            b"/" if paths == CookiePaths::Below
                || strip_ignoring_case(cookie.trim_ascii_start(), b"__Host-").is_some() =>
            {
                return None;
            }
            // `/shop` covers `/shop` and everything below; `/shop/` would not cover the first.
            b"/" => self.base.as_str().as_bytes().to_vec(),
            _ => self.path(value)?,
        };
        Some([cookie.get(..start)?, b" Path=", &new, cookie.get(end..)?].concat())
    }
}

fn each(headers: &mut HeaderMap, name: &http::HeaderName, rewritten: &dyn Fn(&[u8]) -> Option<Vec<u8>>) {
    let http::header::Entry::Occupied(mut entry) = headers.entry(name) else { return };
    for value in entry.iter_mut() {
        if let Some(Ok(new)) = rewritten(value.as_bytes()).map(|new| HeaderValue::from_maybe_shared(Bytes::from(new))) {
            *value = new;
        }
    }
}

fn strip_ignoring_case<'a>(text: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewrite() -> Rewrite {
        let host = Some(HeaderValue::from_static("api.example.com"));
        Rewrite { base: BasePath::from_static("/shop/v1"), host, public: None }
    }

    fn location(text: &str) -> Option<String> {
        rewrite().location(text.as_bytes()).map(|location| String::from_utf8(location).unwrap())
    }

    #[test]
    fn a_location_on_the_own_host_gets_the_base_path_once() {
        for (from, to) in [
            ("/login", "/shop/v1/login"),
            ("/", "/shop/v1/"),
            ("/a?next=/b#c", "/shop/v1/a?next=/b#c"),
            ("/shop", "/shop/v1/shop"),
            ("/shop/v12", "/shop/v1/shop/v12"),
            ("https://api.example.com/login", "https://api.example.com/shop/v1/login"),
            ("HTTP://API.example.com", "HTTP://API.example.com/shop/v1"),
            ("https://api.example.com?x=1", "https://api.example.com/shop/v1?x=1"),
            ("//api.example.com/login", "//api.example.com/shop/v1/login"),
        ] {
            assert_eq!(location(from).as_deref(), Some(to), "{from}");
        }
    }

    #[test]
    fn any_other_location_stays() {
        for stays in [
            "/shop/v1",
            "/shop/v1/",
            "/shop/v1/login",
            "/shop/v1?x",
            "https://api.example.com/shop/v1/x",
            "login",
            "../x",
            "?x",
            "#x",
            "",
            "https://other.example.com/login",
            "//other.example.com/login",
            "https://api.example.com:8443/x",
            "mailto:a@example.com",
        ] {
            assert_eq!(location(stays), None, "{stays}");
        }
    }

    #[test]
    fn a_location_that_is_no_text_gets_the_base_path_too() {
        assert_eq!(rewrite().location(b"/caf\xe9").unwrap(), b"/shop/v1/caf\xe9");
    }

    #[test]
    fn a_location_on_the_public_host_gets_the_base_path_too() {
        let public = Some(PublicUri::from_uri("https://shop.example.com/shop/v1/".parse().unwrap()));
        let rewrite = Rewrite { public, ..rewrite() };
        for host in ["Shop.example.com", "api.example.com"] {
            let location = rewrite.location(format!("https://{host}/login").as_bytes()).unwrap();
            assert_eq!(String::from_utf8(location).unwrap(), format!("https://{host}/shop/v1/login"));
        }
        assert_eq!(rewrite.location(b"https://example.com/login"), None);
    }

    fn cookie(text: &str, paths: CookiePaths) -> Option<String> {
        rewrite().cookie(text.as_bytes(), paths).map(|cookie| String::from_utf8(cookie).unwrap())
    }

    #[test]
    fn a_cookie_path_gets_the_base_path_once() {
        for paths in [CookiePaths::Below, CookiePaths::All] {
            for (from, to) in [
                ("a=1;path=/x", "a=1; Path=/shop/v1/x"),
                ("a=\"/\"; Path=/x; Max-Age=5", "a=\"/\"; Path=/shop/v1/x; Max-Age=5"),
                ("a=1; Path=/; path=/x", "a=1; Path=/; Path=/shop/v1/x"),
            ] {
                assert_eq!(cookie(from, paths).as_deref(), Some(to));
            }
            for stays in [
                "a=1",
                "path=/x",
                "a=1; Path=",
                "a=1; Path=x",
                "a=1; Path=/shop/v1",
                "a=1; Path=/shop/v1/x",
                "a=1; Path",
                "__Host-a=1; Path=/; Secure",
                " __HOST-a=1; Path=/; Secure",
            ] {
                assert_eq!(cookie(stays, paths), None, "{stays}");
            }
        }
    }

    #[test]
    fn a_cookie_for_the_whole_host_stays_one_unless_asked_for() {
        assert_eq!(cookie("a=1; Path=/; Secure", CookiePaths::Below), None);
        assert_eq!(cookie("a=1; Path=/; Secure", CookiePaths::All).unwrap(), "a=1; Path=/shop/v1; Secure");
    }
}

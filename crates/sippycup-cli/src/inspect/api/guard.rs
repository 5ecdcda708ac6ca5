//! Who may ask: programs and the page itself, and no page of another origin.
//!
//! Any page that a browser on this machine shows can send requests to loopback. One whose name was made to point here (DNS rebinding) could read the responses too, but the
//! browser tells the name in `Host`.

use std::net::IpAddr;

use http::header::{CONTENT_TYPE, HOST, HeaderName, ORIGIN};
use http::{Method, Request};

/// Names under which the page may be asked for.
#[derive(Debug)]
pub(super) struct Guard {
    allowed: Vec<String>,
}

impl Guard {
    /// `allowed` as in `--allow-host`, but `*` allows nobody here.
    pub(super) fn new(allowed: &[String]) -> Self {
        Self { allowed: allowed.iter().map(|name| name.to_ascii_lowercase()).collect() }
    }

    /// # Errors
    ///
    /// Why not.
    pub(super) fn check<B>(&self, request: &Request<B>) -> Result<(), String> {
        let headers = request.headers();
        let text = |name: &HeaderName| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
        let is_any = |name: &HeaderName, wrong: &dyn Fn(&[u8]) -> bool| {
            headers.get_all(name).iter().any(|value| wrong(value.as_bytes()))
        };
        let mut hosts = headers.get_all(HOST).iter();
        let host = match (hosts.next(), hosts.next()) {
            (Some(host), None) => String::from_utf8_lossy(host.as_bytes()).into_owned(),
            _ => return Err("expected one `Host`".to_owned()),
        };
        if request.uri().authority().is_some_and(|authority| authority.as_str() != host) || !self.is_here(&host) {
            return Err(format!("`{host}` is no name of this machine"));
        }
        // A browser says where a request comes from; programs need not.
        let is_api = request.uri().path().starts_with("/api/") || request.method() != Method::GET;
        if is_api && is_any(&SITE, &|site| site != b"same-origin" && site != b"none") {
            return Err("a page of another origin asked".to_owned());
        }
        let own = format!("http://{host}");
        if is_any(&ORIGIN, &|origin| origin != own.as_bytes()) {
            return Err("a page of another origin asked".to_owned());
        }
        if request.method() != Method::GET {
            if text(&MARK).is_none_or(|mark| mark != "1") {
                return Err(format!("expected the header `{MARK}: 1`"));
            }
            if text(&CONTENT_TYPE).is_none_or(|kind| kind != "application/json") {
                return Err("expected `Content-Type: application/json`".to_owned());
            }
        }
        Ok(())
    }

    /// An address, or a name that nobody can make point elsewhere.
    fn is_here(&self, host: &str) -> bool {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
            _ => host,
        };
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        let name = bare.strip_suffix('.').unwrap_or(bare).to_ascii_lowercase();
        bare.parse::<IpAddr>().is_ok()
            || name == "localhost"
            || name.ends_with(".localhost")
            || self.allowed.iter().any(|allowed| match allowed.strip_prefix("*.") {
                Some(domain) => name.strip_suffix(domain).is_some_and(|sub| sub.len() > 1 && sub.ends_with('.')),
                None => *allowed == name,
            })
    }
}

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A browser asks before it sends such a header to another origin, and is told no.
const MARK: HeaderName = HeaderName::from_static("x-sippycup-inspect");

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(method: &str, path: &str, lines: &[(&str, &str)]) -> bool {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in lines {
            request = request.header(*name, *value);
        }
        let guard = Guard::new(&["*".to_owned(), "Tunnel.example".to_owned(), "*.preview.example".to_owned()]);
        guard.check(&request.body(()).unwrap()).is_ok()
    }

    #[test]
    fn only_names_of_this_machine_are_answered() {
        for (host, here) in [
            ("127.0.0.1:9900", true),
            ("localhost:9900", true),
            ("LocalHost.", true),
            ("[::1]:9900", true),
            ("inspect.localhost:9900", true),
            ("tunnel.example:9900", true),
            ("a.preview.example", true),
            ("preview.example", false),
            (".preview.example", false),
            ("evil.example:9900", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("evillocalhost", false),
            ("", false),
        ] {
            assert_eq!(passes("GET", "/", &[("host", host)]), here, "{host}");
        }
        assert!(!passes("GET", "/", &[]));
        assert!(!passes("GET", "/", &[("host", "localhost"), ("host", "evil.example")]));
        assert!(!passes("GET", "http://evil.example/", &[("host", "localhost")]));
    }

    #[test]
    fn no_page_of_another_origin_reads_or_sends() {
        let host = ("host", "127.0.0.1:9900");
        for site in ["cross-site", "same-site"] {
            assert!(!passes("GET", "/api/exchanges", &[host, ("sec-fetch-site", site)]), "{site}");
            assert!(passes("GET", "/", &[host, ("sec-fetch-site", site)]), "a link may lead here");
        }
        for site in ["same-origin", "none"] {
            assert!(passes("GET", "/api/exchanges", &[host, ("sec-fetch-site", site)]), "{site}");
        }
        let (mark, json) = (("x-sippycup-inspect", "1"), ("content-type", "application/json"));
        assert!(passes("POST", "/api/send", &[host, mark, json]));
        assert!(passes("POST", "/api/send", &[host, mark, json, ("origin", "http://127.0.0.1:9900")]));
        for missing in [&[host, json][..], &[host, mark], &[host, mark, ("content-type", "text/plain")]] {
            assert!(!passes("POST", "/api/send", missing), "{missing:?}");
        }
        for origin in ["http://evil.example", "http://127.0.0.1:3000", "http://localhost:9900", "null"] {
            assert!(!passes("POST", "/api/send", &[host, mark, json, ("origin", origin)]), "{origin}");
            let own = ("origin", "http://127.0.0.1:9900");
            assert!(!passes("POST", "/api/send", &[host, mark, json, own, ("origin", origin)]), "{origin}");
        }
        let sites = [("sec-fetch-site", "none"), ("sec-fetch-site", "cross-site")];
        assert!(!passes("GET", "/api/exchanges", &[host, sites[0], sites[1]]));
    }
}

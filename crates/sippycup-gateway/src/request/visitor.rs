//! Who sends a request over TCP: a program of the developer's, or a web page that may not.
//!
//! Any page that a browser on this machine shows can send requests to this machine, and with a name of its own that points here it can even read the responses. A browser
//! says so: in `Origin` and `Sec-Fetch-Site`, and in `Host`, which has the name that the page used (W3C, "Fetch Metadata Request Headers").

use std::net::IpAddr;

use http::header::{HOST, HeaderName, ORIGIN};
use http::{HeaderMap, Method};

use crate::cors::Cors;
use crate::location::host::without_port;

/// Puts into a request's extensions that it came over TCP.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OverTcp;

/// A request that may pass.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Visitor {
    /// A program, or a page of the gateway's own.
    Known,
    /// A person who followed a link or was sent here: a login that comes back, for example. The page that sent them cannot read the response, but has chosen the request.
    Sent,
}

/// Names beside those that always are known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names<'a, F> {
    pub(crate) allowed: &'a [String],
    /// Whose pages may ask, beside those.
    pub(crate) cors: Option<&'a Cors>,
    pub(crate) is_own: F,
}

impl<F: Fn(&str) -> bool> Names<'_, F> {
    /// Whether a gateway answers the request, and as whose.
    ///
    /// # Errors
    ///
    /// Why not.
    pub(crate) fn visitor(&self, method: &Method, headers: &HeaderMap) -> Result<Visitor, String> {
        if self.allowed.iter().any(|allowed| allowed == "*") {
            return Ok(Visitor::Known);
        }
        self.check_host(headers)?;
        // A browser sends one. Of several any may be its own, and another a proxy's.
        for origin in headers.get_all(ORIGIN) {
            let origin = String::from_utf8_lossy(origin.as_bytes());
            let is_named = self.cors.is_some_and(|cors| cors.names(&origin));
            if !is_named && !self.is_known_origin(&origin, headers) {
                return Err(format!("a web page of `{origin}` may not send requests here; allow it with `allow-host`"));
            }
        }
        if headers.contains_key(ORIGIN) {
            return Ok(Visitor::Known);
        }
        let is =
            |name: &HeaderName, value: &str| headers.get_all(name).iter().any(|v| v.as_bytes() == value.as_bytes());
        match () {
            () if !is(&SEC_FETCH_SITE, "cross-site") => Ok(Visitor::Known),
            () if (method == Method::GET || method == Method::HEAD)
                && is(&SEC_FETCH_MODE, "navigate")
                && is(&SEC_FETCH_DEST, "document") =>
            {
                Ok(Visitor::Sent)
            }
            // Nothing says which site it is, so it can only pass with all others.
            () => Err(
                "a web page of another site may not send requests here (`Sec-Fetch-Site: cross-site`, and no `Origin`); allow every page with `allow-host` `*`"
                    .to_owned(),
            ),
        }
    }

    /// Whether a Runtime API answers the request: web pages are always refused.
    ///
    /// # Errors
    ///
    /// Why not.
    #[cfg(feature = "function")]
    pub(crate) fn no_page(&self, headers: &HeaderMap) -> Result<(), String> {
        self.check_host(headers)?;
        if headers.contains_key(ORIGIN) || headers.get_all(SEC_FETCH_SITE).iter().any(|site| site != "none") {
            return Err(
                "a web page may not use the Runtime API; a program sends neither `Origin` nor `Sec-Fetch-Site`"
                    .to_owned(),
            );
        }
        Ok(())
    }

    fn check_host(&self, headers: &HeaderMap) -> Result<(), String> {
        for host in headers.get_all(HOST) {
            let host = String::from_utf8_lossy(host.as_bytes());
            let name = without_port(&host);
            if name.parse::<IpAddr>().is_err() && !self.is_known(name) {
                return Err(format!(
                    "`{host}` is no name of this listener, and a web page may have made it point here; if you gave it this name, allow it with `allow-host`"
                ));
            }
        }
        Ok(())
    }

    fn is_known_origin(&self, origin: &str, headers: &HeaderMap) -> bool {
        let Some((scheme, authority)) = origin.split_once("://") else {
            return self.is_allowed(origin);
        };
        let name = without_port(authority);
        let loopback = name.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
        // A page from an address that this listener has was served by it, or by another program here.
        let same = headers.get(HOST).is_some_and(|host| host.as_bytes() == authority.as_bytes());
        matches!(scheme, "http" | "https") && (loopback || same || self.is_known(name))
    }

    fn is_known(&self, name: &str) -> bool {
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        name == "localhost" || name.ends_with(".localhost") || self.is_allowed(&name) || (self.is_own)(&name)
    }

    fn is_allowed(&self, name: &str) -> bool {
        self.allowed.iter().any(|allowed| match allowed.strip_prefix('*') {
            Some("") => true,
            Some(suffix) => name.len() > suffix.len() && name.ends_with(&suffix.to_ascii_lowercase()),
            None => allowed.eq_ignore_ascii_case(name),
        })
    }
}

const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        lines.iter().map(|(n, v)| (HeaderName::try_from(*n).unwrap(), v.parse().unwrap())).collect()
    }

    fn visitor(method: &Method, lines: &[(&str, &str)]) -> Option<Visitor> {
        let allowed = ["tunnel.example".to_owned(), "*.preview.example".to_owned()];
        let names = Names { allowed: &allowed, cors: None, is_own: |name: &str| name == "api.example.com" };
        names.visitor(method, &headers(lines)).ok()
    }

    #[test]
    fn hosts_are_loopback_names_addresses_own_names_and_allowed_ones() {
        for (host, known) in [
            ("localhost", true),
            ("LocalHost:9000", true),
            ("localhost.", true),
            ("shop.localhost:9000", true),
            ("127.0.0.1:9000", true),
            ("192.0.2.7", true),
            ("[::1]:9000", true),
            ("[2001:db8::1]", true),
            ("api.example.com", true),
            ("API.example.com:443", true),
            ("tunnel.example:8080", true),
            ("a.b.preview.example", true),
            ("preview.example", false),
            ("evil.example", false),
            ("evil.example:9000", false),
            ("localhost.evil.example", false),
            ("evillocalhost", false),
            ("127.0.0.1.evil.example", false),
            ("0x7f.1", false),
            ("sub.api.example.com", false),
            ("xtunnel.example", false),
            ("", false),
        ] {
            assert_eq!(visitor(&Method::GET, &[("host", host)]), known.then_some(Visitor::Known), "{host}");
        }
        assert_eq!(visitor(&Method::GET, &[]), Some(Visitor::Known), "browsers always send one");
        assert_eq!(visitor(&Method::GET, &[("host", "localhost"), ("host", "evil.example")]), None);
    }

    #[test]
    fn origins_are_pages_of_this_machine_and_of_known_names() {
        for (origin, known) in [
            ("http://localhost:5173", true),
            ("https://app.localhost", true),
            ("http://127.0.0.1:3000", true),
            ("http://[::1]:3000", true),
            ("http://192.0.2.7:9000", true),
            ("https://api.example.com", true),
            ("https://tunnel.example", true),
            ("http://192.0.2.7", false),
            ("http://203.0.113.5", false),
            ("https://evil.example", false),
            ("https://localhost.evil.example", false),
            ("https://evil.example:localhost", false),
            ("null", false),
            ("", false),
            ("file://", false),
            ("chrome-extension://localhost", false),
            ("http://localhost@evil.example", false),
        ] {
            let lines = [("host", "192.0.2.7:9000"), ("origin", origin), ("sec-fetch-site", "cross-site")];
            assert_eq!(visitor(&Method::POST, &lines), known.then_some(Visitor::Known), "{origin}");
        }
    }

    #[test]
    fn another_site_may_send_somebody_but_not_ask_itself() {
        let navigation =
            [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
        assert_eq!(visitor(&Method::GET, &navigation), Some(Visitor::Sent));
        assert_eq!(visitor(&Method::POST, &navigation), None);
        let frame = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];
        assert_eq!(visitor(&Method::GET, &frame), None);
        assert_eq!(visitor(&Method::GET, &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")]), None);
        assert_eq!(visitor(&Method::GET, &[("sec-fetch-site", "cross-site")]), None);
        for site in ["same-origin", "same-site", "none"] {
            assert_eq!(visitor(&Method::POST, &[("sec-fetch-site", site)]), Some(Visitor::Known), "{site}");
        }
    }

    #[test]
    fn whoever_allows_any_name_allows_any_page() {
        let names = Names { allowed: &["*".to_owned()], cors: None, is_own: |_: &str| false };
        let foreign =
            headers(&[("host", "a.example"), ("origin", "https://b.example"), ("sec-fetch-site", "cross-site")]);
        assert_eq!(names.visitor(&Method::POST, &foreign), Ok(Visitor::Known));
    }

    #[cfg(feature = "function")]
    #[test]
    fn no_page_asks_a_runtime_api() {
        let names = Names { allowed: &["host.docker.internal".to_owned()], cors: None, is_own: |_: &str| false };
        let passes = |lines: &[(&str, &str)]| names.no_page(&headers(lines)).is_ok();
        assert!(passes(&[("host", "127.0.0.1:9001")]));
        assert!(passes(&[("host", "host.docker.internal:9001")]));
        assert!(!passes(&[("host", "evil.example")]));
        assert!(!passes(&[("host", "localhost"), ("origin", "http://localhost:5173")]));
        assert!(!passes(&[("host", "localhost"), ("sec-fetch-site", "same-origin")]));
        assert!(passes(&[("host", "localhost"), ("sec-fetch-site", "none")]));
    }
}

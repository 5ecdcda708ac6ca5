//! A client that does what a browser does, and writes down what it sees in the app's own terms: without the base
//! path, and without what differs each time.

use bytes::Bytes;
use http::{
    HeaderMap, Method, Request, StatusCode,
    header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE},
};
use http_body_util::Full;

use crate::{
    cookies::{self, Jar},
    doors::{DOMAIN, Door},
};

pub(crate) struct Browser {
    door: Door,
    base: String,
    jar: Jar,
    pub(crate) seen: Vec<Step>,
}

/// A request, and what came back.
pub(crate) struct Step {
    /// The method, the app's target, the names of the cookies that were sent.
    pub(crate) asked: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// The page where the redirects ended.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    target: String,
}

impl Browser {
    pub(crate) fn new(door: Door) -> Self {
        let base = door.base();
        Self { door, base, jar: Jar::default(), seen: Vec::new() }
    }

    /// Opens one of the app's own addresses.
    pub(crate) async fn get(&mut self, path: &str) -> Page {
        self.send(Method::GET, path, &[], b"").await
    }

    pub(crate) async fn submit(&mut self, path: &str, form: &str) -> Page {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        self.send(Method::POST, path, &headers, form.as_bytes()).await
    }

    pub(crate) async fn send(&mut self, method: Method, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Page {
        self.follow(method, format!("{}{path}", self.base), headers, body).await
    }

    /// Follows the link of a page whose text is this.
    pub(crate) async fn click(&mut self, page: &Page, text: &str) -> Page {
        let html = page.text();
        let (before, _) = html.split_once(&format!("\">{text}</a>")).unwrap_or_else(|| panic!("no link in {html}"));
        let (_, link) = before.rsplit_once("href=\"").unwrap();
        let target = resolve(&page.target, link).unwrap();
        self.follow(Method::GET, target, &[], b"").await
    }

    /// Sends the form of a page.
    pub(crate) async fn fill(&mut self, page: &Page, form: &str) -> Page {
        let html = page.text();
        let (_, behind) = html.split_once("action=\"").unwrap_or_else(|| panic!("no form in {html}"));
        let target = resolve(&page.target, behind.split('"').next().unwrap()).unwrap();
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        self.follow(Method::POST, target, &headers, form.as_bytes()).await
    }

    async fn follow(&mut self, method: Method, target: String, headers: &[(&str, &str)], body: &[u8]) -> Page {
        let (mut method, mut target, mut body) = (method, target, body);
        for _ in 0..MOST_REDIRECTS {
            let page = self.exchange(&method, &target, headers, body).await;
            let location = page.headers.get(LOCATION).filter(|_| page.status.is_redirection());
            let Some(location) = location.and_then(|location| location.to_str().ok()) else { return page };
            let Some(next) = resolve(&target, location) else { return page };
            if page.status == StatusCode::SEE_OTHER {
                (method, body) = (Method::GET, b"");
            }
            target = next;
        }
        panic!("more than {MOST_REDIRECTS} redirects, at last to {target}");
    }

    async fn exchange(&mut self, method: &Method, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Page {
        let target = if target.is_empty() { "/" } else { target };
        let path = target.split('?').next().unwrap();
        let (cookies, names) = self.jar.sent(path);
        let mut request = Request::builder().method(method).uri(target).header(HOST, DOMAIN).header(ACCEPT, "*/*");
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies);
        }
        if !body.is_empty() {
            request = request.header(CONTENT_LENGTH, body.len());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::copy_from_slice(body))).unwrap();
        let (parts, body) = self.door.send(request).await.into_parts();
        let page = Page { status: parts.status, headers: parts.headers, body, target: target.to_owned() };
        for cookie in page.headers.get_all(SET_COOKIE) {
            self.jar.store(path, cookie.to_str().unwrap());
        }
        self.note(method, &page, &names);
        page
    }

    fn note(&mut self, method: &Method, page: &Page, cookies: &[String]) {
        let mut headers = HeaderMap::new();
        for (name, value) in &page.headers {
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            let own = match *name {
                LOCATION => resolve(&page.target, &text).map_or(text, |target| self.own(&target)),
                SET_COOKIE => cookies::own(&text, &self.base),
                _ => self.without_base(&text),
            };
            headers.append(name, own.parse().unwrap());
        }
        let media_type = page.headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
        let body = match media_type.starts_with(b"text/") || media_type.starts_with(b"application/json") {
            true => self.without_base(&page.text()),
            false => page.body.escape_ascii().to_string(),
        };
        let asked = format!("{method} {} {cookies:?}", self.own(&page.target));
        self.seen.push(Step { asked, status: page.status, headers, body });
    }

    /// A target as the app has it. One that is no longer the app's says so, and is in nobody's transcript on hyper.
    fn own(&self, target: &str) -> String {
        let target = self.without_base_in_query(target);
        match target.strip_prefix(&self.base) {
            Some(rest) if rest.is_empty() || rest.starts_with('?') => format!("/{rest}"),
            Some(rest) if rest.starts_with('/') => rest.to_owned(),
            _ => format!("{target}, which has left the app"),
        }
    }

    /// What an app wrote that knows its base path.
    fn without_base(&self, text: &str) -> String {
        self.without_base_in_query(text).replace(&format!("{}/", self.base), "/")
    }

    fn without_base_in_query(&self, text: &str) -> String {
        text.replace(&format!("{}%2F", self.base.replace('/', "%2F")), "%2F")
    }

    pub(crate) fn door(&self) -> &Door {
        &self.door
    }
}

impl Page {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Where a reference leads from a target; `None` if to another host.
fn resolve(target: &str, reference: &str) -> Option<String> {
    let path = target.split('?').next().unwrap();
    if let Some((_, rest)) = reference.split_once("//").filter(|(scheme, _)| ["https:", "http:", ""].contains(scheme)) {
        let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        return (host == DOMAIN).then(|| if path.starts_with('/') { path.to_owned() } else { format!("/{path}") });
    }
    Some(match reference.as_bytes().first() {
        Some(b'/') => reference.to_owned(),
        Some(b'?') => format!("{path}{reference}"),
        None => target.to_owned(),
        Some(_) => {
            let (mut folders, mut reference) = (&path[..path.rfind('/').unwrap()], reference);
            while let Some(rest) = reference.strip_prefix("../") {
                (folders, reference) = (&folders[..folders.rfind('/').unwrap()], rest);
            }
            format!("{folders}/{reference}")
        }
    })
}

const MOST_REDIRECTS: usize = 10;

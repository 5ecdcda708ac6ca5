//! The cookies of a client, after [RFC 6265](https://www.rfc-editor.org/rfc/rfc6265) and the
//! [prefixes](https://www.rfc-editor.org/rfc/rfc6265bis) of its successor.

#[derive(Default)]
pub(crate) struct Jar(Vec<Cookie>);

struct Cookie {
    name: String,
    value: String,
    path: String,
}

impl Jar {
    /// The header for a path, and the names in it.
    pub(crate) fn sent(&self, path: &str) -> (String, Vec<String>) {
        let mut sent: Vec<_> = self.0.iter().filter(|cookie| covers(&cookie.path, path)).collect();
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<_> = sent.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (pairs.join("; "), sent.into_iter().map(|cookie| cookie.name.clone()).collect())
    }

    /// Takes a cookie from an answer to a request for this path.
    pub(crate) fn store(&mut self, asked: &str, text: &str) {
        let (pair, attributes) = text.split_once(';').unwrap_or((text, ""));
        let (name, value) = pair.split_once('=').unwrap();
        let (mut path, mut ends, mut secure) = (default_path(asked), false, false);
        for attribute in attributes.split(';').map(str::trim) {
            let (attribute, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            match attribute.to_ascii_lowercase().as_str() {
                "path" if value.starts_with('/') => path = value.to_owned(),
                "max-age" => ends = value.parse::<i64>().unwrap() <= 0,
                "secure" => secure = true,
                _ => {}
            }
        }
        if name.starts_with("__Host-") && !(secure && path == "/") {
            return;
        }
        self.0.retain(|cookie| (&cookie.name, &cookie.path) != (&name.to_owned(), &path));
        if !ends {
            self.0.push(Cookie { name: name.to_owned(), value: value.to_owned(), path });
        }
    }
}

/// A `Set-Cookie` in the app's own terms, without the value.
pub(crate) fn own(text: &str, base: &str) -> String {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().unwrap().split('=').next().unwrap().to_owned();
    let attributes = parts.map(|attribute| match attribute.split_once('=') {
        Some((path, value)) if path.eq_ignore_ascii_case("path") => {
            let own = value.strip_prefix(base).filter(|own| own.is_empty() || own.starts_with('/'));
            match own {
                Some("") => "Path=/".to_owned(),
                own => format!("Path={}", own.unwrap_or(value)),
            }
        }
        // Written with the second of the clock.
        Some(("Expires", _)) => "Expires".to_owned(),
        _ => attribute.to_owned(),
    });
    [name].into_iter().chain(attributes).collect::<Vec<_>>().join("; ")
}

fn covers(cookie: &str, path: &str) -> bool {
    path.strip_prefix(cookie).is_some_and(|rest| rest.is_empty() || cookie.ends_with('/') || rest.starts_with('/'))
}

fn default_path(asked: &str) -> String {
    match asked.rfind('/') {
        Some(0) | None => "/".to_owned(),
        Some(slash) => asked[..slash].to_owned(),
    }
}

#[test]
fn a_cookie_goes_where_its_path_is() {
    let sent = |cookie: &str, path: &str| {
        let mut jar = Jar::default();
        jar.store("/admin/login", cookie);
        jar.sent(path).0
    };
    for (cookie, path) in [
        ("a=1; Path=/", "/x"),
        ("a=1; Path=/admin", "/admin"),
        ("a=1; Path=/admin", "/admin/x"),
        ("a=1", "/admin/x"),
        ("a=1; path=x", "/admin"),
    ] {
        assert_eq!(sent(cookie, path), "a=1", "{cookie} {path}");
    }
    for (cookie, path) in [
        ("a=1; Path=/admin", "/administrator"),
        ("a=1; Path=/admin/", "/admin"),
        ("a=1", "/"),
        ("a=1; Path=/; Max-Age=0", "/"),
        ("__Host-a=1; Path=/admin; Secure", "/admin"),
        ("__Host-a=1; Path=/", "/"),
    ] {
        assert_eq!(sent(cookie, path), "", "{cookie} {path}");
    }
    assert_eq!(sent("__Host-a=1; Path=/; Secure", "/"), "__Host-a=1");
}

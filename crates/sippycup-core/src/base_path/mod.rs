//! The leading part of a public path that belongs to the gateway and not to the app.

use std::{
    error::Error,
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

pub(crate) use self::locate::{Located, Prefix, Signals};
use crate::{
    certain::Certain,
    uri::{Text, is_uri_byte, push_path, same_text},
};

mod greedy;
mod locate;

/// The part of the public path in front of the app: the stage, or the base path mapping of a custom domain.
/// What WSGI calls `SCRIPT_NAME`.
///
/// It is empty at the root, else it starts with a slash and does not end with one. The app's own URI does
/// not have it; links and redirects that a browser follows need it in front: [`join`](Self::join).
///
/// ```
/// # use sippycup_core::BasePath;
/// let base = BasePath::from_static("/shop");
/// assert_eq!(base.join("/items/7"), "/shop/items/7");
/// assert_eq!(BasePath::ROOT.join("/items/7"), "/items/7");
/// ```
#[derive(Clone)]
pub struct BasePath(Repr);

#[derive(Clone)]
enum Repr {
    Static(&'static str),
    Shared(Arc<str>),
}

impl BasePath {
    /// No base path: the app is at the root of its host.
    pub const ROOT: Self = Self(Repr::Static(""));

    /// A base path known when the program is built.
    ///
    /// # Panics
    ///
    /// If `path` is neither empty nor a path like `/a/b`: without a trailing slash, of characters that
    /// [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986#section-3.3) allows in a path.
    #[must_use]
    #[expect(clippy::panic, reason = "like `HeaderName::from_static`: a mistake in the program, found at its start")]
    pub const fn from_static(path: &'static str) -> Self {
        if !is_canonical(path.as_bytes()) {
            panic!("a base path must be empty or like `/a/b`");
        }
        Self(Repr::Static(path))
    }

    /// A base path from unchecked text (a variable, or the path of a request): slashes at the ends do not
    /// count, and what [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986#section-3.3) does not allow in a path is
    /// percent-encoded.
    ///
    /// ```
    /// # use sippycup_core::BasePath;
    /// assert_eq!(BasePath::from_lossy("a b/").as_str(), "/a%20b");
    /// // A browser would take `/\host` for another host.
    /// assert_eq!(BasePath::from_lossy(r"/\host").as_str(), "/%5Chost");
    /// ```
    #[must_use]
    pub fn from_lossy(path: &str) -> Self {
        if is_canonical(path.as_bytes()) {
            return if path.is_empty() { Self::ROOT } else { Self(Repr::Shared(path.into())) };
        }
        let encoded = encoded(path);
        let mut canonical = String::with_capacity(encoded.len());
        for segment in encoded.split('/').filter(|segment| !segment.is_empty()) {
            canonical.push('/');
            canonical.push_str(segment);
        }
        Self(Repr::Shared(canonical.into()))
    }

    /// The base path as it stands in a path, which may have more slashes or more escapes than it needs. Not for the
    /// app.
    pub(crate) fn from_written(path: &str) -> Self {
        Self(Repr::Shared(encoded(path).into()))
    }

    /// Whether both are the same, whatever their slashes and escapes.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        fn segments(path: &BasePath) -> impl Iterator<Item = &str> {
            path.as_str().split('/').filter(|segment| !segment.is_empty())
        }
        segments(self).count() == segments(other).count()
            && segments(self).zip(segments(other)).all(|(a, b)| same_text(a.as_bytes(), b.as_bytes()))
    }

    /// The path: `""` or `/a/b`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Repr::Static(path) => path,
            Repr::Shared(path) => path,
        }
    }

    /// Whether there is no base path.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.as_str().is_empty()
    }

    /// The public path of a path of the app, for links and redirects. The root of the app is the base path
    /// itself with a slash.
    #[must_use]
    pub fn join(&self, path: &str) -> String {
        let slash = if path.starts_with('/') { "" } else { "/" };
        format!("{self}{slash}{path}")
    }

    /// The rest of `path` behind this base path, or `None` if it is not below it.
    ///
    /// Whole segments only (`/api` is no base of `/apis`), once, and whatever their percent-encoding. The
    /// base path itself leaves `/`.
    ///
    /// ```
    /// # use sippycup_core::BasePath;
    /// let base = BasePath::from_static("/api");
    /// assert_eq!(base.strip("/api/x"), Some("/x"));
    /// assert_eq!(base.strip("/api"), Some("/"));
    /// assert_eq!(base.strip("/apis/x"), None);
    /// ```
    #[must_use]
    pub fn strip<'p>(&self, path: &'p str) -> Option<&'p str> {
        let rest = path.get(prefix(path, self.as_str(), same_text)?..)?;
        Some(if rest.is_empty() { "/" } else { rest })
    }
}

impl Default for BasePath {
    fn default() -> Self {
        Self::ROOT
    }
}

impl PartialEq for BasePath {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for BasePath {}

impl Hash for BasePath {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl AsRef<str> for BasePath {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for BasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BasePath").field(&self.as_str()).finish()
    }
}

impl fmt::Display for BasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<&str> for BasePath {
    type Error = InvalidBasePath;

    /// Takes `shop`, `/shop`, `/shop/` and `/a/b`; nothing that must be encoded first.
    ///
    /// ```
    /// # use sippycup_core::BasePath;
    /// assert_eq!(BasePath::try_from("shop/")?, BasePath::from_static("/shop"));
    /// assert_eq!(BasePath::try_from("shop".to_owned())?, "/shop".parse()?);
    /// assert_eq!(BasePath::try_from("a b"), "c d".parse());
    /// # Ok::<(), sippycup_core::InvalidBasePath>(())
    /// ```
    fn try_from(path: &str) -> Result<Self, InvalidBasePath> {
        if encoded(path).trim_matches('/') != path.trim_matches('/') {
            return Err(InvalidBasePath(()));
        }
        Ok(Self::from_lossy(path))
    }
}

impl TryFrom<String> for BasePath {
    type Error = InvalidBasePath;

    fn try_from(path: String) -> Result<Self, InvalidBasePath> {
        Self::try_from(&*path)
    }
}

impl std::str::FromStr for BasePath {
    type Err = InvalidBasePath;

    fn from_str(path: &str) -> Result<Self, InvalidBasePath> {
        Self::try_from(path)
    }
}

/// The text cannot be a base path: it has characters that no path of a URI has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidBasePath(());

impl fmt::Display for InvalidBasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a path with nothing in it that RFC 3986 wants percent-encoded")
    }
}

impl Error for InvalidBasePath {}

/// How many bytes of `path` the base path takes up, if `path` is below it. Segments are compared with `same`.
pub(crate) fn prefix(path: &str, base: &str, same: fn(&[u8], &[u8]) -> bool) -> Option<usize> {
    if base.is_empty() {
        return Some(0);
    }
    let mut segments = path.strip_prefix('/')?.split('/');
    let mut length = 0;
    for wanted in base.strip_prefix('/')?.split('/') {
        let segment = segments.next()?;
        if !same(segment.as_bytes(), wanted.as_bytes()) {
            return None;
        }
        length += 1 + segment.len();
    }
    Some(length)
}

fn encoded(path: &str) -> String {
    let mut out = Vec::with_capacity(path.len() + 1);
    push_path(&mut out, path.as_bytes(), Text::Decoded);
    String::from_utf8(out).ok().certain()
}

const fn is_canonical(path: &[u8]) -> bool {
    let Some((first, mut rest)) = path.split_first() else { return true };
    if *first != b'/' {
        return false;
    }
    let mut before = b'/';
    while let Some((byte, behind)) = rest.split_first() {
        if !is_uri_byte(*byte) || *byte == b'?' || (*byte == b'/' && before == b'/') {
            return false;
        }
        // Two hex digits stand behind a `%`.
        if *byte == b'%' && !matches!(behind, [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit()) {
            return false;
        }
        before = *byte;
        rest = behind;
    }
    before != b'/'
}

/// The stage variable, and the environment variable, that states the public base path.
///
/// The name is the Python package's. Stage variables cannot be empty
/// ([`StageVariables`](https://docs.aws.amazon.com/apigateway/latest/api/API_CreateStage.html)): `/` states
/// that the app is at the root.
pub const BASE_PATH_VARIABLE: &str = "SIPPYCUP_SCRIPT_NAME_BASE";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_base_path_is_the_same() {
        for spelling in ["shop/v1", "/shop/v1", "/shop/v1/", "shop/v1/", "//shop//v1//"] {
            assert_eq!(BasePath::from_lossy(spelling).as_str(), "/shop/v1");
            assert_eq!(BasePath::try_from(spelling).unwrap().as_str(), "/shop/v1");
        }
        for root in ["", "/", "//"] {
            assert_eq!(BasePath::from_lossy(root), BasePath::ROOT);
        }
        assert_eq!(BasePath::from_lossy("/a b/é").as_str(), "/a%20b/%C3%A9");
        assert_eq!(BasePath::from_lossy("/\\evil.com/a\0b\n/%/%4").as_str(), "/%5Cevil.com/a%00b%0A/%25/%254");
        assert!(BasePath::try_from("/a b").is_err());
        for refused in ["/a?b", "/a\\b", "/a|b", "/a%2", "/a\nb"] {
            assert!(BasePath::try_from(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn base_paths_are_equal_where_their_texts_are() {
        assert_eq!(BasePath::from_static("/shop"), BasePath::from_lossy("shop/"));
        assert_ne!(BasePath::from_static("/shop"), BasePath::from_static("/shops"));
    }

    #[test]
    fn a_prefix_is_whole_segments() {
        for (base, path, rest) in [
            ("/api", "/api/x", Some("/x")),
            ("/api", "/api", Some("/")),
            ("/api", "/api/", Some("/")),
            ("/api", "/apis/x", None),
            ("/a", "/a/a/x", Some("/a/x")),
            ("/base", "/x/base/y", None),
            ("/a%20b", "/a b/x", Some("/x")),
            ("/a", "/a//x", Some("//x")),
            ("", "/x", Some("/x")),
            ("/a/b", "/a", None),
        ] {
            assert_eq!(BasePath(Repr::Static(base)).strip(path), rest, "{base} {path}");
        }
    }

    #[test]
    #[should_panic(expected = "a base path must be")]
    fn a_static_base_path_is_checked() {
        let _base = BasePath::from_static("shop/");
    }
}

//! Requests and responses as far as HTTP can tell them apart: the side that was sent and the side that arrived
//! are both read into these before they are compared.

use std::{collections::BTreeMap, fmt};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};

use crate::support::{decoded, form_decoded};

/// Header values, paths and bodies need not be text.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Text(pub(super) Vec<u8>);

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.get(..200) {
            Some(start) if self.0.len() > 300 => write!(f, "\"{}…\" of {}", start.escape_ascii(), self.0.len()),
            _ => write!(f, "\"{}\"", self.0.escape_ascii()),
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into_bytes())
    }
}

impl Text {
    /// As JSON can hold it.
    pub(super) fn lossy(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

/// The values of each name in order. The order between names means nothing in HTTP, and JSON maps have none.
pub(super) type Headers = BTreeMap<String, Vec<Text>>;

pub(super) fn headers(map: &HeaderMap) -> Headers {
    let mut headers = Headers::new();
    for (name, value) in map {
        headers.entry(name.as_str().to_owned()).or_default().push(Text(value.as_bytes().to_vec()));
    }
    headers
}

/// A path, as far as its kind of front door shows it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Path {
    Written(String),
    /// The bytes that the escapes stand for.
    Decoded(Text),
}

/// A query, as far as its kind of front door shows it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Query {
    Written(Option<String>),
    /// Values by key, as they were written.
    Grouped(BTreeMap<Text, Vec<Text>>),
    /// Values by key, as a form parser reads them.
    Decoded(BTreeMap<Text, Vec<Text>>),
}

/// A request: what a client sent, or what an app saw.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Message {
    /// Of a target in absolute form.
    pub(super) authority: Option<String>,
    pub(super) method: String,
    pub(super) path: Path,
    pub(super) query: Query,
    pub(super) headers: Headers,
    pub(super) body: Text,
}

impl Message {
    pub(super) fn of(request: &Request<Bytes>) -> Self {
        Self {
            authority: request.uri().authority().map(ToString::to_string),
            method: request.method().to_string(),
            path: Path::Written(request.uri().path().to_owned()),
            query: Query::Written(request.uri().query().map(str::to_owned)),
            headers: headers(request.headers()),
            body: Text(request.body().to_vec()),
        }
    }

    /// The same, with path and query read as `other` has them.
    pub(super) fn read_as(mut self, other: &Self) -> Self {
        if let (Path::Decoded(_), Path::Written(path)) = (&other.path, &self.path) {
            self.path = Path::Decoded(Text(decoded(path)));
        }
        if let Query::Written(query) = &self.query {
            match other.query {
                Query::Written(_) => {}
                Query::Grouped(_) => {
                    self.query = Query::Grouped(grouped(query.as_deref(), "&", |text| Text::from(text)))
                }
                Query::Decoded(_) => {
                    self.query = Query::Decoded(grouped(query.as_deref(), "&", |text| Text(form_decoded(text))));
                }
            }
        }
        self
    }

    pub(super) fn header(&self, name: &str) -> Option<&Text> {
        self.headers.get(name)?.first()
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<Text>) {
        self.headers.insert(name.to_owned(), vec![value.into()]);
    }
}

/// A query as pairs. A key without `=` has an empty value; nothing between two separators is no pair.
pub(super) fn grouped(query: Option<&str>, separators: &str, read: impl Fn(&str) -> Text) -> BTreeMap<Text, Vec<Text>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let pairs = query.unwrap_or_default().split(|char| separators.contains(char)).filter(|pair| !pair.is_empty());
    for pair in pairs {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        groups.entry(read(key)).or_default().push(read(value));
    }
    groups
}

/// A response: what the app gave, or what the client got.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Headers,
    pub(super) body: Text,
    /// Of the request: whether it was `HEAD`, and what it accepts.
    pub(super) head: bool,
    pub(super) accept: Option<String>,
}

impl Reply {
    pub(super) fn of(response: &Response<Bytes>, request: &Request<Bytes>) -> Self {
        Self {
            status: response.status().as_u16(),
            headers: headers(response.headers()),
            body: Text(response.body().to_vec()),
            head: request.method() == http::Method::HEAD,
            accept: request.headers().get("accept").map(|accept| accept.to_str().unwrap().to_owned()),
        }
    }
}

//! Header maps whose values are still missing, remembered from event to event.
//!
//! A client sends the same names in the same order with most of its requests. To clone a map and set its values costs
//! less than half of what it costs to find each name and put it in its place.

use http::{HeaderMap, HeaderValue};

use crate::{certain::Certain, json::Member};

/// The layouts that this thread met last. Each is as large as the names of one request's headers, some 4 KB.
#[derive(Debug, Default)]
pub(crate) struct Layouts {
    /// The oldest first, which gives way to the next.
    known: Vec<Layout>,
    /// The digests of those that were met once.
    met: Vec<u64>,
}

/// The names of a request's headers, which the same event makes again.
#[derive(Debug)]
pub(crate) struct Layout {
    /// As the event spells them, each with the quote behind it: no other names look the same.
    names: Vec<u8>,
    has_cookies: bool,
    digest: u64,
    /// The headers, those of the names and behind them that of the cookies. All values are empty.
    pub(crate) map: HeaderMap,
}

/// How an event spells the names, and the list of cookies that it may have too.
pub(crate) struct Spelling<'a> {
    json: &'a [u8],
    pub(crate) members: &'a [Member],
    pub(crate) cookies: Option<&'a HeaderValue>,
    /// How long each name is: mostly enough to tell other names.
    digest: u64,
}

impl<'a> Spelling<'a> {
    pub(crate) fn new(json: &'a [u8], members: &'a [Member], cookies: Option<&'a HeaderValue>) -> Self {
        let add = |digest: u64, member: &Member| digest.rotate_left(5) ^ member.name.len() as u64;
        Self { json, members, cookies, digest: members.iter().fold(1, add) }
    }
}

impl Layouts {
    /// The layout of these names.
    #[inline(always)]
    pub(crate) fn find(&self, spelling: &Spelling<'_>) -> Option<&Layout> {
        self.known.iter().find(|layout| layout.is_of(spelling))
    }

    /// Remembers the layout of the headers that have these names, the second time it is met.
    #[cold]
    pub(crate) fn learn(&mut self, spelling: &Spelling<'_>, map: &HeaderMap) {
        if !self.met.contains(&spelling.digest) {
            remember(&mut self.met, spelling.digest, MET);
        } else if self.find(spelling).is_none()
            && let Some(layout) = Layout::of(spelling, map)
        {
            remember(&mut self.known, layout, MOST);
        }
    }
}

fn remember<T>(all: &mut Vec<T>, new: T, most: usize) {
    if all.len() == most {
        all.remove(0);
    }
    all.push(new);
}

impl Layout {
    /// `None` unless each of the members became one header, in their order. One more is that of the cookies.
    fn of(&Spelling { json, members, cookies, digest }: &Spelling<'_>, map: &HeaderMap) -> Option<Self> {
        let length = members.iter().map(|member| member.name.len() + 1).sum();
        let small = members.len() <= MOST_NAMES && length <= LONGEST_NAMES;
        if !small || map.len() != map.keys_len() || map.len() < members.len() {
            return None;
        }
        let mut names = Vec::with_capacity(length);
        for (member, name) in members.iter().zip(map.keys()) {
            if !name.as_str().as_bytes().eq_ignore_ascii_case(member.name.raw(json)) {
                return None;
            }
            names.extend_from_slice(quoted(json, member));
        }
        let mut map = map.clone();
        map.values_mut().for_each(|value| *value = HeaderValue::from_static(""));
        Some(Self { names, has_cookies: cookies.is_some(), digest, map })
    }

    fn is_of(&self, spelling: &Spelling<'_>) -> bool {
        if self.digest != spelling.digest || self.has_cookies != spelling.cookies.is_some() {
            return false;
        }
        let mut rest = &*self.names;
        for member in spelling.members {
            let Some(behind) = rest.strip_prefix(quoted(spelling.json, member)) else { return false };
            rest = behind;
        }
        rest.is_empty()
    }
}

/// A name and the quote behind it.
fn quoted<'a>(json: &'a [u8], member: &Member) -> &'a [u8] {
    json.get(member.name.start()..member.name.end() + 1).certain()
}

/// How many are remembered: as many as different clients of a function take turns.
const MOST: usize = 8;
/// Of requests with more headers nothing is remembered, which keeps the memory of a thread small. Browsers and proxies
/// in front of a function send some thirty.
const MOST_NAMES: usize = 128;
/// The same for the bytes of their names.
const LONGEST_NAMES: usize = 8_192;
/// Of how many that were met once the second time is noticed.
const MET: usize = MOST / 2;

#[cfg(test)]
mod tests {
    use std::thread;

    use crate::{EventOptions, ProxyEvent};

    fn headers(event: &str) -> Vec<(String, Vec<u8>)> {
        let event = ProxyEvent::from_bytes(event.to_owned()).unwrap();
        let request = event.into_request(&EventOptions::default()).unwrap();
        let headers = request.headers().iter();
        headers.map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect()
    }

    #[test]
    fn headers_are_the_same_whatever_was_met_before() {
        let maps = [
            r#""headers":{"host":"a","x-a":"1"}"#,
            r#""headers":{"host":"b","x-a":"\u00e9\"2"}"#,
            r#""headers":{"host":"b","x-a":"\u0000"}"#,
            r#""headers":{"host":"b","x-a":null}"#,
            r#""headers":{"host":7,"x-a":true}"#,
            r#""headers":{"Host":"a","x-a":"1"}"#,
            r#""headers":{"x-a":"1","host":"a"}"#,
            r#""headers":{"host":"a","x-a":"1","x-b":"2"}"#,
            r#""headers":{"host":"a","x-":"1","ax-b":"2"}"#,
            r#""headers":{"h\u006fst":"a","x-a":"1"}"#,
            r#""headers":{"host":"a","x-a":"1"},"cookies":["c=1","d=2"]"#,
            r#""headers":{"host":"a","x-a":"1"},"cookies":["e=3"]"#,
            r#""headers":{"host":"a","x-a":"1"},"cookies":["\u0000"]"#,
            r#""headers":{"host":"a","cookie":"h=1"},"cookies":["c=1"]"#,
            r#""headers":{"host":"a","cookie":"\u0000"},"cookies":["c=1"]"#,
            r#""headers":{"host":"a","host":"b","x-a":"1"}"#,
            r#""headers":{"host":"a","transfer-encoding":"chunked"}"#,
            r#""headers":{"host":"a","x-a":"1"},"multiValueHeaders":{"host":["a"],"x-a":["1"]}"#,
            r#""headers":{"host":"a","x-a":"1"},"multiValueHeaders":{"host":["a"],"x-a":["1","2"]}"#,
            r#""headers":{"host":"a","x-a":"1"},"multiValueHeaders":{"host":["a"],"x-a":[]}"#,
            r#""headers":{"host":"a","cookie":"h=1"},"multiValueHeaders":{"host":["a"]}"#,
            r#""headers":{"host":"a","cookie":"h=1"},"multiValueHeaders":{"host":["a"]},"cookies":["c=1"]"#,
            r#""headers":{},"cookies":["c=1"]"#,
            r#""headers":{}"#,
        ];
        let bodies = [r#""body":"four""#, r#""body":null"#];
        let events = maps.iter().flat_map(|map| {
            bodies.map(|body| {
                format!(
                    r#"{{"version":"2.0","rawPath":"/","requestContext":{{"http":{{"method":"PUT"}}}},{map},{body}}}"#
                )
            })
        });
        let events: Vec<String> = events.collect();
        // A thread of its own has met nothing.
        let wanted: Vec<_> =
            events.iter().cloned().map(|event| thread::spawn(move || headers(&event)).join().unwrap()).collect();
        for step in [1, 5, 7, 11] {
            for (event, wanted) in
                (0..events.len()).map(|at| at * step % events.len()).map(|at| (&events[at], &wanted[at]))
            {
                for _ in 0..3 {
                    assert_eq!(&headers(event), wanted, "{event}");
                }
            }
        }
    }
}

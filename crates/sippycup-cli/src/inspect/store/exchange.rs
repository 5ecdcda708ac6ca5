//! What is kept of one exchange.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Version};
use sippycup_gateway::Verdict;

use super::Door;
use super::kept::Kept;

/// One exchange: a row that is small, and contents that can be large and are given up first.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) id: u64,
    /// The number of its last change, among all changes.
    pub(crate) version: u64,
    pub(crate) row: Row,
    /// `None` once they had to make room.
    pub(crate) contents: Option<Box<Contents>>,
    /// Bytes of the contents.
    pub(crate) bytes: usize,
}

/// What the list shows.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) at: SystemTime,
    pub(crate) began: Instant,
    pub(crate) method: String,
    /// The target with credentials masked, and no longer than somebody reads.
    pub(crate) target: String,
    pub(crate) door: Arc<Door>,
    /// The first function that was asked.
    pub(crate) asked: Option<String>,
    /// The exchange that this one repeats, if any.
    pub(crate) repeats: Option<u64>,
    pub(crate) status: Option<u16>,
    pub(crate) cold: bool,
    pub(crate) streamed: bool,
    /// The gateway answered in its own words.
    pub(crate) fault: bool,
    /// Bytes of the response's body.
    pub(crate) size: usize,
    /// What the authorizer said, in a few words.
    pub(crate) authorizer: Option<String>,
    /// What the listener answered itself: no function gets the request.
    pub(crate) listener: Option<String>,
    pub(crate) ended: Option<Ended>,
}

/// How and when an exchange ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    /// Microseconds after the request came.
    pub(crate) after: u64,
    /// `whole`, `broken` or `abandoned`.
    pub(crate) how: &'static str,
}

/// What the page shows of one exchange.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Kept,
    pub(crate) routed: Option<Routed>,
    pub(crate) verdict: Option<Verdict>,
    pub(crate) event: Option<Bytes>,
    pub(crate) answer: Option<Bytes>,
    /// Whether the stream begins with a prelude.
    pub(crate) stream: Option<bool>,
    pub(crate) streamed: Kept,
    pub(crate) failed: Option<String>,
    pub(crate) response_headers: HeaderMap,
    pub(crate) response_body: Kept,
    pub(crate) fault: Option<String>,
    pub(crate) hints: Vec<String>,
    pub(crate) broken: Option<String>,
    /// What happened when, in microseconds after the request came.
    pub(crate) times: Vec<(&'static str, u64)>,
    pub(crate) invocations: Vec<Invocation>,
}

/// Where a request belongs.
#[derive(Debug)]
pub(crate) struct Routed {
    pub(crate) domain: String,
    pub(crate) mapping: Option<String>,
    pub(crate) stage: Option<String>,
    pub(crate) route: String,
    pub(crate) path: String,
}

/// A function at work for an exchange. Times are microseconds after the request came; what was before is negative.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) id: String,
    pub(crate) function: String,
    pub(crate) environment: Option<u64>,
    pub(crate) cold: bool,
    pub(crate) queued: i64,
    pub(crate) invoked: Option<i64>,
    pub(crate) answered: Option<i64>,
    /// When the process began to start, and when it asked for its first event; of cold starts only.
    pub(crate) init: Option<(i64, i64)>,
    pub(crate) lines: Vec<(i64, String)>,
    /// Lines that are too many.
    pub(crate) more_lines: usize,
    /// Bytes of the lines.
    pub(crate) held: usize,
}

impl Row {
    /// The authorizer, and what it said if that is known.
    pub(crate) fn authorizer(&self) -> Option<&str> {
        let of_door = || self.door.authorizer.as_deref().filter(|_| self.listener.is_none());
        self.authorizer.as_deref().or_else(of_door)
    }
}

impl Exchange {
    /// Microseconds from the request until now.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.row.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Microseconds from the request until another time, which may have been before.
    pub(crate) fn since(&self, at: Instant) -> i64 {
        let micros = |span: std::time::Duration| i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        match at.checked_duration_since(self.row.began) {
            Some(after) => micros(after),
            None => -micros(self.row.began.saturating_duration_since(at)),
        }
    }

    /// The function that the front door is before, if that gets the request, else the one that it asked.
    pub(crate) fn function(&self) -> Option<&str> {
        let of_door = self.row.door.function.as_deref().filter(|_| self.row.listener.is_none());
        of_door.or(self.row.asked.as_deref())
    }

    pub(crate) fn invocation(&mut self, id: &str) -> Option<&mut Invocation> {
        self.contents.as_mut()?.invocations.iter_mut().find(|invocation| invocation.id == id)
    }
}

impl Contents {
    /// Bytes that it holds, as far as they count.
    pub(crate) fn bytes(&self) -> usize {
        let header = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len() + HEADER;
        let headers = |map: &HeaderMap| map.iter().map(header).sum::<usize>();
        let json = |json: &Option<Bytes>| json.as_ref().map_or(0, Bytes::len);
        self.target.len()
            + headers(&self.headers)
            + headers(&self.response_headers)
            + self.body.held()
            + self.streamed.held()
            + self.response_body.held()
            + json(&self.event)
            + json(&self.answer)
            + self.invocations.iter().map(|invocation| invocation.held).sum::<usize>()
            + OVERHEAD
    }
}

impl Invocation {
    /// Adds a line, as long as there is room.
    pub(crate) fn line(&mut self, at: i64, line: &str) {
        if self.lines.len() < LINES {
            let line: String = line.chars().take(LONGEST_LINE).collect();
            self.held += line.len() + size_of::<(i64, String)>();
            self.lines.push((at, line));
        } else {
            self.more_lines += 1;
        }
    }
}

/// What a header takes beside its text, roughly.
const HEADER: usize = 128;

/// What the rest of the contents takes, roughly.
const OVERHEAD: usize = 1024;

/// How many lines of one invocation are kept.
const LINES: usize = 1000;

/// How many characters of a line are kept.
pub(super) const LONGEST_LINE: usize = 8000;

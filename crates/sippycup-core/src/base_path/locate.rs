//! Which leading part of an event's path belongs to the gateway, and what the public has in front of the
//! app.
//!
//! These are two questions. A REST API on its own domain has no prefix in `path` but `/stage` in public; an
//! HTTP API behind an API mapping has `/stage` in `rawPath` and in public the mapping's key, which the event
//! does not carry. What is stripped is what the path really carries; what is public is what was stated
//! (builder, stage variable, environment), else what the event proves, never a longer guess.

use std::borrow::Cow;

use super::{BasePath, greedy::without_greedy, prefix};
use crate::{
    certain::Certain,
    uri::{MAX_TARGET, Text, is_written, same_text},
};

/// What a front door can have in front of the app's path, and where it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prefix {
    /// Nothing.
    None,
    /// A custom domain's mapping stands in the path; under the API's own domain name only `requestContext.path` has
    /// the stage.
    Mapping,
    /// A named stage is the first segment of the path under every domain name, unless the `mapping` of a custom
    /// domain stands there. Where the path never has it, the public prefix of a custom domain cannot be known.
    Stage { mapping: bool },
    /// The URL has the stage and nothing else, and the event no path.
    StageOfUrl,
}

/// What an event says about its path. Paths are percent-encoded.
pub(crate) struct Signals<'a, P> {
    pub(crate) prefix: Prefix,
    /// How the path is spelled.
    pub(crate) path_text: Text,
    pub(crate) path: &'a str,
    /// `requestContext.path`.
    pub(crate) context_path: Option<Cow<'a, str>>,
    /// A `rawPath` on a REST event: reported behind base path mappings, and then with the base path.
    pub(crate) raw_path: Option<Cow<'a, str>>,
    /// The path template of the resource or route.
    pub(crate) template: Option<Cow<'a, str>>,
    /// The value of a path parameter.
    pub(crate) parameter: P,
    /// The key of the custom domain's mapping that matched; `(none)` is the empty one.
    pub(crate) mapping: Option<Cow<'a, str>>,
    /// The name of the stage; empty for `$default`.
    pub(crate) stage: Cow<'a, str>,
    /// Whether the gateway was called under its own domain name, where the stage is part of the URL.
    pub(crate) own_domain: bool,
    pub(crate) explicit: Option<&'a BasePath>,
    pub(crate) mount_at_resource: bool,
}

/// How much of the path to take off, and what to give the app as its base path.
#[derive(Debug)]
pub(crate) struct Located {
    pub(crate) strip: usize,
    pub(crate) base: BasePath,
    /// The base path as the client wrote it, where that is not how it is given to the app: `/%73hop`, `//shop`.
    pub(crate) written: Option<BasePath>,
}

impl Located {
    /// Where a base path is taken off that was stated, and nothing else says anything.
    pub(crate) fn stated(path: &str, base: BasePath) -> Self {
        Self::new(path, prefix(path, base.as_str(), is_written).unwrap_or_default(), base)
    }

    fn new(path: &str, strip: usize, base: BasePath) -> Self {
        let written = path.get(..strip).filter(|written| !written.is_empty() && *written != base.as_str());
        let written = written.map(BasePath::from_written).filter(|written| written.is_same(&base));
        Self { strip, base, written }
    }
}

impl<'a, P: Fn(&str) -> Option<Cow<'a, str>>> Signals<'a, P> {
    pub(crate) fn locate(&self) -> Located {
        let (carried, public) = self.infer();
        let (mut strip, mut base) = match self.explicit {
            None => (carried, BasePath::from_lossy(&public)),
            Some(base) => (self.strip_stated(base, carried), base.clone()),
        };
        if self.mount_at_resource {
            let rest = self.path.get(strip..).certain();
            let resource = literal(self.template.as_deref().unwrap_or_default());
            if let Some(length) = prefix(rest, resource, self.as_sent()) {
                base = BasePath::from_lossy(&format!("{base}{}", rest.get(..length).certain()));
                strip += length;
            }
        }
        Located::new(self.path, strip, base)
    }

    /// Whichever of the stated and the inferred prefix the path carries, or one after the other: a stage
    /// that the gateway put in front of a base path that a CDN left in.
    fn strip_stated(&self, base: &BasePath, carried: usize) -> usize {
        // A route key that begins like the base path is not below it.
        if base.is_root() || self.prefix == Prefix::StageOfUrl {
            return carried;
        }
        let at = |start| Some(start + prefix(self.path.get(start..)?, base.as_str(), self.as_sent())?);
        at(0).or_else(|| at(carried)).unwrap_or(carried)
    }

    /// How a segment of the path is compared with a name from the configuration: a base path, a stage, a resource.
    ///
    /// Nobody may avoid a firewall's rule on `/shop/admin*` with `/%73hop/admin`: where the path is as the client
    /// sent it, the name must be too.
    fn as_sent(&self) -> fn(&[u8], &[u8]) -> bool {
        if self.path_text == Text::Decoded { same_text } else { is_written }
    }

    /// The length of the prefix that the path carries, and the public prefix.
    fn infer(&self) -> (usize, Cow<'_, str>) {
        match self.prefix {
            Prefix::Mapping => self.infer_mapping(),
            Prefix::Stage { mapping } => self.infer_stage(mapping),
            Prefix::StageOfUrl if self.own_domain => (0, self.stage_path()),
            Prefix::StageOfUrl | Prefix::None => (0, Cow::Borrowed("")),
        }
    }

    fn infer_mapping(&self) -> (usize, Cow<'_, str>) {
        let base = if self.own_domain { "" } else { self.base().unwrap_or_default() };
        let rest = self.path.get(base.len()..).certain();
        if base.is_empty()
            && let Some(public) = self.raw_path.as_deref().and_then(|raw| raw.strip_suffix(rest))
        {
            return (0, Cow::Borrowed(public));
        }
        // In the console's events and those of emulators it is the template, not a path.
        let context = self.context_path.as_deref().filter(|path| !path.contains('{'));
        let before = context.and_then(|path| path.trim_end_matches('/').strip_suffix(rest.trim_end_matches('/')));
        let public = match before {
            Some(before) => Cow::Borrowed(before.trim_end_matches('/')),
            None if self.own_domain => self.stage_path(),
            None => Cow::Borrowed(base),
        };
        (base.len(), public)
    }

    fn infer_stage(&self, mapping: bool) -> (usize, Cow<'_, str>) {
        let first = self.path.split('/').nth(1).unwrap_or_default();
        let in_stage = !self.stage.is_empty() && self.as_sent()(first.as_bytes(), self.stage.as_bytes());
        let stage = if in_stage { first.len() + 1 } else { 0 };
        if !mapping && !self.own_domain {
            // No recorded event of this format names its mapping. Where one does, there is no better evidence.
            let key = self.mapping.as_deref().filter(|key| *key != NO_MAPPING).unwrap_or_default();
            return (stage, Cow::Borrowed(key));
        }
        let mapped = if self.own_domain { None } else { self.base() };
        let carried = mapped.map_or(stage, str::len);
        (carried, Cow::Borrowed(self.path.get(..carried).certain()))
    }

    fn stage_path(&self) -> Cow<'_, str> {
        if self.stage.is_empty() { Cow::Borrowed("") } else { Cow::Owned(format!("/{}", self.stage)) }
    }

    /// The part of the path that is the custom domain's mapping, if the event leaves no doubt: what the template leaves
    /// over, unless the mapping that the gateway names says otherwise.
    fn base(&self) -> Option<&'a str> {
        let left = self.left_by_template();
        let Some(named) = self.named_mapping() else { return left };
        // Where the mapping has no stage, the path has it behind the mapping's key.
        let agrees = |left: &&str| {
            let behind = left.strip_prefix(named);
            behind.is_some_and(|behind| behind.is_empty() || behind.strip_prefix('/') == Some(&*self.stage))
        };
        Some(left.filter(agrees).unwrap_or(named))
    }

    /// The part of the path that is the mapping's key, if the event names the mapping and the path has it.
    fn named_mapping(&self) -> Option<&'a str> {
        let key = self.mapping.as_deref()?;
        if key == NO_MAPPING {
            return Some("");
        }
        let length = prefix(self.path, BasePath::from_lossy(key).as_str(), self.as_sent())?;
        self.path.get(..length)
    }

    /// The part of the path in front of what the template matches.
    ///
    /// A template without a greedy parameter takes as many segments as it has, a greedy parameter with a known value
    /// takes that value: the path is cut at one place, found from its end.
    fn left_by_template(&self) -> Option<&'a str> {
        // A longer path fits into no URI, whatever is taken off. `*` is no path.
        if self.path.len() > MAX_TARGET + LONGEST_BASE || !self.path.starts_with('/') {
            return None;
        }
        let usual = |template: &&str| template.starts_with('/') && template.len() <= LONGEST_TEMPLATE;
        let template = self.template.as_deref().filter(usual)?;
        let segments: Vec<&str> = template.split('/').filter(|segment| !segment.is_empty()).collect();
        if segments.iter().filter(|segment| segment.starts_with('{')).count() > MOST_PARAMETERS {
            return None;
        }
        // A trailing slash is no part of any template.
        let path = self.path.strip_suffix('/').unwrap_or(self.path);
        let Some(at) = segments.iter().position(|segment| greedy(segment).is_some()) else {
            return self.before(path, &segments);
        };
        let (fixed, rest) = segments.split_at(at);
        match rest.first().and_then(|segment| greedy(segment)).and_then(|name| (self.parameter)(name)) {
            Some(value) => self.before(without_greedy(path, &value)?, fixed),
            None => self.settled(path, fixed),
        }
    }

    /// The part of the path in front of these segments, which are its last.
    fn before(&self, path: &'a str, segments: &[&str]) -> Option<&'a str> {
        let rest = segments.iter().rev().try_fold(path, |rest, wanted| {
            let (before, segment) = rest.rsplit_once('/')?;
            is_met_by(&self.wanted(wanted), segment).then_some(before)
        })?;
        (rest.len() <= LONGEST_BASE).then(|| rest.trim_end_matches('/'))
    }

    /// The part of the path in front of these segments and one more at least.
    ///
    /// There may be a choice. What was stated settles it, or the stage; a longer guess never does.
    fn settled(&self, path: &'a str, segments: &[&str]) -> Option<&'a str> {
        let path = path.trim_end_matches('/');
        if cuts(path).count() * segments.len() > MOST_COMPARED {
            return None;
        }
        let segments = segments.iter().map(|segment| self.wanted(segment)).collect();
        let mut candidates = candidates(path, segments);
        let (first, second) = (candidates.next()?, candidates.next());
        if second.is_none() {
            return Some(first);
        }
        let settles = |base: &&str| {
            let name = base.strip_prefix('/');
            name.is_some_and(|name| name == self.stage) || self.explicit.is_some_and(|stated| stated.as_str() == *base)
        };
        let settled = second.into_iter().chain(candidates).find(settles);
        settled.or_else(|| first.is_empty().then_some(first))
    }

    /// What a segment of a path has to be for this one of the template; `None` if it may be anything but empty.
    fn wanted<'b>(&'b self, segment: &'b str) -> Option<Cow<'b, str>> {
        match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => (self.parameter)(name),
            None => Some(Cow::Borrowed(segment)),
        }
    }
}

fn is_met_by(wanted: &Option<Cow<'_, str>>, segment: &str) -> bool {
    wanted.as_ref().map_or(!segment.is_empty(), |text| same_text(segment.as_bytes(), text.as_bytes()))
}

/// Every part of the path, without slashes at its end, behind which these segments and one more at least stand.
fn candidates<'a>(path: &'a str, segments: Vec<Option<Cow<'_, str>>>) -> impl Iterator<Item = &'a str> {
    let (mut end, mut behind_last, mut last) = (0, 0, None);
    cuts(path).filter_map(move |cut| {
        // Of slashes that stand together, the base ends in front of the first.
        if cut != std::mem::replace(&mut behind_last, cut + 1) {
            end = cut;
        }
        if last == Some(end) || !goes_on(path.get(cut..)?, &segments) {
            return None;
        }
        last = Some(end);
        path.get(..end)
    })
}

/// Where a base path may end: in front of each slash.
fn cuts(path: &str) -> impl Iterator<Item = usize> {
    let slashes = path.bytes().enumerate().filter(|(_, byte)| *byte == b'/').map(|(at, _)| at);
    slashes.take_while(|cut| *cut <= LONGEST_BASE)
}

/// Whether the path begins with these segments, and goes on.
fn goes_on(path: &str, segments: &[Option<Cow<'_, str>>]) -> bool {
    let behind = segments.iter().try_fold(path, |rest, wanted| {
        let (segment, _) = rest.strip_prefix('/')?.split_once('/')?;
        if is_met_by(wanted, segment) { rest.get(1 + segment.len()..) } else { None }
    });
    behind.is_some()
}

/// The name of a segment's parameter, if it takes all that is left of a path.
fn greedy(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix("+}")
}

/// The part of a template before its first parameter; without a parameter all of it.
fn literal(template: &str) -> &str {
    let end = template.as_bytes().windows(2).position(|two| two == b"/{").unwrap_or(template.len());
    template.get(..end).certain().trim_end_matches('/')
}

/// What the gateway names a mapping without a key.
const NO_MAPPING: &str = "(none)";

/// More than a mapping's key of 300 characters
/// ([mappings](https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mappings.html)), every one
/// percent-encoded, and a stage's name take up, in bytes.
const LONGEST_BASE: usize = 1100;

/// A template that is longer has more segments than a path that API Gateway takes
/// ([quotas](https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)).
const LONGEST_TEMPLATE: usize = 10_240;

/// Each parameter of a template is looked up in the event, and nobody's template has as many: `/{a}/{b}/…`.
const MOST_PARAMETERS: usize = 64;

/// Segments that are compared at most to find where a greedy parameter without a value begins. A template of ten
/// segments behind a path of 800 stays below it.
const MOST_COMPARED: usize = 8_192;

//! Which leading part of an event's path belongs to the gateway, and what the public has in front of the
//! app.
//!
//! These are two questions. A REST API on its own domain has no prefix in `path` but `/stage` in public; an
//! HTTP API behind an API mapping has `/stage` in `rawPath` and in public the mapping's key, which the event
//! does not carry. What is stripped is what the path really carries; what is public is what was stated
//! (builder, stage variable, environment), else what the event proves, never a longer guess.

use std::borrow::Cow;

use super::{BasePath, prefix};
use crate::uri::{MAX_TARGET, same_text};

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
    pub(crate) path: &'a str,
    /// `requestContext.path`.
    pub(crate) context_path: Option<Cow<'a, str>>,
    /// A `rawPath` on a REST event: reported behind base path mappings, and then with the base path.
    pub(crate) raw_path: Option<Cow<'a, str>>,
    /// The path template of the resource or route.
    pub(crate) template: Option<Cow<'a, str>>,
    /// The value of a path parameter.
    pub(crate) parameter: P,
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
}

impl<'a, P: Fn(&str) -> Option<Cow<'a, str>>> Signals<'a, P> {
    pub(crate) fn locate(&self) -> Located {
        let (carried, public) = self.infer();
        let (mut strip, mut base) = match self.explicit {
            None => (carried, BasePath::from_encoded(&public)),
            Some(base) => (self.strip_stated(base, carried), base.clone()),
        };
        if self.mount_at_resource {
            let rest = self.path.get(strip..).unwrap_or_default();
            if let Some(length) = self.template.as_deref().and_then(|template| prefix(rest, literal(template))) {
                base = BasePath::from_encoded(&format!("{base}{}", rest.get(..length).unwrap_or_default()));
                strip += length;
            }
        }
        Located { strip, base }
    }

    /// Whichever of the stated and the inferred prefix the path carries, or one after the other: a stage
    /// that the gateway put in front of a base path that a CDN left in.
    fn strip_stated(&self, base: &BasePath, carried: usize) -> usize {
        if base.is_root() {
            return carried;
        }
        let at = |start| Some(start + prefix(self.path.get(start..)?, base.as_str())?);
        at(0).or_else(|| at(carried)).unwrap_or(carried)
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
        let rest = self.path.get(base.len()..).unwrap_or_default();
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
        let in_stage = !self.stage.is_empty() && same_text(first.as_bytes(), self.stage.as_bytes());
        let stage = if in_stage { first.len() + 1 } else { 0 };
        if !mapping && !self.own_domain {
            return (stage, Cow::Borrowed(""));
        }
        let mapped = if self.own_domain { None } else { self.base() };
        let carried = mapped.map_or(stage, str::len);
        (carried, Cow::Borrowed(self.path.get(..carried).unwrap_or_default()))
    }

    fn stage_path(&self) -> Cow<'_, str> {
        if self.stage.is_empty() { Cow::Borrowed("") } else { Cow::Owned(format!("/{}", self.stage)) }
    }

    /// The part of the path in front of what the template matches, if the event leaves no doubt.
    fn base(&self) -> Option<&'a str> {
        if self.path.len() > MAX_TARGET + LONGEST_BASE {
            // Whatever is stripped, no URI holds the rest.
            return None;
        }
        let usual = |template: &&str| template.starts_with('/') && template.len() <= LONGEST_TEMPLATE;
        let template = self.template.as_deref().filter(usual)?;
        let mut candidates = self.candidates(template);
        let (first, second) = (candidates.next()?, candidates.next());
        if second.is_none() {
            return Some(first);
        }
        // Only without parameters is there a choice. What was stated settles it, or the stage; a longer
        // guess never does.
        let settled = |base: &&str| {
            let stage = base.strip_prefix('/').is_some_and(|name| name == self.stage);
            stage || self.explicit.is_some_and(|stated| stated.as_str() == *base)
        };
        let settled = second.into_iter().chain(candidates).find(settled);
        settled.or_else(|| first.is_empty().then_some(first))
    }

    /// Every prefix of the path behind which the template matches, without slashes at its end. To look at all of a
    /// long path for each of its slashes would be quadratic, so none is longer than a base path can be.
    fn candidates(&self, template: &str) -> impl Iterator<Item = &'a str> {
        // A trailing slash is no part of any template.
        let path = self.path.strip_suffix('/').unwrap_or(self.path);
        let slashes = path.bytes().enumerate().filter(|(_, byte)| *byte == b'/').map(|(at, _)| at);
        let mut last = None;
        slashes.chain([path.len()]).take_while(|cut| *cut <= LONGEST_BASE).filter_map(move |cut| {
            let (before, after) = path.split_at_checked(cut)?;
            let base = before.trim_end_matches('/');
            (last != Some(base) && self.matches(template, after)).then(|| {
                last = Some(base);
                base
            })
        })
    }

    /// Whether `path` (empty, or with a leading slash) is what `template` matches, with the parameters the
    /// event has.
    fn matches(&self, template: &str, path: &str) -> bool {
        let mut rest = path;
        for wanted in template.split('/').skip(1).filter(|segment| !segment.is_empty()) {
            if let Some(name) = wanted.strip_prefix('{').and_then(|name| name.strip_suffix("+}")) {
                // Greedy, and so the last: with its value known it takes exactly that, which may be nothing
                // where the path ends in a slash; unknown it takes at least one segment.
                return match (self.parameter)(name) {
                    Some(value) if rest.is_empty() => value.is_empty(),
                    Some(value) => {
                        let same = |rest: &str, value: &str| same_text(rest.as_bytes(), value.as_bytes());
                        // Slashes that lead or trail may be missing in the value; one that it has in front was an
                        // escape before it was decoded.
                        let behind = rest.strip_prefix('/').unwrap_or(rest);
                        let value = value.as_ref();
                        let trimmed = value.strip_suffix('/').unwrap_or(value);
                        same(behind, value) || same(behind, trimmed) || same(rest.trim_matches('/'), trimmed)
                    }
                    None => !rest.trim_matches('/').is_empty(),
                };
            }
            let Some(behind) = rest.strip_prefix('/') else { return false };
            let (segment, next) = match behind.find('/') {
                Some(end) => behind.split_at(end),
                None => (behind, ""),
            };
            let fits = match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(name) => match (self.parameter)(name) {
                    Some(value) => same_text(segment.as_bytes(), value.as_bytes()),
                    None => !segment.is_empty(),
                },
                None => same_text(segment.as_bytes(), wanted.as_bytes()),
            };
            if !fits {
                return false;
            }
            rest = next;
        }
        rest.is_empty()
    }
}

/// The part of a template before its first parameter; without a parameter all of it.
fn literal(template: &str) -> &str {
    let end = template.as_bytes().windows(2).position(|two| two == b"/{").unwrap_or(template.len());
    template.get(..end).unwrap_or_default().trim_end_matches('/')
}

/// More than a mapping's key of 300 characters
/// ([mappings](https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mappings.html)), every one
/// percent-encoded, and a stage's name take up, in bytes.
const LONGEST_BASE: usize = 1100;

/// A template that is longer has more segments than a path that API Gateway takes
/// ([quotas](https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)).
const LONGEST_TEMPLATE: usize = 10_240;

//! Where a request belongs: which stage or mapping its host name and the first segments of its path mean, which paths the event shows, and which route it reaches.
//!
//! ```text
//! host, path ──► Location ──► (domain ──► routing_rule) ──► Located ──► route ──► Matched
//! ```

pub(crate) mod domain;
pub(crate) mod host;
mod path;
pub(crate) mod route;
pub(crate) mod routing_rule;

use std::cmp::Reverse;

use http::HeaderMap;

pub use self::domain::Domain;
use self::domain::Way;
use self::host::without_port;
use self::path::{collapsed, rooted, strip};
pub(crate) use self::route::{Matched, Route};
pub use self::routing_rule::RoutingRule;
use crate::Kind;

/// Where a request arrived, and how its path reads from there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Located {
    pub(crate) domain_name: String,
    /// What the routes see.
    pub(crate) route_path: String,
    /// `path` of payload format 1.0, `rawPath` of 2.0 (not yet decoded).
    pub(crate) event_path: String,
    /// `requestContext.path` (not yet decoded).
    pub(crate) context_path: String,
    /// The key of the mapping, if the host is a custom domain.
    pub(crate) mapping: Option<String>,
}

/// The settings of a gateway that decide where a request belongs.
#[derive(Clone, Debug)]
pub(crate) struct Location {
    pub(crate) kind: Kind,
    pub(crate) stage: String,
    pub(crate) default_name: String,
    pub(crate) domains: Vec<Domain>,
}

impl Location {
    /// `None` where API Gateway would answer that there is no such stage or mapping.
    pub(crate) fn locate(&self, host: Option<&str>, path: &str, headers: &HeaderMap) -> Option<Located> {
        let Some(domain) = self.domain(host.map(without_port)) else {
            return self.on_default_domain(path);
        };
        let Way { base_path, rest, stage, .. } = domain.find(path, headers)?;
        let rest = if stage { rest } else { strip(rest, &self.stage)? };
        let route_path = rooted(rest);
        let event_path = match self.kind {
            // The mapping key is lost; the stage takes its place.
            Kind::HttpApiV2 => self.with_stage(&route_path),
            Kind::RestApi => rooted(path),
            _ => path.to_owned(),
        };
        let context_path = if self.kind == Kind::HttpApiV2 { event_path.clone() } else { path.to_owned() };
        let route_path = if self.kind == Kind::RestApi { collapsed(&route_path) } else { route_path };
        Some(Located {
            domain_name: domain.name().to_owned(),
            route_path,
            event_path: self.collapsed_for_rest(event_path),
            context_path,
            mapping: Some(base_path.to_owned()),
        })
    }

    /// Whether a host name, in lower case, is one of the gateway's.
    pub(crate) fn is_own_name(&self, name: &str) -> bool {
        self.default_name.eq_ignore_ascii_case(name) || self.domains.iter().any(|domain| domain.name() == name)
    }

    /// The host names of the gateway, each with a prefix that a client writes there before the application's own path; the main one first.
    pub(crate) fn host_paths(&self) -> Vec<(&str, String)> {
        match self.domains.is_empty() {
            false => {
                let of = |domain: &'_ Domain| domain.prefixes(&self.stage).collect::<Vec<_>>();
                let each = self.domains.iter().map(|domain| (domain.name(), of(domain)));
                let all = each.flat_map(|(name, prefixes)| prefixes.into_iter().map(move |prefix| (name, prefix)));
                let mut once: Vec<(&str, String)> = Vec::new();
                // Several rules may have the same.
                all.for_each(|one| once.extend((!once.contains(&one)).then_some(one)));
                once
            }
            true if self.kind.is_api_gateway() => vec![(&self.default_name, self.with_stage(""))],
            true => vec![(&self.default_name, String::new())],
        }
    }

    pub(crate) fn base_paths(&self) -> Vec<String> {
        self.host_paths().into_iter().map(|(_, path)| path).collect()
    }

    pub(crate) fn base_path(&self) -> String {
        self.base_paths().into_iter().next().unwrap_or_default()
    }

    /// The prefix that a client writes on a host before the application's own path; the main one of several.
    pub(crate) fn base_path_on(&self, host: Option<&str>) -> String {
        match self.domain(host.map(without_port)) {
            Some(domain) => domain.prefixes(&self.stage).next().unwrap_or_default(),
            None if self.kind.is_api_gateway() => self.with_stage(""),
            None => String::new(),
        }
    }

    /// How well a request belongs here, for choosing between several gateways.
    pub(crate) fn fit(&self, host: &str, path: &str, headers: &HeaderMap) -> Option<Fit> {
        let host = without_port(host);
        let named = self.domains.iter().find(|d| d.name().eq_ignore_ascii_case(host));
        if let Some(way) = named.and_then(|domain| domain.find(path, headers)) {
            return Some(way.rule.map_or(Fit::Domain(way.base_path.len()), |rule| Fit::Rule(Reverse(rule))));
        }
        if self.default_name.eq_ignore_ascii_case(host) {
            return Some(Fit::DefaultName);
        }
        let on_path = match self.domains.first().and_then(|domain| domain.find(path, headers)) {
            Some(Way { rule: Some(rule), .. }) => Fit::PathRule(Reverse(rule)),
            Some(Way { base_path, stage, .. }) => {
                let segments = [base_path, if stage { "" } else { &*self.stage }];
                Fit::Path(segments.iter().filter(|segment| !segment.is_empty()).map(|segment| 1 + segment.len()).sum())
            }
            None => Fit::Path(self.base_path().len()),
        };
        self.locate(None, path, headers).map(|_| on_path)
    }

    /// Whether a client cannot tell the two apart by host, stage and base path, so that they are parts of one API.
    pub(crate) fn is_same_api(&self, other: &Self) -> bool {
        let is_same_kind = self.kind == other.kind || self.kind.is_http_api() && other.kind.is_http_api();
        is_same_kind
            && (&self.default_name, &self.stage) == (&other.default_name, &other.stage)
            && self.host_paths() == other.host_paths()
            && self.domains.iter().map(Domain::rules).eq(other.domains.iter().map(Domain::rules))
    }

    /// A request to an unknown host, mostly a loopback address, is meant for the first custom domain, if there is one.
    fn domain(&self, host: Option<&str>) -> Option<&Domain> {
        let host = host.unwrap_or_default();
        if host.eq_ignore_ascii_case(&self.default_name) {
            return None;
        }
        self.domains.iter().find(|d| d.name().eq_ignore_ascii_case(host)).or(self.domains.first())
    }

    fn on_default_domain(&self, path: &str) -> Option<Located> {
        let domain_name = self.default_name.clone();
        let as_sent = |path: &str| Located {
            domain_name: self.default_name.clone(),
            route_path: path.to_owned(),
            event_path: path.to_owned(),
            context_path: path.to_owned(),
            mapping: None,
        };
        match self.kind {
            Kind::WebSocketApi => {
                let route_path = rooted(strip(path, &self.stage)?);
                Some(Located { route_path, ..as_sent(path) })
            }
            Kind::RestApi => {
                let route_path = collapsed(&rooted(strip(path, &self.stage)?));
                let event_path = route_path.clone();
                Some(Located { domain_name, event_path, route_path, context_path: path.to_owned(), mapping: None })
            }
            Kind::HttpApiV1 | Kind::HttpApiV2 if self.stage != "$default" => {
                let route_path = rooted(strip(path, &self.stage)?);
                let event_path = self.with_stage(&route_path);
                let context_path = event_path.clone();
                Some(Located { domain_name, route_path, context_path, event_path, mapping: None })
            }
            _ => Some(as_sent(path)),
        }
    }

    fn with_stage(&self, path: &str) -> String {
        if self.stage == "$default" { path.to_owned() } else { format!("/{}{path}", self.stage) }
    }

    fn collapsed_for_rest(&self, path: String) -> String {
        if self.kind == Kind::RestApi { collapsed(&path) } else { path }
    }
}

/// What of a request names the gateway; the greater the better, and with it the longest mapping, or the first rule.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Fit {
    Path(usize),
    PathRule(Reverse<u32>),
    DefaultName,
    Domain(usize),
    Rule(Reverse<u32>),
}

#[cfg(test)]
mod tests;

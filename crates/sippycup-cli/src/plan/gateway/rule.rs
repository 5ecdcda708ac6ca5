//! Rules of listeners, as a file or a template has them.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use sippycup_gateway::{Action, ConfigError, FixedResponse, Gateway, Guard, Kind, Listener, Redirect, Rule};

use super::health::HealthCheckPlan;
use crate::plan::AuthorizerPlan;
use crate::plan::values;
use crate::plan::values::{Said, Wrong};

/// A target group: a function, and how it is asked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TargetGroup {
    pub(crate) name: String,
    /// In templates none, where there is an answer.
    pub(crate) function: Option<String>,
    /// That of the gateway, if none is said.
    #[serde(default, deserialize_with = "values::some_kind_in_file")]
    pub(crate) kind: Option<Kind>,
    /// That of the gateway, if none is said.
    pub(crate) health_check: Option<Said<HealthCheckPlan>>,
    #[serde(skip)]
    pub(crate) answer: Option<Bytes>,
}

/// What happens to a request: one of the three, after an authorizer, if there is one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ActionPlan {
    /// Weights by the names of target groups.
    pub(crate) forward: BTreeMap<String, u16>,
    pub(crate) fixed_response: Option<FixedTable>,
    pub(crate) redirect: Option<RedirectTable>,
    /// For how many seconds a client is sent to the same target group.
    pub(crate) stickiness_duration: Option<u64>,
    /// Reads tokens first.
    pub(crate) authorizer: Option<AuthorizerPlan>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct FixedTable {
    pub(crate) status_code: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) message_body: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RedirectTable {
    pub(crate) status_code: Option<u16>,
    pub(crate) protocol: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) port: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) query: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RulePlan {
    pub(crate) priority: u32,
    pub(crate) action: ActionPlan,
    pub(crate) path_pattern: Vec<String>,
    pub(crate) path_regex: Vec<String>,
    pub(crate) host_header: Vec<String>,
    pub(crate) host_regex: Vec<String>,
    pub(crate) http_header: Vec<HeaderTable>,
    pub(crate) http_request_method: Vec<String>,
    /// Conditions, each with its pairs.
    pub(crate) query_string: Vec<Vec<QueryTable>>,
    pub(crate) source_ip: Vec<String>,
    pub(crate) url_rewrite: Option<RewriteTable>,
    pub(crate) host_header_rewrite: Option<RewriteTable>,

    // Of VPC Lattice.
    pub(crate) method: Option<String>,
    pub(crate) path_match: Option<MatchTable>,
    pub(crate) header_match: Vec<HeaderMatchTable>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct HeaderTable {
    pub(crate) name: String,
    pub(crate) values: Vec<String>,
    pub(crate) regex: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct QueryTable {
    pub(crate) key: String,
    pub(crate) value: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RewriteTable {
    pub(crate) regex: String,
    pub(crate) replace: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct MatchTable {
    pub(crate) exact: Option<String>,
    pub(crate) prefix: Option<String>,
    pub(crate) contains: Option<String>,
    pub(crate) case_sensitive: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct HeaderMatchTable {
    pub(crate) name: String,
    pub(crate) exact: Option<String>,
    pub(crate) prefix: Option<String>,
    pub(crate) contains: Option<String>,
    pub(crate) case_sensitive: bool,
}

/// The rules of a listener some of whose actions have authorizers: those get their keys when all starts.
#[derive(Clone, Debug)]
pub(crate) struct GuardedRules {
    default_action: ActionPlan,
    rules: Vec<RulePlan>,
}

impl GuardedRules {
    /// `None` if no action has an authorizer.
    pub(crate) fn of(default_action: &ActionPlan, rules: &[Said<RulePlan>]) -> Option<Self> {
        let mut actions = rules.iter().map(|rule| &rule.value.action).chain([default_action]);
        actions.any(|action| action.authorizer.is_some()).then(|| Self {
            default_action: default_action.clone(),
            rules: rules.iter().map(|rule| rule.value.clone()).collect(),
        })
    }

    /// The listener, with authorizers that know whom they trust.
    pub(crate) fn listener(
        &self,
        mut guard: impl FnMut(&AuthorizerPlan) -> Result<Guard, String>,
    ) -> Result<Listener, String> {
        let listener = Listener::new(self.default_action.action(&mut guard)?);
        self.rules.iter().try_fold(listener, |listener, rule| Ok(listener.rule(rule.rule(&mut guard)?)))
    }
}

/// A listener, tried rule by rule, so that an error has its place.
pub(crate) fn listener(
    kind: Kind,
    default_action: &Said<ActionPlan>,
    rules: &[Said<RulePlan>],
) -> Result<Listener, Wrong> {
    let tried = |listener: Listener| {
        let name = listener.target_groups().first().copied().unwrap_or("none").to_owned();
        Gateway::builder(kind).target_group(name).listener(listener).build(()).map(drop)
    };
    let action =
        default_action.value.action(&mut AuthorizerPlan::check).map_err(|error| default_action.wrong("", error))?;
    let mut all = Listener::new(action);
    tried(all.clone()).map_err(|error| default_action.wrong("", error))?;
    for said in rules {
        let rule = said.value.rule(&mut AuthorizerPlan::check).map_err(|error| said.wrong("", error))?;
        all = all.rule(rule);
        tried(all.clone()).map_err(|error: ConfigError| said.wrong("", error))?;
    }
    Ok(all)
}

impl ActionPlan {
    pub(crate) fn to(target_group: impl Into<String>) -> Self {
        Self { forward: BTreeMap::from([(target_group.into(), 1)]), ..Self::default() }
    }

    fn action(&self, guard: &mut dyn FnMut(&AuthorizerPlan) -> Result<Guard, String>) -> Result<Action, String> {
        let action = self.routing()?;
        let action = match self.stickiness_duration {
            Some(seconds) => action.target_group_stickiness(Duration::from_secs(seconds)),
            None => action,
        };
        Ok(match &self.authorizer {
            Some(authorizer) => action.guard(guard(authorizer)?),
            None => action,
        })
    }

    fn routing(&self) -> Result<Action, &'static str> {
        match (self.forward.is_empty(), &self.fixed_response, &self.redirect) {
            (false, None, None) => Ok(Action::weighted(self.forward.iter().map(|(name, weight)| (name, *weight)))),
            (true, Some(fixed), None) => {
                let response = FixedResponse::new(fixed.status_code).message_body(&fixed.message_body);
                Ok(match &fixed.content_type {
                    Some(sort) => response.content_type(sort),
                    None => response,
                }
                .into())
            }
            (true, None, Some(table)) => Ok(table.redirect().into()),
            _ => Err("expected one action: `forward`, `fixed-response` or `redirect`"),
        }
    }
}

impl RedirectTable {
    fn redirect(&self) -> Redirect {
        let mut redirect = Redirect::new(self.status_code.unwrap_or(302));
        if let Some(protocol) = &self.protocol {
            redirect = redirect.protocol(protocol);
        }
        if let Some(host) = &self.host {
            redirect = redirect.host(host);
        }
        if let Some(port) = &self.port {
            redirect = redirect.port(port);
        }
        if let Some(path) = &self.path {
            redirect = redirect.path(path);
        }
        if let Some(query) = &self.query {
            redirect = redirect.query(query);
        }
        redirect
    }
}

impl RulePlan {
    fn rule(&self, guard: &mut dyn FnMut(&AuthorizerPlan) -> Result<Guard, String>) -> Result<Rule, String> {
        let mut rule = Rule::new(self.priority, self.action.action(guard)?);
        for (values, add) in [
            (&self.path_pattern, (|rule, values| Rule::path_pattern(rule, values)) as fn(Rule, &Vec<String>) -> Rule),
            (&self.path_regex, |rule, values| rule.path_regex(values)),
            (&self.host_header, |rule, values| rule.host_header(values)),
            (&self.host_regex, |rule, values| rule.host_regex(values)),
            (&self.http_request_method, |rule, values| rule.http_request_method(values)),
            (&self.source_ip, |rule, values| rule.source_ip(values)),
        ] {
            if !values.is_empty() {
                rule = add(rule, values);
            }
        }
        for HeaderTable { name, values, regex } in &self.http_header {
            rule = match (values.is_empty(), regex.is_empty()) {
                (_, true) => rule.http_header(name, values),
                (true, false) => rule.http_header_regex(name, regex),
                (false, false) => return Err("a condition of a header has `values` or `regex`".to_owned()),
            };
        }
        for pairs in &self.query_string {
            rule = rule.query_string(pairs.iter().map(|pair| (&pair.key, &pair.value)));
        }
        if let Some(RewriteTable { regex, replace }) = &self.url_rewrite {
            rule = rule.url_rewrite(regex, replace);
        }
        if let Some(RewriteTable { regex, replace }) = &self.host_header_rewrite {
            rule = rule.host_header_rewrite(regex, replace);
        }
        if let Some(method) = &self.method {
            rule = rule.method(method);
        }
        if let Some(path) = &self.path_match {
            rule = match (&path.exact, &path.prefix, &path.contains) {
                (Some(exact), None, None) => rule.path_exact(exact, path.case_sensitive),
                (None, Some(prefix), None) => rule.path_prefix(prefix, path.case_sensitive),
                _ => return Err("expected a path match with `exact` or `prefix`".to_owned()),
            };
        }
        for header in &self.header_match {
            let (name, case) = (&header.name, header.case_sensitive);
            rule = match (&header.exact, &header.prefix, &header.contains) {
                (Some(exact), None, None) => rule.header_exact(name, exact, case),
                (None, Some(prefix), None) => rule.header_prefix(name, prefix, case),
                (None, None, Some(contains)) => rule.header_contains(name, contains, case),
                _ => return Err("expected a header match with one of `exact`, `prefix` and `contains`".to_owned()),
            };
        }
        Ok(rule)
    }
}

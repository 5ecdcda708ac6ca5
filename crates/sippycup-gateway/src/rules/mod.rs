//! Rules of a listener: of a load balancer, or of a service of VPC Lattice.

mod action;
mod asked;
mod condition;
mod fixed_response;
mod pattern;
mod redirect;
mod rule;
mod stickiness;
mod transform;

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use crate::{ConfigError, Kind};
pub use action::Action;
pub(crate) use asked::Asked;
pub use fixed_response::FixedResponse;
pub(crate) use redirect::Place;
pub use redirect::Redirect;
pub use rule::Rule;
pub(crate) use stickiness::StickyCookies;

/// A listener of a load balancer, or of a service of VPC Lattice: rules in the order of their priorities, and what happens where none of them matches.
///
/// Each target group that the rules forward to is a [`Gateway`](crate::Gateway) with the same listener and the name of the target group; [`Gateways`](crate::Gateways) puts
/// them on one address and gives each request to the one that the rules choose. A listener that only forwards to one target group needs one gateway.
///
/// ```
/// use bytes::Bytes;
/// use http::Request;
/// use sippycup_gateway::{Action, Body, BoxError, FixedResponse, Gateway, Gateways, Kind, Listener, Redirect, Rule};
/// use tower::{ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let listener = Listener::new(FixedResponse::new(404))
///     .rule(Rule::new(10, Action::forward("shop")).path_pattern(["/shop/*"]).url_rewrite("^/shop/(.*)$", "/$1"))
///     .rule(Rule::new(20, Action::forward("admin")).host_header(["admin.*"]))
///     .rule(Rule::new(30, Redirect::new(301).path("/shop/#{path}")).path_pattern(["/old/*"]));
/// let function = service_fn(async |event: Bytes| {
///     let event: serde_json::Value = serde_json::from_slice(&event)?;
///     let answer = serde_json::json!({"statusCode": 200, "headers": {}, "body": event["path"], "isBase64Encoded": false});
///     Ok::<_, BoxError>(Bytes::from(answer.to_string()))
/// });
/// let group = |name| Gateway::builder(Kind::LoadBalancer).listener(listener.clone()).target_group(name).build(function);
/// let balancer = Gateways::new(group("shop")?).and(group("admin")?);
///
/// let response = balancer.clone().oneshot(Request::get("/shop/cups").body(Body::empty())?).await?;
/// assert_eq!(response.status(), 200);
/// let response = balancer.clone().oneshot(Request::get("/old/cups?q=1").header("host", "example.com").body(Body::empty())?).await?;
/// assert_eq!(response.headers()["location"], "https://example.com:443/shop/old/cups?q=1");
/// let response = balancer.oneshot(Request::get("/else").body(Body::empty())?).await?;
/// assert_eq!(response.status(), 404);
/// # Ok::<(), BoxError>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
#[must_use]
pub struct Listener {
    shared: Arc<Shared>,
}

#[derive(Clone)]
struct Shared {
    rules: Vec<Rule>,
    default_action: Action,
    chooser: Arc<dyn Fn(u32) -> u32 + Send + Sync>,
    /// The key of the cookies for sticky target groups.
    key: RandomState,
}

impl Listener {
    /// A listener without rules.
    pub fn new(default_action: impl Into<Action>) -> Self {
        // Every `RandomState` is keyed anew.
        let chooser = |below: u32| (RandomState::new().hash_one(0_u8) % u64::from(below.max(1))) as u32;
        let default_action = default_action.into();
        let (chooser, key) = (Arc::new(chooser), RandomState::new());
        Self { shared: Arc::new(Shared { rules: Vec::new(), default_action, chooser, key }) }
    }

    /// Adds a rule. The order of rules is that of their priorities, the lowest one first.
    pub fn rule(mut self, rule: Rule) -> Self {
        let shared = Arc::make_mut(&mut self.shared);
        let at = shared.rules.partition_point(|other| other.priority <= rule.priority);
        shared.rules.insert(at, rule);
        self
    }

    /// Sets what chooses between target groups with weights: a function that gets the sum of the weights and returns a number below that. By default the number is random.
    ///
    /// ```
    /// use sippycup_gateway::{Action, Listener};
    ///
    /// // Always the first target group.
    /// let listener = Listener::new(Action::weighted([("blue", 90), ("green", 10)])).chooser(|_sum| 0);
    /// # let _ = listener;
    /// ```
    pub fn chooser(mut self, chooser: impl Fn(u32) -> u32 + Send + Sync + 'static) -> Self {
        Arc::make_mut(&mut self.shared).chooser = Arc::new(chooser);
        self
    }

    /// The target groups that the listener forwards to, in the order in which the rules name them; those of the default action come last.
    ///
    /// ```
    /// use sippycup_gateway::{Action, Listener, Rule};
    ///
    /// let listener = Listener::new(Action::forward("shop")).rule(Rule::new(1, Action::forward("admin")).path_pattern(["/admin"]));
    /// assert_eq!(listener.target_groups(), ["admin", "shop"]);
    /// ```
    #[must_use]
    pub fn target_groups(&self) -> Vec<&str> {
        let mut groups: Vec<&str> = Vec::new();
        for (group, _) in self.actions().flat_map(|(_, action)| action.target_groups()) {
            if !groups.contains(&&**group) {
                groups.push(group);
            }
        }
        groups
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// What AWS would not accept.
    pub(crate) fn check(&self, kind: Kind) -> Result<(), ConfigError> {
        self.shared.default_action.check(kind)?;
        let mut before = None;
        for rule in &self.shared.rules {
            let within = |error: ConfigError| ConfigError::new(format!("rule {}: {error}", rule.priority));
            rule.check(kind).map_err(within)?;
            if before == Some(rule.priority) {
                return Err(within(ConfigError::new("there is another one of this priority")));
            }
            before = Some(rule.priority);
        }
        Ok(())
    }

    /// The rules that forward to a target group, as text, with their actions. The first target group of the listener also has the rules that forward to none.
    pub(crate) fn entries(&self, target_group: &str) -> impl Iterator<Item = (String, &Action)> {
        let is_first = self.target_groups().first().is_none_or(|first| *first == target_group);
        let is_of = move |action: &Action| match action.target_groups() {
            [] => is_first,
            groups => groups.iter().any(|(group, _)| group == target_group),
        };
        self.actions().filter(move |(_, action)| is_of(action)).map(|(rule, action)| (key(rule), action))
    }

    /// What the rules say about a request. `now`, in seconds since 1970, is called only for sticky target groups.
    pub(crate) fn decide(&self, asked: &Asked<'_>, now: impl FnOnce() -> u64) -> Decision {
        let Shared { rules, chooser, key, .. } = &*self.shared;
        let found = rules.iter().position(|rule| rule.matches(asked));
        let action = self.action(found);
        let sticky = action.stickiness().map(|stickiness| (stickiness, now()));
        let stuck = sticky.and_then(|(_, now)| stickiness::stuck(key, asked.headers, action.target_groups(), now));
        let target_group = stuck.or_else(|| action.choose(&**chooser));
        let cookies = match (stuck, sticky, target_group) {
            (None, Some((stickiness, now)), Some(group)) => stickiness.cookies(key, group, now),
            _ => None,
        };
        Decision { listener: self.clone(), rule: found, target_group: target_group.map(str::to_owned), cookies }
    }

    fn action(&self, rule: Option<usize>) -> &Action {
        rule.and_then(|at| self.shared.rules.get(at)).map_or(&self.shared.default_action, |rule| &rule.action)
    }

    /// Each action with its rule, the default one last.
    fn actions(&self) -> impl Iterator<Item = (Option<&Rule>, &Action)> {
        let rules = self.shared.rules.iter().map(|rule| (Some(rule), &rule.action));
        rules.chain([(None, &self.shared.default_action)])
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { rules, default_action, .. } = &*self.shared;
        f.debug_struct("Listener").field("rules", rules).field("default_action", default_action).finish_non_exhaustive()
    }
}

fn key(rule: Option<&Rule>) -> String {
    rule.map_or_else(|| "default rule".to_owned(), ToString::to_string)
}

/// What the rules of a listener say about one request. It is in the extensions of the request that the gateway of the target group gets, so that a choice by weights is made only once.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    pub(crate) listener: Listener,
    rule: Option<usize>,
    /// `None` if the listener answers itself, or no target group has a weight.
    pub(crate) target_group: Option<String>,
    /// The cookies to send, if the target group is sticky and was chosen now.
    cookies: Option<StickyCookies>,
}

impl Decision {
    pub(crate) fn action(&self) -> &Action {
        self.listener.action(self.rule)
    }

    pub(crate) fn rule(&self) -> Option<&Rule> {
        self.rule.and_then(|at| self.listener.shared.rules.get(at))
    }

    pub(crate) fn take_cookies(&mut self) -> Option<StickyCookies> {
        self.cookies.take()
    }

    /// The rule as text.
    pub(crate) fn key(&self) -> String {
        key(self.rule())
    }
}

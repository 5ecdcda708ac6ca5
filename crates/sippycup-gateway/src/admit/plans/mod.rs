//! API keys and usage plans: which key has asked too often.
//!
//! Source: "Usage plans and API keys for REST APIs".

mod quota;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

pub use quota::QuotaPeriod;
use quota::{Quota, Spent};

use crate::ConfigError;
use crate::admit::throttle::{RouteThrottles, Throttle};
use crate::refusal::{Refusal, Refused};
use crate::request::Call;

/// A usage plan of a REST API: API keys, and how many requests may be sent with each. Clones count together.
///
/// ```
/// use sippycup_gateway::{Gateway, Kind, QuotaPeriod, UsagePlan};
///
/// let plan = UsagePlan::new().key("a-key-of-twenty-letters").quota(1000, QuotaPeriod::Day);
/// assert!(Gateway::builder(Kind::RestApi).usage_plan(plan).build(()).is_ok());
/// ```
#[derive(Clone, Debug, Default)]
pub struct UsagePlan {
    keys: Vec<String>,
    stages: Vec<String>,
    quota: Quota,
    throttle: Option<Throttle>,
    routes: RouteThrottles,
    /// Why a text is no route.
    wrong: Option<ConfigError>,
    counted: Arc<Mutex<Counted>>,
}

#[derive(Debug, Default)]
struct Counted {
    /// The first period of the quota.
    initial: Option<u64>,
    /// By the values of keys.
    spent: HashMap<String, Spent>,
}

impl UsagePlan {
    /// A plan without keys.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key, by its value.
    #[must_use]
    pub fn key(mut self, value: impl Into<String>) -> Self {
        self.keys.push(value.into());
        self
    }

    /// Adds a stage for which the keys are valid; by default they are valid for all stages.
    #[must_use]
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.stages.push(stage.into());
        self
    }

    /// How many requests may be sent with each key in a period, by the [clock](crate::GatewayBuilder::clock) of the gateway; default any number.
    #[must_use]
    pub const fn quota(mut self, requests: u64, period: QuotaPeriod) -> Self {
        self.quota.limit = Some((requests, period));
        self
    }

    /// `Offset` of the quota: how many requests fewer may be sent with each key in the period in which the plan is first used; default 0.
    #[must_use]
    pub const fn quota_offset(mut self, requests: u64) -> Self {
        self.quota.offset = requests;
        self
    }

    /// How many requests a second, and how many at once, may be sent with each key; by default any number.
    #[must_use]
    pub fn throttle(mut self, rate: f64, burst: u32) -> Self {
        self.throttle = Some(Throttle::new(rate, burst));
        self
    }

    /// How many requests to one route, or to each of several, each key has in a second, and at once; default what [`throttle`](Self::throttle) says. That does not count the requests that have a throttle of their own.
    ///
    /// The routes are written as for [`GatewayBuilder::route_throttle`](crate::GatewayBuilder::route_throttle). A text that is no route is an error of
    /// [`build`](crate::GatewayBuilder::build); a route that the gateway does not have limits nothing, for a plan may be that of several APIs.
    #[must_use]
    pub fn route_throttle(mut self, routes: &str, rate: f64, burst: u32) -> Self {
        if let Err(error) = self.routes.add(routes, Throttle::new(rate, burst)) {
            self.wrong.get_or_insert(error);
        }
        self
    }

    /// Says what is wrong with its routes.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        self.wrong.clone().map_or(Ok(()), Err)
    }

    fn has(&self, key: &str, stage: &str) -> bool {
        self.keys.iter().any(|known| known == key)
            && (self.stages.is_empty() || self.stages.iter().any(|known| known == stage))
    }

    /// Counts a request of a key.
    fn count(&self, key: &str, call: &Call<'_>) -> Result<(), Refused> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let Counted { initial, spent } = &mut *counted;
        let spent = spent.entry(key.to_owned()).or_default();
        self.quota.admit(spent, initial, call.stamp.day())?;
        match (self.routes.find(&call.accepted.matched), &self.throttle) {
            (Some(throttle), _) => throttle.admit(Some(key), Some(&call.accepted.matched))?,
            (None, Some(throttle)) => throttle.admit(Some(key), None)?,
            (None, None) => {}
        }
        spent.add();
        Ok(())
    }
}

/// Whether one of the plans lets a key pass.
pub(crate) fn admit(plans: &[UsagePlan], key: &str, call: &Call<'_>) -> Result<(), Refused> {
    let plan = plans.iter().find(|plan| plan.has(key, &call.front.location.stage));
    let unknown = || Refused::new(Refusal::UnknownKey, "the API key is in no usage plan of this stage");
    plan.ok_or_else(unknown)?.count(key, call)
}

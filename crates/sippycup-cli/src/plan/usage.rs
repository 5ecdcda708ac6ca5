//! Usage plans of REST APIs.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde::Deserialize;
use sippycup_gateway::{Throttle, UsagePlan};

/// Keys, and how much each of them may ask. Clones count together.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct UsageTable {
    pub(crate) keys: Vec<String>,
    pub(crate) quota: Option<QuotaTable>,
    /// Requests a second and at the same time: `10/5`.
    pub(crate) throttle: Option<String>,
    #[serde(skip)]
    made: Arc<OnceLock<UsagePlan>>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct QuotaTable {
    pub(crate) limit: u64,
    pub(crate) period: Period,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Period {
    Day,
    Week,
    Month,
}

impl UsageTable {
    /// The same limits for one key, counted anew.
    pub(crate) fn of_key(&self, key: String) -> Self {
        Self { keys: vec![key], quota: self.quota, throttle: self.throttle.clone(), made: Arc::default() }
    }

    pub(crate) fn plan(&self) -> Result<UsagePlan, String> {
        let throttle = self.throttle.as_deref().map(str::parse::<Throttle>).transpose();
        let throttle = throttle.map_err(|error| error.to_string())?.map(|throttle| (throttle.rate(), throttle.burst()));
        let make = || {
            let plan = self.keys.iter().fold(UsagePlan::new(), |plan, key| plan.key(key));
            let plan = match self.quota {
                Some(QuotaTable { limit, period }) => plan.quota(limit, period.length()),
                None => plan,
            };
            match throttle {
                Some((rate, burst)) => plan.throttle(rate, burst),
                None => plan,
            }
        };
        Ok(self.made.get_or_init(make).clone())
    }
}

impl Period {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "DAY" => Some(Self::Day),
            "WEEK" => Some(Self::Week),
            "MONTH" => Some(Self::Month),
            _ => None,
        }
    }

    const fn length(self) -> Duration {
        Duration::from_secs(match self {
            Self::Day => DAY,
            Self::Week => 7 * DAY,
            Self::Month => 30 * DAY,
        })
    }
}

const DAY: u64 = 86_400;
